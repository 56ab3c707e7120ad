// A cell: the request to run it, and the reply when it has run.

public import JSONValues

/// `execute_request`: run a cell.
public struct ExecuteRequest: RequestContent {
  /// The protocol's name of it.
  public static let messageType = "execute_request"

  /// The cell's text.
  public let code: String
  /// Whether there is no code at all.
  public let isBlank: Bool
  /// Run without showing the cell or its result to anyone.
  public let isSilent: Bool
  /// Whether the cell counts: a number in the counter, a line in the history.
  ///
  /// Never with `isSilent`, and never where there is no code.
  public let storesHistory: Bool
  /// Name to expression: evaluated when the cell has run.
  public let userExpressions: [String: String]
  /// Whether the front end answers `input_request`.
  public let allowsInput: Bool
  /// Whether an error aborts the cells that wait behind this one.
  public let stopsOnError: Bool

  /// Reads the content; only `code` must be there.
  public init(_ content: JSON) throws {
    let reader = ContentReader(content: content, messageType: Self.messageType)
    code = try reader.required("code", \.string)
    isSilent = try reader.optional("silent", \.bool, else: false)
    isBlank = code.allSatisfy(\.isWhitespace)
    storesHistory = try !isSilent && !isBlank && reader.optional("store_history", \.bool, else: true)
    userExpressions = try reader.optional("user_expressions", \.object, else: [:]).compactMapValues(\.string)
    allowsInput = try reader.optional("allow_stdin", \.bool, else: true)
    stopsOnError = try reader.optional("stop_on_error", \.bool, else: true)
  }
}

/// `execute_reply`: how a cell ended.
public struct ExecuteReply: MessageContent {
  /// The protocol's name of it.
  public static let messageType = "execute_reply"

  /// How a cell can end.
  public enum Outcome: Sendable {
    /// With what the front end is to do and the values of the user expressions.
    case ok(payload: [JSON], userExpressions: [String: JSON])
    /// With an error, or not at all.
    case error(Failure)
  }

  /// How it ended.
  public let outcome: Outcome
  /// The cell's number; for a cell that does not count, the number of the last one that did.
  public let executionCount: Int

  /// A reply from its parts.
  public init(_ outcome: Outcome, executionCount: Int) {
    self.outcome = outcome
    self.executionCount = executionCount
  }

  /// The members of the content.
  public var json: [String: JSON] {
    var members: [String: JSON]
    switch outcome {
    case .ok(let payload, let userExpressions):
      members = ["status": "ok", "payload": .array(payload), "user_expressions": .object(userExpressions)]
    case .error(let failure):
      members = failure.replyJSON
    }
    members["execution_count"] = .int(executionCount)
    return members
  }
}

/// The value of one user expression.
public enum UserExpression: Sendable {
  /// It has a value, in several media types.
  case value(data: [String: JSON], metadata: [String: JSON])
  /// It failed; the others and the cell are not affected.
  case error(Failure)

  /// As it stands in the reply.
  public var json: JSON {
    switch self {
    case .value(let data, let metadata): ["status": "ok", "data": .object(data), "metadata": .object(metadata)]
    case .error(let failure): .object(failure.replyJSON)
    }
  }
}

/// What a reply can ask the front end to do.
public enum Payload: Sendable {
  /// Show a text beside the notebook.
  case page(data: [String: JSON])
  /// Put a text into the next cell, or in place of this one.
  case setNextInput(text: String, replace: Bool)

  /// As it stands in the reply.
  public var json: JSON {
    switch self {
    case .page(let data): ["source": "page", "data": .object(data), "start": 0]
    case .setNextInput(let text, let replace):
      ["source": "set_next_input", "text": .string(text), "replace": .bool(replace)]
    }
  }
}
