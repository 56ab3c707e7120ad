import Testing

@testable import CellLanguage

@Suite struct CompletionTests {
  let session: CellSession

  init() throws {
    session = CellSession(vocabulary: Gardening.vocabulary)
    try session.run(
      "let south = garden(\"south\")\nvar heights = vector([1, 2])\nlet point = (across: 1, down: 2)\nlet gardens = [south]\nfunc grown(_ x: Int, twice: Bool) -> Int { x }",
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
    ("south.be|ds", "Garden.beds: Vector\n\nThe heights."), ("grow(south, with: .hou|", "grow("),
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
      ("let x = 1", .complete), ("", .complete), ("nope(1)", .complete), ("x +", .incomplete(indent: "")),
      ("if x {", .incomplete(indent: "  ")),
      ("f(\n  [1,", .incomplete(indent: "    ")), ("let x =", .incomplete(indent: "")),
      ("\"\"\"\nabc", .incomplete(indent: "")),
      ("/* a", .incomplete(indent: "")), ("\"abc", .invalid), ("let 3", .invalid), (")", .invalid),
      ("struct A {", .invalid),
      ("xs.map { x in", .incomplete(indent: "  ")), ("for i in 0..<3", .incomplete(indent: "")),
      ("func f(", .incomplete(indent: "  ")),
      ("let x", .incomplete(indent: "")), ("a ? b", .incomplete(indent: "")), ("# Parameters\nx = 1", .complete),
      ("\"\\(", .incomplete(indent: "")),
    ] as [(String, Completeness)])
  func completeness(source: String, expected: Completeness) { #expect(CellSession.isComplete(source) == expected) }

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
}
