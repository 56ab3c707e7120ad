import Testing

@testable import CellLanguage

@Suite struct ExpressionTests {
  @Test(arguments: [
    ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("7 / 2", "3"), ("-7 % 3", "-1"), ("7.0 / 2", "3.5"), ("2 * 0.5", "1.0"),
    ("500_000", "500000"), ("3e-4", "0.0003"), ("0x1F", "31"), ("0b101", "5"), ("0o17", "15"), ("1.5e3", "1500.0"),
    ("-9223372036854775808", "-9223372036854775808"), ("1 < 2 && 2 < 3", "true"), ("!(1 == 2) || false", "true"),
    ("nil ?? 3", "3"), ("1 == 1.0", "true"), ("\"a\" < \"b\"", "true"), ("true ? 1 : 2", "1"),
    ("1 > 2 ? \"a\" : 1 > 0 ? \"b\" : \"c\"", "\"b\""), ("2...4", "2...4"), ("0..<3", "0..<3"),
    ("[1, 2] == [1, 2]", "true"),
    ("(1, \"a\") == (1, \"a\")", "true"), ("[1, 2] + [3]", "[1, 2, 3]"), ("\"a\" + \"b\"", "\"ab\""),
    ("- 3 + 5", "2"), ("5 - -3", "8"), ("-2.5", "-2.5"), ("1-1", "0"), ("nil", "nil"), ("[:]", "[:]"), ("[]", "[]"),
    ("1 + /* a /* nested */ comment */ 2 // more", "3"), ("[1, 2,]", "[1, 2]"), ("(x: 1, y: 2).y", "2"),
    ("(1, 2).0", "1"),
  ])
  func expression(source: String, expected: String) throws { #expect(try result(source) == expected) }

  @Test(arguments: [
    (#""a\(1 + 1)b""#, "a2b"), (#""\("in \("deep")")""#, "in deep"), (#""\n\t\\\"\u{1F600}""#, "\n\t\\\"😀"),
    ("\"\"\"\n  one\n    two\n  \"\"\"", "one\n  two"), ("\"\"\"\n  a \\(1 + 1)\n  b\n  \"\"\"", "a 2\nb"),
    ("\"\"\"\n  a \\\n  b\n  \"\"\"", "a b"), ("\"\"", ""), (#""\(["a": 1])""#, "[\"a\": 1]"),
    (#""a" + "\(true)""#, "atrue"),
    ("\"\"\"\n  \"quoted\"\n  \"\"\"", "\"quoted\""), ("\"\"\"\n\n  x\n\n  \"\"\"", "\nx\n"),
  ])
  func string(source: String, expected: String) throws { #expect(try printed("print(\(source))") == expected + "\n") }

  @Test(arguments: [
    ("[1, 2, 3].map { $0 * 2 }", "[2, 4, 6]"), ("(1...3).map { i in i * i }", "[1, 4, 9]"),
    ("[1, 2, 3, 4].filter { $0 % 2 == 0 }", "[2, 4]"), ("[1, 2, 3].reduce(0, +)", "6"),
    ("[1, 2].reduce(1) { $0 * $1 }", "2"),
    ("[3, 1, 2].sorted()", "[1, 2, 3]"), ("[3, 1, 2].sorted(by: >)", "[3, 2, 1]"),
    ("[3, 1].sorted { $0 < $1 }", "[1, 3]"),
    ("[\"a\", \"b\"].joined(separator: \", \")", "\"a, b\""),
    ("[5, 6].enumerated()", "[(offset: 0, element: 5), (offset: 1, element: 6)]"),
    ("[1, 2, 3].contains(2)", "true"), ("[1, 2].contains { $0 > 1 }", "true"), ("[].isEmpty", "true"),
    ("[4, 2].min()", "2"),
    ("[4, 2].max()", "4"), ("[4, 2].indices", "0..<2"), ("[1, 2, 3].prefix(2)", "[1, 2]"),
    ("[1, 2, 3].suffix(2)", "[2, 3]"),
    ("[1, 2].first", "1"), ("[].last", "nil"), ("[1, 2].reversed()", "[2, 1]"), ("[1, 2, 3][1...]", "[2, 3]"),
    ("[1, 2, 3][..<2]", "[1, 2]"), ("[1, 2, 3][0..<1]", "[1]"), ("zip([1, 2], [3, 4]).map { $0 * $1 }", "[3, 8]"),
    ("zip([1, 2], [3, 4]).map { (a, b) in a + b }", "[4, 6]"),
    ("stride(from: 0, to: 1, by: 0.25)", "[0.0, 0.25, 0.5, 0.75]"),
    ("stride(from: 3, through: 1, by: -1)", "[3, 2, 1]"), ("Array(1...3)", "[1, 2, 3]"),
    ("Array(\"ab\")", "[\"a\", \"b\"]"),
    ("Array(repeating: 0, count: 2)", "[0, 0]"), ("\"a b\".split(separator: \" \")", "[\"a\", \"b\"]"),
    ("\"Ab\".uppercased()", "\"AB\""),
    ("\"abc\".contains(\"b\")", "true"), ("\"abc\".hasPrefix(\"a\") && \"abc\".hasSuffix(\"c\")", "true"),
    ("\"né😀\".count", "3"),
    ("[\"a\": 1][\"a\"]", "1"), ("[\"a\": 1][\"b\"]", "nil"), ("[\"a\": 1][\"b\", default: 7]", "7"),
    ("[\"b\": 1, \"a\": 2].keys", "[\"b\", \"a\"]"),
    ("[\"a\": 1]?.count", "1"), ("nil?.count", "nil"), ("nil?.first.foo.bar()", "nil"), ("Int(3.9)", "3"),
    ("Int(\"x\")", "nil"),
    ("Double(\"2.5\")", "2.5"), ("String(12)", "\"12\""), ("abs(-2)", "2"), ("max(1, 2.5)", "2.5"),
    ("argmax([2, 7, 7])", "1"), ("argmin([2, 1.0 / 0, -3, -3])", "2"), ("argmax([0.0 / 0, 1])", "1"),
    ("min([3, 1])", "1"),
    ("pow(2, 10)", "1024.0"), ("floor(2.7)", "2.0"), ("sqrt(9)", "3.0"), ("[1, 2].map(String)", "[\"1\", \"2\"]"),
    ("5.magnitude", "5"),
    ("{ 42 }()", "42"), ("{ (a: Int, b: Int) -> Int in a - b }(5, 3)", "2"),
    ("[[1, 2], [3]].map { $0.map { $0 + 1 } }", "[[2, 3], [4]]"),
    ("[1, 2, 3]\n  .map { $0 + 1 }\n  .filter { $0 > 2 }", "[3, 4]"), ("sum([1, 2, 3])", "6"), ("mean([1, 2])", "1.5"),
  ])
  func builtin(source: String, expected: String) throws { #expect(try result(source) == expected) }

  @Test(arguments: [
    ("vector([1, 2]) * 2", "[2.0, 4.0]"), ("1 - vector([0.25, 0.5])", "[0.75, 0.5]"),
    ("vector([1, 2]) + vector([3, 4])", "[4.0, 6.0]"),
    ("-vector([1])", "[-1.0]"), ("sum(vector([1, 2, 3]))", "6.0"), ("dot([1, 2], [3, 4])", "11.0"),
    ("softmax([0, 0])", "[0.5, 0.5]"),
    ("vector([1, 5, 2]).argmax()", "1"), ("vector([1, 5, 2]).max()", "5.0"),
    ("vector(0..<3).map { $0 * 2 }", "[0.0, 2.0, 4.0]"),
    ("vector([1, 2, 3])[1]", "2.0"), ("vector([1, 2, 3])[1...]", "[2.0, 3.0]"), ("exp(vector([0]))", "[1.0]"),
    ("log(1)", "0.0"),
    ("sqrt(vector([4, 9]))", "[2.0, 3.0]"), ("abs(vector([-1, 1]))", "[1.0, 1.0]"), ("vector([1, 2]).count", "2"),
    ("vector([1, 2]).mean()", "1.5"),
    ("softmax([1000, 1000, -1000])", "[0.5, 0.5, 0.0]"), ("vector([1, 2]) == vector([1, 2])", "true"),
    ("sum(vector([1e100, 1, -1e100]))", "1.0"),
  ])
  func vector(source: String, expected: String) throws { #expect(try result(source) == expected) }
}
