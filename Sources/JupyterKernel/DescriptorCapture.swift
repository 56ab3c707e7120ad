// Libraries written in C print to descriptors 1 and 2 and know nothing of cells. Both descriptors are replaced by pipes,
// and what arrives in them goes to the running cell like everything else it prints.

import Glibc
import JupyterProtocol
import Synchronization

/// Descriptors whose output is collected.
final class DescriptorCapture: Sendable {
  /// A descriptor, the pipe in its place, and the descriptor it was.
  private struct Tap: Sendable {
    let descriptor: Int32
    let name: StreamName
    let original: Int32
    let readEnd: Int32
    /// The beginning of a character whose end has not arrived.
    var rest: [UInt8] = []
  }

  private let taps: Mutex<[Tap]>
  /// What becomes readable when something has been printed.
  let readEnds: [Int32]

  /// Takes over the descriptors; nil where the system has none to spare.
  init?(_ streams: [(descriptor: Int32, name: StreamName)]) {
    var taps: [Tap] = []
    for stream in streams {
      var ends: [Int32] = [-1, -1]
      let original = fcntl(stream.descriptor, F_DUPFD_CLOEXEC, 3)
      guard unsafe original >= 0 && pipe(&ends) == 0 else { return nil }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
      dup2(ends[1], stream.descriptor)
      close(ends[1])
      taps.append(Tap(descriptor: stream.descriptor, name: stream.name, original: original, readEnd: ends[0]))
    }
    readEnds = taps.map(\.readEnd)
    self.taps = Mutex(taps)
  }

  /// Where output to `descriptor` went before.
  func original(of descriptor: Int32) -> Int32? {
    taps.withLock { $0.first { $0.descriptor == descriptor }?.original }
  }

  /// Hands over what has arrived, at most 16 MiB of it, in whole characters.
  func collect(_ take: (StreamName, String) -> Void) {
    taps.withLock { taps in
      for position in taps.indices {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        for _ in 0..<256 {
          let count = unsafe read(taps[position].readEnd, &chunk, chunk.count)
          guard count > 0 else { break }
          let bytes = taps[position].rest + chunk.prefix(count)
          let whole = bytes.count - Self.unfinishedLength(bytes)
          taps[position].rest = Array(bytes[whole...])
          if whole > 0 { take(taps[position].name, String(decoding: bytes[..<whole], as: UTF8.self)) }
        }
      }
    }
  }

  /// Gives the descriptors back.
  func restore() {
    taps.withLock { taps in
      for tap in taps { dup2(tap.original, tap.descriptor) }
    }
  }

  /// How many bytes at the end begin a character in UTF-8 without ending it.
  static func unfinishedLength(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let byte = bytes[bytes.count - length]
      if byte & 0b1100_0000 == 0b1000_0000 { continue }
      let needed = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1
      return needed > length ? length : 0
    }
    return 0
  }
}
