// Where the kernel speaks of itself: one line at a time on the process's own standard error, which is not the stream
// that cells print to. It never holds anything up: what a reader does not take is lost, and who causes the same remark
// a million times sees it counted.

import Glibc
import Synchronization

/// A descriptor that remarks for the operator go to.
final class KernelLog: Sendable {
  /// Lines that may come at once; beyond them so many a second.
  static let burst = 50
  static let linesPerSecond = 5
  /// A line is cut here, so that it fits into what a pipe takes in one piece.
  static let length = 900

  private struct State {
    var allowed = Double(KernelLog.burst)
    var refilledAt = MonotonicTime.milliseconds
    var leftOut = 0
  }

  private let descriptor: Int32
  private let state = Mutex(State())

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes one line.
  func callAsFunction(_ remark: String) {
    state.withLock { state in
      let now = MonotonicTime.milliseconds
      let refill = Double((now - state.refilledAt) * Self.linesPerSecond) / 1000
      state.allowed = min(Double(Self.burst), state.allowed + refill)
      state.refilledAt = now
      guard state.allowed >= 1, isWritable else { return state.leftOut += 1 }
      state.allowed -= 1
      if state.leftOut > 0 { write("\(state.leftOut) remarks were left out") }
      state.leftOut = 0
      write(remark)
    }
  }

  /// Whether a line can be written without waiting for its reader.
  private var isWritable: Bool {
    var item = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&item, 1, 0) == 1 && item.revents & Int16(POLLOUT) != 0
  }

  /// Writes a line; what a terminal would obey is shown as a question mark.
  private func write(_ remark: String) {
    var text = String.UnicodeScalarView()
    for scalar in remark.unicodeScalars.prefix(Self.length) {
      let isControl = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      text.append(isControl ? "?" : scalar)
    }
    let line = Array("[kernel] \(String(text))\n".utf8)
    unsafe line.withUnsafeBytes { bytes in
      _ = unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    }
  }
}
