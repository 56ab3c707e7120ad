// Numbers and vectors.

extension Builtins {
  private static let values = Parameter(
    "_", name: "x", .either([.number, .vector]), help: "a number, or a vector taken element by element")
  private static let vector = Parameter("_", name: "x", .vector, help: "a vector or an array of numbers")

  static let mathematics: [Command] =
    RealFunction.allCases.map { function in
      let texts: [RealFunction: String] = [
        .sqrt: "The square root.", .exp: "The exponential function.", .log: "The natural logarithm.",
        .floor: "Rounds down.", .ceil: "Rounds up.", .round: "Rounds to the nearest, halves away from zero.",
        .sin: "The sine of an angle in radians.", .cos: "The cosine of an angle in radians.",
        .tanh: "The hyperbolic tangent.",
      ]
      return Command(
        function.rawValue, [values], result: "Double or Vector", summary: texts[function] ?? "",
        example: "\(function.rawValue)(vector([0.5, 2]))"
      ) { arguments, _ in
        try elementwise(try arguments.value("x")) { function($0) }
      }
    } + [
      Command(
        "abs", [values], result: "Int, Double or Vector", summary: "The absolute value.", example: "abs(-2)"
      ) { arguments, _ in
        let value = try arguments.value("x")
        guard case .int(let number) = value else { return try elementwise(value) { abs($0) } }
        guard number != Int.min else { throw CellFailure.overflow("abs(\(number))") }
        return .int(abs(number))
      },
      Command(
        "pow",
        [values, Parameter("_", name: "exponent", .real(), help: "the power")],
        result: "Double or Vector", summary: "A number to a power.", example: "pow(2, 10)"
      ) { arguments, _ in
        let exponent = try arguments.real("exponent")
        return try elementwise(try arguments.value("x")) { $0.raised(to: exponent) }
      },
      extremeCommand("min", "The smallest of several values, or of a vector or array.", largest: false),
      extremeCommand("max", "The largest of several values, or of a vector or array.", largest: true),
      placeCommand("argmin", "The place of the smallest number, from 0; of equal ones the first.") { $0 < $1 },
      placeCommand("argmax", "The place of the largest number, from 0; of equal ones the first.") { $0 > $1 },
      Command(
        "sum", [Parameter("_", name: "x", .any, help: "a vector, or an array of numbers")],
        result: "Double", summary: "The sum of a vector or an array.", example: "sum(p * log(p / q))"
      ) { arguments, _ in try sum(try arguments.value("x")) },
      Command("mean", [vector], result: "Double", summary: "The mean.", example: "mean(run.loss)") { arguments, _ in
        try mean(try arguments.vector("x"))
      },
      Command(
        "softmax", [vector], result: "Vector", summary: "Probabilities from logits: exp(xᵢ) / Σⱼ exp(xⱼ).",
        example: "softmax([1, 2, 3])"
      ) { arguments, _ in .vector(try arguments.vector("x").softmax) },
      Command(
        "dot", [vector, Parameter("_", name: "y", .vector, help: "a vector of the same length")], result: "Double",
        summary: "The sum of products.", example: "dot(p, log(p))"
      ) { arguments, _ in
        let (first, second) = (try arguments.vector("x"), try arguments.vector("y"))
        guard let result = first.dot(second) else { throw CellFailure.lengths("dot", first.count, second.count) }
        return .double(result)
      },
    ]

  /// A function of one real, for a number or for each element of a vector.
  static func elementwise(_ value: Value, _ function: (Double) -> Double) throws -> Value {
    if let number = value.number { return .double(function(number)) }
    guard let numbers = value.numbers else { throw CellFailure.operand("arithmetic", value) }
    return .reals(numbers.map(function))
  }

  static func sum(_ value: Value) throws -> Value {
    if case .vector(let vector) = value { return .double(vector.sum) }
    let elements = try elements(value, "x").all()
    guard let first = elements.first else { return .int(0) }
    guard first.number != nil || elements.count > 1 else { throw CellFailure.operand("sum", first) }
    return try elements.dropFirst().reduce(first) { try Operators.apply(.add, $0, $1) }
  }

  static func mean(_ vector: Vector) throws -> Value {
    guard vector.count > 0 else { throw CellFailure("the mean of nothing does not exist", "the vector is empty") }
    return .double(vector.sum / Double(vector.count))
  }

  private static func extremeCommand(_ name: String, _ summary: String, largest: Bool) -> Command {
    Command(
      name,
      [Parameter("_", name: "values", .any, help: "two or more values, or one vector or array", isVariadic: true)],
      result: "Any", summary: summary, example: "\(name)(2, 3)"
    ) { arguments, _ in
      let values = try arguments.array("values")
      if values.count == 1 { return try extreme(try elements(values[0], "values").all(), largest: largest) }
      guard !values.isEmpty else {
        throw CellFailure("`\(name)` needs at least one value", kind: .missingArgument)
      }
      let isMixed = values.contains { if case .double = $0 { true } else { false } }
      let best = try extreme(values, largest: largest)
      return isMixed ? best.number.map { .double($0) } ?? best : best
    }
  }

  /// Where the number stands that comes before all others in some order; NaN comes before none.
  private static func placeCommand(
    _ name: String, _ summary: String, _ precedes: @escaping @Sendable (Double, Double) -> Bool
  ) -> Command {
    Command(name, [vector], result: "Int", summary: summary, example: "\(name)([2, 7, 7])") { arguments, _ in
      let numbers = try arguments.vector("x").elements
      var best: Int?
      for place in numbers.indices where !numbers[place].isNaN {
        if let found = best, !precedes(numbers[place], numbers[found]) { continue }
        best = place
      }
      guard let best else {
        throw CellFailure("`\(name)` of nothing does not exist", "the vector holds no numbers", argument: "x")
      }
      return .int(best)
    }
  }
}
