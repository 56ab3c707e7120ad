// The JSON files of a folder, and the folder itself, with errors that say what was wrong where.

import FoundationEssentials
import JSONValues

extension JSON {
  /// Reads a file; throws `CheckpointError` where there is none or it holds no JSON.
  init(readingFile path: String) throws {
    let file = try MappedFile(path)
    do {
      self = try JSON(parsing: file.bytes(0..<file.count))
    } catch {
      throw CheckpointError(what: "\(path) cannot be read", why: "it is \(error)", fix: "write the file again")
    }
  }

  /// Writes a file, which appears whole or not at all; throws `CheckpointError`.
  func write(toFile path: String) throws {
    do {
      try Data(bytes(pretty: true) + [0x0A]).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw CheckpointError(
        what: "\(path) cannot be written", why: "the system refused it",
        fix: "check that the folder may be written and has room")
    }
  }
}

/// Makes a folder where there is none; throws `CheckpointError`.
func makeFolder(_ folder: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  } catch {
    throw CheckpointError(
      what: "\(folder) cannot be written", why: "the folder cannot be made",
      fix: "check that its parent exists and may be written")
  }
}
