// What a parameter accepts: the check of one value, and the words in which it is described.

/// What a number may be.
package struct Bounds<Number: Comparable & Sendable>: Sendable {
  let lower: Number?
  let upper: Number?
  let excludesLower: Bool
  let excludesUpper: Bool

  /// At least the given number.
  package static func atLeast(_ lower: Number) -> Bounds {
    Bounds(lower: lower, upper: nil, excludesLower: false, excludesUpper: false)
  }

  /// More than the given number, and at most another, where one is given.
  package static func above(_ lower: Number, upTo upper: Number? = nil) -> Bounds {
    Bounds(lower: lower, upper: upper, excludesLower: true, excludesUpper: false)
  }

  /// Between two numbers, both allowed.
  package static func within(_ range: ClosedRange<Number>) -> Bounds {
    Bounds(lower: range.lowerBound, upper: range.upperBound, excludesLower: false, excludesUpper: false)
  }

  /// Between two numbers, the upper one not allowed.
  package static func within(_ range: Range<Number>) -> Bounds {
    Bounds(lower: range.lowerBound, upper: range.upperBound, excludesLower: false, excludesUpper: true)
  }

  func contains(_ value: Number) -> Bool {
    if let lower, excludesLower ? !(value > lower) : !(value >= lower) { return false }
    if let upper, excludesUpper ? !(value < upper) : !(value <= upper) { return false }
    return true
  }

  /// The bounds in words, such as `at least 1`.
  package var description: String {
    switch (lower, upper) {
    case (let lower?, let upper?):
      excludesLower
        ? "greater than \(lower) and \(excludesUpper ? "less than" : "at most") \(upper)"
        : excludesUpper ? "at least \(lower) and less than \(upper)" : "between \(lower) and \(upper)"
    case (let lower?, nil): "\(excludesLower ? "greater than" : "at least") \(lower)"
    case (nil, let upper?): "\(excludesUpper ? "less than" : "at most") \(upper)"
    case (nil, nil): "any number"
    }
  }
}

/// What a parameter accepts.
package indirect enum ValueType: Sendable {
  case any, bool, string, dictionary, vector, function, tuple, range, number
  case int(Bounds<Int>? = nil)
  case real(Bounds<Double>? = nil)
  case array(of: ValueType)
  /// An object of the host by the name of its type.
  case object(String)
  /// One case of an enumeration.
  case choice(Enumeration)
  /// The value, or nil.
  case optional(ValueType)
  /// Any one of several.
  case either([ValueType])

  /// The type's name as it stands in a signature.
  package var name: String {
    switch self {
    case .any: "Any"
    case .bool: "Bool"
    case .string: "String"
    case .dictionary: "Dictionary"
    case .vector: "Vector"
    case .function: "Function"
    case .tuple: "Tuple"
    case .range: "Range"
    case .number: "Number"
    case .int: "Int"
    case .real: "Double"
    case .array(let element): "[\(element.name)]"
    case .object(let name): name
    case .choice(let enumeration): enumeration.name
    case .optional(let type): type.name.contains(" ") ? "(\(type.name))?" : "\(type.name)?"
    case .either(let types):
      types.map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: " or ")
    }
  }

  var isOptional: Bool { if case .optional = self { true } else { false } }

  var acceptsFunction: Bool {
    switch self {
    case .function: true
    case .optional(let type): type.acceptsFunction
    case .either(let types): types.contains { $0.acceptsFunction }
    default: false
    }
  }

  /// The enumerations whose cases may stand here, also inside arrays; each once.
  package var enumerations: [Enumeration] {
    switch self {
    case .choice(let enumeration): [enumeration]
    case .optional(let type), .array(of: let type): type.enumerations
    case .either(let types):
      types.flatMap(\.enumerations).reduce(into: []) { found, one in
        if !found.contains(where: { $0.name == one.name }) { found.append(one) }
      }
    default: []
    }
  }

  /// The bounds in words, where there are any.
  package var boundsDescription: String? {
    switch self {
    case .int(let bounds?): bounds.description
    case .real(let bounds?): bounds.description
    case .array(of: let type), .optional(let type): type.boundsDescription
    default: nil
    }
  }

  /// The words for what is wanted, such as `a whole number`.
  var wanted: String {
    switch self {
    case .any: "any value"
    case .bool: "true or false"
    case .string: "a string"
    case .dictionary: "a dictionary"
    case .vector: "a vector"
    case .function: "a function"
    case .tuple: "a tuple"
    case .range: "a range"
    case .number: "a number"
    case .int: "a whole number"
    case .real: "a number"
    case .array(let element): "an array of \(element.name)"
    case .object(let name): "a value of type \(name)"
    case .choice(let enumeration): "a case of \(enumeration.name)"
    case .optional(let type): "\(type.wanted) or nil"
    case .either(let types): types.map(\.wanted).joined(separator: ", or ")
    }
  }
}

/// A closed set of named cases, each of which may have parameters.
package struct Enumeration: Sendable {
  /// One case.
  package struct Case: Sendable {
    /// The name after the dot.
    package let name: String
    /// Its parameters.
    package let parameters: [Parameter]
    /// One line.
    package let summary: String

    /// A case of an enumeration.
    package init(_ name: String, _ parameters: [Parameter] = [], summary: String) {
      self.name = name
      self.parameters = parameters
      self.summary = summary
    }

    /// The case as it is written, with its defaults.
    package var signature: String {
      ".\(name)" + (parameters.isEmpty ? "" : Parameter.list(parameters))
    }
  }

  /// The enumeration's name.
  package let name: String
  /// One line.
  package let summary: String
  /// All cases.
  package let cases: [Case]

  /// An enumeration of the given cases.
  package init(_ name: String, summary: String, cases: [Case]) {
    self.name = name
    self.summary = summary
    self.cases = cases
  }
}
