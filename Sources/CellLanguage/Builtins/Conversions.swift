// Making values from others, and sequences from sequences.

extension Builtins {
  private static let anything = Parameter("_", name: "value", .any, help: "the value to convert")

  static let conversions: [Command] = [
    Command(
      "Int", [anything], result: "Int?",
      summary: "A whole number: of a real its whole part, of a string its value or nil.", example: "Int(\"42\")"
    ) { arguments, _ in
      let value = try arguments.value("value")
      switch value {
      case .int: return value
      case .bool(let truth): return .int(truth ? 1 : 0)
      case .string(let text): return Int(text).map { .int($0) } ?? .null
      case .double(let number):
        guard let whole = Int(exactly: number.rounded(.towardZero)) else {
          throw CellFailure("\(number) is no whole number", "it is too large, or not a number", kind: .overflow)
        }
        return .int(whole)
      default: throw CellFailure.operand("Int", value)
      }
    },
    Command(
      "Double", [anything], result: "Double?", summary: "A real number: of a string its value or nil.",
      example: "Double(2) / 3"
    ) { arguments, _ in
      let value = try arguments.value("value")
      if let number = value.number { return .double(number) }
      guard case .string(let text) = value else { throw CellFailure.operand("Double", value) }
      return Double(text).map { .double($0) } ?? .null
    },
    Command(
      "String",
      [
        Parameter("_", name: "value", .optional(.any), help: "the value to write as text"),
        Parameter("repeating", .optional(.string), help: "the text to repeat"),
        Parameter("count", .int(.atLeast(0)), default: 0, help: "how often"),
      ],
      result: "String", summary: "Any value as text, or a text repeated.",
      example: "String(repeating: \"-\", count: 20)"
    ) { arguments, _ in
      guard case .string(let text) = try arguments.value("repeating") else {
        return .string(arguments.isGiven("value") ? try arguments.value("value").description : "")
      }
      let count = try arguments.int("count")
      let (bytes, overflows) = text.utf8.count.multipliedReportingOverflow(by: count)
      try Operators.checkString(overflows ? Int.max : bytes)
      return .string(String(repeating: text, count: count))
    },
    Command(
      "Array",
      [
        Parameter("_", name: "elements", .optional(.any), help: "anything that has elements"),
        Parameter("repeating", .optional(.any), help: "the value of every element"),
        Parameter("count", .optional(.int(.atLeast(0))), help: "how many"),
      ],
      result: "[Any]", summary: "An array of the elements of something, or of one value repeated.",
      example: "Array(repeating: 0, count: 3)"
    ) { arguments, _ in
      guard arguments.isGiven("repeating") || arguments.isGiven("count") else {
        guard arguments.isGiven("elements") else { return .list([]) }
        return .list(try elements(try arguments.value("elements"), "elements").all())
      }
      guard case .int(let count) = try arguments.value("count"), arguments.isGiven("repeating") else {
        throw CellFailure("`Array` needs both `repeating:` and `count:`", kind: .missingArgument)
      }
      guard count <= ValueLimits.elements else {
        var failure = CellFailure.tooLarge("the array", limit: ValueLimits.elements, "elements")
        failure.argument = "count"
        throw failure
      }
      return .list(Array(repeating: try arguments.value("repeating"), count: count))
    },
    Command(
      "vector", [Parameter("_", name: "elements", .vector, help: "an array or a range of numbers")], result: "Vector",
      summary: "A vector, for arithmetic element by element.", example: "vector([0.25, 0.75])"
    ) { arguments, _ in .vector(try arguments.vector("elements")) },
  ]

  static let sequences: [Command] = [
    Command(
      "zip",
      [
        Parameter("_", name: "first", .any, help: "anything that has elements"),
        Parameter("_", name: "second", .any, help: "anything that has elements"),
      ], result: "[Tuple]", summary: "Pairs of elements of two sequences, as many as the shorter one has.",
      example: "zip([1, 2], [\"a\", \"b\"])"
    ) { arguments, _ in
      let first = try elements(try arguments.value("first"), "first")
      let second = try elements(try arguments.value("second"), "second")
      let count = min(first.count, second.count)
      try Operators.checkCount(count)
      return .list(try (0..<count).map { .pair(try first[$0], try second[$0]) })
    },
    Command(
      "stride",
      [
        Parameter("from", .number, help: "the first number"),
        Parameter("to", .optional(.number), help: "where to stop, not included"),
        Parameter("through", .optional(.number), help: "where to stop, included"),
        Parameter("by", .number, help: "the step"),
      ], result: "[Number]", summary: "Numbers at equal distances.", example: "stride(from: 0, to: 1, by: 0.25)"
    ) { arguments, _ in try strideBody(arguments) },
  ]

  private static func strideBody(_ arguments: Arguments) throws -> Value {
    guard arguments.isGiven("to") != arguments.isGiven("through") else {
      throw CellFailure("`stride` needs either `to:` or `through:`", kind: .missingArgument)
    }
    let includesEnd = arguments.isGiven("through")
    let (start, step) = (try arguments.value("from"), try arguments.value("by"))
    let end = try arguments.value(includesEnd ? "through" : "to")
    guard let first = start.number, let last = end.number, let width = step.number, width != 0, width.isFinite,
      first.isFinite, last.isFinite
    else {
      throw CellFailure("`stride` cannot take steps of \(step)", "the step must not be zero", argument: "by")
    }
    let steps = (last - first) / width
    let count = includesEnd ? (steps + 1e-9).rounded(.down) + 1 : (steps - 1e-9).rounded(.up)
    guard count > 0 else { return .list([]) }
    guard count <= Double(ValueLimits.elements) else {
      throw CellFailure.tooLarge("the array", limit: ValueLimits.elements, "elements")
    }
    if case .int(let start) = start, case .int(let step) = step {
      return .list(
        try (0..<Int(count)).map { index in
          let (distance, overflows) = step.multipliedReportingOverflow(by: index)
          let (value, overflowsToo) = start.addingReportingOverflow(distance)
          guard !overflows, !overflowsToo else { throw CellFailure.overflow("stride") }
          return .int(value)
        })
    }
    return .list((0..<Int(count)).map { .double(first + Double($0) * width) })
  }
}
