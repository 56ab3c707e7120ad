// One JSON value, for everything here that speaks JSON: protocol messages, chart specifications, safetensors
// headers, saved runs, data sets. It is read and written directly; printing with indents is FoundationEssentials' own.

import FoundationEssentials

/// A JSON value.
///
/// Numbers keep the difference between whole and real. A real that is not finite has no JSON form and prints as `null`,
/// so that a NaN in a loss table can never break the reader of the whole message. Objects print with sorted keys: the
/// same value is always the same bytes.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])
}

extension JSON {
  /// UTF-8 bytes, keys sorted, no white space; `pretty` adds line breaks and indentation.
  public func bytes(pretty: Bool = false) -> [UInt8] {
    guard pretty else {
      var bytes: [UInt8] = []
      write(to: &bytes)
      return bytes
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("a JSON value always encodes: not-finite numbers are written as null")
    }
    return [UInt8](data)
  }

  /// The text of `bytes(pretty:)`.
  public func text(pretty: Bool = false) -> String { String(decoding: bytes(pretty: pretty), as: UTF8.self) }
}

// MARK: Members

extension JSON {
  /// The member of an object; nil for a missing key and for a value that is no object.
  public subscript(key: String) -> JSON? {
    if case .object(let members) = self { return members[key] }
    return nil
  }

  /// The element of an array; nil out of range and for a value that is no array.
  public subscript(index: Int) -> JSON? {
    if case .array(let elements) = self, elements.indices.contains(index) { return elements[index] }
    return nil
  }

  /// A truth value; nil for any other kind.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// A whole number; nil for any other kind.
  public var int: Int? { if case .int(let value) = self { value } else { nil } }
  /// A string; nil for any other kind.
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The elements of an array; nil for any other kind.
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  /// The members of an object; nil for any other kind.
  public var object: [String: JSON]? { if case .object(let value) = self { value } else { nil } }

  /// A number, whole or real.
  public var double: Double? {
    switch self {
    case .double(let value): value
    case .int(let value): Double(value)
    default: nil
    }
  }
}

// MARK: Literals

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  /// A string literal.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A truth literal.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A whole-number literal.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// A real literal.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// An array literal.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// An object literal; of equal keys the last one counts.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
  /// The literal `nil`.
  public init(nilLiteral: ()) { self = .null }
}

// MARK: Encodable

extension JSON: Encodable {
  /// Writes this value; a real that is not finite becomes `null`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .double(let value): if value.isFinite { try container.encode(value) } else { try container.encodeNil() }
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}
