// What every message says of itself. A reply repeats the request's header as its parent: the very bytes, because front
// ends put keys there that only they know.

import JSONValues

#if canImport(Glibc)
  import Glibc
#endif

/// The header of a message.
public struct Header: Sendable, Equatable {
  /// Unique to the message.
  public let messageID: String
  /// What the message is, such as `execute_request`.
  public let type: String
  /// The sender's session.
  public let session: String
  /// The subshell that the message is for; nil is the main shell.
  public let subshellID: String?
  /// The header's JSON text as it travels.
  public let bytes: [UInt8]

  /// Parses the header frame; throws `MessageError` where it is no header.
  public init(parsing bytes: [UInt8]) throws(MessageError) {
    guard let json = try? JSON(parsing: bytes), json.object != nil else {
      throw MessageError(reason: "the header is not a JSON object")
    }
    guard let messageID = json["msg_id"]?.string, let type = json["msg_type"]?.string else {
      throw MessageError(reason: "the header lacks msg_id or msg_type")
    }
    self.messageID = messageID
    self.type = type
    self.session = json["session"]?.string ?? ""
    self.subshellID = json["subshell_id"]?.string
    self.bytes = bytes
  }

  /// A new header of the sender's own, dated now.
  public init(messageID: String, type: String, session: String, username: String) {
    self.messageID = messageID
    self.type = type
    self.session = session
    self.subshellID = nil
    self.bytes =
      JSON.object([
        "msg_id": .string(messageID), "msg_type": .string(type), "session": .string(session),
        "username": .string(username), "date": .string(Timestamp.now()), "version": .string(protocolVersion),
      ]).bytes()
  }
}

/// The version of the messaging protocol that this library speaks.
public let protocolVersion = "5.6"

/// Dates as the protocol wants them.
public enum Timestamp {
  /// The present moment in ISO 8601: UTC, six digits of fraction.
  public static func now() -> String {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return text(seconds: time.tv_sec, microseconds: time.tv_nsec / 1000)
  }

  static func text(seconds: Int, microseconds: Int) -> String {
    var seconds = time_t(seconds)
    var parts = unsafe tm()
    unsafe gmtime_r(&seconds, &parts)
    func padded(_ value: some BinaryInteger, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let day = unsafe "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
    let time = unsafe "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
    return "\(day)T\(time).\(padded(microseconds, 6))Z"
  }
}
