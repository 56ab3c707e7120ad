// A program that is started, watched and ended.

import Glibc

/// A program whose output goes to a file.
public final class ChildProcess: Sendable {
  private let id: pid_t
  private let status = Monitor<Int32?>(nil)

  /// Starts the program of that path with exactly these variables; what it writes goes to the file `output`.
  ///
  /// Throws `KernelTrialError` where that is impossible.
  public init(_ arguments: [String], environment: [String: String], output: String) throws {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var id = pid_t()
    let failure = unsafe posix_spawn(&id, arguments.first ?? "", &actions, nil, &words, &variables)
    guard failure == 0 else {
      throw KernelTrialError(
        reason: unsafe "\(arguments.first ?? "") cannot be started: \(String(cString: strerror(failure)))")
    }
    self.id = id
  }

  /// The exit status, or 128 and the number of the signal that ended it; nil while it runs after so many milliseconds.
  public func wait(milliseconds: Int) -> Int32? {
    let deadline = MonotonicTime.milliseconds + milliseconds
    while true {
      let ended = status.withLock { status -> Int32? in
        if let status { return status }
        var code: Int32 = 0
        guard unsafe waitpid(id, &code, WNOHANG) == id else { return nil }
        status = code & 0x7f == 0 ? code >> 8 & 0xff : 128 + code & 0x7f
        return status
      }
      if ended != nil || MonotonicTime.milliseconds >= deadline { return ended }
      usleep(5_000)
    }
  }

  /// Ends it by force, where it runs, and waits for that.
  public func end() {
    guard wait(milliseconds: 0) == nil else { return }
    kill(id, SIGKILL)
    _ = wait(milliseconds: 5_000)
  }
}
