// Threads with a stack of a chosen size; cells recurse deeper than a default stack allows.

import Glibc

/// Threads of the operating system.
enum PosixThread {
  /// Starts a thread, which ends by itself; it inherits the signal mask of the one that starts it.
  static func start(name: String, stackSize: Int, body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, stackSize)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
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
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
