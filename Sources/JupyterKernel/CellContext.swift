// A running cell, as its interpreter sees it: where output goes, where input comes from, and whether to stop. It carries
// the request that it belongs to, so output finds its cell from whatever thread it is made on.

public import Display
import JSONValues
public import JupyterProtocol
import Synchronization

/// One execution of one cell, or the serving of one comm message; usable from every thread that works for it.
public final class CellContext: Sendable {
  /// The cell's number in its shell; for a cell that does not count, the number of the last one that did.
  public let executionCount: Int
  /// The subshell that the cell runs in, which has numbers of its own; nil is the main shell.
  public let subshell: String?

  let request: Message
  /// When it began to run; front ends show how long it took.
  let started = Timestamp.now()
  private let allowsInput: Bool
  private let outlets: Outlets
  private let interruption = Atomic<Bool>(false)
  private let payloads = Mutex<[Payload]>([])

  /// What all cells of a kernel share.
  struct Outlets: Sendable {
    let output: OutputQueue
    let input: InputDesk
    let comms: CommDesk
    let capture: DescriptorCapture?
  }

  init(request: Message, subshell: String?, executionCount: Int, allowsInput: Bool, outlets: Outlets) {
    self.request = request
    self.subshell = subshell
    self.executionCount = executionCount
    self.allowsInput = allowsInput
    self.outlets = outlets
  }

  // MARK: Interruption

  /// Whether the cell has been told to stop: one atomic read.
  public var isInterrupted: Bool { interruption.load(ordering: .relaxed) }

  /// Throws `Interrupted` where the cell has been told to stop.
  public func checkInterruption() throws {
    if isInterrupted { throw Interrupted() }
  }

  /// Tells the cell to stop; ends every wait for room or for input.
  func interrupt() {
    interruption.store(true, ordering: .relaxed)
    outlets.output.reconsider()
    outlets.input.reconsider()
  }

  // MARK: Output

  /// Prints text, as it is; lines are gathered for a moment, order is kept.
  public func write(_ text: String, to stream: StreamName = .standardOutput) {
    outlets.output.write(stream, text, parent: request.header) { isInterrupted }
  }

  /// Shows something; with an `id` it can be updated later, also by another cell.
  public func display(_ bundle: MIMEBundle, id: String? = nil) {
    publish(DisplayData(data: bundle.data, metadata: bundle.metadata, displayID: id))
  }

  /// Replaces what is shown under `id`, wherever it is shown.
  public func update(_ bundle: MIMEBundle, id: String) {
    publish(DisplayUpdate(data: bundle.data, metadata: bundle.metadata, displayID: id))
  }

  /// Removes what the cell has shown, at once or when something new comes.
  public func clearOutput(wait: Bool = false) { publish(ClearOutput(waits: wait)) }

  /// Broadcasts output after everything that was printed before it, by whatever means.
  func publish(_ content: some MessageContent, metadata: [String: JSON] = [:], buffers: [[UInt8]] = []) {
    collectPrinted()
    var message = OutgoingMessage(publishing: content, parent: request.header)
    message.metadata = metadata
    message.buffers = buffers
    outlets.output.post([message])
  }

  /// Puts what went to descriptors 1 and 2 until now into the queue.
  func collectPrinted() {
    outlets.capture?.collect { name, text in
      outlets.output.write(name, text, parent: request.header) { true }
    }
  }

  /// Opens a comm to the front ends; they close it where they do not know the target.
  ///
  /// Without a name it gets one that is new; a comm that is open under the given name is replaced.
  public func openComm(
    target: String, id: String? = nil, _ message: CommMessage = CommMessage(), handler: CommHandler
  ) -> Comm {
    outlets.comms.open(target: target, id: id ?? Session.freshID(), message, handler: handler, from: self)
  }

  // MARK: The reply

  /// Shows a text beside the notebook when the cell has run.
  public func page(_ bundle: MIMEBundle) { add(.page(data: bundle.data)) }

  /// Puts a text into the next cell, or in place of this one, when the cell has run.
  public func setNextInput(_ text: String, replace: Bool = false) { add(.setNextInput(text: text, replace: replace)) }

  var payload: [JSON] { payloads.withLock { $0.map(\.json) } }

  private func add(_ payload: Payload) { payloads.withLock { $0.append(payload) } }

  // MARK: Input

  /// Asks the reader and waits for the answer.
  ///
  /// Throws `Interrupted` when the cell is told to stop, and `ExecutionError` where the front end takes no input or has
  /// none left.
  public func input(prompt: String, password: Bool = false) throws -> String {
    guard allowsInput else {
      throw ExecutionError(
        name: "InputNotAvailable",
        value: "the front end takes no input for this cell (allow_stdin is false); write the value into the cell")
    }
    collectPrinted()
    let answer = outlets.input.ask(
      InputRequest(prompt: prompt, isPassword: password), for: request, through: outlets.output
    ) { isInterrupted }
    guard let answer else { throw Interrupted("the cell was interrupted while it waited for input") }
    if answer == "\u{4}" { throw ExecutionError(name: "EndOfInput", value: "the reader ended the input") }
    return answer
  }
}
