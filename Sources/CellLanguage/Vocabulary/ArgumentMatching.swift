// Which argument belongs to which parameter. Labelled arguments may stand in any order; unlabelled ones fill the
// unlabelled parameters from the left; a trailing closure fills the last function that is still missing.

/// The matching of arguments with declared parameters.
enum ArgumentMatching {
  /// The checked arguments, or the failure that says what does not fit.
  static func match(
    _ given: [GivenArgument], with parameters: [Parameter], owner: String, signature: String
  ) throws(CellFailure) -> Arguments {
    if let arguments = try matchInOrder(given, with: parameters, owner: owner) { return arguments }
    let places = try places(
      of: given, owner: owner, signature: signature,
      shapes: parameters.map {
        Shape(label: $0.label, isVariadic: $0.isVariadic, takesFunction: $0.type.acceptsFunction)
      })
    var values: [Value] = []
    var ranges: [SourceRange?] = []
    for (parameter, places) in zip(parameters, places) {
      guard !places.isEmpty || parameter.isOptional else {
        throw .missingArgument(parameter, of: owner, signature: signature)
      }
      var accepted: [Value] = []
      for place in places { accepted.append(try check(given[place], parameter, owner)) }
      ranges.append(places.first.flatMap { given[$0].range } ?? (places.isEmpty ? nil : SourceRange(start: 0, end: 0)))
      if parameter.isVariadic {
        values.append(.list(accepted))
      } else if let only = accepted.first {
        values.append(only)
      } else {
        values.append(try parameter.type.check(parameter.defaultValue ?? .null, for: parameter, of: owner))
      }
    }
    return Arguments(owner: owner, parameters: parameters, values: values, ranges: ranges)
  }

  /// The quick way, for calls that give every parameter in the order of the signature; nil for any other.
  private static func matchInOrder(
    _ given: [GivenArgument], with parameters: [Parameter], owner: String
  ) throws(CellFailure) -> Arguments? {
    guard given.count == parameters.count else { return nil }
    var values: [Value] = []
    values.reserveCapacity(given.count)
    for (index, argument) in given.enumerated() {
      let parameter = parameters[index]
      guard argument.label == parameter.label, !argument.isTrailing, !parameter.isVariadic else { return nil }
      values.append(try check(argument, parameter, owner))
    }
    return Arguments(
      owner: owner, parameters: parameters, values: values,
      ranges: given.map { $0.range ?? SourceRange(start: 0, end: 0) })
  }

  /// One checked argument; a failure says where it stands.
  private static func check(
    _ argument: GivenArgument, _ parameter: Parameter, _ owner: String
  ) throws(CellFailure) -> Value {
    do { return try parameter.type.check(argument.value, for: parameter, of: owner) } catch {
      var failure = error
      if failure.range == nil { failure.range = argument.range }
      throw failure
    }
  }

  /// What matching needs to know of a parameter.
  struct Shape {
    let label: String?
    var isVariadic = false
    var takesFunction = true
  }

  /// For each parameter, which arguments are its own.
  static func places(
    of given: [GivenArgument], owner: String, signature: String, shapes: [Shape]
  ) throws(CellFailure) -> [[Int]] {
    var places = [[Int]](repeating: [], count: shapes.count)
    for (index, argument) in given.enumerated() {
      func failure(_ failure: CellFailure) -> CellFailure {
        var failure = failure
        failure.range = argument.range
        return failure
      }
      func isFree(_ parameter: Int) -> Bool { places[parameter].isEmpty || shapes[parameter].isVariadic }
      let place: Int?
      if let label = argument.label {
        guard let labelled = shapes.firstIndex(where: { $0.label == label }) else {
          throw failure(.unknownLabel(label, of: owner, labels: shapes.compactMap(\.label)))
        }
        guard isFree(labelled) else { throw failure(.repeatedLabel(label, of: owner)) }
        place = labelled
      } else if argument.isTrailing {
        place = shapes.indices.last { isFree($0) && shapes[$0].takesFunction }
      } else {
        place = shapes.indices.first { isFree($0) && shapes[$0].label == nil }
      }
      guard let place else {
        let unlabelled = shapes.filter { $0.label == nil }.count
        let free = shapes.indices.filter { isFree($0) }.compactMap { shapes[$0].label }
        throw failure(
          argument.isTrailing
            ? .noClosureTaken(owner, signature: signature)
            : .tooManyArguments(owner, taken: unlabelled, freeLabels: free, signature: signature))
      }
      places[place].append(index)
    }
    return places
  }
}
