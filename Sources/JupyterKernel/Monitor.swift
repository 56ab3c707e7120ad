// The one place where a thread waits for another: a state behind a lock, and a way to sleep until it has changed.

import Glibc

/// A state that threads share, change and wait for.
@safe final class Monitor<State>: @unchecked Sendable {
  private var state: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init(_ state: sending State) {
    self.state = state
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Reads or changes the state; whoever waits is not told.
  func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// Changes the state and has everybody who waits look again.
  func change<Result>(_ body: (inout State) -> Result) -> Result {
    withLock { state in
      defer { unsafe pthread_cond_broadcast(condition) }
      return body(&state)
    }
  }

  /// Sleeps until `body` gives something other than nil; nil once `milliseconds` have passed without that.
  func wait<Result>(milliseconds: Int? = nil, _ body: (inout State) -> Result?) -> Result? {
    var deadline = timespec()
    if let milliseconds {
      let end = MonotonicTime.milliseconds + milliseconds
      deadline.tv_sec = end / 1000
      deadline.tv_nsec = end % 1000 * 1_000_000
    }
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    // Each look is an access of its own. One access around the whole loop would promise the compiler that nobody else
    // changes the state meanwhile, and an optimised build would sleep on what it saw first.
    while true {
      if let result = body(&state) { return result }
      if milliseconds == nil {
        unsafe pthread_cond_wait(condition, mutex)
      } else if unsafe pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
        return body(&state)
      }
    }
  }
}

/// Time that only goes forward.
enum MonotonicTime {
  static var milliseconds: Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
