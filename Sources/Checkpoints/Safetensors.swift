// The safetensors container: eight bytes that say how long the header is, a JSON header that names each tensor with its
// type, shape and place, then the numbers, little-endian and row by row. Everything in a header is checked
// before a number is read: a file from elsewhere can be wrong, and must never be able to end the session.

import JSONValues

/// Number types that a header may name, with the bytes of one element.
package enum StoredType: String, Sendable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  /// Bytes of one element.
  package var width: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Whether values of this type can be read as Float: these three and no others.
  package var isReadable: Bool { self == .float32 || self == .float16 || self == .bfloat16 }
}

/// One tensor as the header describes it.
package struct StoredTensor: Sendable, Hashable {
  /// How its numbers are stored.
  package let type: StoredType
  /// Its extents, slowest first; empty for a single number.
  package let shape: [Int]
  /// Where its bytes lie, counted from the end of the header.
  package let bytes: Range<Int>
  /// How many numbers it holds.
  package var count: Int { bytes.count / type.width }
}

/// The header of a safetensors file, checked.
package struct SafetensorsHeader: Sendable, Hashable {
  /// Every tensor by name.
  package private(set) var tensors: [String: StoredTensor] = [:]
  /// What the writer noted, text by text.
  package private(set) var metadata: [String: String] = [:]

  /// The key of the notes among the tensors' names.
  static let metadataKey = "__metadata__"
  /// Headers that claim to be longer are refused, here as in the reference implementation.
  static let longestHeader = 100_000_000

  /// Checks a header against the number of bytes that follow it.
  ///
  /// Throws a sentence (`HeaderFault`) unless every tensor has a known type, its shape fills its bytes exactly, and all
  /// of them together cover the data with neither overlap nor hole.
  init(_ json: JSON, dataCount: Int) throws(HeaderFault) {
    guard let members = json.object else { throw HeaderFault("the header is no JSON object") }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      if name == Self.metadataKey {
        metadata = try Self.metadata(value)
      } else {
        tensors[name] = try Self.tensor(name, value)
      }
    }
    var end = 0
    let inOrder = tensors.sorted {
      ($0.value.bytes.lowerBound, $0.value.bytes.upperBound, $0.key)
        < ($1.value.bytes.lowerBound, $1.value.bytes.upperBound, $1.key)
    }
    for (name, tensor) in inOrder {
      guard tensor.bytes.lowerBound == end else {
        let fault = tensor.bytes.lowerBound < end ? "overlaps the tensor before it" : "leaves a hole before it"
        throw HeaderFault("\"\(name)\" \(fault): it begins at byte \(tensor.bytes.lowerBound) and not at \(end)")
      }
      end = tensor.bytes.upperBound
    }
    guard end == dataCount else {
      throw HeaderFault(
        end > dataCount
          ? "the file is cut short: its tensors take \(end) bytes and \(dataCount) are there"
          : "\(dataCount - end) bytes after the last tensor belong to nothing")
    }
  }

  private static func metadata(_ value: JSON) throws(HeaderFault) -> [String: String] {
    guard let members = value.object else { throw HeaderFault("\(metadataKey) is no JSON object") }
    var notes: [String: String] = [:]
    for (key, value) in members {
      guard let text = value.string else {
        throw HeaderFault("\(metadataKey) holds something other than text at \"\(key)\"")
      }
      notes[key] = text
    }
    return notes
  }

  private static func tensor(_ name: String, _ value: JSON) throws(HeaderFault) -> StoredTensor {
    guard let typeName = value["dtype"]?.string else { throw HeaderFault("\"\(name)\" has no dtype") }
    guard let type = StoredType(rawValue: typeName) else {
      let known = StoredType.allCases.map(\.rawValue).joined(separator: ", ")
      throw HeaderFault("\"\(name)\" has the unknown dtype \(typeName); known are \(known)")
    }
    let shape = value["shape"]?.array?.compactMap(\.int)
    guard let shape, shape.count == value["shape"]?.array?.count, shape.allSatisfy({ $0 >= 0 }) else {
      throw HeaderFault("\"\(name)\" has no shape of whole numbers from 0")
    }
    let offsets = value["data_offsets"]?.array?.compactMap(\.int) ?? []
    guard offsets.count == 2, value["data_offsets"]?.array?.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1] else {
      throw HeaderFault("\"\(name)\" has no data_offsets [begin, end] with 0 ≤ begin ≤ end")
    }
    let length = byteCount(shape: shape, type: type)
    guard let length, length == offsets[1] - offsets[0] else {
      let wanted = length.map { "\($0)" } ?? "too many"
      throw HeaderFault(
        "\"\(name)\" of shape \(shape) in \(typeName) takes \(wanted) bytes, but has \(offsets[1] - offsets[0])")
    }
    return StoredTensor(type: type, shape: shape, bytes: offsets[0]..<offsets[1])
  }

  /// The bytes that a tensor takes; nil where that is no Int.
  static func byteCount(shape: [Int], type: StoredType) -> Int? {
    // A zero anywhere makes the tensor empty, however large the other extents are.
    if shape.contains(0) { return 0 }
    var total = type.width
    for extent in shape {
      let (product, hasOverflowed) = total.multipliedReportingOverflow(by: extent)
      if hasOverflowed { return nil }
      total = product
    }
    return total
  }
}

/// What is wrong with a header, one sentence.
struct HeaderFault: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// A file that cannot be read or written.
package struct CheckpointError: Error, Hashable, CustomStringConvertible {
  /// What failed, with the path.
  package let what: String
  /// Why.
  package let why: String
  /// What to do next.
  package let fix: String

  /// What failed, why, and what to do next.
  package init(what: String, why: String, fix: String) {
    self.what = what
    self.why = why
    self.fix = fix
  }

  /// All three in one line.
  package var description: String { "\(what): \(why); \(fix)" }
}
