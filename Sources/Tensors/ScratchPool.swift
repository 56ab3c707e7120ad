// Memory for the inside of an operation: taken, used and given back, so that nothing is allocated, or cleared by the
// system, again and again.

import Synchronization

/// Memory that is lent for the time of a call, or for the life of an object.
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
    let memory = take(count)
    defer { giveBack(memory) }
    return try body(memory[0..<count])
  }

  /// Lends so many numbers of any value for as long as the loan lives.
  package func loan(_ count: Int) -> Loan { Loan(take(count), count, from: self) }

  private func take(_ count: Int) -> Floats {
    let found = free.withLock { free in
      // The smallest that is large enough, if not many times so.
      var best: Int?
      for index in free.indices where free[index].count >= count && free[index].count <= 8 * max(count, 1 << 16) {
        if best.map({ free[index].count < free[$0].count }) ?? true { best = index }
      }
      return best.map { free.remove(at: $0) }
    }
    return found ?? Floats(zeros: Self.roundedUp(max(count, 1024)))
  }

  /// One of four sizes in each octave, so that what was lent fits again when a little more is asked for.
  private static func roundedUp(_ count: Int) -> Int {
    let step = 1 << max(0, Int.bitWidth - 3 - count.leadingZeroBitCount)
    return (count + step - 1) / step * step
  }

  fileprivate func giveBack(_ memory: Floats) {
    if memory.count > Self.longest { return }
    free.withLock { free in
      free.append(memory)
      // The one that has waited longest goes first.
      if free.count > Self.most { free.removeFirst() }
    }
  }
}

/// Numbers on loan; given back with the last reference.
package final class Loan: Sendable {
  /// The numbers, of any value at first.
  package let floats: Floats
  private let memory: Floats
  private let pool: ScratchPool

  fileprivate init(_ memory: Floats, _ count: Int, from pool: ScratchPool) {
    floats = memory[0..<count]
    self.memory = memory
    self.pool = pool
  }

  deinit { pool.giveBack(memory) }
}
