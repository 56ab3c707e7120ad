import Synchronization
import Testing

@testable import CellLanguage

@Suite struct CompletionTests {
  let session: CellSession

  init() throws {
    session = CellSession(vocabulary: Gardening.vocabulary)
    try session.run(
      "let south = garden(\"south\")\nvar heights = vector([1, 2])\nlet point = (across: 1, down: 2)\nlet gardens = [south]\nlet counts = Array(0..<3)\nfunc grown(_ x: Int, twice: Bool) -> Int { x }",
      host: TestHost())
  }

  /// `|` is the cursor.
  private func complete(_ marked: String) -> Completion {
    let parts = marked.split(separator: "|", omittingEmptySubsequences: false)
    return session.complete(parts.joined(), cursor: parts[0].unicodeScalars.count)
  }

  @Test(arguments: [
    ("sou|", ["south"]), ("gar|", ["gardens", "garden"]), ("let x = gard|en", ["gardens", "garden"]),
    ("whil|", ["while"]),
    ("south.|", ["beds", "name", "extended"]), ("south.be|", ["beds"]), ("south.beds.so|", ["softmax", "sorted"]),
    ("south.beds[0].ro|", ["rounded"]), ("gardens[0].na|", ["name"]), ("garden(\"x\").ex|", ["extended"]),
    ("garden(\"x\").extended(by: 2).bed|", ["beds"]), ("grow(south, with: .|", ["outdoor", "greenhouse"]),
    ("grow(south, with: .gre|", ["greenhouse"]), ("grow(south, with: .outdoor(watering: .|", ["rain", "hose"]),
    ("methods([.out|", ["outdoor"]), ("methods([.outdoor(), .gr|", ["greenhouse"]), ("south.extended(by|", ["by:"]),
    ("grow(south, da|", ["days:"]), ("grow(south, days: 3, da|", []), ("point.|", ["across", "down"]),
    ("grown(1, tw|", ["twice:"]),
    ("\"text so|", []), ("// so|", []), ("\"in \\(sou|", ["south"]), ("let so|", []), ("foo.|", []),
    ("if true { let mine = 1; mi|", ["mine", "min"]),
    ("grow(south, with: .outdoor(watering: .hose(li|", ["litres:"]), ("\"\".upper|", ["uppercased"]),
    ("}})) sou|", ["south"]),
  ])
  func names(marked: String, expected: [String]) {
    #expect(Set(complete(marked).matches.map(\.text)) == Set(expected))
  }

  @Test(arguments: [
    ("gardens.map { plot in pl|", ["plot"]), ("gardens.map { (plot, other) in ot|", ["other"]),
    ("let f = { (wide: Int) -> Int in wi|", ["wide"]), ("func f(width: Int) { wid|", ["width"]),
    ("func f(_ width: Int, of other: Garden = garden(\"x\")) -> Int {\n  oth|", ["other"]),
    ("rule(\"r\") { mine, yours in grow(south, days: you|", ["yours"]), ("for (i, plot) in gardens { plo|", ["plot"]),
    ("let (across, down) = point\ndow|", ["down"]), ("let f = { plot in 1 }\nplo|", []),
    ("func f(width: Int) -> Int { 1 }\nwid|", []), ("for _ in gardens { _|", []),
  ])
  func namesOfTheCellItselfAreOfferedWhereTheyAreInSight(marked: String, expected: [String]) {
    #expect(Set(complete(marked).matches.map(\.text)) == Set(expected))
  }

  @Test(arguments: [
    ("let g = garden(\"x\")\ng.be|", ["beds"]),
    ("let g = garden(\"x\")\nlet b = g.beds\nb.so|", ["softmax", "sorted"]),
    ("let s = \"abc\"; s.upper|", ["uppercased"]), ("var n = 3\nn.ro|", ["rounded"]),
    ("let x = [1, 2]\nx.app|", ["append"]),
    ("let d = [\"a\": 1]\nd.removeV|", ["removeValue"]), ("for g in gardens { g.na|", ["name"]),
    ("for g in gardens where true { g.na|", ["name"]), ("for i in 0..<3 { i.ro|", ["rounded"]),
    ("for b in south.beds { b.ro|", ["rounded"]), ("if let g = gardens.first, true { let s = south; s.na|", ["name"]),
    ("func f(_ g: Garden) { g.be|", ["beds"]), ("func f(_ gs: [Garden]) { for g in gs { g.be|", ["beds"]),
    ("let text: String = made()\ntext.low|", ["lowercased"]),
    ("let g = garden(\n  \"x\"\n)\n  .extended(by: 2)\ng.be|", ["beds"]),
    ("let g = g.|", []), ("let n = south.beds.count + 1\nn.|", []), ("gardens.map { south in south.|", []),
    // The value that is there already is known better, unless its name comes to mean something else.
    ("let south = garden(\"x\")\nsouth.na|", ["name"]), ("let south = \"x\"\nsouth.upper|", ["uppercased"]),
    ("let point = made()\npoint.ac|", ["across"]),
  ])
  func membersOfANameThatHasNotRunYet(marked: String, expected: [String]) {
    #expect(Set(complete(marked).matches.map(\.text)) == Set(expected))
  }

  @Test func anEnumerationThatTwoTypesShareIsOfferedOnce() {
    let either = ValueType.either([.choice(Gardening.method), .array(of: .choice(Gardening.method))])
    #expect(either.enumerations.map(\.name) == ["Method"])
  }

  @Test func ofManyVariablesTheNewestAreOffered() {
    let session = CellSession()
    for number in 0..<1000 { session.declare("many\(number)", .int(number)) }
    let found = session.complete("man", cursor: 3).matches.map(\.text)
    #expect(found == (700..<1000).map { "many\($0)" })
    #expect(session.complete("many12", cursor: 6).matches.map(\.text) == ["many12"] + (120..<130).map { "many\($0)" })
  }

  @Test func whatIsOpenToTheEndOfALongCellIsReadInPassing() {
    let text = String(repeating: "let a = (\n", count: 5000) + "a."
    #expect(session.complete(text, cursor: text.count).matches.isEmpty)
  }

  @Test func labelsComeFirstWithTheirSignatures() throws {
    let matches = complete("grow(south, |").matches
    #expect(matches.prefix(3).map(\.text) == ["with:", "days:", "rate:"])
    #expect(matches[1] == CompletionMatch(text: "days:", kind: .label, signature: "days: Int = 10"))
    #expect(matches.contains { $0.text == "south" && $0.kind == .variable && $0.signature == "south: Garden" })
  }

  @Test func rangesCountScalars() {
    let completion = complete("let é = \"😀👍🏽\"; sou|th")
    #expect(completion.start == 15)
    #expect(completion.end == 18)
    #expect(completion.matches.map(\.text) == ["south"])
  }

  @Test(arguments: [
    ("gr|ow", "grow(_ garden: Garden, with method: Method"),
    ("grow(south, da|ys: 3)", "grow: days: Int: how long; at least 1; in days; default 10"),
    ("sou|th", "south: Garden = garden south with 3 beds"), ("grow(|", "grow(_ garden: Garden"),
    ("south.ext|ended", "Garden.extended(by: Int) -> Garden"),
    ("south.be|ds", "Garden.beds: Vector = [1.0, 1.0, 1.0]\n\nThe heights."), ("grow(south, with: .hou|", "grow("),
    ("grow(south, with: .green|house)", ".greenhouse(degrees: Int = 20)"),
    ("heights|", "heights: Vector = [1.0, 2.0]"), ("Gard|en", "Garden: Beds."), ("Meth|od", "Method: How to grow."),
  ])
  func inspection(marked: String, start: String) throws {
    let parts = marked.split(separator: "|", omittingEmptySubsequences: false)
    let found = try #require(session.inspect(parts.joined(), cursor: parts[0].unicodeScalars.count))
    #expect(found.text.hasPrefix(start))
    #expect(!found.markdown.isEmpty)
  }

  @Test func nothingIsKnownOfNothing() {
    #expect(session.inspect("", cursor: 0) == nil)
    #expect(session.inspect("unheard", cursor: 3) == nil)
    #expect(session.inspect("1 + 2", cursor: 99) == nil)
  }

  @Test(
    arguments: [
      ("let x = 1", .complete), ("", .complete), ("nope(1)", .complete), ("x +", .incomplete(indent: "  ")),
      ("if x {", .incomplete(indent: "  ")),
      ("f(\n  [1,", .incomplete(indent: "    ")), ("let x =", .incomplete(indent: "  ")),
      ("\"\"\"\nabc", .incomplete(indent: "")),
      ("/* a", .incomplete(indent: "")), ("\"abc", .invalid), ("let 3", .invalid), (")", .invalid),
      ("struct A {", .invalid),
      ("xs.map { x in", .incomplete(indent: "  ")), ("for i in 0..<3", .incomplete(indent: "")),
      ("func f(", .incomplete(indent: "  ")),
      ("let x", .incomplete(indent: "")), ("a ? b", .incomplete(indent: "")), ("# Parameters\nx = 1", .complete),
      ("\"\\(", .incomplete(indent: "")),
    ] as [(String, Completeness)])
  func completeness(source: String, expected: Completeness) { #expect(CellSession.isComplete(source) == expected) }

  @Test(arguments: [
    ("func f() {\n  if x {\n    y()\n  }", "  "), ("train(base,\n  with: .opsd(", "    "), ("f(g(", "  "),
    ("f({ x in", "  "), ("if x {\n  y\n} else {", "  "), ("if x {\n  y\n} else", ""), ("let x = a +\n  b *", "  "),
    ("f {\n  let y =", "    "), ("f {\n  g(1)", "  "), ("let x = [\n  1,\n  [2, 3],", "  "),
    ("f(a,\n  g(b),\n  [\n    c\n  ]", "  "), ("  if x {", "    "), ("f {\n\n\n", "  "),
    ("let t = \"\"\"\n    abc\n\n", "    "), ("if x {\n  /* a", "  "), ("func f() ->", "  "), ("for x in", ""),
    ("while x\n", ""),
  ])
  func theNextLineStandsWhereAPersonWouldPutIt(source: String, indent: String) {
    #expect(CellSession.isComplete(source) == .incomplete(indent: indent))
  }

  @Test(arguments: [
    ("counts|", ["3 numbers, from 0 to 2, mean 1", "first: 0, 1, 2", ".first: Any? = 0"]),
    (
      "heights|",
      ["heights: Vector = [1.0, 2.0]", "2 numbers, from 1 to 2, mean 1.5", "first: 1, 2", ".count: Int = 2"]
    ),
    ("gardens|", ["gardens: Array", "1 elements of type Garden", "[0] = garden south with 3 beds"]),
    (
      "south|",
      ["3 elements", "[0] = 1.0", ".beds: Vector = [1, 1, 1]", ".name: String = \"south\"", ".extended(by:)"]
    ),
    ("south.na|me", ["Garden.name: String = \"south\"", "Its name.", "5 characters"]),
    ("gardens[0].beds|", ["Garden.beds: Vector = [1.0, 1.0, 1.0]", "mean 1"]),
    ("gardens[0]|", ["Garden = garden south with 3 beds"]), ("gardens[9].beds|", ["Garden.beds: Vector"]),
    ("point.across|", ["Tuple.across = 1"]), ("grown|", ["func grown(_ x: Int, twice: Bool) -> Int { x }"]),
    ("garden(\"x\").beds|", ["Garden.beds: Vector\n\nThe heights.", "Vector: Real numbers"]),
  ])
  func aLiveValueIsSketched(marked: String, words: [String]) throws {
    let parts = marked.split(separator: "|", omittingEmptySubsequences: false)
    let found = try #require(session.inspect(parts.joined(), cursor: parts[0].unicodeScalars.count))
    for word in words { #expect(found.text.contains(word), "\(found.text)") }
  }

  @Test func moreDetailExplainsEveryMemberAndMethod() throws {
    let short = try #require(session.inspect("south", cursor: 5))
    let full = try #require(session.inspect("south", cursor: 5, detail: .full))
    for word in ["The heights.", "With more beds.", "by: Int: at least 1; in beds"] {
      #expect(full.text.contains(word) && !short.text.contains(word))
    }
    #expect(full.markdown.contains("| `.name` | `String` | \"south\" | Its name. |"))
  }

  @Test func aCostlyMemberIsNotReadBehindTheBack() throws {
    let reads = Mutex(0)
    let type = TypeDeclaration(
      "Garden", summary: "Beds.",
      members: [
        .init("weight", type: "Int", summary: "All of it.", isCostly: { _ in true }) { _ in
          reads.withLock { $0 += 1 }
          return 7
        }
      ])
    let session = CellSession(vocabulary: Vocabulary([Subject("Gardens", summary: "", types: [type])]))
    session.declare("g", .object(Garden(beds: [1], name: "g")))
    for (source, detail) in [("g", .short), ("g.weight", .short), ("g", .full)] as [(String, InspectionDetail)] {
      #expect(session.inspect(source, cursor: source.count, detail: detail)?.text.contains("weight: Int") == true)
    }
    #expect(session.complete("g.weight.ro", cursor: 11).matches.map(\.text) == ["rounded"])
    #expect(reads.withLock { $0 } == 0)
  }

  @Test func aLongTextIsNotCounted() throws {
    session.declare("long", .string(String(repeating: "é", count: 200_000)))
    let found = try #require(session.inspect("long", cursor: 4))
    for word in ["400000 bytes", ".count: Int\n", ".isEmpty: Bool = false", ".last: String? = \"é\""] {
      #expect(found.text.contains(word), "\(found.text)")
    }
    #expect(try session.run("long.count", host: TestHost())?.description == "200000")
  }

  @Test func completionWhileACellRuns() async throws {
    let session = session
    let host = TestHost(interruptAfter: 200_000)
    let runner = Task.detached {
      try? session.run("var n = 0\nvar xs = []\nwhile true { n += 1; xs.append(n) }", host: host)
    }
    for _ in 0..<100 { #expect(!session.complete("xs.co", cursor: 5).matches.isEmpty || session["xs"] == nil) }
    _ = await runner.value
    #expect(session.complete("xs.co", cursor: 5).matches.map(\.text).contains("count"))
  }

  /// Wherever a cell is broken off, it is read as far as it goes.
  @Test(arguments: [
    "func f(_ a: [String: Int], of b: Garden? = garden(\"x\", beds: (1)), c: Int) -> [Int] { let (x, y) = (a, b); return x }",
    "let f = { (a: [Int], b: Int) -> [Int] in for (i, z) in a.enumerated() where i > 0 { print(\"\\(z.rounded()) \\(i)\") } }",
    "if let g = gardens.first, let `in` = [\"a\": g, \"b\": g][\"a\"] { } else { let n = -g.beds[0] }\n}} ) ] let q = \"",
  ])
  func everyPartOfACellIsCompleted(cell: String) {
    let scalars = Array(cell.unicodeScalars)
    for count in 0...scalars.count {
      for end in ["", ".", "(", " in ", "[\""] {
        let text = String(String.UnicodeScalarView(scalars[..<count])) + end
        let completion = session.complete(text, cursor: text.unicodeScalars.count)
        #expect(completion.start <= completion.end && completion.end == text.unicodeScalars.count)
        _ = session.inspect(text, cursor: count)
      }
    }
  }
}
