// Everything that leaves the kernel passes through one queue, in order. Printed text is gathered for up to 100 ms or
// 16 KiB, so that ten thousand lines are a few messages; anything else that is posted for a cell seals the text of that
// cell before it. That text comes before the reply and before `idle` is therefore a property of the queue and needs no
// care anywhere else.
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

    var message: OutgoingMessage { OutgoingMessage(publishing: StreamText(name, text), parent: parent) }
  }

  private struct State {
    var ready: [OutgoingMessage] = []
    /// At most one for each parent, oldest first.
    var streams: [Stream] = []
    var textBytes = 0
    /// The requests that shells are at work on.
    var running: [Header] = []
    var isClosed = false
    var hasCalled = false

    /// Ends the text of one parent.
    mutating func seal(_ parent: Header?) {
      guard let place = streams.firstIndex(where: { $0.parent == parent }) else { return }
      ready.append(streams.remove(at: place).message)
    }

    /// Ends every text that should not wait for more.
    mutating func seal(where isDue: (Stream) -> Bool) {
      ready += streams.filter(isDue).map(\.message)
      streams.removeAll(where: isDue)
    }

    /// Says again what is at work, since somebody has just said `idle`.
    mutating func reassertBusy() {
      ready += running.map { OutgoingMessage(publishing: Status.busy, parent: $0) }
    }

    var isUrgent: Bool { !ready.isEmpty || streams.contains { $0.text.utf8.count >= OutputQueue.streamBytes } }
  }

  private let state = Monitor(State())
  private let wakeUp: WakeUp

  /// An empty queue that calls for its sender by `wakeUp`.
  init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

  // MARK: Posting

  /// Posts messages in order, after the text printed so far for the same requests.
  ///
  /// Front ends take the latest status for the present one. A request that was served beside a running cell has said
  /// `idle`; with `reassertingBusy` the cell's `busy` follows, so that the indicator stays right.
  func post(_ messages: [OutgoingMessage], reassertingBusy: Bool = false) {
    change { state in
      for message in messages {
        state.seal(message.parent)
        state.ready.append(message)
      }
      if reassertingBusy { state.reassertBusy() }
    }
  }

  /// Posts that a shell is at work on a request.
  func begin(_ request: Header) {
    change { state in
      state.running.append(request)
      state.ready.append(OutgoingMessage(publishing: Status.busy, parent: request))
    }
  }

  /// Posts that the work is done: the reply, where there is one, then `idle`.
  func end(_ request: Header, reply: OutgoingMessage?) {
    change { state in
      state.seal(request)
      if let place = state.running.firstIndex(of: request) { state.running.remove(at: place) }
      if let reply { state.ready.append(reply) }
      state.ready.append(OutgoingMessage(publishing: Status.idle, parent: request))
      state.reassertBusy()
    }
  }

  /// Adds to a stream of text; waits for room unless `gaveUp` says that it should not.
  func write(_ name: StreamName, _ text: String, parent: Header?, gaveUp: () -> Bool) {
    guard !text.isEmpty else { return }
    _ = state.wait { state -> Bool? in
      state.textBytes < Self.textLimit || state.isClosed || gaveUp() ? true : nil
    }
    change { state in
      if let place = state.streams.firstIndex(where: { $0.name == name && $0.parent == parent }) {
        state.streams[place].text += text
      } else {
        state.seal(parent)
        let due = MonotonicTime.milliseconds + Self.streamDelay
        state.streams.append(Stream(parent: parent, name: name, text: text, due: due))
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
      state.seal { everything || $0.due <= now || $0.text.utf8.count >= Self.streamBytes }
      defer {
        state.ready = []
        state.textBytes = state.streams.reduce(0) { $0 + $1.text.utf8.count }
      }
      return (state.ready, state.streams.map { max(0, $0.due - now) }.min())
    }
  }

  /// Has everybody who waits for room look again whether to give up.
  func reconsider() { state.change { _ in } }

  /// From now on nobody waits for room: nothing more will be sent.
  func close() { state.change { $0.isClosed = true } }

  /// Changes the state and calls for the sender where it has something new to do.
  private func change(_ body: (inout State) -> Void) {
    let calls = state.withLock { state -> Bool in
      let streams = state.streams.count
      body(&state)
      let calls = !state.hasCalled && (state.isUrgent || state.streams.count > streams)
      if calls { state.hasCalled = true }
      return calls
    }
    if calls { wakeUp.call() }
  }
}
