// Captured variables, which outlive the call that declared them.

import Synchronization

/// Where a captured variable lives, shared by the closures that capture it.
final class Box: Sendable {
  private let content: Mutex<Value>

  init(_ value: Value) { content = Mutex(value) }

  deinit {
    let last = content.withLock { value in
      let last = value
      value = .null
      return last
    }
    if last.depth > 0 { Box.release(last) }
  }

  var value: Value {
    get { content.withLock { $0 } }
    set { content.withLock { $0 = newValue } }
  }

  func modify<Result: Sendable>(
    _ body: (inout Value) throws(CellFailure) -> Result
  ) throws(CellFailure) -> Result {
    try content.withLock { value throws(CellFailure) in try body(&value) }
  }

  /// Values of boxes that are gone, and whether someone is releasing them.
  private static let released = Mutex<(waiting: [Value], isBusy: Bool)>(([], false))

  /// Releases one value after the other: closures that hold boxes that hold closures may form a chain of any length, and
  /// releasing it link by link inside each other would need as much stack.
  private static func release(_ value: Value) {
    let isFirst = released.withLock { state in
      state.waiting.append(value)
      defer { state.isBusy = true }
      return !state.isBusy
    }
    guard isFirst else { return }
    while releaseOne() {}
  }

  private static func releaseOne() -> Bool {
    let value = released.withLock { state in
      let value = state.waiting.popLast()
      if value == nil { state.isBusy = false }
      return value
    }
    return value != nil
  }
}
