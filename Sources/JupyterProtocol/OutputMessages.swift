// What a kernel broadcasts on iopub: status, and everything a cell shows.

public import JSONValues

/// `status`: whether the kernel is at work.
public enum Status: String, MessageContent {
  /// The process has just come up.
  case starting
  /// A request is being served.
  case busy
  /// It has been served, and nothing more of it follows.
  case idle

  /// The protocol's name of it.
  public static let messageType = "status"

  /// The members of the content.
  public var json: [String: JSON] { ["execution_state": .string(rawValue)] }
}

/// `iopub_welcome`: a subscription has taken effect.
public struct Welcome: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "iopub_welcome"

  /// The topic subscribed to.
  public let subscription: String

  /// A welcome to the subscribers of a topic.
  public init(subscription: String) { self.subscription = subscription }

  /// The members of the content.
  public var json: [String: JSON] { ["subscription": .string(subscription)] }
}

/// The two streams of text.
public enum StreamName: String, Sendable {
  /// Ordinary output.
  case standardOutput = "stdout"
  /// Warnings and remarks.
  case standardError = "stderr"
}

/// `stream`: text as it was printed.
public struct StreamText: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "stream"

  /// Which stream.
  public let name: StreamName
  /// What was printed.
  public let text: String

  /// A piece of a stream.
  public init(_ name: StreamName, _ text: String) {
    self.name = name
    self.text = text
  }

  /// The members of the content.
  public var json: [String: JSON] { ["name": .string(name.rawValue), "text": .string(text)] }
}

/// `display_data`: something to look at.
public struct DisplayData: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "display_data"

  /// Media type to content.
  public let data: [String: JSON]
  /// Media type to output metadata.
  public let metadata: [String: JSON]
  /// A name by which it can be updated later.
  public let displayID: String?

  /// Something to look at, from its parts.
  public init(data: [String: JSON], metadata: [String: JSON], displayID: String?) {
    self.data = data
    self.metadata = metadata
    self.displayID = displayID
  }

  /// The members of the content.
  public var json: [String: JSON] {
    [
      "data": .object(data), "metadata": .object(metadata),
      "transient": displayID.map { ["display_id": .string($0)] } ?? [:],
    ]
  }
}

/// `update_display_data`: what is shown under a name is now this, wherever it is shown.
public struct DisplayUpdate: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "update_display_data"

  /// What is shown from now on, and under which name.
  public let display: DisplayData

  /// An update of what is shown as `id`.
  public init(data: [String: JSON], metadata: [String: JSON], displayID: String) {
    display = DisplayData(data: data, metadata: metadata, displayID: displayID)
  }

  /// The members of the content.
  public var json: [String: JSON] { display.json }
}

/// `clear_output`: remove what the cell has shown.
public struct ClearOutput: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "clear_output"

  /// Whether to wait for the next output, so that nothing flickers.
  public let waits: Bool

  /// A removal, at once or with the next output.
  public init(waits: Bool) { self.waits = waits }

  /// The members of the content.
  public var json: [String: JSON] { ["wait": .bool(waits)] }
}

/// `execute_input`: this cell is about to run.
public struct ExecuteInput: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "execute_input"

  /// The cell's text.
  public let code: String
  /// The cell's number.
  public let executionCount: Int

  /// The announcement of a cell.
  public init(code: String, executionCount: Int) {
    self.code = code
    self.executionCount = executionCount
  }

  /// The members of the content.
  public var json: [String: JSON] { ["code": .string(code), "execution_count": .int(executionCount)] }
}

/// `execute_result`: the value of a cell.
public struct ExecuteResult: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "execute_result"

  /// Media type to content.
  public let data: [String: JSON]
  /// Media type to output metadata.
  public let metadata: [String: JSON]
  /// The cell's number.
  public let executionCount: Int

  /// A result from its parts.
  public init(data: [String: JSON], metadata: [String: JSON], executionCount: Int) {
    self.data = data
    self.metadata = metadata
    self.executionCount = executionCount
  }

  /// The members of the content.
  public var json: [String: JSON] {
    ["data": .object(data), "metadata": .object(metadata), "execution_count": .int(executionCount)]
  }
}

/// `error`: why a cell failed.
public struct ErrorOutput: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "error"

  /// Why.
  public let failure: Failure

  /// A failure to be shown.
  public init(_ failure: Failure) { self.failure = failure }

  /// The members of the content.
  public var json: [String: JSON] { failure.json }
}

/// `input_request`: the cell asks its reader; the only message of the stdin channel.
public struct InputRequest: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "input_request"

  /// The question.
  public let prompt: String
  /// Whether the answer is not to be seen.
  public let isPassword: Bool

  /// A question.
  public init(prompt: String, isPassword: Bool) {
    self.prompt = prompt
    self.isPassword = isPassword
  }

  /// The members of the content.
  public var json: [String: JSON] { ["prompt": .string(prompt), "password": .bool(isPassword)] }
}
