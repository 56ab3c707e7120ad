// The threads that share numeric work. A parallel loop has a fixed number of parts that depends on the shapes alone;
// which thread does which part never changes a result, so that one, two and four threads give the same bits.

import CKernels
import Glibc
import Synchronization

/// A team of threads for parallel loops.
///
/// The caller works too. A loop that is started while another caller's loop is running (or from inside a loop) runs on
/// its caller alone, with the same results.
package final class Workers: Sendable {
  /// The team of this process: as many threads as `OPSD_THREADS` says, else one for each processor.
  package static let shared = Workers(threads: defaultThreads())

  /// Threads that may take part in a loop, the caller included.
  package let threads: Int

  private let busy = Atomic<Bool>(false)
  private let limit: Atomic<Int>
  private let next = Atomic<Int>(0)
  private let parts = Atomic<Int>(0)
  /// Upper bits: number of the loop; bit 16: open for joining; lower 16 bits: threads at work.
  private let state = Atomic<UInt64>(0)
  private let sleepers = Atomic<Int>(0)
  private let job = JobBox()
  private let bell = Bell()

  private static let open: UInt64 = 1 << 16
  private static let atWork: UInt64 = (1 << 16) - 1
  private static let oneLoop: UInt64 = 1 << 17

  init(threads: Int) {
    self.threads = threads
    limit = Atomic(threads)
    for index in 1..<max(1, threads) { startThread(index) }
  }

  private static func defaultThreads() -> Int {
    if let text = unsafe getenv("OPSD_THREADS"), let count = unsafe Int(String(cString: text)),
      (1...256).contains(count)
    {
      return count
    }
    return max(1, min(256, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Threads that take part in the loops that follow.
  package var threadsInUse: Int { min(threads, limit.load(ordering: .relaxed)) }

  /// Lets at most `count` threads take part in the loops that follow (benchmarks).
  package func use(threads count: Int) { limit.store(max(1, count), ordering: .relaxed) }

  /// Calls `body` once for each part in `0..<count`, in any order and on any thread; returns when all are done.
  ///
  /// The parts must not write to the same memory.
  package func loop(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1, threads > 1, limit.load(ordering: .relaxed) > 1,
      busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    else {
      for part in 0..<count { body(part) }
      return
    }
    withoutActuallyEscaping(body) { body in
      unsafe job.body = body
      next.store(0, ordering: .relaxed)
      parts.store(count, ordering: .relaxed)
      let opened = (state.load(ordering: .relaxed) &+ Self.oneLoop) | Self.open
      state.store(opened, ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 { bell.ring() }
      work(body)
      _ = state.bitwiseAnd(~Self.open, ordering: .acquiringAndReleasing)
      while state.load(ordering: .acquiring) & Self.atWork != 0 { opsd_relax() }
      unsafe job.body = nil
    }
    busy.store(false, ordering: .releasing)
  }

  private func work(_ body: (Int) -> Void) {
    let count = parts.load(ordering: .relaxed)
    while true {
      let part = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if part >= count { return }
      body(part)
    }
  }

  /// Works on the loop that is open.
  ///
  /// A function of its own, never inlined: the body's reference is given back here, before this thread counts as away.
  /// Its caller ends the loop then, and traps where a reference to the body is left.
  @inline(never) private func takePart() {
    if let body = unsafe job.body { work(body) }
  }

  private func startThread(_ index: Int) {
    let start = unsafe Unmanaged.passRetained(ThreadStart(team: self, index: index)).toOpaque()
    var thread = pthread_t()
    unsafe _ = pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
        start.team.serve(start.index)
        return nil
      }, start)
    _ = pthread_detach(thread)
  }

  /// The life of a thread: spin a little for the next loop, then sleep until the bell rings.
  private func serve(_ index: Int) {
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    var last: UInt64 = 0
    var spins = 0
    while true {
      let now = state.load(ordering: .acquiring)
      let loop = now / Self.oneLoop
      if now & Self.open != 0, loop != last, index < limit.load(ordering: .relaxed) {
        let joined = state.compareExchange(expected: now, desired: now + 1, ordering: .acquiringAndReleasing)
        guard joined.exchanged else { continue }
        last = loop
        takePart()
        _ = state.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        spins = 0
      } else if spins < 4_000 {
        spins += 1
        opsd_relax()
      } else {
        bell.sleep(counting: sleepers) {
          let now = state.load(ordering: .sequentiallyConsistent)
          return now & Self.open != 0 && now / Self.oneLoop != last && index < limit.load(ordering: .relaxed)
        }
        spins = 0
      }
    }
  }
}

/// The body of the loop that is open; written by its caller while no thread is at work.
private final class JobBox: @unchecked Sendable {
  nonisolated(unsafe) var body: ((Int) -> Void)?
}

private final class ThreadStart {
  let team: Workers
  let index: Int
  init(team: Workers, index: Int) {
    self.team = team
    self.index = index
  }
}

/// Where idle threads sleep.
@safe private final class Bell: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  func ring() {
    unsafe pthread_mutex_lock(mutex)
    unsafe pthread_cond_broadcast(condition)
    unsafe pthread_mutex_unlock(mutex)
  }

  /// Sleeps until `awake` holds; it is checked after the sleeper was counted, so that no ring is missed.
  func sleep(counting sleepers: borrowing Atomic<Int>, until awake: () -> Bool) {
    unsafe pthread_mutex_lock(mutex)
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while !awake() { unsafe pthread_cond_wait(condition, mutex) }
    sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    unsafe pthread_mutex_unlock(mutex)
  }
}
