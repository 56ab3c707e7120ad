// How a thread that has something to send gets the attention of the thread that owns the sockets.

import Glibc

/// A descriptor that becomes readable when somebody calls.
final class WakeUp: Sendable {
  /// What to wait for.
  let descriptor: Int32
  private let writeEnd: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    precondition(unsafe pipe(&ends) == 0, "the system gives no pipe: error \(errno)")
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (descriptor, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(writeEnd)
  }

  /// Makes the descriptor readable; where the pipe is full, it already is.
  func call() {
    var byte: UInt8 = 0
    _ = unsafe write(writeEnd, &byte, 1)
  }

  /// Makes it unreadable until the next call.
  func acknowledge() {
    var calls = [UInt8](repeating: 0, count: 64)
    while unsafe read(descriptor, &calls, calls.count) == calls.count {}
  }
}
