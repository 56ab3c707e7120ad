// What a kernel serves. Whoever writes one of these has a kernel: no socket, no message and no thread is seen from here.

public import Display
public import JupyterProtocol

/// A language that cells are written in.
///
/// `execute`, `evaluate` and what comms cause are called on one thread, one cell after the other; with subshells, on one
/// thread for each shell at the same time. `complete`, `inspect` and `isComplete` are called on another thread, one at a
/// time, and also while a cell runs: what they read of the state that cells change must be safe to read then. Positions
/// count Unicode code points (`unicodeScalars`).
public protocol Interpreter: AnyObject, Sendable {
  /// What the language looks like from outside.
  var language: LanguageInfo { get }

  /// What a console prints at its start.
  var banner: String { get }

  /// Whether cells may run at the same time, each in a shell of its own.
  ///
  /// Where this is so, front ends are told that the kernel has subshells. Cells of all shells share what they declare:
  /// each single read and write of it must be safe, and what cells do in between is for their writers to mind.
  var supportsSubshells: Bool { get }

  /// What front ends may open comms to.
  var commTargets: [String: CommTarget] { get }

  /// Runs a cell; the value of its last expression, if it has one.
  ///
  /// Long work reads `cell.isInterrupted` at least ten times a second and throws `Interrupted` or returns what it has.
  /// Throws `ExecutionError` for what the reader should see; any other error is shown by its type and description.
  func execute(_ code: String, in cell: CellContext) throws -> MIMEBundle?

  /// The value of an expression that a front end wants to know after a cell; must not have effects.
  func evaluate(_ expression: String, in cell: CellContext) throws -> MIMEBundle

  /// What could stand at the cursor.
  func complete(_ code: String, cursor: Int) -> CompletionReply

  /// What stands at the cursor, or nil where nothing is known; `detail` 1 asks for more than 0.
  func inspect(_ code: String, cursor: Int, detail: Int) -> MIMEBundle?

  /// Whether a text can be run as it is, or goes on in the next line.
  func isComplete(_ code: String) -> Completeness
}

extension Interpreter {
  /// One cell at a time.
  public var supportsSubshells: Bool { false }

  /// None.
  public var commTargets: [String: CommTarget] { [:] }

  /// Runs the expression as a cell would; an expression without value is an error.
  public func evaluate(_ expression: String, in cell: CellContext) throws -> MIMEBundle {
    guard let value = try execute(expression, in: cell) else {
      throw ExecutionError(name: "NoValue", value: "the expression has no value")
    }
    return value
  }

  /// Nothing.
  public func complete(_ code: String, cursor: Int) -> CompletionReply {
    CompletionReply(matches: [], range: cursor..<cursor)
  }

  /// Nothing.
  public func inspect(_ code: String, cursor: Int, detail: Int) -> MIMEBundle? { nil }

  /// Unknown.
  public func isComplete(_ code: String) -> Completeness { .unknown }
}

/// Why a cell failed, as its reader is to see it.
public struct ExecutionError: Error, CustomStringConvertible {
  /// The kind of error, the message and the lines to show.
  public let failure: Failure
  /// The kind and the message.
  public var description: String { "\(failure.name): \(failure.value)" }

  /// An error; what is shown is `traceback`, or the name and the value where there is none.
  public init(name: String, value: String, traceback: [String]? = nil) {
    failure = Failure(name: name, value: value, traceback: traceback)
  }
}

/// The cell was told to stop, and did.
public struct Interrupted: Error, CustomStringConvertible {
  /// What the reader sees: what was done until then and is kept.
  public let description: String

  /// An interruption with what the reader should know of it.
  public init(_ description: String = "the cell was interrupted") { self.description = description }
}

extension Failure {
  /// An error of any kind in the protocol's form.
  init(_ error: any Error) {
    switch error {
    case let error as ExecutionError: self = error.failure
    case let error as Interrupted: self.init(name: "Interrupted", value: error.description)
    default: self.init(name: "\(type(of: error))", value: "\(error)")
    }
  }
}
