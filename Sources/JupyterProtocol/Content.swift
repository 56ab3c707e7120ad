// What all kinds of message content share. Each message of the protocol is a type of its own in the files beside this.

public import JSONValues

/// Content that is read: a request, or an answer from the front end.
public protocol RequestContent: Sendable {
  /// The header's `msg_type` of such messages.
  static var messageType: String { get }

  /// Reads the content; throws `ContentError`, and ignores members that it does not know.
  init(_ content: JSON) throws
}

/// Content that is written.
public protocol MessageContent: Sendable {
  /// The header's `msg_type` of such messages.
  static var messageType: String { get }

  /// The members of the content.
  var json: [String: JSON] { get }
}

/// A request whose content lacks something.
public struct ContentError: Error, CustomStringConvertible {
  /// The message type and the member in question.
  public let reason: String
  /// The same.
  public var description: String { reason }

  /// An error with its reason.
  public init(reason: String) { self.reason = reason }
}

/// Reads members of a request's content, and says which one was wrong.
struct ContentReader {
  let content: JSON
  let messageType: String

  func required<Value>(_ key: String, _ read: (JSON) -> Value?) throws -> Value {
    guard let member = content[key], let value = read(member) else {
      throw ContentError(reason: "\(messageType): \(key) is missing or of the wrong kind")
    }
    return value
  }

  func optional<Value>(_ key: String, _ read: (JSON) -> Value?, else fallback: Value) throws -> Value {
    guard let member = content[key], member != .null else { return fallback }
    guard let value = read(member) else { throw ContentError(reason: "\(messageType): \(key) is of the wrong kind") }
    return value
  }
}

/// Why something went wrong, in the form in which the protocol tells it.
public struct Failure: Sendable, Equatable {
  /// The kind of error, one word.
  public var name: String
  /// The message, one sentence or a few.
  public var value: String
  /// What a reader sees, line by line; may carry ANSI colours.
  public var traceback: [String]

  /// A failure; its traceback is the name and the value unless it has a better one.
  public init(name: String, value: String, traceback: [String]? = nil) {
    self.name = name
    self.value = value
    self.traceback = traceback ?? ["\(name): \(value)"]
  }

  var json: [String: JSON] {
    ["ename": .string(name), "evalue": .string(value), "traceback": .array(traceback.map(JSON.string))]
  }

  var replyJSON: [String: JSON] { json.merging(["status": "error"]) { _, status in status } }
}

/// The answer to a request that could not be served, whatever its type.
public struct FailureReply: Sendable {
  /// The reply's `msg_type`.
  public let messageType: String
  /// Its content.
  public let json: [String: JSON]

  /// The failing reply that belongs to a request; nil where the protocol knows no reply to it.
  public init?(to requestType: String, _ failure: Failure) {
    guard requestType.hasSuffix("_request") else { return nil }
    messageType = requestType.dropLast("request".count) + "reply"
    json = failure.replyJSON
  }
}
