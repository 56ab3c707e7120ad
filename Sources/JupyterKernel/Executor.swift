// A shell runs its cells and serves its comm messages here, one after the other, on a thread of its own with a large
// stack. A cell that fails aborts the cells that wait behind it in the same shell, unless its request says otherwise.

import Display
import Glibc
import JSONValues
import JupyterProtocol

/// The queue of one shell and the thread that works on it.
final class Executor: Sendable {
  static let stackSize = 64 << 20
  /// How long after an error a cell still counts as having been sent before the error was known.
  ///
  /// Front ends send all cells of a notebook at once, and the last may be under way while the first already fails.
  static let abortGraceMilliseconds: UInt32 = 20

  /// What is done with a request.
  private enum Work {
    case cell(ExecuteRequest)
    case comm(@Sendable (CellContext) throws -> Void)
  }

  /// A request that waits.
  private struct Waiting {
    let message: Message
    let channel: Channel
    let work: Work

    var isCell: Bool { if case .cell = work { true } else { false } }
  }

  private struct State {
    var queue: [Waiting] = []
    var current: CellContext?
    var latest: Header?
    /// The number of the last cell that counted.
    var count = 0
    var isClosed = false
  }

  /// The subshell's name; nil for the main shell.
  let subshell: String?

  private let state = Monitor(State())
  private let interpreter: any Interpreter
  private let history: History
  private let outlets: CellContext.Outlets
  private let log: KernelLog

  init(
    subshell: String? = nil, interpreter: any Interpreter, history: History, outlets: CellContext.Outlets,
    log: KernelLog
  ) {
    self.subshell = subshell
    self.interpreter = interpreter
    self.history = history
    self.outlets = outlets
    self.log = log
  }

  // MARK: From other threads

  /// Puts a cell at the end of the queue.
  func enqueue(_ request: ExecuteRequest, from message: Message, on channel: Channel) {
    enqueue(Waiting(message: message, channel: channel, work: .cell(request)))
  }

  /// Puts what a comm message causes at the end of the queue.
  func enqueue(_ message: Message, on channel: Channel, _ work: @escaping @Sendable (CellContext) throws -> Void) {
    enqueue(Waiting(message: message, channel: channel, work: .comm(work)))
  }

  /// Tells what runs to stop; where nothing does, nothing happens.
  func interrupt() { state.withLock { $0.current }?.interrupt() }

  /// Answers the cells that wait as aborted and tells what runs to stop; the thread ends with it.
  func close() {
    let dropped = state.change { state in
      defer { state.queue = [] }
      state.isClosed = true
      return state.queue
    }
    for waiting in dropped { abort(waiting, because: "the shell was closed") }
    interrupt()
  }

  /// The request that is served, or the last one that was; what is printed by the way belongs to it.
  var latest: Header? { state.withLock { $0.latest } }

  /// Whether something is at work.
  var isRunning: Bool { state.withLock { $0.current != nil } }

  private func enqueue(_ waiting: Waiting) {
    let isClosed = state.change { state in
      if !state.isClosed { state.queue.append(waiting) }
      return state.isClosed
    }
    if isClosed { abort(waiting, because: "the shell was closed") }
  }

  // MARK: On its own thread

  /// Works until the executor is closed.
  func run() {
    while let (next, cell) = takeNext() {
      outlets.output.begin(next.message.header)
      switch next.work {
      case .cell(let request):
        if !request.isSilent { cell.publish(ExecuteInput(code: request.code, executionCount: cell.executionCount)) }
        finish(next, request, cell, Result { try run(request, in: cell) })
      case .comm(let work):
        serve(next, work, cell)
      }
      state.change { $0.current = nil }
    }
  }

  /// Waits for the next request.
  ///
  /// It is taken and counts as running in one step: an interrupt finds it in the queue, where it does not mean it, or
  /// running.
  private func takeNext() -> (Waiting, CellContext)? {
    let next: (Waiting, CellContext)?? = state.wait { state in
      if state.isClosed { return .some(nil) }
      guard !state.queue.isEmpty else { return nil }
      let next = state.queue.removeFirst()
      var allowsInput = false
      if case .cell(let request) = next.work {
        allowsInput = request.allowsInput
        if request.storesHistory { state.count += 1 }
      }
      let cell = CellContext(
        request: next.message, subshell: subshell, executionCount: state.count, allowsInput: allowsInput,
        outlets: outlets)
      state.current = cell
      state.latest = next.message.header
      return (next, cell)
    }
    return next ?? nil
  }

  /// Runs the code, shows its value, evaluates the user expressions.
  private func run(_ request: ExecuteRequest, in cell: CellContext) throws -> ExecuteReply.Outcome {
    let value = Result { request.isBlank ? nil : try interpreter.execute(request.code, in: cell) }
    fflush(nil)
    cell.collectPrinted()
    if request.storesHistory {
      history.record(shell: subshell, line: cell.executionCount, input: request.code, output: (try? value.get())?.plain)
    }
    if let bundle = try value.get(), !request.isSilent {
      cell.publish(
        ExecuteResult(data: bundle.data, metadata: bundle.metadata, executionCount: cell.executionCount))
    }
    let values = request.userExpressions.mapValues { expression -> JSON in
      do {
        let value = try interpreter.evaluate(expression, in: cell)
        return UserExpression.value(data: value.data, metadata: value.metadata).json
      } catch {
        return UserExpression.error(Failure(error)).json
      }
    }
    return .ok(payload: cell.payload, userExpressions: values)
  }

  private func finish(
    _ done: Waiting, _ request: ExecuteRequest, _ cell: CellContext, _ result: Result<ExecuteReply.Outcome, any Error>
  ) {
    var outcome: ExecuteReply.Outcome
    var aborted: [Waiting] = []
    switch result {
    case .success(let ended): outcome = ended
    case .failure(let error):
      let failure = Failure(error)
      outcome = .error(failure)
      if !request.isSilent {
        cell.publish(ErrorOutput(failure))
        if request.stopsOnError {
          usleep(Self.abortGraceMilliseconds * 1000)
          aborted = takeCells()
        }
      }
    }
    cell.collectPrinted()
    outlets.output.end(
      done.message.header, reply: reply(outcome, to: done, started: cell.started, cell.executionCount))
    for waiting in aborted { abort(waiting, because: "an earlier cell failed") }
  }

  private func serve(_ next: Waiting, _ work: (CellContext) throws -> Void, _ cell: CellContext) {
    do {
      try work(cell)
    } catch {
      let failure = Failure(error)
      log("a comm message failed: \(failure.name): \(failure.value.prefix(200))")
      cell.publish(ErrorOutput(failure))
    }
    fflush(nil)
    cell.collectPrinted()
    outlets.output.end(next.message.header, reply: nil)
  }

  // MARK: Aborting

  /// Takes the cells out of the queue; comm messages stay.
  private func takeCells() -> [Waiting] {
    state.withLock { state in
      let (cells, others) = (state.queue.filter(\.isCell), state.queue.filter { !$0.isCell })
      state.queue = others
      return cells
    }
  }

  /// Answers a request that is not served.
  private func abort(_ waiting: Waiting, because reason: String) {
    outlets.output.begin(waiting.message.header)
    var answer: OutgoingMessage?
    if waiting.isCell {
      let failure = Failure(name: "Aborted", value: "not run, because \(reason)", traceback: [])
      answer = reply(.error(failure), to: waiting, started: Timestamp.now(), state.withLock { $0.count })
    }
    outlets.output.end(waiting.message.header, reply: answer)
  }

  private func reply(_ outcome: ExecuteReply.Outcome, to cell: Waiting, started: String, _ count: Int)
    -> OutgoingMessage
  {
    OutgoingMessage(
      replying: ExecuteReply(outcome, executionCount: count), to: cell.message, on: cell.channel,
      metadata: ["started": .string(started)])
  }
}
