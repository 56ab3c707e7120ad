import Testing

@testable import CellLanguage

/// Everything here could end a process; all of it must be an error instead.
@Suite struct LimitTests {
  @Test(arguments: [
    String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 10_000),
    String(repeating: "[", count: 10_000), String(repeating: "{", count: 10_000),
    String(repeating: "-", count: 10_000) + "1",
    String(repeating: "!", count: 100_000) + "true", "1" + String(repeating: " + 1", count: 100_000),
    "x" + String(repeating: ".a", count: 100_000), "x" + String(repeating: "(1)", count: 100_000),
    String(repeating: "if true { ", count: 10_000), String(repeating: "\"\\(", count: 10_000),
    String(repeating: "f(", count: 10_000),
    "true" + String(repeating: " ? 1 : true", count: 10_000), "1" + String(repeating: " ?? 1", count: 10_000),
    "let x: " + String(repeating: "[", count: 10_000), "let " + String(repeating: "(", count: 10_000),
    String(repeating: "func f() { ", count: 10_000), "f " + String(repeating: "{ g ", count: 10_000),
    String(repeating: "a.f { ", count: 10_000),
  ])
  func deepCodeIsRefused(source: String) throws { #expect(failure(source) != nil) }

  @Test(arguments: [
    ("func f(_ n: Int) -> Int { f(n + 1) }\nf(0)", "RecursionTooDeep"),
    ("func f() -> Any { [1].map { _ in f() } }\nf()", "RecursionTooDeep"),
    ("func f(_ n: Int) -> Int { n + (1 + (2 + (3 + f(n)))) }\nf(0)", "RecursionTooDeep"),
    ("Array(repeating: 0, count: 10_000_000_000)", "TooLarge"), ("Array(0..<10_000_000_000)", "TooLarge"),
    ("(0..<10_000_000_000).map { $0 }.count", "TooLarge"), ("var s = \"ab\"\nwhile true { s += s }", "TooLarge"),
    ("var a = [0, 1]\nwhile true { a += a }", "TooLarge"), ("var a = []\nwhile true { a = [a] }", "TooLarge"),
    ("var a = []\nwhile true { a.append(a) }", "TooLarge"), ("var d = [:]\nwhile true { d[\"a\"] = d }", "TooLarge"),
    ("var f = { 0 }\nwhile true { let g = f\nf = { g() } }", "TooLarge"),
    ("func m() { var f = { 0 }\nwhile true { let g = f\nf = { g() } } }\nm()", "TooLarge"),
    ("var t = (1, 2)\nwhile true { t = (t, t) }", "TooLarge"), ("while true {}", "Interrupted"),
    ("repeat {} while true", "Interrupted"),
    ("for i in 0..<9_223_372_036_854_775_807 { }", "Interrupted"), ("var x = .a\nwhile true { x = .b(x) }", "TooLarge"),
    ("String(repeating: \"a\", count: 9_223_372_036_854_775_807)", "TooLarge"),
    ("stride(from: 0, to: 1e300, by: 1)", "TooLarge"),
    ("[1, 2].sorted { _, _ in nope }", "UnknownName"), ("(0...9_223_372_036_854_775_807).count", "OutOfRange"),
    ("(-9_223_372_036_854_775_807..<9_223_372_036_854_775_807).count", "TooLarge"),
    ("9_223_372_036_854_775_807 % -1 / 0", "DivisionByZero"),
    ("(-9223372036854775807...(-9223372036854775807))[5]", "OutOfRange"),
    ("vector(0..<1_000_000_000_000)", "TypeMismatch"),
  ])
  func runawaysAreErrors(source: String, kind: String) throws {
    let session = CellSession()
    do {
      try session.run(source, host: TestHost(interruptAfter: 300_000))
      Issue.record("the cell ran")
    } catch { #expect(error.ename == kind) }
  }

  @Test func smallValueWithManyPartsPrintsAndComparesWithinBounds() throws {
    let source = "var a = [1]\nfor _ in 0..<100 { a = [a, a] }\n"
    #expect(try printed(source + "print(a)").utf8.count < 1_200_000)
    #expect(failure(source + "var b = [1]\nfor _ in 0..<100 { b = [b, b] }\na == b")?.ename == "TooLarge")
  }

  @Test func recursionWithinTheLimitWorks() throws {
    #expect(try result("func f(_ n: Int) -> Int { n == 0 ? 0 : 1 + f(n - 1) }\nf(500)") == "500")
  }

  @Test func longChainOfClosuresIsReleasedWithoutRecursion() throws {
    let source = """
      func chain() -> Int {
        var previous = { 0 }
        for _ in 0..<50_000 { var next = { 0 }
      let link = { next() }
      next = previous
      previous = link }
        return 1
      }
      chain()
      """
    #expect(try result(source) == "1")
  }

  @Test func recursionSaysSo() throws {
    let error = try #require(failure("func down(_ n: Int) -> Int { down(n + 1) }\ndown(0)"))
    #expect(error.failure.what == "`down` calls too deep")
    #expect(error.failure.why == "at most 512 calls may be open at once")
    #expect(error.plainTraceback.count < 30)
  }

  @Test func hugeCellIsRefusedAtOnce() throws {
    let error = try #require(failure(String(repeating: "let x = 1\n", count: 1_000_000)))
    #expect(error.failure.what == "the cell has 10000000 bytes")
  }

  @Test func largeCellWorks() throws {
    #expect(try result("let xs = [" + String(repeating: "1,", count: 200_000) + "]", "xs.count") == "200000")
    #expect(try result(String(repeating: "// comment\n", count: 100_000) + "7") == "7")
  }

  @Test func interruptionIsNoticedInsideCommandsAndStatements() throws {
    for source in [
      "while true { let x = 1 }", "func f() { while true { } }\nf()", "(0..<1_000_000_000).forEach { _ in 1 }",
    ] {
      let session = CellSession()
      do {
        try session.run(source, host: TestHost(interruptAfter: 1000))
        Issue.record("the cell ran")
      } catch { #expect(error.isInterruption) }
    }
  }
}
