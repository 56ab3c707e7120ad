// The text of one cell. Everything later points into it by byte ranges; lines and columns are computed only when an
// error is made.

/// A half-open range of UTF-8 bytes in a cell.
package struct SourceRange: Sendable, Equatable {
  /// The first byte.
  package let start: Int
  /// One past the last byte.
  package let end: Int

  /// The smallest range that holds this one and another.
  func joined(with other: SourceRange) -> SourceRange {
    SourceRange(start: min(start, other.start), end: max(end, other.end))
  }
}

/// The text of one cell, as UTF-8, with the name by which errors call it.
package final class SourceText: Sendable {
  /// How errors name this text, such as `cell 3`.
  package let name: String
  /// The text as UTF-8.
  let bytes: [UInt8]

  /// A cell's text under a name.
  package init(_ text: String, name: String = "cell") {
    self.name = name
    bytes = Array(text.utf8)
  }

  /// A place as people count it: lines and columns from one, columns in characters.
  package struct Location: Sendable, Equatable {
    /// The line, from one.
    package let line: Int
    /// The column in characters, from one.
    package let column: Int
  }

  /// The text of a range.
  package func text(_ range: SourceRange) -> String {
    let start = min(max(range.start, 0), bytes.count)
    return String(decoding: bytes[start..<min(max(range.end, start), bytes.count)], as: UTF8.self)
  }

  /// Line and column of a byte.
  package func location(of offset: Int) -> Location {
    let offset = min(offset, bytes.count)
    var line = 1
    for byte in bytes[..<offset] where byte == UInt8(ascii: "\n") { line += 1 }
    let start = lineRange(at: offset).start
    return Location(line: line, column: text(SourceRange(start: start, end: offset)).count + 1)
  }

  /// The bytes of the line that holds a byte, without its line break.
  func lineRange(at offset: Int) -> SourceRange {
    let newline = UInt8(ascii: "\n")
    let offset = min(offset, bytes.count)
    let start = bytes[..<offset].lastIndex(of: newline).map { $0 + 1 } ?? 0
    var end = bytes[offset...].firstIndex(of: newline) ?? bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return SourceRange(start: start, end: max(end, start))
  }

  /// The byte at which the given number of Unicode scalars has passed.
  func byteOffset(ofScalar count: Int) -> Int {
    var remaining = count
    for (index, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
      if remaining <= 0 { return index }
      remaining -= 1
    }
    return bytes.count
  }

  /// How many Unicode scalars start before a byte.
  func scalarOffset(ofByte offset: Int) -> Int {
    bytes[..<min(offset, bytes.count)].reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
  }
}
