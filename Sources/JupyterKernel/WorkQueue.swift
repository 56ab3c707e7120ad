// A thread for work that should hold up neither the sockets nor the cells: what editors ask about code, and the history.

/// Pieces of work, done one after the other on one thread.
final class WorkQueue: Sendable {
  private struct State {
    var work: [@Sendable () -> Void] = []
    var isClosed = false
    var isEnded = false
  }

  private let state = Monitor(State())

  /// Puts a piece of work at the end; once the queue is closed, nothing happens.
  func enqueue(_ work: @escaping @Sendable () -> Void) { state.change { if !$0.isClosed { $0.work.append(work) } } }

  /// Drops what has not begun; the thread ends.
  func close() {
    state.change {
      $0.work = []
      $0.isClosed = true
    }
  }

  /// Takes no more work and waits until all that was taken is done, at most so long; says whether it is.
  func finish(milliseconds: Int) -> Bool {
    state.change { $0.isClosed = true }
    return state.wait(milliseconds: milliseconds) { $0.isEnded ? true : nil } ?? false
  }

  /// Whether no more work is taken.
  var isFinishing: Bool { state.withLock { $0.isClosed } }

  /// Works until the queue is closed and empty.
  func run() {
    while true {
      let next: (@Sendable () -> Void)?? = state.wait { state in
        if !state.work.isEmpty { return state.work.removeFirst() }
        return state.isClosed ? .some(nil) : nil
      }
      guard let work = next ?? nil else { break }
      work()
    }
    state.change { $0.isEnded = true }
  }
}
