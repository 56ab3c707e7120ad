// Threads with a stack of a chosen size; cells recurse deeper than a default stack allows.

import Glibc

/// A thread of the operating system.
struct PosixThread: Sendable {
  private let id: pthread_t

  /// Starts a thread; it inherits the signal mask of the one that starts it.
  static func start(name: String, stackSize: Int, body: @escaping @Sendable () -> Void) -> PosixThread {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, stackSize)
    defer { unsafe pthread_attr_destroy(&attributes) }
    let work = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    var id = pthread_t()
    let failure = unsafe pthread_create(
      &id, &attributes,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, work)
    precondition(failure == 0, "cannot start thread \(name): error \(failure)")
    return PosixThread(id: id)
  }

  /// Waits until it has ended.
  func join() { pthread_join(id, nil) }

  /// Lets it end by itself.
  func detach() { pthread_detach(id) }

  /// Sends it a signal.
  func signal(_ number: Int32) { pthread_kill(id, number) }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
