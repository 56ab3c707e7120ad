// Mistakes of people who come from other languages: each is told what to write instead.

import Testing

@testable import CellLanguage

@Suite("Newcomers' mistakes") struct NewcomerTests {
  @Test(arguments: [
    ("len([1, 2])", "Write `xs.count`."), ("for i in range(10) { print(i) }", "Write `0..<n`."),
    ("null", "Write `nil`."),
    ("True", "Write `true`."), ("str(1)", "Write `String(…)`."), ("[1, 2].length", "Write `.count`."),
    ("[1, 2].count()", "Write `.count` without parentheses."), ("2 ** 3", "Write `pow(x, y)`."),
    ("2**3", "Write `pow(x, y)`."), ("var x = 1\nx++", "Write `x += 1`."), ("var x = 1\nx--\nx", "Write `x -= 1`."),
    ("not true", "Write `!` in front of the condition."), ("true and false", "Write `&&`."),
    ("true or false", "Write `||`."),
    ("grow(garden(\"a\"), with: outdoor())", "Write `.outdoor`."), ("for i in 10 { }", "Write `0..<10` to count."),
    ("if 1 = 2 { }", "Write `==` to compare."), ("def f(x): return x", "A function is written `func name(x) { … }`."),
    ("print 'a'", "A string is written in double quotes."), ("2 ^ 3", "Write `pow(x, y)` for a power."),
    ("prnt(1)", "Did you mean `print`?"), ("let xs = [1]\nxs.append(2)", "Declare it with `var xs = …`."),
    ("print(\"a\" + 1)", "Put the value into the string: \"\\(value)\"."),
    ("import math", "Every command is already here; remove the line."),
    ("span(3)", "Write `3...3`."), ("# a comment", "A comment starts with `//`."),
  ])
  func isToldWhatToWrite(cell: String, fix: String) throws {
    let spans = Subject(
      "Spans", summary: "",
      commands: [Command("span", [Parameter("_", name: "range", .range)], summary: "") { _, _ in .void }])
    let vocabulary = Vocabulary(Gardening.vocabulary.subjects.dropLast() + [spans])
    let error = try #require(failure(cell, vocabulary: vocabulary))
    #expect(error.failure.fix == fix)
  }

  @Test(arguments: ["let a = 1 + +2\na", "let a = 1\n-a", "let a = 3 - -1\na", "var a = 2\na *= 2\na"])
  func operatorsThatOnlyLookForeignWork(cell: String) { #expect(failure(cell) == nil) }

  @Test func aCallOfManyLabelsIsShownShort() throws {
    let many = (1...20).map { Parameter("label\($0)", .int(), default: 1) }
    let command = Command("much", [Parameter("_", name: "first", .int())] + many, result: "Int", summary: "") { _, _ in
      1
    }
    let vocabulary = Vocabulary([Subject("Much", summary: "", commands: [command])])
    let error = try #require(failure("much()", vocabulary: vocabulary))
    #expect(error.failure.fix == "It is called as `much(_ first: Int, …) -> Int`.")
  }

  @Test func anErrorInAFunctionShowsTheCallsThatLedThere() throws {
    let error = try #require(
      failure("func g(_ a: Int) -> Int {\n  a / 0\n}", "func f(_ a: Int) -> Int { g(a) }\nprint(f(2))"))
    let lines = error.plainTraceback
    #expect(
      lines.contains { $0.contains("called g in cell, line 1") }
        && lines.contains { $0.contains("called f in cell, line 2") })
    #expect(lines.contains("  2 |   a / 0"))
  }
}
