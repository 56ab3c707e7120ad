// Strings and numbers.

extension Builtins {
  private static func text(_ arguments: Arguments) -> String {
    if case .string(let text) = arguments.receiver { text } else { "" }
  }

  private static func other(_ help: String) -> Parameter { Parameter("_", name: "text", .string, help: help) }

  /// Those of sequences, without making a value of each character.
  private static let stringMembers: [TypeDeclaration.Member] = [
    .init(
      "count", type: "Int", summary: "How many characters there are.",
      isCostly: { if case .string(let text) = $0 { text.utf8.count > Value.sketchLimit } else { false } }
    ) { if case .string(let text) = $0 { .int(text.count) } else { .null } },
    .init("isEmpty", type: "Bool", summary: "There are none.") {
      if case .string(let text) = $0 { .bool(text.isEmpty) } else { .null }
    },
    .init("first", type: "String?", summary: "The first character, or nil.") {
      if case .string(let text) = $0 { text.first.map { .string(String($0)) } ?? .null } else { .null }
    },
    .init("last", type: "String?", summary: "The last character, or nil.") {
      if case .string(let text) = $0 { text.last.map { .string(String($0)) } ?? .null } else { .null }
    },
  ]

  static let stringType = TypeDeclaration(
    "String", summary: "Text.", element: "String", members: stringMembers,
    methods: sequenceMethods(["map", "filter", "enumerated", "forEach"], of: "String") + [
      Command("uppercased", result: "String", summary: "In capitals.") { arguments, _ in
        .string(text(arguments).uppercased())
      },
      Command("lowercased", result: "String", summary: "In small letters.") { arguments, _ in
        .string(text(arguments).lowercased())
      },
      Command("contains", [other("the text to find")], result: "Bool", summary: "Whether a text is part of it.") {
        arguments, _ in
        .bool(text(arguments).contains(try arguments.string("text")))
      },
      Command("hasPrefix", [other("the text")], result: "Bool", summary: "Whether it starts with a text.") {
        arguments, _ in
        .bool(text(arguments).hasPrefix(try arguments.string("text")))
      },
      Command("hasSuffix", [other("the text")], result: "Bool", summary: "Whether it ends with a text.") {
        arguments, _ in
        .bool(text(arguments).hasSuffix(try arguments.string("text")))
      },
      Command(
        "split", [Parameter("separator", .string, default: " ", help: "the text between two parts")],
        result: "[String]", summary: "The parts between separators, empty ones left out."
      ) { arguments, _ in
        let separator = try arguments.string("separator")
        guard !separator.isEmpty else {
          throw CellFailure("an empty text separates nothing", fix: "Write `Array(text)`.", argument: "separator")
        }
        return .strings(text(arguments).split(separator: separator).map(String.init))
      },
      Command("trimmed", result: "String", summary: "Without white space at either end.") { arguments, _ in
        let start = text(arguments).drop { $0.isWhitespace }
        return .string(String(String(start.reversed()).drop { $0.isWhitespace }.reversed()))
      },
      Command(
        "replacing",
        [other("the text to find"), Parameter("with", name: "replacement", .string, help: "what to put there")],
        result: "String", summary: "With every occurrence of a text replaced."
      ) { arguments, _ in
        let wanted = try arguments.string("text")
        guard !wanted.isEmpty else {
          throw CellFailure("an empty text cannot be found", argument: "text", kind: .wrongArgument)
        }
        let result = text(arguments).split(separator: wanted, omittingEmptySubsequences: false)
        let replacement = try arguments.string("replacement")
        let (bytes, overflows) = replacement.utf8.count.multipliedReportingOverflow(by: result.count)
        try Operators.checkString(overflows ? Int.max : bytes)
        return .string(result.joined(separator: replacement))
      },
      Command(
        "prefix", [Parameter("_", name: "count", .int(.atLeast(0)), help: "how many")], result: "String",
        summary: "The first characters."
      ) { arguments, _ in
        .string(String(text(arguments).prefix(try arguments.int("count"))))
      },
      Command(
        "suffix", [Parameter("_", name: "count", .int(.atLeast(0)), help: "how many")], result: "String",
        summary: "The last characters."
      ) { arguments, _ in
        .string(String(text(arguments).suffix(try arguments.int("count"))))
      },
      Command("reversed", result: "String", summary: "The characters in the opposite order.") { arguments, _ in
        .string(String(text(arguments).reversed()))
      },
    ])

  static func numberType(_ name: String) -> TypeDeclaration {
    TypeDeclaration(
      name, summary: name == "Int" ? "A whole number." : "A real number.",
      members: [
        .init("isNaN", type: "Bool", summary: "It is not a number.") { .bool($0.number?.isNaN ?? false) },
        .init("isFinite", type: "Bool", summary: "It is neither infinite nor not a number.") {
          .bool($0.number?.isFinite ?? false)
        },
        .init("magnitude", type: name, summary: "Its absolute value.") {
          if case .int(let number) = $0, number != Int.min { return .int(abs(number)) }
          return .double(abs($0.number ?? 0))
        },
      ],
      methods: [
        Command("rounded", result: "Double", summary: "The nearest whole number, as a real.") { arguments, _ in
          .double((arguments.receiver.number ?? 0).rounded())
        }
      ])
  }
}
