// What the operating system tells a kernel: signals, and the death of the process that started it.
//
// SIGINT and SIGTERM are blocked before any thread is started and taken by one thread that waits for them. A library
// may have started threads before `main`, with nothing blocked; a handler passes on what reaches those.

import FoundationEssentials
import Glibc
import Synchronization

/// The signals and the parent of this process.
struct ProcessWatch: Sendable {
  /// What happened.
  enum Event: Sendable {
    case interrupt
    case terminate
    case orphaned
  }

  /// When the parent counts as dead.
  private let isOrphaned: @Sendable () -> Bool

  /// Blocks the signals in the calling thread and in all that it starts from now on.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    var signals = Self.signals
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)
    isOrphaned = Self.orphanRule(named: environment["JPY_PARENT_PID"].flatMap { pid_t($0) }, present: getppid())
  }

  /// Starts the thread that waits for events.
  func start(_ report: @escaping @Sendable (Event) -> Void) {
    PosixThread.start(name: "signals", stackSize: 1 << 20) { [isOrphaned] in
      waitingThread.store(UInt(pthread_self()), ordering: .releasing)
      signal(SIGINT, passOn)
      signal(SIGTERM, passOn)
      var signals = Self.signals
      var second = timespec(tv_sec: 1, tv_nsec: 0)
      while true {
        switch unsafe sigtimedwait(&signals, nil, &second) {
        case SIGINT: report(.interrupt)
        case SIGTERM: return report(.terminate)
        default: if isOrphaned() { return report(.orphaned) }
        }
      }
    }
  }

  /// The rule by which the parent counts as dead.
  ///
  /// Where the named parent is the actual one: as soon as that changes; this holds also where it is process 1, as in a
  /// container. Where something stands between the two: once process 1 has adopted this process. Without a name: never.
  static func orphanRule(
    named: pid_t?, present: pid_t, now: @escaping @Sendable () -> pid_t = { getppid() }
  ) -> @Sendable () -> Bool {
    guard let named else { return { false } }
    if named == present { return { now() != named } }
    return { present != 1 && now() == 1 }
  }

  private static var signals: sigset_t {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGTERM)
    return signals
  }
}

/// The thread that signals are passed on to.
private let waitingThread = Atomic<UInt>(0)

/// Passes a signal on; does nothing that a signal handler must not do.
private func passOn(_ number: Int32) { pthread_kill(pthread_t(waitingThread.load(ordering: .relaxed)), number) }
