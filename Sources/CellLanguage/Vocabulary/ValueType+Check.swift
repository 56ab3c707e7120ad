// The check of one value against what its parameter accepts.

extension ValueType {
  /// The value as the body wants it: whole numbers become reals, arrays of numbers vectors, `.name` a case.
  func check(_ value: Value, for parameter: Parameter, of owner: String) throws(CellFailure) -> Value {
    if let accepted = try accept(value, for: parameter, of: owner) { return accepted }
    throw .wrongType(value, wanted: wanted, parameter: parameter, of: owner)
  }

  /// The accepted value, or nil when its type is another; throws when the type fits and the value does not.
  private func accept(_ value: Value, for parameter: Parameter, of owner: String) throws(CellFailure) -> Value? {
    switch (self, value) {
    case (_, .void): return nil
    case (.any, _): return value
    case (.bool, .bool), (.string, .string), (.dictionary, .dictionary), (.function, .function), (.tuple, .tuple),
      (.range, .range), (.number, .int), (.number, .double):
      return value
    case (.vector, .vector), (.vector, .array), (.vector, .range): return value.numbers.map { .reals($0) }
    case (.int(let bounds), _): return try accept(value, within: bounds, for: parameter, of: owner)
    case (.real(let bounds), _):
      guard let number = value.number else { return nil }
      if let bounds, !bounds.contains(number) {
        throw .outOfBounds(value, bounds.description, parameter: parameter, of: owner)
      }
      return .double(number)
    case (.array(let element), _): return try acceptArray(of: element, value, for: parameter, of: owner)
    case (.object(let name), .object(let object)): return object.typeName == name ? value : nil
    case (.choice(let enumeration), .choice(let choice)): return choice.enumeration == enumeration.name ? value : nil
    case (.choice(let enumeration), .implicit(let member)): return .choice(try enumeration.resolve(member))
    case (.optional, .null): return value
    case (.optional(let type), _): return try type.accept(value, for: parameter, of: owner)
    case (.either(let types), _):
      // A type may fit in kind and refuse the value, as an array of another element does; the first refusal counts
      // when no type accepts it.
      var refusal: CellFailure?
      for type in types {
        do {
          if let accepted = try type.accept(value, for: parameter, of: owner) { return accepted }
        } catch {
          refusal = refusal ?? error
        }
      }
      if let refusal, refusal.kind == .unknownCase, case .implicit(let member) = value, types.count > 1 {
        // The case is of none of several enumerations: what may stand here are the cases of all of them.
        var (names, cases): (Set<String>, Set<String>) = ([], [])
        let titles = enumerations.map(\.name).filter { names.insert($0).inserted }
        let all = Enumeration(
          titles.joined(separator: " or "), summary: "",
          cases: enumerations.flatMap(\.cases).filter { cases.insert($0.name).inserted })
        if !all.cases.contains(where: { $0.name == member.name }) {
          var unknown = CellFailure.unknownCase(member.name, of: all)
          unknown.range = refusal.range
          throw unknown
        }
      }
      if let refusal { throw refusal }
      return nil
    default: return nil
    }
  }

  private func accept(
    _ value: Value, within bounds: Bounds<Int>?, for parameter: Parameter, of owner: String
  ) throws(CellFailure) -> Value? {
    let number: Int
    switch value {
    case .int(let whole): number = whole
    case .double(let real):
      guard let whole = Int(exactly: real) else { return nil }
      number = whole
    default: return nil
    }
    if let bounds, !bounds.contains(number) {
      throw .outOfBounds(value, bounds.description, parameter: parameter, of: owner)
    }
    return .int(number)
  }

  private func acceptArray(
    of element: ValueType, _ value: Value, for parameter: Parameter, of owner: String
  ) throws(CellFailure) -> Value? {
    let elements: [Value]
    switch value {
    case .array(let list): elements = list.elements
    case .vector(let vector): elements = vector.elements.map { .double($0) }
    case .range(let range):
      guard let bounds = range.bounds, bounds.count <= ValueLimits.elements else { return nil }
      elements = bounds.map { .int($0) }
    default: return nil
    }
    if case .any = element { return .list(elements) }
    var accepted: [Value] = []
    accepted.reserveCapacity(elements.count)
    for (index, value) in elements.enumerated() {
      guard let one = try element.accept(value, for: parameter, of: owner) else {
        throw .wrongElement(value, at: index, wanted: element.wanted, parameter: parameter, of: owner)
      }
      accepted.append(one)
    }
    return .list(accepted)
  }
}

extension Enumeration {
  /// The case that an implicit member names, with checked arguments.
  func resolve(_ member: ImplicitMember) throws(CellFailure) -> Choice {
    guard let found = cases.first(where: { $0.name == member.name }) else {
      var failure = CellFailure.unknownCase(member.name, of: self)
      failure.range = member.range
      throw failure
    }
    do {
      let arguments = try ArgumentMatching.match(
        member.arguments, with: found.parameters, owner: ".\(found.name)", signature: found.signature)
      return Choice(enumeration: name, name: found.name, arguments: arguments)
    } catch {
      var failure = error
      if failure.range == nil { failure.range = member.range }
      throw failure
    }
  }
}
