// The language's own commands and types, declared in the same table as everyone's.

/// What every vocabulary starts with.
enum Builtins {
  static let subject = Subject(
    "Language", summary: "What cells are written in: Swift, without its types.",
    commands: output + mathematics + sequences + conversions,
    types: [arrayType, vectorType, stringType, dictionaryType, rangeType, numberType("Int"), numberType("Double")],
    guide: LanguageGuide.markdown)

  private static let output: [Command] = [
    Command(
      "print",
      [
        Parameter("_", name: "values", .any, help: "what to print", isVariadic: true),
        Parameter("separator", .string, default: " ", help: "the text between two values"),
        Parameter("terminator", .string, default: "\n", help: "the text at the end"),
      ], summary: "Prints values.", example: "print(\"loss\", 0.25)"
    ) { arguments, context in
      let texts = try arguments.array("values").map(\.description)
      context.write(
        texts.joined(separator: try arguments.string("separator")) + (try arguments.string("terminator")))
      return .void
    }
  ]

  /// The elements of a value, where a builtin goes through them.
  static func elements(_ value: Value, _ argument: String? = nil) throws -> Elements {
    guard let elements = try Elements(value) else {
      var failure = CellFailure.notIterable(value)
      failure.what = "\(value.article) has no elements"
      failure.argument = argument
      throw failure
    }
    return elements
  }

  /// Calls a closure that must return a truth value.
  static func truth(_ function: Function, _ arguments: [Value], _ context: CellContext) throws -> Bool {
    let value = try function.call(arguments, context)
    guard case .bool(let truth) = value else { throw CellFailure.notTruth(value, "the result of the closure") }
    return truth
  }

  static func isLess(_ left: Value, _ right: Value) throws -> Bool {
    if case .bool(true) = try Operators.apply(.less, left, right) { return true }
    return false
  }

  /// The first value that no other one precedes.
  static func extreme(_ values: [Value], largest: Bool) throws -> Value {
    guard var best = values.first else { return .null }
    for value in values.dropFirst() where try largest ? isLess(best, value) : isLess(value, best) { best = value }
    return best
  }
}
