import Testing

@testable import CellLanguage

@Suite struct VocabularyTests {
  @Test(arguments: [
    ("garden(\"a\")", "garden a with 3 beds"), ("garden(\"a\", beds: 2).beds", "[1.0, 1.0]"),
    ("garden(\"a\").name", "\"a\""),
    ("garden(\"a\").extended(by: 2).beds.count", "5"), ("garden(\"a\")[0]", "1.0"),
    ("garden(\"a\")[1...].beds.count", "2"),
    ("garden(\"a\") == garden(\"a\")", "true"), ("garden(\"a\") != garden(\"b\")", "true"),
    ("var s = 0.0\nfor b in garden(\"a\") { s += b }\ns", "3.0"),
    ("grow(garden(\"a\"), with: .outdoor).beds[0]", "10.0"),
    ("grow(garden(\"a\"), with: .outdoor(), days: 3).beds[0]", "3.0"),
    ("grow(garden(\"a\"), with: .outdoor(watering: .hose(litres: 3))).beds[0]", "30.0"),
    ("grow(garden(\"a\"), with: .outdoor(watering: .hose)).beds[0]", "25.0"),
    ("grow(garden(\"a\"), days: 2, with: .greenhouse(degrees: 30), rate: 0).beds[0]", "2.0"),
    ("let m = .greenhouse(degrees: 9)\ngrow(garden(\"a\"), with: m).beds[0]", "10.0"),
    ("let g = garden(\"a\")\n_ = grow(g, with: .outdoor)\ng.beds[0]", "1.0"),
    ("methods([.outdoor(), .greenhouse(degrees: 7)])", "[\".outdoor(watering: .rain)\", \".greenhouse(degrees: 7)\"]"),
    ("rule(\"mine\") { p, q in sum(p * log(p / q)) } > 0.14", "true"),
    ("rule(\"mine\") { p, q in sum(abs(p - q)) }", "0.5"), ("let kl = { p, q in sum(p) }\nrule(\"mine\", kl)", "1.0"),
    ("let g = garden(\"x\"); \"\\(g)\"", "\"garden x with 3 beds\""),
  ])
  func works(source: String, expected: String) throws {
    #expect(try result(source, vocabulary: Gardening.vocabulary) == expected)
  }

  @Test(arguments: [
    (
      "garden(\"a\", bed: 2)", "UnknownLabel", "`garden` has no label `bed:`", "its labels are `beds:`",
      "Did you mean `beds:`?"
    ),
    (
      "garden()", "MissingArgument", "`garden` needs `name`, a string", "it is its name",
      "It is called as `garden(_ name: String, beds: Int = 3) -> Garden`."
    ),
    ("garden(3)", "TypeMismatch", "`name` of `garden` must be a string", "it was given `3`, an Int", ""),
    (
      "garden(\"a\", beds: 2.5)", "TypeMismatch", "`beds:` of `garden` must be a whole number",
      "it was given `2.5`, a Double", ""
    ),
    (
      "garden(\"a\", beds: 200)", "OutOfRange", "`beds:` of `garden` cannot be 200",
      "it must be between 1 and 100 beds", ""
    ),
    (
      "garden(\"a\", 5)", "WrongArgument", "`garden` takes one argument without a label",
      "the others are labelled `beds:`",
      "It is called as `garden(_ name: String, beds: Int = 3) -> Garden`."
    ),
    ("garden(\"a\", beds: 1, beds: 2)", "WrongArgument", "`beds:` is given twice to `garden`", "", ""),
    (
      "grow(garden(\"a\"), with: .outdor)", "UnknownCase", "Method has no case `.outdor`",
      "its cases are `.outdoor`, `.greenhouse`", "Did you mean `.outdoor`?"
    ),
    (
      "grow(garden(\"a\"), with: .outdoor(watering: .hose(litres: 30)))", "OutOfRange",
      "`litres:` of `.hose` cannot be 30",
      "it must be greater than 0.0 and at most 10.0 litres", ""
    ),
    (
      "grow(garden(\"a\"), with: 3)", "TypeMismatch", "`with:` of `grow` must be a case of Method",
      "it was given `3`, an Int",
      "Write one of `.outdoor`, `.greenhouse`."
    ),
    (
      "grow(\"a\", with: .outdoor)", "TypeMismatch", "`garden` of `grow` must be a value of type Garden",
      "it was given the string \"a\"", ""
    ),
    (
      "grow(garden(\"a\"), with: .outdoor, rate: 1)", "OutOfRange", "`rate:` of `grow` cannot be 1",
      "it must be at least 0.0 and less than 1.0", ""
    ),
    ("garden(\"a\").height", "UnknownMember", "Garden has no member `height`", "it has `beds`, `name`, `extended`", ""),
    (
      "garden(\"a\").bed", "UnknownMember", "Garden has no member `bed`", "it has `beds`, `name`, `extended`",
      "Did you mean `beds`?"
    ),
    (
      "garden(\"a\").extended", "UnknownMember", "`extended` of Garden is called with parentheses", "",
      "Write `extended(by:)`."
    ),
    ("dig()", "CommandFailed", "`dig` failed", "the soil is frozen", ""),
    ("dig(depth: 7)", "CommandFailed", "the spade broke", "rock", "Dig less."),
    ("garden(\"a\")[7]", "OutOfRange", "index 7 is out of range", "there are 3 elements: 0 to 2", ""),
    (
      "var g = garden(\"a\")\ng[0] = 2", "ConstantAssigned", "Garden cannot be changed",
      "results are values that nothing changes", ""
    ),
    ("rule(\"r\") { p, q in \"x\" }", "CommandFailed", "the rule must give a number", "it gave String", ""),
    (
      "rule(\"r\") { p in sum(p) }", "WrongArgument", "the closure takes 1 argument", "it was given 2", ""
    ),
  ])
  func complains(source: String, kind: String, what: String, why: String, fix: String) throws {
    let error = try #require(failure(source, vocabulary: Gardening.vocabulary))
    #expect(error.ename == kind)
    #expect(error.failure.what == what)
    #expect(error.failure.why == why)
    #expect(error.failure.fix == fix)
  }

  @Test(arguments: [
    ("1\ngarden(\"a\", beds: 200)", "beds: 200"), ("dig(depth: 7)", "depth: 7"), ("garden(\"a\").bed", "bed"),
    ("grow(garden(\"a\"), with: .outdoor(watering: .hose(litres: 30)))", "litres: 30"), ("dig()", "dig()"),
    ("grow(garden(\"a\"), with: .indoor)", ".indoor"), ("rule(\"r\") { p, q in \"x\" }", "{ p, q in \"x\" }"),
  ])
  func caretStandsUnder(source: String, part: String) throws {
    let error = try #require(failure(source, vocabulary: Gardening.vocabulary))
    #expect(error.source.text(error.range) == part)
  }

  @Test func implicitMemberOfAnEarlierCellFailsWhereItIsUsed() throws {
    let error = try #require(
      failure(
        "let long = 12345; let m = .greenhouse(degrees: 99)", "grow(garden(\"a\"), with: m)",
        vocabulary: Gardening.vocabulary))
    #expect(
      error.source.text(error.range) == "grow(garden(\"a\"), with: m)" || error.source.text(error.range) == "with: m")
    #expect(error.failure.what == "`degrees:` of `.greenhouse` cannot be 99")
  }

  @Test func errorInAClosureTellsWhoCalledIt() throws {
    let error = try #require(
      failure(
        "func kl(p: Any, q: Any) -> Any { p / 0 + nope }", "rule(\"mine\") { p, q in\n  kl(p: p, q: q)\n}",
        vocabulary: Gardening.vocabulary))
    #expect(error.calls.map(\.function) == ["kl", "closure", "rule"])
  }

  @Test func documentationSaysEverything() throws {
    let command = try #require(Gardening.vocabulary.command("grow"))
    #expect(
      Documentation(command).text == """
        grow(_ garden: Garden, with method: Method, days: Int = 10, rate: Double = 0.5) -> Garden

        Lets a garden grow.

          garden Garden: the garden
          with: Method: the method
          days: Int: how long; at least 1; in days; default 10
          rate: Double: the growth a day; at least 0.0 and less than 1.0; default 0.5

        Method: How to grow.
          .outdoor(watering: Watering = .rain)  Under the sky.
          .greenhouse(degrees: Int = 20)        Under glass.

        Watering: How water comes.
          .rain                        From the sky.
          .hose(litres: Double = 2.5)  From a hose.

        The garden itself stays as it is.

        Example: grow(south, with: .outdoor(watering: .hose(litres: 3)))
        """)
    let markdown = Documentation(command).markdown
    #expect(markdown.contains("| `days:` | `Int` (at least 1) | `10` | days | how long |"))
    let all = Documentation(Gardening.vocabulary)
    #expect(all.text.contains("grow(_:with:…)") && all.text.contains("Gardens: Beds and what grows in them."))
    #expect(Gardening.vocabulary.enumerations.map(\.name) == ["Method", "Watering"])
  }

  @Test func aTableLeavesOutWhatWouldBeEmpty() {
    let table = Documentation.table([
      Parameter("by", .int(), help: "how | much"), Parameter("_", name: "what", .string),
    ])
    #expect(
      table == """
        | parameter | type | meaning |
        \(Documentation.rule([15, 15, 45]))
        | `by:` | `Int` | how \\| much |
        | `what` | `String` |  |
        """)
    #expect(
      Documentation.table([Parameter("_", name: "x", .any)])
        == "| parameter | type |\n|:---------------|:---------------|\n| `x` | `Any` |")
  }

  @Test func theReferenceListsEverythingUnderHeadingsOfItsOwn() throws {
    let garden = TypeDeclaration("Garden", summary: "Beds.")
    let vocabulary = Vocabulary([
      Subject(
        "Gardens", summary: "Beds.",
        commands: [
          Command("garden", [Parameter("as", .choice(Gardening.method))], summary: "Lays out.") { _, _ in .void },
          Command("method", summary: "Makes one.") { _, _ in .void },
        ], types: [garden])
    ])
    let reference = vocabulary.reference
    let headings = reference.joined(separator: "\n").split(separator: "\n").filter { $0.hasPrefix("#") }
      .map { $0.drop { $0 == "#" || $0 == " " }.lowercased() }
    #expect(Set(headings).count == headings.count)
    #expect(
      reference[0].contains(
        "| [Gardens](#Gardens) | [garden](#garden), [method](#method), [Garden (type)](#Garden-(type)), "
          + "[Method (cases)](#Method-(cases)), [Watering](#Watering) |"))
    #expect(reference.contains { $0.hasPrefix("### Method (cases)\n\nHow to grow.\n\n**`.outdoor`**") })
  }

  /// The methods that types share are shown on each of them, and the examples run there.
  @Test(arguments: ["Array", "Vector", "Range", "String", "Dictionary"]) func sharedMethodsAreShownOnTheirType(
    name: String
  ) throws {
    let type = try #require(Vocabulary().type(name))
    let examples = try #require(SequenceExamples.all[name])
    #expect(Set(examples.keys).isSubset(of: type.methods.map(\.name)))
    for (method, example) in examples {
      #expect(type.method(method)?.example == example && example.contains(".\(method)"))
      let session = CellSession()
      try session.run(example, host: TestHost())
      let receiver = try #require(example.firstRange(of: ".\(method)"))
      let start = example.firstRange(of: " in ")?.upperBound ?? example.startIndex
      let value = try session.run(
        String(example[(start < receiver.lowerBound ? start : example.startIndex)..<receiver.lowerBound]),
        host: TestHost())
      #expect(value?.typeName == name, "\(example)")
    }
    if name == "Dictionary" { #expect(type.method("map")?.discussion.contains("(key:, value:)") == true) }
  }
}
