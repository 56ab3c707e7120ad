// Completion inside string literals: whose argument it is, what was typed of it, and which part is replaced.

import Testing

@testable import CellLanguage

@Suite("Completion in strings") struct StringCompletionTests {
  let session = CellSession(vocabulary: Gardening.vocabulary)

  /// `|` is the cursor.
  private func complete(_ marked: String) -> Completion {
    let parts = marked.split(separator: "|", omittingEmptySubsequences: false)
    return session.complete(parts.joined(), cursor: parts[0].unicodeScalars.count)
  }

  /// What stands in the cell when a match is taken.
  private func taken(_ marked: String) throws -> [String] {
    let completion = complete(marked)
    let scalars = Array(marked.unicodeScalars.filter { $0 != "|" })
    return completion.matches.map { match in
      String(String.UnicodeScalarView(scalars[..<completion.start])) + match.text
        + String(String.UnicodeScalarView(scalars[completion.end...]))
    }
  }

  @Test(arguments: [
    ("sow(\"herbs/t|", ["sow(\"herbs/thyme", "sow(\"herbs/the \\\"good\\\" one"]),
    ("sow(\"herbs/sa|\")", ["sow(\"herbs/sage\")"]),
    ("sow(\"he|", ["sow(\"herbs/", "sow(\"herbs/thyme", "sow(\"herbs/sage", "sow(\"herbs/the \\\"good\\\" one"]),
    ("let é = 1; sow(\"hé|", ["let é = 1; sow(\"héllébore"]), ("sow(\"~/|", ["sow(\"~/mine"]),
    (
      "sow(\"herbs/sage\", then: [\"herbs/thyme\", \"herbs/sa|",
      ["sow(\"herbs/sage\", then: [\"herbs/thyme\", \"herbs/sage"]
    ),
    ("sow(\"herbs/the \\\"go|", ["sow(\"herbs/the \\\"good\\\" one"]), ("sow(\"back\\\\s|", ["sow(\"back\\\\slash"]),
    ("sow(\"h\\u{E9}l|", ["sow(\"héllébore"]), ("print(sow(\"herbs/sa|", ["print(sow(\"herbs/sage"]),
    ("let a = \"x\n}}) sow(\"herbs/sa|", ["let a = \"x\n}}) sow(\"herbs/sage"]),
  ])
  func theRestOfThePathReplacesWhatWasTyped(marked: String, cells: [String]) throws {
    #expect(try taken(marked) == cells)
  }

  @Test func onlyThePartAfterTheLastSlashIsReplaced() {
    let completion = complete("sow(\"herbs/sa|")
    #expect(completion.start == 11 && completion.end == 13)
    #expect(completion.matches == [CompletionMatch(text: "sage", kind: .text, signature: "packet")])
  }

  @Test(arguments: [
    "garden(\"he|", "print(\"he|", "\"he|", "sow(\"her\\(1)bs/|", "sow(\"\\(\"he|", "sow(\"herbs\\|", "sow(\"\"\"\nhe|",
    "sow(\"\\q|", "// sow(\"he|", "sow(\"x\", \"he|", "sow(unknown: \"he|",
  ])
  func elsewhereNothingIsOffered(marked: String) {
    let completion = complete(marked)
    #expect(completion.matches.isEmpty)
    #expect(completion.start == completion.end)
  }

  @Test func anInterpolationInsideIsCodeAgain() throws {
    #expect(complete("sow(\"herbs/\\(garde|").matches.map(\.text) == ["garden"])
  }

  @Test(arguments: [
    ("sizes[\"|", ["small", "large"]), ("sizes[\"la|\"]", ["large"]), ("almanac[\"first |", ["first frost"]),
    ("almanac.page(of: \"|", ["sowing", "first frost"]), ("almanac.page(of: \"so|", ["sowing"]),
    ("almanac.page(of: \"sowing\", note: \"|", []), ("[\"la|", []), ("sizes [\"la|", []), ("unknown[\"la|", []),
  ])
  func theKeysOfALiveValueAreOffered(marked: String, expected: [String]) throws {
    let type = TypeDeclaration(
      "Almanac", summary: "Days.",
      methods: [
        Command("page", [Parameter("of", .string), Parameter("note", .string, default: "")], summary: "") { _, _ in
          .void
        }
      ])
    let session = CellSession(vocabulary: Vocabulary([Subject("Days", summary: "", types: [type])]))
    try session.run("let sizes = [\"small\": 1, \"large\": 9]", host: TestHost())
    session.declare("almanac", .object(Almanac()))
    let parts = marked.split(separator: "|", omittingEmptySubsequences: false)
    let found = session.complete(parts.joined(), cursor: parts[0].unicodeScalars.count)
    #expect(found.matches.map(\.text) == expected)
  }

  @Test func aListIsNeverEndless() {
    let many = TextSource { _ in (0..<5000).map { .init("\($0)", note: "") } }
    let session = CellSession(
      vocabulary: Vocabulary([
        Subject(
          "Numbers", summary: "",
          commands: [Command("pick", [Parameter("_", name: "n", .string, texts: many)], summary: "") { _, _ in .void }])
      ]))
    #expect(session.complete("pick(\"", cursor: 6).matches.count == 300)
  }
}

private struct Almanac: CellObject {
  var typeName: String { "Almanac" }
  var summary: String { "almanac" }
  var keys: [String] { ["sowing", "first frost"] }
}
