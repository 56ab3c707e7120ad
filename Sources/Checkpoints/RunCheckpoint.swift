// A run on disk: one safetensors file. Its float arrays stand in named groups, as tensors "group/name"; lists of records
// are texts, as tensors of bytes; notes say whose they are. A digest of everything finds what was damaged since.

import FoundationEssentials
import Tensors

/// All that a run needs to go on.
package struct RunCheckpoint: Sendable {
  /// Float arrays: the parameters, each moment of the optimiser, and whatever else changes from step to step.
  package var groups: [String: [NamedArray]]
  /// Lists of records, as bytes.
  package var texts: [String: [UInt8]]
  /// What the run is: short texts.
  package var notes: [String: String]

  /// A checkpoint of these parts; the groups share their numbers with whoever works on them.
  package init(groups: [String: [NamedArray]], texts: [String: [UInt8]], notes: [String: String]) {
    self.groups = groups
    self.texts = texts
    self.notes = notes
  }

  /// Writes the file; folders on the way to it are made where there are none.
  ///
  /// At the path stands the old file or the whole new one, whatever happens meanwhile. Throws `CheckpointError` and
  /// leaves the old file where the new one cannot be written.
  package func write(to path: String) throws {
    try Self.makeFolder(of: path)
    var arrays: [String: NamedArray] = [:]
    for (group, members) in groups {
      for array in members {
        let name = Self.tensorName(group, array.name)
        precondition(arrays.updateValue(array, forKey: name) == nil, "two arrays are called \(name)")
      }
    }
    var digest = Fingerprint()
    digest.add(notes: notes)
    for name in (Array(arrays.keys) + texts.keys).sorted() {
      let text = texts[name, default: []]
      digest.add(
        name, arrays[name] == nil ? .uint8 : .float32, shape: arrays[name]?.shape ?? [text.count])
      if let array = arrays[name] {
        array.forEachPiece { _, numbers in unsafe numbers.withBytes { unsafe digest.add($0.bytes) } }
      } else {
        unsafe digest.add(text.span.bytes)
      }
    }
    var metadata = notes
    metadata[Self.formatKey] = Self.format
    metadata[Self.digestKey] = digest.text
    try SafetensorsFile.write(arrays.mapValues(\.shape), bytes: texts, metadata: metadata, to: path) { name, pass in
      try arrays[name]?.forEachPiece { _, numbers in try numbers.withSpan { try pass($0) } }
    }
  }

  /// Throws `CheckpointError` where a checkpoint could not be written, before there is one.
  package static func checkPlace(_ path: String) throws(CheckpointError) {
    try makeFolder(of: path)
    try PartialFile(replacing: path).discard()
  }

  private static func makeFolder(of path: String) throws(CheckpointError) {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    do {
      try FileManager.default.createDirectory(atPath: String(path[..<slash]), withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(
        what: "\(path) cannot be written", why: "the folder \(path[..<slash]) cannot be made",
        fix: "check that its parent exists and may be written")
    }
  }

  static let format = "opsd run 1"
  static let formatKey = "format"
  static let digestKey = "fingerprint"
  static func tensorName(_ group: String, _ name: String) -> String { "\(group)/\(name)" }
}

/// A checkpoint that was found on disk, read and verified.
package struct SavedRun: Sendable {
  /// Where it was found.
  package let path: String
  /// What the run is.
  package let notes: [String: String]
  private let file: SafetensorsFile

  /// Opens the checkpoint at a path; nil where there is nothing.
  ///
  /// Throws `CheckpointError` for a file that cannot be read, is cut short or damaged, or is something else.
  package init?(at path: String) throws(CheckpointError) {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    self.path = path
    file = try SafetensorsFile(opening: path)
    var metadata = file.header.metadata
    let format = metadata.removeValue(forKey: RunCheckpoint.formatKey)
    guard let noted = metadata.removeValue(forKey: RunCheckpoint.digestKey), format?.hasPrefix("opsd run ") == true
    else {
      throw CheckpointError(
        what: "\(path) is no checkpoint of a run", why: "it is a safetensors file of another kind",
        fix: "name another file: this one is left as it is")
    }
    guard format == RunCheckpoint.format else {
      throw CheckpointError(
        what: "\(path) cannot be continued",
        why: "its format is \"\(format ?? "")\" and not \"\(RunCheckpoint.format)\"",
        fix: "name another file, or continue it with the version that wrote it")
    }
    notes = metadata
    var digest = Fingerprint()
    digest.add(notes: notes)
    for (name, tensor) in file.header.tensors.sorted(by: { $0.key < $1.key }) {
      digest.add(name, tensor.type, shape: tensor.shape)
      file.withStoredBytes(of: tensor) { digest.add($0) }
    }
    guard digest.text == noted else {
      throw CheckpointError(
        what: "\(path) is damaged", why: "its content has the fingerprint \(digest.text) and was written with \(noted)",
        fix: "use a copy of it, or remove it and begin anew")
    }
  }

  /// One of its texts.
  ///
  /// Throws `CheckpointError` where it holds none of that name.
  package func text(_ name: String) throws(CheckpointError) -> [UInt8] { try file.bytes(of: name) }

  /// Copies every group to where it is worked on.
  ///
  /// Throws `CheckpointError`, before anything is copied, unless it holds these groups and no other, each with arrays of
  /// these names and shapes.
  package func restore(_ groups: [String: [NamedArray]]) throws(CheckpointError) {
    var wanted: [String: NamedArray] = [:]
    for (group, members) in groups {
      for array in members { wanted[RunCheckpoint.tensorName(group, array.name)] = array }
    }
    let stored = file.header.tensors.filter { $0.value.type == .float32 }
    for name in Set(stored.keys).union(wanted.keys).sorted() {
      let (found, shape) = (stored[name]?.shape, wanted[name]?.shape)
      if found != shape {
        throw CheckpointError(
          what: "\(path) does not fit this run",
          why: "\"\(name)\" \(found.map { "has the shape \($0)" } ?? "is not in it"), and the run "
            + (shape.map { "wants \($0)" } ?? "has nothing of that name"),
          fix: "name another file, or ask for the run that it was made by")
      }
    }
    for (name, array) in wanted {
      for rows in array.pieces {
        let numbers = Floats(zeros: rows.count * array.width)
        numbers.withMutableSpan { file.copyStored(name, from: rows.lowerBound * array.width, into: &$0) }
        array.store(rows, numbers)
      }
    }
  }
}

extension Fingerprint {
  mutating func add(_ name: String, _ type: StoredType, shape: [Int]) { add("\(name) \(type.rawValue) \(shape)") }

  mutating func add(notes: [String: String]) {
    for (key, value) in notes.sorted(by: { $0.key < $1.key }) {
      add(key)
      add(value)
    }
  }
}
