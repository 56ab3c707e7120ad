// A message on the wire is a row of frames:
//
//     identity… <IDS|MSG> signature header parent_header metadata content buffer…
//
// This file cuts the row apart and puts it together; it neither parses nor verifies.

/// The frames of one message, each in its place.
public struct Frames: Sendable, Equatable {
  /// Whom the message is from or for; on iopub the topic.
  public var identities: [[UInt8]]
  /// Hexadecimal digits, or empty.
  public var signature: [UInt8]
  /// The header's JSON text.
  public var header: [UInt8]
  /// The parent header's JSON text.
  public var parentHeader: [UInt8]
  /// The metadata's JSON text.
  public var metadata: [UInt8]
  /// The content's JSON text.
  public var content: [UInt8]
  /// Binary attachments; the signature does not cover them.
  public var buffers: [[UInt8]]

  static let delimiter = Array("<IDS|MSG>".utf8)

  /// A row from its parts; the parts are JSON text.
  public init(
    identities: [[UInt8]], signature: [UInt8] = [], header: [UInt8], parentHeader: [UInt8], metadata: [UInt8],
    content: [UInt8], buffers: [[UInt8]] = []
  ) {
    self.identities = identities
    self.signature = signature
    self.header = header
    self.parentHeader = parentHeader
    self.metadata = metadata
    self.content = content
    self.buffers = buffers
  }

  /// Cuts a row apart; throws `MessageError` where a part is missing.
  public init(_ row: [[UInt8]]) throws(MessageError) {
    guard let cut = row.firstIndex(of: Self.delimiter) else { throw MessageError(reason: "no delimiter") }
    let parts = row[(cut + 1)...]
    guard parts.count >= 5 else {
      throw MessageError(reason: "\(parts.count) frames after the delimiter, not 5 or more")
    }
    let first = parts.startIndex
    self.init(
      identities: Array(row[..<cut]), signature: parts[first], header: parts[first + 1],
      parentHeader: parts[first + 2], metadata: parts[first + 3], content: parts[first + 4],
      buffers: Array(parts[(first + 5)...]))
  }

  /// What the signature covers.
  public var signed: [[UInt8]] { [header, parentHeader, metadata, content] }

  /// The whole row, as it is sent.
  public var row: [[UInt8]] { identities + [Self.delimiter, signature] + signed + buffers }
}

/// Why a message was dropped.
public struct MessageError: Error, CustomStringConvertible {
  /// What is wrong with it, a few words; never the key, never the content.
  public let reason: String
  /// The same words.
  public var description: String { reason }

  /// An error with its reason.
  public init(reason: String) { self.reason = reason }
}
