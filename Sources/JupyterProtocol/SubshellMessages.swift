// Subshells: further queues of cells in the same kernel. Requests on the shell channel name theirs in the header.

public import JSONValues

/// The messages about subshells.
public enum Subshells {
  /// How a kernel that has them says so, among its `supported_features`.
  public static let feature = "kernel subshells"
}

/// `create_subshell_reply`: there is one more.
public struct CreateSubshellReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "create_subshell_reply"
  /// The protocol's name of the request, whose content is empty.
  public static let requestType = "create_subshell_request"

  /// The new subshell's name.
  public let subshellID: String

  /// A reply with the new subshell's name.
  public init(subshellID: String) { self.subshellID = subshellID }

  /// The members of the content.
  public var json: [String: JSON] { ["status": "ok", "subshell_id": .string(subshellID)] }
}

/// `delete_subshell_request`: end one.
public struct DeleteSubshellRequest: RequestContent {
  /// The protocol's name of it.
  public static let messageType = "delete_subshell_request"

  /// Its name.
  public let subshellID: String

  /// Reads the content.
  public init(_ content: JSON) throws {
    subshellID = try ContentReader(content: content, messageType: Self.messageType).required("subshell_id", \.string)
  }
}

/// `delete_subshell_reply`: it takes no more requests.
public struct DeleteSubshellReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "delete_subshell_reply"

  /// The reply; it says nothing more.
  public init() {}

  /// The members of the content.
  public var json: [String: JSON] { ["status": "ok"] }
}

/// `list_subshell_reply`: which there are, without the main shell.
public struct ListSubshellReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "list_subshell_reply"
  /// The protocol's name of the request, whose content is empty.
  public static let requestType = "list_subshell_request"

  /// Their names.
  public let subshellIDs: [String]

  /// A reply with their names.
  public init(subshellIDs: [String]) { self.subshellIDs = subshellIDs }

  /// The members of the content.
  public var json: [String: JSON] { ["status": "ok", "subshell_id": .array(subshellIDs.map(JSON.string))] }
}
