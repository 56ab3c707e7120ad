// Comms: conversations beside the cells, between an object in the kernel and its twin in a front end.

public import JSONValues

/// Which comm a message is about.
public struct CommReference: Sendable {
  /// The comm.
  public let commID: String

  /// Reads the content of a message of that type; throws `ContentError`.
  public init(_ content: JSON, of messageType: String) throws {
    commID = try ContentReader(content: content, messageType: messageType).required("comm_id", \.string)
  }
}

/// `comm_open`: this side begins a comm.
public struct CommOpen: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "comm_open"

  /// Which comm.
  public let commID: String
  /// What it is for.
  public let target: String
  /// The first thing that is said.
  public let data: [String: JSON]

  /// The beginning of a comm.
  public init(commID: String, target: String, data: [String: JSON]) {
    self.commID = commID
    self.target = target
    self.data = data
  }

  /// The members of the content.
  public var json: [String: JSON] {
    ["comm_id": .string(commID), "target_name": .string(target), "data": .object(data)]
  }
}

/// `comm_msg`: something is said on a comm.
public struct CommData: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "comm_msg"

  /// Which comm.
  public let commID: String
  /// What is said.
  public let data: [String: JSON]

  /// Something to say.
  public init(commID: String, data: [String: JSON]) {
    self.commID = commID
    self.data = data
  }

  /// The members of the content.
  public var json: [String: JSON] { ["comm_id": .string(commID), "data": .object(data)] }
}

/// `comm_close`: this side ends a comm, or knows nothing of it.
public struct CommClose: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "comm_close"

  /// Which comm.
  public let commID: String
  /// The last thing that is said.
  public let data: [String: JSON]

  /// The end of a comm.
  public init(commID: String, data: [String: JSON] = [:]) {
    self.commID = commID
    self.data = data
  }

  /// The members of the content.
  public var json: [String: JSON] { ["comm_id": .string(commID), "data": .object(data)] }
}

/// `comm_info_request` asks which comms are open.
public struct CommInfoRequest: RequestContent {
  /// The protocol's name of it.
  public static let messageType = "comm_info_request"

  /// The target whose comms are meant; nil means all.
  public let target: String?

  /// Reads the content.
  public init(_ content: JSON) throws {
    target = try ContentReader(content: content, messageType: Self.messageType)
      .optional("target_name", { $0.string.map(Optional.some) }, else: nil)
  }
}

/// `comm_info_reply`: the open comms.
public struct CommInfoReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "comm_info_reply"

  /// Each comm's target.
  public let targets: [String: String]

  /// A reply with the targets of the comms.
  public init(targets: [String: String]) { self.targets = targets }

  /// The members of the content.
  public var json: [String: JSON] {
    ["status": "ok", "comms": .object(targets.mapValues { ["target_name": .string($0)] })]
  }
}
