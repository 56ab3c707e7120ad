// A host that records, and small ways to run a cell in a test.

import Synchronization

@testable import CellLanguage

final class TestHost: CellHost {
  private let text = Mutex("")
  private let shown = Mutex<[String]>([])
  private let warned = Mutex<[CellWarning]>([])
  private let countdown: Mutex<Int?>

  init(interruptAfter polls: Int? = nil) { countdown = Mutex(polls) }

  func write(_ more: String) { text.withLock { $0 += more } }

  func show(_ value: Value) { shown.withLock { $0.append(value.description) } }

  func warn(_ warning: CellWarning) { warned.withLock { $0.append(warning) } }

  var isInterrupted: Bool {
    countdown.withLock {
      guard let left = $0 else { return false }
      $0 = left - 1
      return left <= 0
    }
  }

  var warnings: [CellWarning] { warned.withLock { $0 } }
  var output: String { text.withLock { $0 } }
  var display: [String] { shown.withLock { $0 } }
}

/// The cell's value as it would be typed; `-` for a cell that shows nothing.
func result(_ cells: String..., vocabulary: Vocabulary = Vocabulary()) throws -> String {
  let session = CellSession(vocabulary: vocabulary)
  var last: Value?
  for cell in cells { last = try session.run(cell, host: TestHost()) }
  return last?.debugDescribed(limit: 10_000) ?? "-"
}

/// What the cells print.
func printed(_ cells: String..., vocabulary: Vocabulary = Vocabulary()) throws -> String {
  let session = CellSession(vocabulary: vocabulary)
  let host = TestHost()
  for cell in cells { try session.run(cell, host: host) }
  return host.output
}

/// The error of a cell; nil when it runs.
func failure(_ cells: String..., vocabulary: Vocabulary = Vocabulary()) -> CellError? {
  let session = CellSession(vocabulary: vocabulary)
  for cell in cells {
    do { try session.run(cell, host: TestHost()) } catch { return error }
  }
  return nil
}
