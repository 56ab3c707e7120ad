// A thread for work that should not hold up the sockets: what editors ask about code.

/// Pieces of work, done one after the other on one thread.
final class WorkQueue: Sendable {
  private struct State {
    var work: [@Sendable () -> Void] = []
    var isClosed = false
  }

  private let state = Monitor(State())

  /// Puts a piece of work at the end.
  func enqueue(_ work: @escaping @Sendable () -> Void) { state.change { $0.work.append(work) } }

  /// Drops what has not begun; the thread ends.
  func close() {
    state.change {
      $0.work = []
      $0.isClosed = true
    }
  }

  /// Works until the queue is closed.
  func run() {
    while true {
      let next: (@Sendable () -> Void)?? = state.wait { state in
        if state.isClosed { return .some(nil) }
        return state.work.isEmpty ? nil : .some(state.work.removeFirst())
      }
      guard let work = next ?? nil else { return }
      work()
    }
  }
}
