import Glibc

/// The bytes of a file, mapped for reading as long as this object lives.
///
/// Nothing can be written through it. Another process that shortens the file meanwhile would end this one with SIGBUS,
/// which is why everything here replaces files by renaming and never in place.
@safe final class MappedFile: Sendable {
  /// All bytes of the file; valid as long as this object is.
  nonisolated(unsafe) let memory: UnsafeRawBufferPointer

  /// How many bytes there are.
  var count: Int { unsafe memory.count }

  /// Maps the file at a path; throws a `CheckpointError` that says where it looked.
  init(_ path: String) throws(CheckpointError) {
    func refused(_ why: String, _ fix: String) -> CheckpointError {
      CheckpointError(what: "\(path) cannot be read", why: why, fix: fix)
    }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      let looked = absolutePath(path)
      throw code == ENOENT || code == ENOTDIR
        ? refused("there is no file at \(looked)", "check the path")
        : refused("\(systemMessage(code)) at \(looked)", "check the path and its permissions")
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw refused(systemMessage(errno), "check the file system") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw refused("it is not a plain file", "name the file itself") }
    let count = Int(status.st_size)
    guard count > 0 else {
      unsafe memory = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), unsafe start != MAP_FAILED else {
      throw refused(systemMessage(errno), "free some memory, or check the file system")
    }
    unsafe memory = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = unsafe memory.baseAddress {
      unsafe munmap(UnsafeMutableRawPointer(mutating: start), memory.count)
    }
  }

  /// A copy of some bytes.
  func bytes(_ range: Range<Int>) -> [UInt8] { unsafe [UInt8](memory[range]) }

  /// Eight bytes as an unsigned word, lowest first.
  func littleEndianWord(at offset: Int) -> UInt64 {
    unsafe UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}

/// What the system calls an error.
func systemMessage(_ code: Int32) -> String {
  unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
}

/// The path from the root, for messages: the working folder in front of a relative one.
func absolutePath(_ path: String) -> String {
  guard !path.hasPrefix("/"), let folder = unsafe getcwd(nil, 0) else { return path }
  defer { unsafe free(folder) }
  return unsafe String(cString: folder) + "/" + path
}
