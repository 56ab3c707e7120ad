// The team of threads: every part once, whoever calls and from where.

import Evidence
import Glibc
import Synchronization
@testable import Tensors
import Testing

/// Counts how often each part was done.
private final class Tally: Sendable {
  private let counts: Mutex<[Int]>
  init(_ parts: Int) { counts = Mutex(Array(repeating: 0, count: parts)) }
  func mark(_ part: Int) { counts.withLock { $0[part] += 1 } }
  var each: [Int] { counts.withLock { $0 } }
}

@Suite struct WorkersTests {
  static let four = Workers(threads: 4)

  @Test func theProcessHasTheThreadsThatItWasAskedFor() {
    // Four, set before `main`; any other number comes from outside.
    let asked = unsafe getenv("OPSD_THREADS").flatMap { unsafe Int(String(cString: $0)) }
    #expect(Workers.shared.threads == asked)
  }

  @Test(arguments: [0, 1, 2, 3, 5, 64, 1000], [1, 4])
  func everyPartIsDoneOnce(parts: Int, threads: Int) {
    let team = threads == 1 ? Workers(threads: 1) : Self.four
    for _ in 0..<50 {
      let tally = Tally(parts)
      team.loop(parts) { tally.mark($0) }
      #expect(tally.each.allSatisfy { $0 == 1 })
    }
  }

  @Test func severalThreadsTakePart() {
    // A part ends only when another thread has begun one, so this returns only if at least two work.
    let begun = Atomic(0)
    Workers(threads: 2).loop(2) { _ in
      begun.wrappingAdd(1, ordering: .sequentiallyConsistent)
      while begun.load(ordering: .sequentiallyConsistent) < 2 { sched_yield() }
    }
    #expect(begun.load(ordering: .relaxed) == 2)
  }

  @Test func aLimitOfOneKeepsToTheCaller() {
    let team = Workers(threads: 4)
    team.use(threads: 1)
    let caller = pthread_self()
    let strangers = Atomic(0)
    team.loop(100) { _ in
      if pthread_equal(pthread_self(), caller) == 0 { strangers.wrappingAdd(1, ordering: .relaxed) }
    }
    #expect(strangers.load(ordering: .relaxed) == 0)
  }

  @Test func loopsInsideLoopsAreDone() {
    let tally = Tally(20 * 30)
    Self.four.loop(20) { outer in Self.four.loop(30) { tally.mark(outer * 30 + $0) } }
    #expect(tally.each.allSatisfy { $0 == 1 })
  }

  @Test func callersAtTheSameTimeDoNotDisturbEachOther() async {
    let tallies = (0..<6).map { _ in Tally(500) }
    await withTaskGroup(of: Void.self) { group in
      for tally in tallies {
        group.addTask { for _ in 0..<40 { Self.four.loop(500) { tally.mark($0) } } }
      }
    }
    #expect(tallies.allSatisfy { $0.each.allSatisfy { $0 == 40 } })
  }

  @Test func writesOfEveryPartAreSeenAfterTheLoop() {
    let numbers = Floats(zeros: 4096)
    for round in 1...100 {
      Self.four.loop(4096) { numbers[$0] += Float($0) }
      #expect((0..<4096).allSatisfy { numbers[$0] == Float(round * $0) })
    }
  }

  /// Blocks of rows depend on the number of rows alone, so sums over rows have the same bits.
  @Test func gradientsOfSharedWeightsHaveTheSameBitsWithAnyNumberOfThreads() {
    let (rows, width) = (301, 33)
    let (x, dy) = (randomNumbers(rows * width, seed: 1), randomNumbers(rows * width, seed: 2))
    let w = Floats(randomNumbers(width, seed: 3))
    let results = [1, 2, 4].map { threads in
      withThreads(threads) {
        let (y, scale, dx, dw) = (
          Floats(zeros: rows * width), Floats(zeros: rows), Floats(zeros: rows * width), Floats(zeros: width)
        )
        rmsNorm(Floats(x), w, into: y, scale: scale, rows: rows, width: width, epsilon: 1e-6)
        rmsNormBackward(Floats(dy), Floats(x), w, scale: scale, dx: dx, dw: dw, rows: rows, width: width, adding: false)
        return y.array.bits + dx.array.bits + dw.array.bits + [UInt32(truncatingIfNeeded: sumOfSquares(dx).bitPattern)]
      }
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }
}
