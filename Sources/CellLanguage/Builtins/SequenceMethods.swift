// The methods that arrays, ranges and vectors share.

extension Builtins {
  private static func closure(_ help: String, label: String = "_") -> Parameter {
    Parameter(label, name: "body", .function, help: help)
  }

  private static let count = Parameter("_", name: "count", .int(.atLeast(0)), help: "how many")

  /// Goes through the elements of the receiver, watching for interruption.
  private static func each(
    _ arguments: Arguments, _ context: CellContext, _ body: (Value) throws -> Void
  ) throws {
    let elements = try elements(arguments.receiver)
    for index in 0..<elements.count {
      if index & 1023 == 0 { try context.checkInterruption() }
      try body(try elements[index])
    }
  }

  private static func all(_ arguments: Arguments) throws -> [Value] { try elements(arguments.receiver).all() }

  static let sequenceMembers: [TypeDeclaration.Member] = [
    .init("count", type: "Int", summary: "How many elements there are.") { .int(try elements($0).count) },
    .init("isEmpty", type: "Bool", summary: "There are none.") { .bool(try elements($0).count == 0) },
    .init("first", type: "Any?", summary: "The first element, or nil.") {
      let elements = try elements($0)
      return elements.count == 0 ? .null : try elements[0]
    },
    .init("last", type: "Any?", summary: "The last element, or nil.") {
      let elements = try elements($0)
      return elements.count == 0 ? .null : try elements[elements.count - 1]
    },
    .init("indices", type: "Range", summary: "The range of all indices.") {
      .range(ValueRange(lower: 0, upper: try elements($0).count, isClosed: false))
    },
  ]

  /// The methods that a type shares with others, with examples of that type.
  ///
  /// Without `names` those are all but the ones that the type has in a form of its own.
  static func sequenceMethods(
    _ names: Set<String>? = nil, besides own: Set<String> = [], of type: String
  ) -> [Command] {
    sequenceMethods.filter { names?.contains($0.name) ?? !own.contains($0.name) }.map { method in
      method.with(
        example: SequenceExamples.all[type]?[method.name] ?? "",
        discussion: type == "Dictionary"
          ? "An entry is a tuple `(key:, value:)`; the entries come in the order of the keys." : method.discussion)
    }
  }

  private static let sequenceMethods: [Command] = [
    Command(
      "map", [closure("makes the new element")], result: "[Any]", summary: "A new array, element by element."
    ) { arguments, context in
      let function = try arguments.function("body")
      var result: [Value] = []
      try Operators.checkCount(try elements(arguments.receiver).count)
      try each(arguments, context) {
        let value = try function.call([$0], context)
        if case .void = value { throw CellFailure.nothing("the closure") }
        result.append(value)
      }
      return .list(result)
    },
    Command(
      "filter", [closure("whether to keep the element")], result: "[Any]", summary: "The elements that pass a test."
    ) { arguments, context in
      let function = try arguments.function("body")
      var result: [Value] = []
      try each(arguments, context) { if try truth(function, [$0], context) { result.append($0) } }
      return .list(result)
    },
    Command("forEach", [closure("what to do with the element")], summary: "Does something with each element.") {
      arguments, context in
      let function = try arguments.function("body")
      try each(arguments, context) { context.evaluator.leave(try function.call([$0], context)) }
      return .void
    },
    Command(
      "reduce", [Parameter("_", name: "initial", .any, help: "what to start with"), closure("combines two values")],
      result: "Any", summary: "Combines all elements into one value."
    ) { arguments, context in
      let function = try arguments.function("body")
      var result = try arguments.value("initial")
      try each(arguments, context) { result = try function.call([result, $0], context) }
      return result
    },
    Command(
      "sorted", [Parameter("by", name: "body", .optional(.function), help: "whether its first argument comes first")],
      result: "[Any]", summary: "The elements in order."
    ) { arguments, context in
      let values = try all(arguments)
      guard case .function(let function) = try arguments.value("body") else {
        return .list(try values.sorted(by: isLess))
      }
      return .list(try values.sorted { try truth(function, [$0, $1], context) })
    },
    Command(
      "contains",
      [
        Parameter("_", name: "element", .optional(.any), help: "the element to find"),
        Parameter("where", name: "body", .optional(.function), help: "a test"),
      ], result: "Bool", summary: "Whether an element is there, or one passes a test."
    ) { arguments, context in try .bool(find(arguments, context) != nil) },
    Command(
      "firstIndex",
      [
        Parameter("of", name: "element", .optional(.any), help: "the element to find"),
        Parameter("where", name: "body", .optional(.function), help: "a test"),
      ], result: "Int?", summary: "Where the first such element stands, or nil."
    ) { arguments, context in try find(arguments, context).map { .int($0) } ?? .null },
    Command("allSatisfy", [closure("a test")], result: "Bool", summary: "Whether all elements pass a test.") {
      arguments, context in
      let function = try arguments.function("body")
      return .bool(try all(arguments).allSatisfy { try truth(function, [$0], context) })
    },
    Command("reversed", result: "[Any]", summary: "The elements in the opposite order.") { arguments, _ in
      if case .vector(let vector) = arguments.receiver { return .reals(vector.elements.reversed()) }
      return .list(try all(arguments).reversed())
    },
    Command(
      "enumerated", result: "[(offset: Int, element: Any)]", summary: "Each element with its number."
    ) { arguments, _ in
      .list(
        try all(arguments).enumerated().map {
          .tuple(ValueTuple(elements: [.int($0.offset), $0.element], labels: ["offset", "element"]))
        })
    },
    Command("prefix", [count], result: "[Any]", summary: "The first elements.") { arguments, _ in
      try slice(arguments) { 0..<min($0, $1) }
    },
    Command("suffix", [count], result: "[Any]", summary: "The last elements.") { arguments, _ in
      try slice(arguments) { $0 - min($0, $1)..<$0 }
    },
    Command(
      "dropFirst", [Parameter("_", name: "count", .int(.atLeast(0)), default: 1, help: "how many")], result: "[Any]",
      summary: "All but the first elements."
    ) { arguments, _ in try slice(arguments) { min($0, $1)..<$0 } },
    Command(
      "dropLast", [Parameter("_", name: "count", .int(.atLeast(0)), default: 1, help: "how many")], result: "[Any]",
      summary: "All but the last elements."
    ) { arguments, _ in try slice(arguments) { 0..<$0 - min($0, $1) } },
    Command("min", result: "Any?", summary: "The smallest element, or nil.") { arguments, _ in
      try extreme(try all(arguments), largest: false)
    },
    Command("max", result: "Any?", summary: "The largest element, or nil.") { arguments, _ in
      try extreme(try all(arguments), largest: true)
    },
    Command("sum", result: "Number", summary: "The sum.") { arguments, _ in try sum(arguments.receiver) },
    Command("mean", result: "Double", summary: "The mean.") { arguments, _ in
      guard let numbers = arguments.receiver.numbers else { throw CellFailure.operand("mean", arguments.receiver) }
      return try mean(Vector(numbers))
    },
  ]

  private static func find(_ arguments: Arguments, _ context: CellContext) throws -> Int? {
    guard arguments.isGiven("element") != arguments.isGiven("body") else {
      throw CellFailure("either an element or a test is needed", kind: .missingArgument)
    }
    let values = try all(arguments)
    if case .function(let function) = try arguments.value("body") {
      return try values.firstIndex { try truth(function, [$0], context) }
    }
    let wanted = try arguments.value("element")
    return try values.firstIndex { try Equality.equal($0, wanted) }
  }

  /// A part of the receiver, chosen from its count and the number that was asked for.
  private static func slice(_ arguments: Arguments, _ choose: (Int, Int) -> Range<Int>) throws -> Value {
    let number = try arguments.int("count")
    if case .vector(let vector) = arguments.receiver {
      return .reals(Array(vector.elements[choose(vector.count, number)]))
    }
    let elements = try elements(arguments.receiver)
    let range = choose(elements.count, number)
    try Operators.checkCount(range.count)
    return .list(try range.map { try elements[$0] })
  }
}
