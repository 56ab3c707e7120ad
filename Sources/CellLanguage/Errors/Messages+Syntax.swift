// The words of syntax errors. Every message of the parser is made here.

extension CellFailure {
  private static func syntax(_ what: String, _ why: String = "", _ fix: String = "") -> CellFailure {
    CellFailure(what, why, fix: fix, kind: .syntax)
  }

  static func unexpected(_ text: String, wanted: String) -> CellFailure {
    let shown = text.count > 40 ? text.prefix(39) + "…" : text
    return syntax("`\(shown)` cannot stand here", "\(wanted) was expected")
  }

  static func endsTooEarly(wanted: String) -> CellFailure {
    syntax("the cell ends too early", "\(wanted) was expected")
  }

  static func unsupported(_ word: String, instead: String) -> CellFailure {
    syntax("`\(word)` is not part of the language of cells", "", instead)
  }

  static func reservedWord(_ word: String, _ instead: String) -> CellFailure {
    syntax("`\(word)` is a word of Swift and cannot be a name", "", "Choose another name.")
  }

  static func invalidCharacter(_ text: String) -> CellFailure {
    if let plain = ["“": "\"", "”": "\"", "‘": "\"", "’": "\"", "–": "-", "−": "-", "×": "*", "÷": "/"][text] {
      return syntax("`\(text)` is not the character it looks like", "", "Write `\(plain)`.")
    }
    switch text {
    case "#": return syntax("`#` cannot stand here", "", "A comment starts with `//`.")
    case "'": return syntax("`'` cannot stand here", "", "A string is written in double quotes.")
    case "&": return syntax("`&` cannot stand here", "", "Write `&&` for “and”; arguments need no `&`.")
    case "|": return syntax("`|` cannot stand here", "", "Write `||` for “or”.")
    case "^": return syntax("`^` cannot stand here", "", "Write `pow(x, y)` for a power.")
    case "@": return syntax("`@` cannot stand here", "attributes are not part of the language of cells")
    default: break
    }
    if text.unicodeScalars.allSatisfy({ $0.properties.isWhitespace || $0.properties.generalCategory == .format }) {
      let code = String(text.unicodeScalars.first?.value ?? 0, radix: 16, uppercase: true)
      return syntax("an invisible character (U+\(code)) stands here", "", "Delete it or type a plain space.")
    }
    return syntax("`\(text)` cannot stand here")
  }

  static func invalidNumber(_ text: String) -> CellFailure {
    syntax(
      "`\(text)` is not a number", "", "Write numbers such as 500_000, 0.5, 3e-4 or 0x1F; a name starts with a letter.")
  }

  static func literalTooLarge(_ text: String) -> CellFailure {
    CellFailure(
      "`\(text)` is too large", "a whole number is at most \(Int.max)", fix: "Write `\(text).0` for a real number.",
      kind: .overflow)
  }

  static var unterminatedString: CellFailure {
    syntax("the string does not end on its line", "", "Close it with `\"`, or use `\"\"\"` for several lines.")
  }

  static var unterminatedText: CellFailure {
    syntax("the string of several lines does not end", "", "Close it with `\"\"\"` on a line of its own.")
  }

  static var unterminatedComment: CellFailure { syntax("the comment does not end", "", "Close it with `*/`.") }

  static func invalidEscape(_ text: String) -> CellFailure {
    syntax(
      "`\(text)` is not an escape", "", #"Write \n, \t, \r, \0, \", \\, \u{1F600} or \(value); a backslash is \\."#)
  }

  static func cellTooLarge(bytes: Int, limit: Int) -> CellFailure {
    CellFailure(
      "the cell has \(bytes) bytes", "a cell holds at most \(limit)", fix: "Split it, or read the data from a file.",
      kind: .tooLarge)
  }

  static func nestedTooDeep(_ limit: Int) -> CellFailure {
    CellFailure(
      "the code is nested too deep", "brackets and blocks may stand at most \(limit) levels inside each other",
      fix: "Give the inner parts names with `let`.", kind: .tooLarge)
  }

  static func chainTooLong(_ limit: Int) -> CellFailure {
    CellFailure(
      "the expression is too long", "it is more than \(limit) operations deep",
      fix: "Give its parts names with `let`, or use `sum`.", kind: .tooLarge)
  }

  static func outsideLoop(_ word: String) -> CellFailure { syntax("`\(word)` stands outside a loop") }

  static func declarationWithoutValue(_ keyword: String) -> CellFailure {
    syntax("the `\(keyword)` has no value", "", "Give it one: `\(keyword) name = value`.")
  }

  static var severalDeclarations: CellFailure {
    syntax("one `let` or `var` declares one name", "", "Write the next declaration on a new line.")
  }

  static var assignmentInCondition: CellFailure {
    syntax("`=` assigns and is no condition", "", "Write `==` to compare.")
  }

  static func argumentWithEquals(_ label: String) -> CellFailure {
    syntax("`=` does not label an argument", "", "Write `\(label):` in front of the value.")
  }

  static func constant(_ name: String) -> CellFailure {
    CellFailure(
      "`\(name)` cannot be changed", "it was declared with `let`, or is a parameter or the name of a loop",
      fix: "Declare it with `var \(name) = …`.", kind: .constant)
  }

  static func notAssignable(_ text: String) -> CellFailure {
    let shown = text.count > 40 ? text.prefix(39) + "…" : text
    return syntax("`\(shown)` cannot be assigned to", "only variables and their elements can")
  }

  static func notChainable(_ operation: String) -> CellFailure {
    syntax(
      "`\(operation)` cannot follow an operator like itself", "", "Join the two parts with `&&`, or use parentheses.")
  }

  static func foreignOperator(_ text: String, instead: String) -> CellFailure {
    syntax("`\(text)` is not part of the language of cells", "", "Write `\(instead)`.")
  }

  static func unevenSpace(_ operation: String) -> CellFailure {
    syntax("`\(operation)` has white space on one side only", "", "Write it on both sides, or on neither.")
  }

  static func parameterWithoutType(_ name: String) -> CellFailure {
    syntax("the parameter `\(name)` has no type", "", "Write one, such as `\(name): Double` or `\(name): Any`.")
  }

  static var resultNotDeclared: CellFailure {
    syntax("this function declares no result", "", "Write `-> Any`, or the type, in front of its `{`.")
  }

  static var underscoreAsValue: CellFailure { syntax("`_` has no value", "it only takes a value that nobody needs") }

  static func anonymousOutsideClosure(_ text: String) -> CellFailure {
    syntax("`\(text)` has no meaning here", "it names an argument of a closure whose parameters have no names")
  }

  static var ifWithoutElse: CellFailure {
    syntax("an `if` that is a value needs an `else`", "", "Add `else { … }` with the other value.")
  }
}
