// Arguments on their way from a call to a body: matched with parameters by label, checked by type, read by name.

/// An argument as a call gives it.
package struct GivenArgument: Sendable {
  /// The label, if one was written.
  package let label: String?
  /// The value.
  package let value: Value
  var range: SourceRange?
  var isTrailing = false

  /// An argument.
  package init(label: String? = nil, value: Value) {
    self.label = label
    self.value = value
  }

  init(label: String?, value: Value, range: SourceRange, isTrailing: Bool) {
    self.label = label
    self.value = value
    self.range = range
    self.isTrailing = isTrailing
  }
}

/// The checked arguments of a call.
package struct Arguments: Sendable {
  let owner: String
  let parameters: [Parameter]
  let values: [Value]
  let ranges: [SourceRange?]
  /// What a method was called on.
  package internal(set) var receiver = Value.void

  private func index(_ name: String) throws(CellFailure) -> Int {
    guard let index = parameters.firstIndex(where: { $0.name == name }) else {
      throw .undeclaredParameter(name, of: owner)
    }
    return index
  }

  private func mismatch(_ name: String, _ value: Value, _ wanted: String) -> CellFailure {
    var failure = CellFailure(
      "`\(name)` of `\(owner)` is \(value.article)", "the command reads it as \(wanted)", kind: .typeMismatch)
    failure.argument = name
    return failure
  }

  /// The value of a parameter, its default when it was not given.
  package func value(_ name: String) throws(CellFailure) -> Value { values[try index(name)] }

  /// Whether the call gave this parameter.
  package func isGiven(_ name: String) -> Bool {
    parameters.firstIndex { $0.name == name }.map { ranges[$0] != nil } ?? false
  }

  /// Where the argument of a parameter was written, if it was.
  func range(of name: String?) -> SourceRange? {
    parameters.firstIndex { $0.name == name }.flatMap { ranges[$0] }
  }

  /// A whole number.
  package func int(_ name: String) throws(CellFailure) -> Int {
    let value = try value(name)
    if case .int(let number) = value { return number }
    throw mismatch(name, value, "a whole number")
  }

  /// A real number.
  package func real(_ name: String) throws(CellFailure) -> Double {
    let value = try value(name)
    if let number = value.number { return number }
    throw mismatch(name, value, "a number")
  }

  /// A truth value.
  package func bool(_ name: String) throws(CellFailure) -> Bool {
    let value = try value(name)
    if case .bool(let truth) = value { return truth }
    throw mismatch(name, value, "true or false")
  }

  /// A string.
  package func string(_ name: String) throws(CellFailure) -> String {
    let value = try value(name)
    if case .string(let text) = value { return text }
    throw mismatch(name, value, "a string")
  }

  /// The elements of an array.
  package func array(_ name: String) throws(CellFailure) -> [Value] {
    let value = try value(name)
    if case .array(let list) = value { return list.elements }
    throw mismatch(name, value, "an array")
  }

  /// The numbers of a vector, an array or a range.
  package func vector(_ name: String) throws(CellFailure) -> Vector {
    let value = try value(name)
    if let numbers = value.numbers { return Vector(numbers) }
    throw mismatch(name, value, "a vector")
  }

  /// A function.
  package func function(_ name: String) throws(CellFailure) -> Function {
    let value = try value(name)
    if case .function(let function) = value { return function }
    throw mismatch(name, value, "a function")
  }

  /// A range of whole numbers.
  package func range(_ name: String) throws(CellFailure) -> ValueRange {
    let value = try value(name)
    if case .range(let range) = value { return range }
    throw mismatch(name, value, "a range")
  }

  /// A case of an enumeration.
  package func choice(_ name: String) throws(CellFailure) -> Choice {
    let value = try value(name)
    if case .choice(let choice) = value { return choice }
    throw mismatch(name, value, "a case")
  }

  /// An object of the host.
  package func object<Object: CellObject>(_ name: String, as type: Object.Type) throws(CellFailure) -> Object {
    let value = try value(name)
    if case .object(let object) = value, let object = object as? Object { return object }
    throw mismatch(name, value, "another object")
  }

  /// What a method was called on, as the host's own type.
  package func receiver<Object: CellObject>(as type: Object.Type) throws(CellFailure) -> Object {
    if case .object(let object) = receiver, let object = object as? Object { return object }
    throw mismatch("receiver", receiver, "another object")
  }

  /// Every parameter with its value, and whether the call gave it.
  package var settings: [(parameter: Parameter, value: Value, isGiven: Bool)] {
    parameters.indices.map { (parameters[$0], values[$0], ranges[$0] != nil) }
  }

  /// Labels and values, for printing; values equal to a default that was not given are left out.
  var given: [(String?, Value)] {
    parameters.indices.filter { ranges[$0] != nil || values[$0].isPrinted }.map { (parameters[$0].label, values[$0]) }
  }
}

extension Value {
  fileprivate var isPrinted: Bool {
    switch self {
    case .null, .void: false
    case .array(let list): !list.elements.isEmpty
    default: true
    }
  }
}
