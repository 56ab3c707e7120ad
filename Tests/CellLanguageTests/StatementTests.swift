import Testing

@testable import CellLanguage

@Suite struct StatementTests {
  @Test(arguments: [
    ("var s = 0\nfor i in 1...4 { s += i }\ns", "10"),
    ("var s = 0\nfor i in 0..<10 where i % 2 == 0 { s += i }\ns", "20"),
    ("var s = 0\nwhile true { s += 1; if s == 5 { break } }\ns", "5"),
    ("var s = 0\nvar i = 0\nwhile i < 5 { i += 1\nif i == 2 { continue }\ns += i }\ns", "13"),
    ("var n = 0\nrepeat { n += 1 } while n < 3\nn", "3"),
    ("func f(_ x: Int, by k: Int = 2) -> Int { x * k }\n[f(3), f(3, by: 5)]", "[6, 15]"),
    ("func fact(_ n: Int) -> Int { if n < 2 { return 1 }\nreturn n * fact(n - 1) }\nfact(10)", "3628800"),
    (
      "func outer() -> Int { func inner(_ n: Int) -> Int { n == 0 ? 0 : 1 + inner(n - 1) }\nreturn inner(4) }\nouter()",
      "4"
    ),
    ("let (a, b) = (1, 2)\na + b", "3"), ("var a = 1\nvar b = 2\n(a, b) = (b, a)\n[a, b]", "[2, 1]"),
    ("var xs = [1, 2]\nxs.append(3)\nxs[0] = 9\nxs", "[9, 2, 3]"),
    ("var xs = [[1], [2]]\nxs[1].append(5)\nxs[1][0] += 1\nxs", "[[1], [3, 5]]"),
    ("var d = [\"a\": 1]\nd[\"b\"] = 2\nd[\"a\"] = nil\nd", "[\"b\": 2]"),
    ("var d = [:]\nd[\"a\", default: 0] += 5\nd", "[\"a\": 5]"),
    ("var v = vector([1, 2])\nv[0] = 5\nv", "[5.0, 2.0]"), ("var t = (x: 1, y: 2)\nt.x = 7\nt", "(x: 7, y: 2)"),
    ("let a = [1]\nvar b = a\nb.append(2)\na", "[1]"),
    ("func f(_ xs: [Int]) -> [Int] { var ys = xs\nys[0] = 0\nreturn ys }\nlet a = [1]\n_ = f(a)\na", "[1]"),
    ("if let x = [1].first { x } else { 0 }\nlet y = if let x = [1].first { x + 1 } else { 0 }\ny", "2"),
    ("func f(_ x: Int?) -> Int { guard let x else { return -1 }\nreturn x * 2 }\n[f(nil), f(4)]", "[-1, 8]"),
    ("var fs = []\nfor i in 0..<3 { fs.append({ i }) }\nfs.map { $0() }", "[0, 1, 2]"),
    ("func counter() -> Any { var n = 0\nreturn { n += 1; return n } }\nlet c = counter()\n_ = c()\nc()", "2"),
    ("var total = 0\n[1, 2, 3].forEach { total += $0 }\ntotal", "6"),
    ("let add = { x in { y in x + y } }\nadd(2)(3)", "5"), ("let x: Double = 2\nx", "2.0"),
    ("let s: [Int] = [1]; s", "[1]"),
    ("for (i, x) in [\"a\"].enumerated() { print(i, x) }", "-"), ("let x = 1", "-"), ("_ = 5", "-"), ("print(1)", "-"),
    ("", "-"),
    ("5\nlet x = 1", "-"), ("for k in [\"b\": 1, \"a\": 2] { print(k.key) }\n3", "3"), ("let `in` = 3\n`in`", "3"),
    ("let a = 1\nlet b = a\n  + 2\nb", "3"), ("let f = { (x) in\n  let y = x + 1\n  return y * 2 }\nf(1)", "4"),
    ("var s = \"\"\nfor c in \"abc\" { s = c + s }\ns", "\"cba\""), ("func f() { return }\nf()", "-"),
    ("func f() { 5 }\nf()", "-"),
    ("let x = 5\nif x > 3, x < 9 { print(x) } else if x == 2 { print(2) } else { print(3) }", "-"),
    ("var xs = [3, 1, 2]\nxs.sort()\n_ = xs.removeLast()\nxs.insert(7, at: 0)\nxs", "[7, 1, 2]"),
    ("func f(a: Int, b: Int) -> Int { a - b }\nf(b: 1, a: 5)", "4"),
    ("func apply(_ f: (Int) -> Int, to x: Int) -> Int { f(x) }\napply({ $0 + 1 }, to: 4)", "5"),
    ("func closure(_ x: Int, by y: Int) -> Int { x * y }\nclosure(2, by: 3)", "6"),
    ("let b = 1\nlet a = b\n[7].count", "1"),
    ("var xs = [1, 2, 3]\nwhile let x = xs.last, x > 1 { _ = xs.removeLast() }\nxs", "[1]"),
    (
      "var n = 0\nif [1, 2].contains(where: { $0 > 1 }) { n = 1 }\nfor x in [1, 2].filter({ $0 > 1 }) { n += x }\nn",
      "3"
    ),
    ("let x = 3\nlet y = x\n-x\ny", "3"), ("let m = [\"a\": [1, 2]]\nm[\"a\"]![1]", "2"), ("let f = { 3 }\n(f)()", "3"),
    ("var log = [String]()\nlog.append(\"a\")\nlog", "[\"a\"]"),
    ("func twice(_ x: Int, _ f: (Int) -> Int) -> Int { f(f(x)) }\ntwice(3) { $0 * $0 }", "81"),
  ])
  func statement(source: String, expected: String) throws { #expect(try result(source) == expected) }

  @Test func bindingsLiveAcrossCellsAndMayBeDeclaredAgain() throws {
    #expect(try result("let x = 1", "let x = x + 1", "x") == "2")
    #expect(try result("func f() -> Int { g() }", "func g() -> Int { 7 }", "f()") == "7")
    #expect(try result("let abs = 3", "abs") == "3")
  }

  @Test func failingCellKeepsWhatCameBefore() throws {
    let session = CellSession()
    #expect(throws: CellError.self) { try session.run("let a = 1\nlet b = nope\nlet c = 3", host: TestHost()) }
    #expect(session.bindings.map(\.name) == ["a"])
    #expect(try session.run("a", host: TestHost())?.description == "1")
  }

  @Test func failedChangeLeavesTheVariable() throws {
    let session = CellSession()
    try session.run("var xs = [1, 2]\nvar d = [\"a\": [1]]", host: TestHost())
    for cell in ["xs[5] = 1", "xs += 3", "d[\"a\"][7] = 1", "xs.remove(at: 9)", "d[\"a\"].append(contentsOf: 5)"] {
      #expect(throws: CellError.self) { try session.run(cell, host: TestHost()) }
    }
    #expect(try session.run("\"\\(xs) \\(d)\"", host: TestHost())?.description == "[1, 2] [\"a\": [1]]")
  }

  @Test(arguments: [
    "# Parameters\nlr = 0.01\nflag = True\nn = None\nxs = [1, 2.5]\nname = \"abc\"\nd = {\"a\": 1} # comment\ns = 'q'\nneg = -3",
    "\n# Parameters\nlr = 0.01\nflag = true\nn = nil\nxs = [1, 2.5]\nname = \"abc\"\nd = [\"a\": 1]\ns = \"q\"\nneg = -3\n",
  ])
  func parameterCell(source: String) throws {
    #expect(
      try result(source, "(lr, flag, n, xs, name, d, s, neg)")
        == "(0.01, true, nil, [1, 2.5], \"abc\", [\"a\": 1], \"q\", -3)")
    #expect(try result("let lr = 1", source, "lr += 1", "lr") == "1.01")
  }

  @Test func showsOnlyTheLastExpression() throws {
    let host = TestHost()
    let value = try CellSession().run("1\nprint(\"a\", 2, separator: \"-\")\n3", host: host)
    #expect(value?.description == "3")
    #expect(host.output == "a-2\n")
  }
}
