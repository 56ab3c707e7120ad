// A file that takes its name when it is complete. Whatever ends the process meanwhile, at the path stands what stood
// there before or all of what is new.

import FoundationEssentials
import Glibc

/// A file in the making, under another name in the same folder until it is complete.
struct PartialFile {
  private let path: String
  private let partialPath: String
  private let descriptor: Int32

  /// Opens a new file beside the path, and removes what writers that were killed have left there.
  ///
  /// Throws `CheckpointError` where the folder cannot be written.
  init(replacing path: String) throws(CheckpointError) {
    self.path = path
    Self.removeAbandoned(besides: path)
    while true {
      // The process and a clock keep two writers of one path apart; O_EXCL refuses what they do not.
      var now = timespec()
      unsafe clock_gettime(CLOCK_REALTIME, &now)
      let name = "\(path).\(getpid()).\(now.tv_sec)\(now.tv_nsec)\(Self.ending)"
      let opened = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard opened >= 0 else {
        if errno == EEXIST { continue }
        throw Self.failure(path)
      }
      // The lock says that this writer lives; a file system without locks keeps what was abandoned. Before the lock was
      // there, another writer may have removed the file.
      _ = flock(opened, LOCK_EX)
      var status = stat()
      if unsafe fstat(opened, &status) == 0, status.st_nlink == 0 {
        close(opened)
        continue
      }
      descriptor = opened
      partialPath = name
      return
    }
  }

  func append(_ bytes: RawSpan) throws(CheckpointError) {
    var done = 0
    while done < bytes.byteCount {
      let written = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw Self.failure(path)
      }
      done += written
    }
  }

  /// Forces everything to disk, gives the file its name, and forces the name to disk.
  func finish() throws(CheckpointError) {
    guard fsync(descriptor) == 0, unsafe rename(partialPath, path) == 0 else { throw Self.failure(path) }
    close(descriptor)
    let folderDescriptor = unsafe open(Self.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folderDescriptor >= 0 else { return }
    // A file system that cannot force a folder to disk still has the file whole.
    fsync(folderDescriptor)
    close(folderDescriptor)
  }

  /// Leaves no trace; the file that was there before stays.
  func discard() {
    close(descriptor)
    unsafe unlink(partialPath)
  }

  private static let ending = ".partial"

  /// Removes unfinished files of this path that no living process holds locked.
  private static func removeAbandoned(besides path: String) {
    let folder = folder(of: path)
    let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard entry.hasPrefix(name + "."), entry.hasSuffix(ending) else { continue }
      let middle = entry.dropFirst(name.count + 1).dropLast(ending.count)
      guard !middle.isEmpty, middle.allSatisfy({ $0 == "." || ("0"..."9").contains($0) }) else { continue }
      let abandoned = unsafe open("\(folder)/\(entry)", O_WRONLY | O_CLOEXEC)
      if abandoned < 0 { continue }
      if flock(abandoned, LOCK_EX | LOCK_NB) == 0 { unsafe unlink("\(folder)/\(entry)") }
      close(abandoned)
    }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  private static func failure(_ path: String) -> CheckpointError {
    let code = errno
    return CheckpointError(
      what: "\(path) cannot be written", why: "\(systemMessage(code)) at \(absolutePath(path))",
      fix: "check that the folder exists, may be written and has room")
  }
}
