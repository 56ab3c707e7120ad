// What of this process lies in the machine's memory, as the system counts it.

import FoundationEssentials

/// Resident bytes of this process; nil where the system does not tell.
enum ResidentMemory {
  /// Now.
  static var bytes: Int? { status("VmRSS:") }
  /// The most so far, or since `forgetPeak`.
  static var peakBytes: Int? { status("VmHWM:") }

  /// Lets the peak begin anew at what is resident now.
  static func forgetPeak() { try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs")) }

  private static func status(_ key: String) -> Int? {
    guard let data = FileManager.default.contents(atPath: "/proc/self/status") else { return nil }
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n") where line.hasPrefix(key) {
      return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }
}
