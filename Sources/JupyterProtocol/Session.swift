// One end of a conversation: it names and signs what it sends, and verifies what it receives.

import JSONValues
import Synchronization

/// A sender and receiver of messages, with one id and one key.
public final class Session: Sendable {
  /// The id in the header of every message sent; one for each process.
  public let id: String
  /// The name in the header of every message sent.
  public let username: String

  private let signer: Signer
  private let replays = Mutex(ReplayGuard())
  private let counter = Atomic<Int>(0)

  /// A session with a fresh id.
  public init(signer: Signer, username: String = "kernel") {
    self.id = Self.freshID()
    self.username = username
    self.signer = signer
  }

  /// 32 hexadecimal digits that nobody else has.
  public static func freshID() -> String {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return String(decoding: Signer.hexadecimal(bytes), as: UTF8.self)
  }

  /// An id for one message to be sent.
  public func nextMessageID() -> String {
    "\(id)_\(counter.wrappingAdd(1, ordering: .relaxed).newValue)"
  }

  /// Verifies, then parses; throws `MessageError` for what must be dropped.
  ///
  /// In this order: shape, signature in constant time, replay, JSON. Nothing unsigned is ever parsed.
  public func receive(_ row: [[UInt8]]) throws(MessageError) -> Message {
    let frames = try Frames(row)
    if signer.isSigning {
      guard signer.accepts(frames.signature, of: frames.signed) else {
        throw MessageError(reason: frames.signature.isEmpty ? "unsigned" : "wrong signature")
      }
      guard replays.withLock({ $0.isNew(frames.signature) }) else { throw MessageError(reason: "replayed") }
    }
    return try Message(frames)
  }

  /// The frames of a message, signed; names and dates it.
  public func row(of message: OutgoingMessage) -> [[UInt8]] {
    let header = Header(
      messageID: message.messageID ?? nextMessageID(), type: message.type, session: id, username: username)
    var frames = Frames(
      identities: message.identities, header: header.bytes, parentHeader: message.parent?.bytes ?? Message.emptyObject,
      metadata: JSON.object(message.metadata).bytes(), content: JSON.object(message.content).bytes(),
      buffers: message.buffers)
    frames.signature = signer.signature(of: frames.signed)
    return frames.row
  }
}
