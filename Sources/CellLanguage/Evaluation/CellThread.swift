// A thread with a stack that is large enough for the deepest recursion a cell may do.

import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The thread that cells run on.
enum CellThread {
  /// Reserved, not used: the system gives memory to the part that is touched.
  fileprivate static let stackSize = 512 << 20

  /// Runs a body on a thread with a large stack and waits for it; the body learns how many bytes it may use.
  static func run(_ body: @escaping @Sendable (Int) -> Void) {
    guard let thread = start(CellJob(body)) else { return body(2 << 20) }
    pthread_join(thread, nil)
  }

  /// What a body comes to on such a thread.
  static func result<Result: Sendable>(
    _ body: @escaping @Sendable (Int) throws(CellError) -> Result
  ) throws(CellError) -> Result {
    let outcome = Outcome<Result>()
    run { stackSize in
      let result = Swift.Result { () throws(CellError) in try body(stackSize) }
      outcome.result.withLock { $0 = result }
    }
    guard let result = outcome.result.withLock({ $0 }) else { preconditionFailure("the thread has ended") }
    return try result.get()
  }

  /// Handed from that thread to the one that waits.
  private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, CellError>?>(nil)
  }

  private static func start(_ job: CellJob) -> pthread_t? {
    let argument = unsafe Unmanaged.passRetained(job).toOpaque()
    guard let thread = unsafe create(argument) else {
      unsafe Unmanaged<CellJob>.fromOpaque(argument).release()
      return nil
    }
    return thread
  }

  private static func create(_ argument: UnsafeMutableRawPointer) -> pthread_t? {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, stackSize)
    let thread = unsafe launch(&attributes, argument)
    unsafe pthread_attr_destroy(&attributes)
    return thread
  }

  private static func launch(
    _ attributes: UnsafePointer<pthread_attr_t>, _ argument: UnsafeMutableRawPointer
  ) -> pthread_t? {
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    let status = unsafe pthread_create(&thread, attributes, runCellJob, argument)
    return status == 0 ? thread : nil
  }

  /// About where the stack of this thread ends now.
  @inline(never)
  static func stackPosition() -> Int {
    var marker = 0
    return unsafe withUnsafePointer(to: &marker) { Int(bitPattern: $0) }
  }
}

private final class CellJob: Sendable {
  let body: @Sendable (Int) -> Void
  init(_ body: @escaping @Sendable (Int) -> Void) { self.body = body }
}

#if canImport(Glibc)
  private func runCellJob(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument = unsafe argument { unsafe run(argument) }
    return nil
  }
#else
  private func runCellJob(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe run(argument)
    return nil
  }
#endif

private func run(_ argument: UnsafeMutableRawPointer) {
  unsafe Unmanaged<CellJob>.fromOpaque(argument).takeRetainedValue().body(CellThread.stackSize - (64 << 20))
}
