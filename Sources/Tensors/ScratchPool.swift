// Memory for the inside of an operation: taken, used and given back, so that nothing is allocated, or cleared by the
// system, again and again.

import Synchronization

/// Memory that is lent for the time of a call.
package final class ScratchPool: Sendable {
  /// The pool of this process.
  package static let shared = ScratchPool()

  private let free = Mutex<[Floats]>([])
  /// Runs that are kept; a loop's parts need one each, nested operations a second.
  private static let most = 64
  /// Longer runs (64 MiB) are given back to the system.
  private static let longest = 1 << 24

  /// Lends so many numbers of any value to `body`, on the calling thread; what it leaves there is lost.
  package func lend<Result>(_ count: Int, _ body: (Floats) throws -> Result) rethrows -> Result {
    let memory = free.withLock { free in
      // The smallest that is large enough.
      var best: Int?
      for index in free.indices where free[index].count >= count {
        if best.map({ free[index].count < free[$0].count }) ?? true { best = index }
      }
      return best.map { free.remove(at: $0) }
    }
    let lent = memory ?? Floats(zeros: max(count, 1024))
    defer {
      free.withLock { free in
        if lent.count > Self.longest { return }
        free.append(lent)
        // Runs that proved too small go first.
        if free.count > Self.most, let least = free.indices.min(by: { free[$0].count < free[$1].count }) {
          free.remove(at: least)
        }
      }
    }
    return try body(lent[0..<count])
  }
}
