// Where the kernel speaks of itself: one line at a time on the process's own standard error, which is not the stream
// that cells print to.

import Glibc

/// A descriptor that remarks for the operator go to.
struct KernelLog: Sendable {
  let descriptor: Int32

  /// Writes one line.
  func callAsFunction(_ remark: String) {
    let line = Array("[kernel] \(remark)\n".utf8)
    unsafe line.withUnsafeBytes { bytes in
      _ = unsafe write(descriptor, bytes.baseAddress, bytes.count)
    }
  }
}
