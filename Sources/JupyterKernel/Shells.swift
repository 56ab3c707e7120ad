// The main shell and its subshells. Each has a queue and a thread, so that a second cell can look at a model while the
// first one trains; all of them share the interpreter.

import JupyterProtocol

/// The shells of a kernel.
final class Shells: Sendable {
  /// Subshells that may exist at once: each is a thread, and a front end that forgets to delete them must not be able to
  /// use up the machine's.
  static let limit = 64

  private struct State {
    var subshells: [String: Executor] = [:]
    var order: [String] = []
    /// Shells whose thread has not ended, and which of them are at work on something.
    var threads: [ObjectIdentifier: Executor] = [:]
    var isClosed = false
  }

  /// The shell of requests that name no other.
  let main: Executor

  private let make: @Sendable (String?) -> Executor
  private let state = Monitor(State())

  /// The shells that `make` makes, given their names.
  init(_ make: @escaping @Sendable (String?) -> Executor) {
    self.make = make
    main = make(nil)
  }

  /// Starts the main shell.
  func start() { start(main) }

  /// The shell of that name; nil stands for the main one.
  subscript(subshell: String?) -> Executor? {
    guard let subshell else { return main }
    return state.withLock { $0.subshells[subshell] }
  }

  /// The names of the subshells, oldest first.
  var names: [String] { state.withLock { $0.order } }

  /// Makes a subshell and gives its name; nil where there are too many.
  func create() -> String? {
    let name = Session.freshID()
    let executor = make(name)
    let isMade = state.withLock { state in
      guard state.order.count < Self.limit, !state.isClosed else { return false }
      state.subshells[name] = executor
      state.order.append(name)
      return true
    }
    guard isMade else { return nil }
    start(executor)
    return name
  }

  /// Ends a subshell: what runs is told to stop, what waits is answered as aborted; says whether there was one.
  func delete(_ name: String) -> Bool {
    let executor = state.withLock { state in
      state.order.removeAll { $0 == name }
      return state.subshells.removeValue(forKey: name)
    }
    executor?.close()
    return executor != nil
  }

  // MARK: All of them

  /// Tells everything that runs to stop.
  func interrupt() { for executor in running { executor.interrupt() } }

  /// Whether something is at work in one of them.
  var isRunning: Bool { !running.isEmpty }

  /// Where text belongs that nobody claims: to what runs, before all in the main shell, else to the last that ran there.
  var latest: Header? { (main.isRunning ? main : running.first ?? main).latest }

  /// Ends all of them.
  func close() {
    let all = state.withLock { state in
      state.isClosed = true
      return Array(state.threads.values)
    }
    for executor in all { executor.close() }
  }

  /// Waits until all threads have ended; false where one still runs a cell and does not stop.
  func waitUntilEnded() -> Bool {
    state.wait { state -> Bool? in
      if state.threads.isEmpty { return true }
      return state.threads.values.contains(where: \.isRunning) ? false : nil
    } ?? false
  }

  private var running: [Executor] { state.withLock { $0.threads.values.filter(\.isRunning) } }

  private func start(_ executor: Executor) {
    state.withLock { $0.threads[ObjectIdentifier(executor)] = executor }
    PosixThread.start(name: executor.subshell == nil ? "cells" : "subshell", stackSize: Executor.stackSize) { [self] in
      executor.run()
      state.change { $0.threads[ObjectIdentifier(executor)] = nil }
    }
  }
}
