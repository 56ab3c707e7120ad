// A vocabulary about gardens: the language needs to know nothing of what it is used for.

@testable import CellLanguage

struct Garden: CellObject {
  let beds: [Double]
  let name: String

  var typeName: String { "Garden" }
  var summary: String { "garden \(name) with \(beds.count) beds" }
  var elementCount: Int? { beds.count }

  func element(at index: Value) throws -> Value {
    switch index {
    case .int(let index): return .double(beds[index])
    case .range(let range):
      guard let indices = range.indices(within: beds.count) else { throw CellFailure.slice(range, count: beds.count) }
      return .object(Garden(beds: Array(beds[indices]), name: name))
    default: throw CellFailure.indexType(index, of: "a garden")
    }
  }

  func isEqual(to other: any CellObject) -> Bool? {
    (other as? Garden).map { $0.beds == beds && $0.name == name }
  }
}

struct SoilError: Error, CustomStringConvertible {
  var description: String { "the soil is frozen" }
}

enum Gardening {
  static let water = Enumeration(
    "Watering", summary: "How water comes.",
    cases: [
      .init("rain", summary: "From the sky."),
      .init(
        "hose", [Parameter("litres", .real(.above(0, upTo: 10)), default: 2.5, unit: "litres", help: "the amount")],
        summary: "From a hose."),
    ])

  static let method = Enumeration(
    "Method", summary: "How to grow.",
    cases: [
      .init("outdoor", [Parameter("watering", .choice(water), default: .implicit("rain"))], summary: "Under the sky."),
      .init(
        "greenhouse", [Parameter("degrees", .int(.within(5...40)), default: 20, unit: "°C")], summary: "Under glass."),
    ])

  /// Packets of seeds in boxes, as files in folders.
  private static let packets = TextSource { _ in
    ["herbs/", "herbs/thyme", "herbs/sage", "herbs/the \"good\" one", "héllébore", "back\\slash", "~/mine"].map {
      .init($0, note: $0.hasSuffix("/") ? "box" : "packet")
    }
  }

  static let vocabulary = Vocabulary([
    Subject(
      "Gardens", summary: "Beds and what grows in them.",
      commands: [
        Command(
          "garden",
          [
            Parameter("_", name: "name", .string, help: "its name"),
            Parameter("beds", .int(.within(1...100)), default: 3, unit: "beds", help: "how many beds"),
          ], result: "Garden", summary: "Lays out a garden.", example: "garden(\"south\", beds: 4)"
        ) { arguments, _ in
          .object(
            Garden(
              beds: [Double](repeating: 1, count: try arguments.int("beds")), name: try arguments.string("name")))
        },
        Command(
          "grow",
          [
            Parameter("_", name: "garden", .object("Garden"), help: "the garden"),
            Parameter("with", name: "method", .choice(method), help: "the method"),
            Parameter("days", .int(.atLeast(1)), default: 10, unit: "days", help: "how long"),
            Parameter("rate", .real(.within(0..<1)), default: 0.5, help: "the growth a day"),
          ], result: "Garden", summary: "Lets a garden grow.", discussion: "The garden itself stays as it is.",
          example: "grow(south, with: .outdoor(watering: .hose(litres: 3)))"
        ) { arguments, context in
          try context.checkInterruption()
          let garden = try arguments.object("garden", as: Garden.self)
          let method = try arguments.choice("method")
          var factor = Double(try arguments.int("days"))
          if method.name == "outdoor" {
            let watering = try method.arguments.choice("watering")
            if watering.name == "hose" { factor *= try watering.arguments.real("litres") }
          }
          return .object(Garden(beds: garden.beds.map { $0 * factor }, name: garden.name))
        },
        Command(
          "rule", [Parameter("_", name: "name", .string), Parameter("_", name: "body", .function)], result: "Double",
          summary: "Applies a rule to two vectors."
        ) { arguments, context in
          let value = try arguments.function("body").call([.reals([0.5, 0.5]), .reals([0.25, 0.75])], context)
          guard let number = value.number else {
            throw CellFailure("the rule must give a number", "it gave \(value.typeName)", argument: "body")
          }
          return .double(number)
        },
        Command(
          "methods", [Parameter("_", name: "methods", .array(of: .choice(method)))], result: "[String]",
          summary: "Names."
        ) {
          arguments, _ in
          .strings(try arguments.array("methods").map(\.description))
        },
        Command(
          "sow",
          [
            Parameter("_", name: "packet", .optional(.string), texts: packets),
            Parameter("then", name: "others", .array(of: .string), default: [], texts: packets),
          ], result: "Garden", summary: "Sows.", example: "sow(\"herbs/thyme\")"
        ) { arguments, context in
          context.warn(
            CellFailure("it is too cold to sow", fix: "Wait for May.", argument: "packet"), about: arguments)
          return .object(Garden(beds: [1], name: "sown"))
        },
        Command("dig", [Parameter("depth", .real(), default: 1)], summary: "Digs.") { arguments, _ in
          if try arguments.real("depth") > 5 {
            throw CellFailure("the spade broke", "rock", fix: "Dig less.", argument: "depth")
          }
          throw SoilError()
        },
      ],
      types: [
        TypeDeclaration(
          "Garden", summary: "Beds.", element: "Double",
          members: [
            .init("beds", type: "Vector", summary: "The heights.", of: Garden.self) { .reals($0.beds) },
            .init("name", type: "String", summary: "Its name.", of: Garden.self) { .string($0.name) },
          ],
          methods: [
            Command(
              "extended", [Parameter("by", .int(.atLeast(1)), unit: "beds")], result: "Garden",
              summary: "With more beds."
            ) {
              arguments, _ in
              let garden = try arguments.receiver(as: Garden.self)
              return .object(
                Garden(beds: garden.beds + [Double](repeating: 1, count: try arguments.int("by")), name: garden.name))
            }
          ])
      ])
  ])
}
