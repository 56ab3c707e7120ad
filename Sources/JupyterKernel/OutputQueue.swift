// Everything that leaves the kernel passes through one queue, in order. Printed text is gathered for up to 100 ms or
// 16 KiB, so that ten thousand lines are a few messages; anything else that is posted seals the text before it. That
// text comes before the reply and before `idle` is therefore a property of the queue and needs no care anywhere else.
//
// The queue holds a bounded amount of text: whoever prints faster than the sockets take it waits here, until there is
// room or the cell is interrupted.

import JupyterProtocol

/// The messages that wait to be sent.
final class OutputQueue: Sendable {
  static let streamDelay = 100
  static let streamBytes = 16 << 10
  static let textLimit = 256 << 10

  private struct Stream {
    let parent: Header?
    let name: StreamName
    var text: String
    let due: Int
  }

  private struct State {
    var ready: [OutgoingMessage] = []
    var stream: Stream?
    var textBytes = 0
    var runningCell: Header?
    var isClosed = false
    var hasCalled = false

    mutating func seal() {
      guard let open = stream else { return }
      ready.append(OutgoingMessage(publishing: StreamText(open.name, open.text), parent: open.parent))
      stream = nil
    }

    var isUrgent: Bool { !ready.isEmpty || (stream?.text.utf8.count ?? 0) >= OutputQueue.streamBytes }
  }

  private let state = Monitor(State())
  private let wakeUp: WakeUp

  /// An empty queue that calls for its sender by `wakeUp`.
  init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

  // MARK: Posting

  /// Posts messages in order, after all text printed so far.
  ///
  /// Front ends take the latest status for the present one. A request that was served beside a running cell has said
  /// `idle`; with `reassertingBusy` the cell's `busy` follows, so that the indicator stays right.
  func post(_ messages: [OutgoingMessage], reassertingBusy: Bool = false) {
    change { state in
      state.seal()
      state.ready += messages
      if reassertingBusy, let cell = state.runningCell {
        state.ready.append(OutgoingMessage(publishing: Status.busy, parent: cell))
      }
    }
  }

  /// Posts the beginning of a cell.
  func begin(cell: Header) {
    change { state in
      state.seal()
      state.runningCell = cell
      state.ready.append(OutgoingMessage(publishing: Status.busy, parent: cell))
    }
  }

  /// Posts the end of a cell: its reply, then `idle`.
  func end(cell: Header, reply: OutgoingMessage) {
    change { state in
      state.seal()
      state.runningCell = nil
      state.ready += [reply, OutgoingMessage(publishing: Status.idle, parent: cell)]
    }
  }

  /// Adds to a stream of text; waits for room unless `gaveUp` says that it should not.
  func write(_ name: StreamName, _ text: String, parent: Header?, gaveUp: () -> Bool) {
    guard !text.isEmpty else { return }
    _ = state.wait { state -> Bool? in
      state.textBytes < Self.textLimit || state.isClosed || gaveUp() ? true : nil
    }
    change { state in
      if state.stream?.name == name, state.stream?.parent == parent {
        state.stream?.text += text
      } else {
        state.seal()
        let due = MonotonicTime.milliseconds + Self.streamDelay
        state.stream = Stream(parent: parent, name: name, text: text, due: due)
      }
      state.textBytes += text.utf8.count
    }
  }

  // MARK: Sending

  /// What is to be sent now, and when to ask again: in milliseconds, nil for when called.
  ///
  /// With `everything`, text that could wait for more is sent as well.
  func take(everything: Bool = false) -> (messages: [OutgoingMessage], again: Int?) {
    state.change { state in
      state.hasCalled = false
      let now = MonotonicTime.milliseconds
      if everything || state.isUrgent || (state.stream?.due ?? .max) <= now { state.seal() }
      defer {
        state.ready = []
        state.textBytes = state.stream?.text.utf8.count ?? 0
      }
      return (state.ready, state.stream.map { max(0, $0.due - now) })
    }
  }

  /// Has everybody who waits for room look again whether to give up.
  func reconsider() { state.change { _ in } }

  /// From now on nobody waits for room: nothing more will be sent.
  func close() { state.change { $0.isClosed = true } }

  /// Changes the state and calls for the sender where it has something new to do.
  private func change(_ body: (inout State) -> Void) {
    let calls = state.withLock { state -> Bool in
      let wasWaiting = state.stream != nil
      body(&state)
      let calls = !state.hasCalled && (state.isUrgent || !wasWaiting)
      if calls { state.hasCalled = true }
      return calls
    }
    if calls { wakeUp.call() }
  }
}
