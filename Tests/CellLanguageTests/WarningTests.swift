// Warnings: what is legal and surely not meant is said once, and the cell goes on.

import Testing

@testable import CellLanguage

@Suite("Warnings") struct WarningTests {
  /// What a cell warns of, after another one has run.
  private func warnings(_ cell: String, after first: String = "") throws -> [CellWarning] {
    let session = CellSession(vocabulary: Gardening.vocabulary)
    try session.run(first, host: TestHost())
    let host = TestHost()
    try session.run(cell, host: host)
    #expect(try session.warnings(of: cell).count <= host.warnings.count)
    return host.warnings
  }

  @Test(arguments: [
    ("1 + 2\n3", 1), ("let x = 1\nx\nprint(x)", 2), ("let xs = [1]\nxs.count\nxs", 2), ("garden(\"a\")\n1", 1),
    ("let g = garden(\"a\")\ng.extended(by: 2)\ng", 2), ("for i in 0..<3 {\n  i * 2\n}", 2),
    ("if true { \"big\" } else { \"small\" }", 1), ("let f = { (x: Int) in\n  let y = x\n  y\n}\nf(1)", 3),
    ("grow(garden(\"a\"), with: .outdoor(), days: 3)\nprint(1)", 1), ("[1, 2].sorted()\n1", 1), ("\"a\"\n1", 1),
    ("let n = 1\nn > 2 ? n : 0\nn", 2), ("print(1);\n  \"é\" + \"😀\"\n2", 2),
  ])
  func aDroppedResultIsNamedWithItsLine(cell: String, line: Int) throws {
    let found = try warnings(cell)
    // `if` drops the values of both its branches.
    #expect(found.count == (cell.hasPrefix("if") ? 2 : 1), "\(found)")
    #expect(found.first?.location.line == line)
    #expect(found.first?.description.contains("\(line) | ") == true && found.first?.description.contains("^") == true)
  }

  @Test(arguments: [
    "1 + 2", "_ = 1 + 2\n3", "_ = garden(\"a\")\n1", "print(1)\nprint(2)",
    "var xs = [1]\nxs.append(2)\nxs.removeLast()\nxs",
    "func f() -> Int { 1 }\nf()\n2", "func f() -> Int { 1 }\nf() + 1\n2",
    "var n = 0\n[1, 2].map { x in\n  n += x\n  return x\n}\nn",
    "let x = if true { 1 } else { 2 }", "func f(_ x: Int) -> Int { if x > 1 { 1 } else { 2 } }\nf(1)",
    "let f = { $0 + 1 }\nf(1)\n[1].forEach { print($0) }", "garden(\"a\")",
    "let print2 = 1\nfor garden in [1] { print(garden) }",
    "func f(_ garden: Int) -> Int { let grow = garden\n return grow }\nf(1)", "()\n1",
    "let g = { (x: Int) in\n  if x > 1 { return 1 }\n  return 2\n}\ng(1)", "while false { }\n1",
  ])
  func whatMayBeMeantIsLeftAlone(cell: String) throws { #expect(try warnings(cell).isEmpty) }

  @Test func whatToDoIsSaid() throws {
    #expect(
      try warnings("let g = garden(\"a\")\ng.extended(by: 2)\ng.beds\n1").map(\.fix) == [
        "Write `let name = g.extended(…)` to keep it, or `print(g.extended(…))` to see it; `_ = g.extended(…)` drops it "
          + "without a word.",
        "Write `print(g.beds)` to show it, or `let name = …` to keep it; `_ = …` drops it without a word.",
      ])
  }

  @Test func theLastLineOfABodyMayLackItsReturn() throws {
    let found = try warnings("func f(_ x: Int) -> Any {\n  let y = x + 1\n  y\n}\nlet z = 3")
    #expect(found.map(\.fix) == ["Write `return y`."])
  }

  @Test(arguments: ["let garden = 3", "var garden = 3", "let (a, garden) = (1, 2)", "let `garden` = 1"])
  func aNameThatHidesACommandIsTold(cell: String) throws {
    let found = try warnings(cell)
    #expect(found.map(\.what) == ["`garden` hides the command `garden`"])
    #expect(found[0].description.contains("`garden(…)` still calls the command"))
  }

  @Test(arguments: ["func garden() { }", "let garden = { $0 + 1 }", "let garden = { (x: Int) in x }"])
  func aFunctionThatHidesACommandIsTold(cell: String) throws {
    let found = try warnings(cell)
    #expect(found.map(\.what) == ["`garden` hides the command `garden`"])
    #expect(found[0].description.contains("restart"))
  }

  @Test func aHiddenCommandIsNoCommandAnyMore() throws {
    #expect(try warnings("garden(1)\n2", after: "func garden(_ x: Int) -> Int { x }").isEmpty)
    #expect(try warnings("func garden(_ x: Int) -> Int { x }\ngarden(1)\n2").count == 1)
  }

  @Test func aValueThatHidesACommandLeavesItItsCalls() throws {
    let session = CellSession(vocabulary: Gardening.vocabulary)
    let host = TestHost()
    try session.run("let garden = garden(\"south\")", host: host)
    #expect(try session.run("garden.name + garden(\"north\").name", host: host)?.description == "southnorth")
    #expect(
      try session.run("let own = { (n: String) in garden(n) }\nown(\"west\").name", host: host)?.description == "west")
    let inside = """
      func both(_ n: String) -> String {
        let garden = garden(n)
        return [1].map { x in garden.name + garden("east").name }[0]
      }
      both("west")
      """
    #expect(try session.run(inside, host: host)?.description == "westeast")
    #expect(session.complete("garden(\"x\").exten", cursor: 17).matches.map(\.text) == ["extended"])
    #expect(try session.warnings(of: "garden(\"lost\")\n1").count == 1)
    try session.run("func grow(_ x: Int) -> Int { x + 1 }", host: host)
    #expect(try session.run("grow(1)", host: host)?.description == "2")
    #expect(throws: CellError.self) { try session.run("let tree = 3\ntree(1)", host: host) }
  }

  @Test func aCommandWarnsOncePerPlaceWithTheCaretUnderItsArgument() throws {
    let found = try warnings("for i in 0..<3 {\n  _ = sow(\"herbs/sage\")\n}\n_ = sow()")
    #expect(found.map(\.location.line) == [2, 4])
    #expect(
      found[0].description == """
        warning: it is too cold to sow
          2 |   _ = sow("herbs/sage")
            |           ^~~~~~~~~~~~
        Wait for May.
        """)
    #expect(found[1].location.column == 5)
  }

  @Test func aCellThatCannotBeReadWarnsOfNothing() throws {
    let host = TestHost()
    #expect(throws: CellError.self) { try CellSession().run("1 + 2\nlet", host: host) }
    #expect(host.warnings.isEmpty)
  }

  @Test func theGuideToTheLanguageRunsAndWarnsOfNothing() throws {
    let session = CellSession()
    let host = TestHost()
    let cells = LanguageGuide.markdown.components(between: "```swift\n", and: "```")
    #expect(cells.count >= 5)
    for cell in cells { try session.run(cell, host: host) }
    #expect(host.warnings.isEmpty)
    #expect(LanguageGuide.markdown.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }
}

extension String {
  /// The parts that stand between two marks.
  fileprivate func components(between open: String, and close: String) -> [String] {
    ranges(of: open).compactMap { start in
      self[start.upperBound...].firstRange(of: close).map { String(self[start.upperBound..<$0.lowerBound]) }
    }
  }
}
