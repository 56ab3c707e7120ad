// What the infix operators do. Nothing here traps: whole numbers report their overflow, vectors their lengths.

enum Operators {
  /// Whole numbers, where nothing can go wrong; nil leaves the case to `apply`.
  @inline(__always)
  static func quick(_ operation: BinaryOperator, _ a: Int, _ b: Int) -> Value? {
    switch operation {
    case .add:
      let (result, overflows) = a.addingReportingOverflow(b)
      return overflows ? nil : .int(result)
    case .subtract:
      let (result, overflows) = a.subtractingReportingOverflow(b)
      return overflows ? nil : .int(result)
    case .multiply:
      let (result, overflows) = a.multipliedReportingOverflow(by: b)
      return overflows ? nil : .int(result)
    case .less: return .bool(a < b)
    case .lessEqual: return .bool(a <= b)
    case .greater: return .bool(a > b)
    case .greaterEqual: return .bool(a >= b)
    case .equal: return .bool(a == b)
    case .notEqual: return .bool(a != b)
    default: return nil
    }
  }

  /// The result of an operator that needs both its operands.
  static func apply(_ operation: BinaryOperator, _ left: Value, _ right: Value) throws(CellFailure) -> Value {
    switch operation {
    case .equal: return .bool(try Equality.equal(left, right))
    case .notEqual: return .bool(!(try Equality.equal(left, right)))
    case .less:
      return .bool(
        try order(operation, left, right) {
          $0 < $1
        } strings: {
          $0 < $1
        })
    case .lessEqual:
      return .bool(
        try order(operation, left, right) {
          $0 <= $1
        } strings: {
          $0 <= $1
        })
    case .greater:
      return .bool(
        try order(operation, left, right) {
          $0 > $1
        } strings: {
          $0 > $1
        })
    case .greaterEqual:
      return .bool(
        try order(operation, left, right) {
          $0 >= $1
        } strings: {
          $0 >= $1
        })
    case .closedRange, .halfOpenRange: return try range(left, right, isClosed: operation == .closedRange)
    case .add, .subtract, .multiply, .divide, .remainder: return try arithmetic(operation, left, right)
    case .and, .or:
      guard case .bool(let a) = left, case .bool(let b) = right else { throw .operands(operation, left, right) }
      return .bool(operation == .and ? a && b : a || b)
    case .coalesce:
      if case .null = left { return right }
      return left
    }
  }

  /// Compound assignment; strings, arrays and vectors grow and change in place.
  static func applyInPlace(_ operation: BinaryOperator, _ place: inout Value, _ right: Value) throws(CellFailure) {
    if operation == .add, case .string(let more) = right, var text = place.takeString() {
      defer { place = .string(text) }
      try checkString(text.utf8.count + more.utf8.count)
      text += more
    } else if operation == .add, case .array(let more) = right, var list = place.takeArray() {
      defer { place = .array(list) }
      try checkCount(list.elements.count + more.elements.count)
      list.append(contentsOf: more)
    } else {
      place = try apply(operation, place, right)
    }
  }

  static func checkCount(_ count: Int) throws(CellFailure) {
    guard count <= ValueLimits.elements else { throw .tooLarge("the array", limit: ValueLimits.elements, "elements") }
  }

  static func checkString(_ bytes: Int) throws(CellFailure) {
    guard bytes <= ValueLimits.stringBytes else {
      throw .tooLarge("the string", limit: ValueLimits.stringBytes, "bytes")
    }
  }

  private static func arithmetic(
    _ operation: BinaryOperator, _ left: Value, _ right: Value
  ) throws(CellFailure) -> Value {
    switch (left, right) {
    case (.int(let a), .int(let b)): return try whole(operation, a, b)
    case (.vector(let a), .vector(let b)):
      guard a.count == b.count else { throw .lengths(operation.rawValue, a.count, b.count) }
      var result = a
      for index in result.elements.indices {
        result.elements[index] = real(operation, result.elements[index], b.elements[index])
      }
      return .vector(result)
    case (.string(let a), .string(let b)) where operation == .add:
      try checkString(a.utf8.count + b.utf8.count)
      return .string(a + b)
    case (.array(let a), .array(let b)) where operation == .add:
      try checkCount(a.elements.count + b.elements.count)
      return .list(a.elements + b.elements)
    default: break
    }
    if case .vector(let vector) = left, let number = right.number {
      return .reals(vector.elements.map { real(operation, $0, number) })
    }
    if let number = left.number, case .vector(let vector) = right {
      return .reals(vector.elements.map { real(operation, number, $0) })
    }
    if let a = left.number, let b = right.number { return .double(real(operation, a, b)) }
    if let object = left.arithmeticObject ?? right.arithmeticObject,
      let result = try object.apply(operation.rawValue, left, right)
    {
      return result
    }
    throw .operands(operation, left, right)
  }

  private static func whole(_ operation: BinaryOperator, _ a: Int, _ b: Int) throws(CellFailure) -> Value {
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    case .divide, .remainder:
      guard b != 0 else { throw .divisionByZero(operation.rawValue) }
      result = operation == .divide ? a.dividedReportingOverflow(by: b) : a.remainderReportingOverflow(dividingBy: b)
      if operation == .remainder, b == -1 { return .int(0) }
    default: throw .operands(operation, .int(a), .int(b))
    }
    guard !result.overflow else { throw .overflow("\(a) \(operation.rawValue) \(b)") }
    return .int(result.partialValue)
  }

  @inline(__always)
  private static func real(_ operation: BinaryOperator, _ a: Double, _ b: Double) -> Double {
    switch operation {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    default: a.truncatingRemainder(dividingBy: b)
    }
  }

  private static func order(
    _ operation: BinaryOperator, _ left: Value, _ right: Value, numbers: (Double, Double) -> Bool,
    strings: (String, String) -> Bool
  ) throws(CellFailure) -> Bool {
    switch (left, right) {
    case (.int(let a), .int(let b)):
      switch operation {
      case .less: return a < b
      case .lessEqual: return a <= b
      case .greater: return a > b
      default: return a >= b
      }
    case (.string(let a), .string(let b)): return strings(a, b)
    default:
      if let a = left.number, let b = right.number { return numbers(a, b) }
      throw .operands(operation, left, right)
    }
  }

  private static func range(_ left: Value, _ right: Value, isClosed: Bool) throws(CellFailure) -> Value {
    guard case .int(let lower) = left else { throw .rangeBounds(left) }
    guard case .int(let upper) = right else { throw .rangeBounds(right) }
    guard lower <= upper else { throw .emptyRange(lower, upper) }
    return .range(ValueRange(lower: lower, upper: upper, isClosed: isClosed))
  }
}

/// Whether two values are equal.
enum Equality {
  /// Comparisons of containers before giving up on values that hold each other many times over.
  private static let budget = 2_000_000

  static func equal(_ left: Value, _ right: Value) throws(CellFailure) -> Bool {
    var remaining = budget
    return try equal(left, right, &remaining)
  }

  private static func equal(_ left: Value, _ right: Value, _ remaining: inout Int) throws(CellFailure) -> Bool {
    switch (left, right) {
    case (.null, .null): return true
    case (.null, _), (_, .null): return false
    case (.bool(let a), .bool(let b)): return a == b
    case (.int(let a), .int(let b)): return a == b
    case (.string(let a), .string(let b)): return a == b
    case (.vector(let a), .vector(let b)): return a == b
    case (.range(let a), .range(let b)): return a == b
    case (.array(let a), .array(let b)): return try all(a.elements, b.elements, &remaining)
    case (.tuple(let a), .tuple(let b)): return try all(a.elements, b.elements, &remaining)
    case (.vector, .array), (.array, .vector):
      if let a = left.numbers, let b = right.numbers { return a == b }
    case (.dictionary(let a), .dictionary(let b)):
      guard a.count == b.count else { return false }
      for (key, value) in zip(a.keys, a.values) {
        guard let other = b[key], try equal(value, other, &remaining) else { return false }
      }
      return true
    case (.object(let a), .object(let b)): if let result = a.isEqual(to: b) { return result }
    case (.choice(let a), .choice(let b)):
      guard a.enumeration == b.enumeration, a.name == b.name else { return false }
      return try all(a.arguments.values, b.arguments.values, &remaining)
    case (.implicit(let a), .implicit(let b)):
      guard a.name == b.name, a.arguments.map(\.label) == b.arguments.map(\.label) else { return false }
      return try all(a.arguments.map(\.value), b.arguments.map(\.value), &remaining)
    case (.choice(let choice), .implicit(let member)), (.implicit(let member), .choice(let choice)):
      if member.arguments.isEmpty { return choice.name == member.name }
    default: if let a = left.number, let b = right.number { return a == b }
    }
    throw .incomparable(left, right)
  }

  private static func all(_ left: [Value], _ right: [Value], _ remaining: inout Int) throws(CellFailure) -> Bool {
    remaining -= 1
    guard remaining > 0 else { throw .endless("the comparison") }
    guard left.count == right.count else { return false }
    for (a, b) in zip(left, right) where !(try equal(a, b, &remaining)) { return false }
    return true
  }
}
