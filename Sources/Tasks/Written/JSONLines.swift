// Files with one JSON object a line, read with errors that name the line.

import FoundationEssentials
import JSONValues

/// One line of a file.
struct JSONLine {
  /// The file and the line, counted from 1, as errors name them.
  let place: String
  private let fields: [String: JSON]

  /// The text of a field: a string as it is, a number as it is written.
  func text(of field: String) throws(TaskError) -> String {
    func refused(_ why: String, _ fix: String) -> TaskError {
      TaskError(what: "\(place) is no problem", why: why, fix: fix)
    }
    switch fields[field] {
    case .string(let text): return text
    case .int(let number): return "\(number)"
    case .double(let number): return "\(number)"
    case nil:
      let names = fields.keys.sorted().prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
      throw refused(
        "it has no field \"\(field)\"", names.isEmpty ? "it has no fields at all" : "its fields are \(names)")
    default: throw refused("its field \"\(field)\" is neither a text nor a number", "write a text there")
    }
  }

  fileprivate init(_ bytes: some Collection<UInt8>, place: String) throws(TaskError) {
    self.place = place
    let value: JSON
    do {
      value = try JSON(parsing: bytes)
    } catch {
      throw TaskError(what: "\(place) is no problem", why: "\(error)", fix: "each line is one JSON object")
    }
    guard let object = value.object else {
      throw TaskError(
        what: "\(place) is no problem", why: "it is not an object", fix: "write one as in {\"question\": \"…\"}")
    }
    fields = object
  }
}

/// The lines of a file.
enum JSONLines {
  /// Bytes of a file that are read at most; a task of characters is far smaller.
  static let mostBytes = 256 << 20
  /// Bytes of a line that are read at most.
  static let mostInLine = 1 << 20

  /// Calls `body` for each line that is not blank.
  ///
  /// Throws `TaskError` for a file that is not there, not a file, empty or too large, and for a line that is too long or
  /// not a JSON object.
  static func forEach(in file: String, _ body: (JSONLine) throws -> Void) throws {
    func refused(_ why: String, _ fix: String) -> TaskError {
      TaskError(what: "\(file) gives no problems", why: why, fix: fix)
    }
    let files = FileManager.default
    var isFolder = false
    guard files.fileExists(atPath: file, isDirectory: &isFolder) else {
      throw refused("there is no such file", "check the path, which begins at \(files.currentDirectoryPath)")
    }
    guard !isFolder else { throw refused("it is a folder", "name a file in it") }
    let attributes = try? files.attributesOfItem(atPath: files.resolved(file))
    guard attributes?[.type] as? FileAttributeType == .typeRegular else {
      throw refused("it is no regular file", "copy what it holds to a file")
    }
    let size = (attributes?[.size] as? UInt64).map(Int.init(clamping:)) ?? attributes?[.size] as? Int ?? 0
    guard size <= mostBytes else {
      throw refused("it has \(size) bytes and \(mostBytes) are read at most", "split the file")
    }
    guard let data = files.contents(atPath: file) else {
      throw refused("it cannot be read", "check that you may read it")
    }
    var rest = data[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    var number = 0
    var isEmpty = true
    while !rest.isEmpty {
      number += 1
      let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
      let line = rest[rest.startIndex..<end]
      rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...]
      let place = "\(file), line \(number),"
      guard line.count <= mostInLine else {
        throw TaskError(
          what: "\(place) is no problem", why: "it has \(line.count) bytes and \(mostInLine) are read at most",
          fix: "write one short problem a line")
      }
      guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else { continue }
      isEmpty = false
      try body(JSONLine(line, place: place))
    }
    guard !isEmpty else { throw refused("it is empty", "write one JSON object a line") }
  }
}

extension FileManager {
  /// The file that a path leads to, through links.
  fileprivate func resolved(_ path: String) -> String {
    guard let target = try? destinationOfSymbolicLink(atPath: path) else { return path }
    if target.hasPrefix("/") { return target }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    return folder + target
  }
}
