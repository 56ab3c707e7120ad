// A message as the rest of the program sees it: verified, parsed, addressed.

public import JSONValues

/// A message that was received.
public struct Message: Sendable {
  /// Whom it is from; a reply goes there.
  public let identities: [[UInt8]]
  /// Its header.
  public let header: Header
  /// The header of the message it answers; an empty object for a request.
  public let parentHeader: JSON
  /// Free-form remarks, an object.
  public let metadata: JSON
  /// What it says, an object.
  public let content: JSON
  /// Binary attachments.
  public let buffers: [[UInt8]]

  /// Parses verified frames; throws `MessageError` where a part is no JSON object.
  public init(_ frames: Frames) throws(MessageError) {
    func object(_ bytes: [UInt8], _ name: String) throws(MessageError) -> JSON {
      // Most are empty, and this is waited for.
      if bytes == Self.emptyObject { return .object([:]) }
      guard let json = try? JSON(parsing: bytes) else { throw MessageError(reason: "the \(name) is not JSON") }
      switch json {
      case .object: return json
      case .null: return .object([:])
      default: throw MessageError(reason: "the \(name) is not a JSON object")
      }
    }
    self.header = try Header(parsing: frames.header)
    self.parentHeader = try object(frames.parentHeader, "parent header")
    self.metadata = try object(frames.metadata, "metadata")
    self.content = try object(frames.content, "content")
    self.identities = frames.identities
    self.buffers = frames.buffers
  }

  /// What stands where there is nothing to say.
  static let emptyObject = Array("{}".utf8)

  /// Reads the content as one kind of request; throws `ContentError` where a member is missing or of a wrong kind.
  public func content<Content: RequestContent>(as kind: Content.Type) throws -> Content {
    try Content(content)
  }
}

/// A message to be sent.
public struct OutgoingMessage: Sendable {
  /// The channel it leaves by.
  public var channel: Channel
  /// Whom it is for; on iopub the topic.
  public var identities: [[UInt8]]
  /// What it is, such as `execute_reply`.
  public var type: String
  /// What it says.
  public var content: [String: JSON]
  /// Free-form remarks.
  public var metadata: [String: JSON]
  /// The header of the message that caused it; nil where there is none.
  public var parent: Header?
  /// Binary attachments.
  public var buffers: [[UInt8]]
  /// Its id where somebody must know it beforehand; otherwise the session makes one.
  public var messageID: String?

  /// A message of any type.
  public init(
    channel: Channel, identities: [[UInt8]] = [], type: String, content: [String: JSON],
    metadata: [String: JSON] = [:], parent: Header?, buffers: [[UInt8]] = [], messageID: String? = nil
  ) {
    self.channel = channel
    self.identities = identities
    self.type = type
    self.content = content
    self.metadata = metadata
    self.parent = parent
    self.buffers = buffers
    self.messageID = messageID
  }

  /// A broadcast on iopub.
  public init(publishing content: some MessageContent, parent: Header?) {
    self.init(channel: .iopub, type: Self.messageType(of: content), content: content.json, parent: parent)
  }

  /// An answer on the channel by which the request came.
  public init(
    replying content: some MessageContent, to request: Message, on channel: Channel, metadata: [String: JSON] = [:]
  ) {
    self.init(
      channel: channel, identities: request.identities, type: Self.messageType(of: content), content: content.json,
      metadata: metadata, parent: request.header)
  }

  private static func messageType<Content: MessageContent>(of content: Content) -> String { Content.messageType }
}
