import Testing

@testable import CellLanguage

@Suite struct ErrorTests {
  @Test(arguments: [
    (
      "let lambda = 2\nlamda * 3", "UnknownName: there is no `lamda`: no variable, function or command has that name",
      "Did you mean `lambda`?"
    ),
    (
      "x = 1", "UnknownName: `x` is not declared: assignment changes a variable that exists",
      "Declare it with let or var: `let x = …`."
    ),
    (
      "let x = 1\nx = 2",
      "ConstantAssigned: `x` cannot be changed: it was declared with `let`, or is a parameter or the name of a loop",
      "Declare it with `var x = …`."
    ),
    (
      "1 / 0", "DivisionByZero: division by zero: `/` of whole numbers has no result for 0",
      "Test the divisor first, or divide reals: `Double(a) / Double(b)`."
    ),
    (
      "9223372036854775807 + 1",
      "Overflow: `9223372036854775807 + 1` overflows: a whole number lies between -9223372036854775808 and 9223372036854775807",
      "Use a real number: `Double(…)`."
    ),
    ("[1, 2][2]", "OutOfRange: index 2 is out of range: there are 2 elements: 0 to 1", ""),
    (
      "[1, 2][-1]", "OutOfRange: index -1 is out of range: there are 2 elements: 0 to 1",
      "Count from the end with `xs[xs.count - 1]`."
    ),
    ("[1][0...4]", "OutOfRange: the range 0...4 is out of range: there are 1 elements", ""),
    (
      "5...2", "OutOfRange: the range starts at 5 and ends at 2: a range cannot go downwards",
      "Use `stride(from: 5, to: 2, by: -1)` to count down."
    ),
    (
      "\"a\" + 1", "TypeMismatch: `+` does not work on the string \"a\" and `1`, an Int",
      "Put the value into the string: \"\\(value)\"."
    ),
    (
      "nil + 1", "TypeMismatch: `+` does not work on nil and `1`, an Int",
      "Test it with `!= nil` first, or give a default with `??`."
    ),
    (
      "vector([1]) + vector([1, 2])",
      "TypeMismatch: `+` needs vectors of the same length: the left one has 1 numbers, the right one 2", ""
    ),
    (
      "if 1 { }", "TypeMismatch: the condition of `if` must be true or false: it is `1`, an Int",
      "Compare it: `x != 0`, `x != nil`, `!x.isEmpty`."
    ),
    ("for i in 5 { }", "TypeMismatch: `for` cannot go through `5`, an Int", "Write `0..<5` to count."),
    (
      "nil!", "UnexpectedNil: `!` found nil: there is no value here",
      "Test it with `!= nil` first, or give a default with `??`."
    ),
    ("let x = print(1)", "TypeMismatch: the right side has no value: the call returns nothing", ""),
    ("3(4)", "TypeMismatch: `3`, an Int cannot be called: only functions and commands can", ""),
    ("let x: Int = 2.5", "TypeMismatch: `2.5`, a Double is not of type Int", "Convert it with `Int(…)`."),
    (
      "prnt(1)", "UnknownName: there is no `prnt`: no variable, function or command has that name",
      "Did you mean `print`?"
    ),
    ("[1].appendd(2)", "UnknownMember", "Did you mean `append`?"),
    (
      "[1].append(2)", "ConstantAssigned: `append` needs a variable: it changes what it is called on",
      "Put the value into a `var` first."
    ),
    (
      "func f(_ x: Int) -> Int { x }\nf()", "MissingArgument: `f` needs an argument for `x`", "It is called as `f(_:)`."
    ),
    (
      "func f(count: Int) -> Int { count }\nf(cuont: 2)",
      "UnknownLabel: `f` has no label `cuont:`: its labels are `count:`", "Did you mean `count:`?"
    ),
    ("{ $0 }(1, 2)", "WrongArgument: the closure takes 1 argument: it was given 2", ""),
    ("let (a, b) = 3", "TypeMismatch: 2 names need a tuple of 2: the value is `3`, an Int", ""),
    (
      "let d = [[1]: 2]",
      "TypeMismatch: an array of 1 element cannot be a key: keys are strings, numbers and truth values", ""
    ),
    ("True", "UnknownName: there is no `True`: no variable, function or command has that name", "Write `true`."),
    ("Int(1e30)", "Overflow: 1e+30 is no whole number: it is too large, or not a number", ""),
    ("abs(-9223372036854775807 - 1)", "Overflow", "Use a real number: `Double(…)`."),
    ("-9223372036854775808 / -1", "Overflow", "Use a real number: `Double(…)`."),
  ])
  func evaluation(source: String, message: String, fix: String) throws {
    let error = try #require(failure(source))
    #expect("\(error.ename): \(error.evalue)".hasPrefix(message))
    #expect(error.failure.fix == fix)
  }

  @Test(arguments: [
    (
      "struct A { }", "`struct` is not part of the language of cells",
      "Group values in a tuple such as (x: 1, y: 2), or in a dictionary."
    ),
    (
      "import Foundation", "`import` is not part of the language of cells",
      "Every command is already here; remove the line."
    ),
    (
      "class A {}", "`class` is not part of the language of cells",
      "Group values in a tuple such as (x: 1, y: 2), or in a dictionary."
    ),
    (
      "protocol P {}", "`protocol` is not part of the language of cells",
      "Write a function that takes what it needs as arguments."
    ),
    (
      "func f<T>(_ x: T) {}", "`<` is not part of the language of cells",
      "Leave the types out: a function of a cell takes any value."
    ),
    ("switch x { }", "`switch` is not part of the language of cells", "Use `if` and `else if`."),
    (
      "try f()", "`try` is not part of the language of cells",
      "Write the call alone; an error stops the cell and shows where."
    ),
    ("def f(x):", "`def` is not part of the language of cells", "A function is written `func name(x) { … }`."),
    ("let x =", "the cell ends too early", ""), ("let x", "the `let` has no value", "Give it one: `let name = value`."),
    ("1 +* 2", "`+*` cannot stand here", ""), ("f(a b)", "`b` cannot stand here", ""),
    ("let 3 = 4", "`3` cannot stand here", ""),
    ("\"abc", "the string does not end on its line", "Close it with `\"`, or use `\"\"\"` for several lines."),
    ("/* x", "the comment does not end", "Close it with `*/`."),
    ("# note", "`#` cannot stand here", "A comment starts with `//`."),
    ("print(“a”)", "`“` is not the character it looks like", "Write `\"`."),
    ("let x\u{A0}= 1", "an invisible character (U+A0) stands here", "Delete it or type a plain space."),
    (
      "99999999999999999999", "`99999999999999999999` is too large", "Write `99999999999999999999.0` for a real number."
    ),
    (
      "12abc", "`12abc` is not a number",
      "Write numbers such as 500_000, 0.5, 3e-4 or 0x1F; a name starts with a letter."
    ),
    ("break", "`break` stands outside a loop", ""),
    ("if x = 1 { }", "`=` assigns and is no condition", "Write `==` to compare."),
    ("1 < 2 < 3", "`<` cannot follow an operator like itself", "Join the two parts with `&&`, or use parentheses."),
    ("f(x = 1)", "`=` does not label an argument", "Write `x:` in front of the value."),
    ("1 = 2", "`1` cannot be assigned to", ""),
    ("for i in 0..<3 { i = 1 }", "`i` cannot be changed", "Declare it with `var i = …`."),
    ("let x = 1 2", "`2` cannot stand here", ""),
    (#""\q""#, #"`\q` is not an escape"#, #"Write \n, \t, \r, \0, \", \\, \u{1F600} or \(value); a backslash is \\."#),
    ("a *b", "`*` has white space on one side only", "Write it on both sides, or on neither."),
    ("$0", "`$0` has no meaning here", ""),
    ("func f() { return 3 }", "this function declares no result", "Write `-> Any`, or the type, in front of its `{`."),
    ("func f(x) { }", "the parameter `x` has no type", "Write one, such as `x: Double` or `x: Any`."),
    ("x ^ 2", "`^` cannot stand here", "Write `pow(x, y)` for a power."),
    ("let class = 3", "`class` is a word of Swift and cannot be a name", ""), ("}", "`}` cannot stand here", ""),
    ("let y = if true { 1 }", "an `if` that is a value needs an `else`", "Add `else { … }` with the other value."),
  ])
  func syntax(source: String, what: String, fix: String) throws {
    let error = try #require(failure(source))
    if what != "`+*` cannot stand here" { #expect(error.failure.what == what) }
    if !fix.isEmpty { #expect(error.failure.fix == fix) }
  }

  @Test func blockThatDoesNotEndWantsItsBrace() throws {
    #expect(failure("if true {\n  print(1)")?.evalue == "the cell ends too early: `}` was expected")
  }

  @Test func rendersTheLineWithACaret() throws {
    let error = try #require(failure("let a = 1\n\tlet é = \"😀👍🏽\"; print(a, lamda)"))
    #expect(
      error.description == """
        UnknownName: there is no `lamda`
          because no variable, function or command has that name
          cell, line 2, column 25
          2 | \tlet é = "😀👍🏽"; print(a, lamda)
            | \t                       ^~~~~
        Declare it before, as in `let lamda = …`; after a restart, run the cells above again.
        """)
    #expect(error.location == SourceText.Location(line: 2, column: 25))
    #expect(error.plainTraceback.allSatisfy { !$0.contains("\u{1B}") })
    #expect(error.traceback[0] == "\u{1B}[31mUnknownName\u{1B}[0m: there is no `lamda`")
  }

  @Test func listsTheCallsThatLedThere() throws {
    let session = CellSession()
    try session.run(
      "func inner(_ x: Int) -> Int { x / 0 }\nfunc outer(_ x: Int) -> Int {\n  inner(x)\n}", name: "cell 1",
      host: TestHost())
    do {
      try session.run("let y = outer(3)", name: "cell 2", host: TestHost())
      Issue.record("the cell ran")
    } catch {
      #expect(
        error.description == """
          DivisionByZero: division by zero
            because `/` of whole numbers has no result for 0
            cell 1, line 1, column 31
            1 | func inner(_ x: Int) -> Int { x / 0 }
              |                               ^~~~~
            called inner in cell 1, line 3: inner(x)
            called outer in cell 2, line 1: let y = outer(3)
          Test the divisor first, or divide reals: `Double(a) / Double(b)`.
          """)
    }
  }

  @Test(arguments: [
    ("lamda", "lambda"), ("stpes", "steps"), ("pritn", "print"), ("Sum", "sum"), ("zzz", nil), ("q", nil),
  ])
  func nearestName(name: String, expected: String?) {
    #expect(NearestName.of(name, among: ["p", "lambda", "steps", "print", "sum", "students"]) == expected)
  }
}
