import Glibc
import JSONValues

extension SafetensorsFile {
  /// Writes a file of F32 tensors, whose numbers are handed over as they are needed.
  ///
  /// `shapes` says which tensors there are. `values` is called once for each, in alphabetical order, and passes the
  /// numbers of the named tensor on, row by row, in as many pieces as it likes. The file appears at its path complete
  /// or not at all: it is written beside it under another name, forced to disk, and renamed.
  ///
  /// Throws `CheckpointError` where the file cannot be written or `values` passes too many or too few numbers.
  package static func write(
    _ shapes: [String: [Int]], metadata: [String: String] = [:], to path: String,
    values: (_ name: String, _ pass: (Span<Float>) throws -> Void) throws -> Void
  ) throws {
    let what = "\(path) cannot be written"
    var members: [String: JSON] = [:]
    if !metadata.isEmpty { members[SafetensorsHeader.metadataKey] = .object(metadata.mapValues { .string($0) }) }
    let names = shapes.keys.sorted()
    var counts: [String: Int] = [:]
    var end = 0
    for name in names {
      let shape = shapes[name, default: []]
      let length = SafetensorsHeader.byteCount(shape: shape, type: .float32)
      guard name != SafetensorsHeader.metadataKey, shape.allSatisfy({ $0 >= 0 }), let length, length < Int.max - end
      else {
        throw CheckpointError(what: what, why: "\"\(name)\" with shape \(shape) is no tensor", fix: "leave it out")
      }
      members[name] = [
        "dtype": "F32", "shape": .array(shape.map { .int($0) }), "data_offsets": [.int(end), .int(end + length)],
      ]
      counts[name] = length / 4
      end += length
    }
    var header = JSON.object(members).bytes()
    // Spaces bring the numbers to a multiple of eight bytes.
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }

    let file = try PartialFile(replacing: path)
    do {
      unsafe try file.append(prefix.span.bytes)
      unsafe try file.append(header.span.bytes)
      for name in names {
        let wanted = counts[name, default: 0]
        var passed = 0
        try values(name) { piece in
          passed += piece.count
          unsafe try file.append(piece.bytes)
        }
        guard passed == wanted else {
          throw CheckpointError(
            what: what, why: "\"\(name)\" has \(wanted) numbers and \(passed) were passed", fix: "pass each number once"
          )
        }
      }
      try file.finish()
    } catch {
      file.discard()
      throw error
    }
  }

  /// Writes a file of F32 tensors from arrays, row by row; throws as `write(_:metadata:to:values:)` does.
  package static func write(
    _ tensors: [String: (shape: [Int], values: [Float])], metadata: [String: String] = [:], to path: String
  ) throws {
    try write(tensors.mapValues(\.shape), metadata: metadata, to: path) { name, pass in
      if let values = tensors[name]?.values { try pass(values.span) }
    }
  }
}

/// A file in the making, under another name in the same folder until it is complete.
private struct PartialFile {
  private let path: String
  private let partialPath: String
  private let descriptor: Int32

  init(replacing path: String) throws(CheckpointError) {
    self.path = path
    // The process and a clock keep two writers of one path apart; O_EXCL refuses what they do not.
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    partialPath = "\(path).\(getpid()).\(now.tv_sec)\(now.tv_nsec).partial"
    descriptor = unsafe open(partialPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path) }
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
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let folderDescriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
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

  private static func failure(_ path: String) -> CheckpointError {
    CheckpointError(
      what: "\(path) cannot be written", why: "\(systemMessage(errno)) at \(absolutePath(path))",
      fix: "check that the folder exists, may be written and has room")
  }
}
