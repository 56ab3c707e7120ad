// Cells run here, one after the other, on a thread of their own with a large stack. A cell that fails aborts those that
// wait behind it, unless its request says otherwise.

import Display
import Glibc
import JSONValues
import JupyterProtocol

/// The queue of cells and the thread that runs them.
final class Executor: Sendable {
  static let stackSize = 64 << 20
  /// How long after an error a cell still counts as having been sent before the error was known.
  ///
  /// Front ends send all cells of a notebook at once, and the last may be under way while the first already fails.
  static let abortGraceMilliseconds: UInt32 = 20

  /// A cell that waits.
  private struct Waiting {
    let message: Message
    let request: ExecuteRequest
    let channel: Channel
  }

  private struct State {
    var queue: [Waiting] = []
    var current: CellContext?
    var latest: Header?
    var isClosed = false
  }

  private let state = Monitor(State())
  private let interpreter: any Interpreter
  private let history: History
  private let outlets: CellContext.Outlets

  init(interpreter: any Interpreter, history: History, outlets: CellContext.Outlets) {
    self.interpreter = interpreter
    self.history = history
    self.outlets = outlets
  }

  // MARK: From other threads

  /// Puts a cell at the end of the queue.
  func enqueue(_ request: ExecuteRequest, from message: Message, on channel: Channel) {
    state.change { $0.queue.append(Waiting(message: message, request: request, channel: channel)) }
  }

  /// Tells the running cell to stop; without one, nothing happens.
  func interrupt() { state.withLock { $0.current }?.interrupt() }

  /// Drops the queue and tells the running cell to stop; the thread ends with it.
  func close() {
    state.change {
      $0.queue = []
      $0.isClosed = true
    }
    interrupt()
  }

  /// The request of the running cell, or of the last one that ran; what is printed by the way belongs to it.
  var latestCell: Header? { state.withLock { $0.latest } }

  /// Whether a cell is at work.
  var isRunning: Bool { state.withLock { $0.current != nil } }

  // MARK: On its own thread

  /// Runs cells until the executor is closed.
  func run() {
    var count = 0
    while let next = takeNext() {
      let cell = begin(next, &count)
      let result = Result { try run(next.request, in: cell) }
      finish(next, cell, result)
    }
  }

  private func takeNext() -> Waiting? {
    let next: Waiting?? = state.wait { state in
      if state.isClosed { return .some(nil) }
      return state.queue.isEmpty ? nil : .some(state.queue.removeFirst())
    }
    return next ?? nil
  }

  private func begin(_ next: Waiting, _ count: inout Int) -> CellContext {
    if next.request.storesHistory { count += 1 }
    let cell = CellContext(
      request: next.message, executionCount: count, allowsInput: next.request.allowsInput,
      outlets: outlets)
    outlets.output.begin(cell: next.message.header)
    if !next.request.isSilent {
      cell.publish(ExecuteInput(code: next.request.code, executionCount: count))
    }
    let isClosed = state.withLock { state in
      state.current = cell
      state.latest = cell.request.header
      return state.isClosed
    }
    if isClosed { cell.interrupt() }
    return cell
  }

  /// Runs the code, shows its value, evaluates the user expressions.
  private func run(_ request: ExecuteRequest, in cell: CellContext) throws -> ExecuteReply.Outcome {
    let value = Result { request.isBlank ? nil : try interpreter.execute(request.code, in: cell) }
    fflush(nil)
    cell.collectPrinted()
    if request.storesHistory {
      history.record(line: cell.executionCount, input: request.code, output: (try? value.get())?.plain)
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

  private func finish(_ done: Waiting, _ cell: CellContext, _ result: Result<ExecuteReply.Outcome, any Error>) {
    var outcome: ExecuteReply.Outcome
    var aborted: [Waiting] = []
    switch result {
    case .success(let ended): outcome = ended
    case .failure(let error):
      let failure = Failure(error)
      outcome = .error(failure)
      if !done.request.isSilent {
        cell.publish(ErrorOutput(failure))
        if done.request.stopsOnError {
          usleep(Self.abortGraceMilliseconds * 1000)
          aborted = state.withLock { state in
            defer { state.queue = [] }
            return state.queue
          }
        }
      }
    }
    cell.collectPrinted()
    outlets.output.end(
      cell: done.message.header, reply: reply(outcome, to: done, started: cell.started, cell.executionCount))
    for waiting in aborted { abort(waiting, count: cell.executionCount) }
    state.change { $0.current = nil }
  }

  private func reply(_ outcome: ExecuteReply.Outcome, to cell: Waiting, started: String, _ count: Int)
    -> OutgoingMessage
  {
    OutgoingMessage(
      replying: ExecuteReply(outcome, executionCount: count), to: cell.message, on: cell.channel,
      metadata: ["started": .string(started)])
  }

  /// Answers a cell that does not run because an earlier one failed.
  private func abort(_ waiting: Waiting, count: Int) {
    let failure = Failure(name: "Aborted", value: "not run, because an earlier cell failed", traceback: [])
    outlets.output.begin(cell: waiting.message.header)
    outlets.output.end(
      cell: waiting.message.header, reply: reply(.error(failure), to: waiting, started: Timestamp.now(), count))
  }
}
