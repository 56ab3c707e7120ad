// What was run before.

public import JSONValues

/// `history_request` asks which cells were run.
public struct HistoryRequest: RequestContent {
  /// The protocol's name of it.
  public static let messageType = "history_request"

  /// Which cells are meant.
  public enum Access: Sendable, Equatable {
    /// Cells of one session by their numbers; session 0 is the present one, -1 the one before.
    case range(session: Int, lines: Range<Int>)
    /// The last cells.
    case tail(count: Int)
    /// Cells that match a pattern of `*` and `?`; the last `count` of them.
    case search(pattern: String, count: Int?, unique: Bool)
  }

  /// Which cells are meant.
  public let access: Access
  /// Whether results are wanted beside the code.
  public let includesOutput: Bool

  /// Reads the content.
  public init(_ content: JSON) throws {
    let reader = ContentReader(content: content, messageType: Self.messageType)
    includesOutput = try reader.optional("output", \.bool, else: false)
    let count: Int? = try reader.optional("n", { $0.int.map(Optional.some) }, else: nil)
    switch try reader.required("hist_access_type", \.string) {
    case "range":
      let start = max(0, try reader.optional("start", \.int, else: 1))
      let stop: Int = try reader.optional("stop", \.int, else: .max)
      access = .range(session: try reader.optional("session", \.int, else: 0), lines: start..<max(start, stop))
    case "tail":
      access = .tail(count: max(0, count ?? .max))
    case "search":
      access = .search(
        pattern: try reader.optional("pattern", \.string, else: "*"), count: count.map { max(0, $0) },
        unique: try reader.optional("unique", \.bool, else: false))
    case let other:
      throw ContentError(reason: "\(Self.messageType): hist_access_type \(other) is not range, tail or search")
    }
  }
}

/// `history_reply`: the cells in question, oldest first.
public struct HistoryReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "history_reply"

  /// One cell that was run.
  public struct Entry: Sendable, Equatable {
    /// The session it was run in; the first is 1.
    public let session: Int
    /// Its number in that session.
    public let line: Int
    /// Its text.
    public let input: String
    /// Its result as plain text, if it had one.
    public let output: String?

    /// An entry from its parts.
    public init(session: Int, line: Int, input: String, output: String?) {
      self.session = session
      self.line = line
      self.input = input
      self.output = output
    }
  }

  /// The cells.
  public let entries: [Entry]
  /// Whether each comes with its result.
  public let includesOutput: Bool

  /// A reply from its parts.
  public init(entries: [Entry], includesOutput: Bool) {
    self.entries = entries
    self.includesOutput = includesOutput
  }

  /// The members of the content.
  public var json: [String: JSON] {
    let rows = entries.map { entry -> JSON in
      let input = JSON.string(entry.input)
      let last: JSON = includesOutput ? [input, entry.output.map(JSON.string) ?? .null] : input
      return [.int(entry.session), .int(entry.line), last]
    }
    return ["status": "ok", "history": .array(rows)]
  }
}
