// What an editor asks about code while it is being written. Positions count Unicode code points.

public import JSONValues

/// `complete_request` asks what could stand at the cursor.
public struct CompleteRequest: RequestContent {
  /// The protocol's name of it.
  public static let messageType = "complete_request"

  /// The cell's text.
  public let code: String
  /// The cursor, in code points from the start, within the text.
  public let cursor: Int

  /// Reads the content; the cursor is the end of the text unless it says otherwise.
  public init(_ content: JSON) throws {
    let reader = ContentReader(content: content, messageType: Self.messageType)
    code = try reader.required("code", \.string)
    let end = code.unicodeScalars.count
    cursor = min(max(0, try reader.optional("cursor_pos", \.int, else: end)), end)
  }
}

/// `complete_reply`: what could stand there.
public struct CompletionReply: MessageContent, Equatable {
  /// The protocol's name of it.
  public static let messageType = "complete_reply"

  /// One way to go on.
  public struct Match: Sendable, Equatable {
    /// What replaces the range.
    public var text: String
    /// What it is: `function`, `keyword`, `instance`, `module`, `statement` and so on; front ends draw a sign for it.
    public var type: String?
    /// Its parameters, shown beside it.
    public var signature: String?

    /// A match from its parts.
    public init(_ text: String, type: String? = nil, signature: String? = nil) {
      self.text = text
      self.type = type
      self.signature = signature
    }
  }

  /// The ways to go on, best first.
  public var matches: [Match]
  /// The code points that a match replaces.
  public var range: Range<Int>

  /// A reply from its parts.
  public init(matches: [Match], range: Range<Int>) {
    self.matches = matches
    self.range = range
  }

  /// The members of the content.
  public var json: [String: JSON] {
    let typed = matches.filter { $0.type != nil || $0.signature != nil }.map { match in
      JSON.object([
        "start": .int(range.lowerBound), "end": .int(range.upperBound), "text": .string(match.text),
        "type": .string(match.type ?? ""), "signature": .string(match.signature ?? ""),
      ])
    }
    return [
      "status": "ok", "matches": .array(matches.map { .string($0.text) }),
      "cursor_start": .int(range.lowerBound), "cursor_end": .int(range.upperBound),
      "metadata": typed.isEmpty ? [:] : ["_jupyter_types_experimental": .array(typed)],
    ]
  }
}

/// `inspect_request` asks what stands at the cursor.
public struct InspectRequest: RequestContent {
  /// The protocol's name of it.
  public static let messageType = "inspect_request"

  /// The cell's text.
  public let code: String
  /// The cursor, in code points from the start, within the text.
  public let cursor: Int
  /// 0, or 1 for more.
  public let detail: Int

  /// Reads the content; the cursor is the end of the text unless it says otherwise.
  public init(_ content: JSON) throws {
    let place = try CompleteRequest(content)
    code = place.code
    cursor = place.cursor
    detail = try ContentReader(content: content, messageType: Self.messageType)
      .optional("detail_level", \.int, else: 0)
  }
}

/// `inspect_reply`: what it is, if anything is known.
public struct InspectReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "inspect_reply"

  /// Media type to content; nil where nothing is known.
  public let data: [String: JSON]?
  /// Media type to output metadata.
  public let metadata: [String: JSON]

  /// A reply from its parts.
  public init(data: [String: JSON]?, metadata: [String: JSON] = [:]) {
    self.data = data
    self.metadata = metadata
  }

  /// The members of the content.
  public var json: [String: JSON] {
    [
      "status": "ok", "found": .bool(data != nil), "data": .object(data ?? [:]), "metadata": .object(metadata),
    ]
  }
}

/// `is_complete_request` asks whether Enter runs a text or starts a new line.
public struct IsCompleteRequest: RequestContent {
  /// The protocol's name of it.
  public static let messageType = "is_complete_request"

  /// What was typed so far.
  public let code: String

  /// Reads the content.
  public init(_ content: JSON) throws {
    code = try ContentReader(content: content, messageType: Self.messageType).required("code", \.string)
  }
}

/// `is_complete_reply`: whether a text can be run as it is.
public enum Completeness: MessageContent, Equatable {
  /// It can.
  case complete
  /// It goes on; the next line starts with this indentation.
  case incomplete(indent: String)
  /// It cannot, and no further line mends it.
  case invalid
  /// Nobody knows.
  case unknown

  /// The protocol's name of it.
  public static let messageType = "is_complete_reply"

  /// The members of the content.
  public var json: [String: JSON] {
    switch self {
    case .complete: ["status": "complete"]
    case .incomplete(let indent): ["status": "incomplete", "indent": .string(indent)]
    case .invalid: ["status": "invalid"]
    case .unknown: ["status": "unknown"]
    }
  }
}
