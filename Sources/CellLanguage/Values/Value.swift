// What expressions are worth. Every value is a value: copies share storage until one of them is written.

/// A value of the cell language.
package enum Value: Sendable {
  /// `nil`.
  case null
  /// What a command returns that returns nothing.
  case void
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array(ValueArray)
  indirect case dictionary(ValueDictionary)
  indirect case tuple(ValueTuple)
  indirect case range(ValueRange)
  case vector(Vector)
  case function(Function)
  /// Something the host made.
  indirect case object(any CellObject)
  /// `.name` or `.name(…)` before a parameter says which enumeration it belongs to.
  indirect case implicit(ImplicitMember)
  /// A case of an enumeration, with checked arguments.
  indirect case choice(Choice)
}

/// Bounds that keep values from exhausting memory or the stack.
enum ValueLimits {
  /// Containers inside each other.
  static let depth = 200
  /// Elements of one array or dictionary.
  static let elements = 20_000_000
  /// Numbers of one vector.
  static let vectorElements = 100_000_000
  /// UTF-8 bytes of one string.
  static let stringBytes = 100_000_000
}

extension Value {
  /// An array of values.
  package static func list(_ elements: [Value]) -> Value { .array(ValueArray(elements)) }

  /// An array of strings.
  package static func strings(_ elements: [String]) -> Value { list(elements.map { .string($0) }) }

  /// A vector of reals.
  package static func reals(_ elements: [Double]) -> Value { .vector(Vector(elements)) }

  /// A tuple without labels.
  package static func pair(_ first: Value, _ second: Value) -> Value {
    .tuple(ValueTuple(elements: [first, second], labels: [nil, nil]))
  }

  /// An implicit member, as a default value of a choice.
  package static func implicit(_ name: String, _ arguments: [(String?, Value)] = []) -> Value {
    .implicit(
      ImplicitMember(
        name: name, arguments: arguments.map { GivenArgument(label: $0.0, value: $0.1) }, range: nil))
  }

  /// The name of this value's type as people see it.
  package var typeName: String {
    switch self {
    case .null: "nil"
    case .void: "Void"
    case .bool: "Bool"
    case .int: "Int"
    case .double: "Double"
    case .string: "String"
    case .array: "Array"
    case .dictionary: "Dictionary"
    case .tuple: "Tuple"
    case .range: "Range"
    case .vector: "Vector"
    case .function: "Function"
    case .object(let object): object.typeName
    case .implicit(let member): ".\(member.name)"
    case .choice(let choice): choice.enumeration
    }
  }

  /// How many containers or closures this value holds inside each other.
  var depth: Int {
    switch self {
    case .array(let list): list.depth
    case .dictionary(let dictionary): dictionary.depth
    case .tuple(let tuple): tuple.depth
    case .function(let function): function.depth
    case .implicit(let member): (member.arguments.map(\.value.depth).max() ?? 0) + 1
    case .choice(let choice): (choice.arguments.values.map(\.depth).max() ?? 0) + 1
    default: 0
    }
  }

  /// Whole number or real, as a real.
  package var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The numbers of a vector, of an array of numbers, or of a range.
  package var numbers: [Double]? {
    switch self {
    case .vector(let vector): return vector.elements
    case .array(let list):
      var result: [Double] = []
      result.reserveCapacity(list.elements.count)
      for element in list.elements {
        guard let number = element.number else { return nil }
        result.append(number)
      }
      return result
    case .range(let range):
      guard let bounds = range.bounds, bounds.count <= ValueLimits.elements else { return nil }
      return bounds.map(Double.init)
    default: return nil
    }
  }
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
  /// A whole number.
  package init(integerLiteral value: Int) { self = .int(value) }
  /// A real number.
  package init(floatLiteral value: Double) { self = .double(value) }
  /// A truth value.
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A string.
  package init(stringLiteral value: String) { self = .string(value) }
  /// An array.
  package init(arrayLiteral elements: Value...) { self = .list(elements) }
}
