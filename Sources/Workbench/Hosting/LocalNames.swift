// What completion offers inside strings: paths of this machine, and the names of models that are on it.

import CellLanguage
import FoundationEssentials
import Glibc

extension TextSource {
  /// Files and folders: relative to the working folder, absolute, or from the home folder.
  static let paths = TextSource { LocalNames.paths(completing: $0) }

  /// What `model` accepts: shipped models, models in the local cache of Hugging Face, and folders.
  static let models = TextSource { typed in
    ModelLibrary.shippedNames.filter { $0.hasPrefix(typed) }.map { Text($0, note: "ships with the kernel") }
      + HuggingFaceCache().names.filter { $0.hasPrefix(typed) }.map { Text($0, note: "in the Hugging Face cache") }
      + LocalNames.paths(completing: typed, onlyFolders: true)
  }
}

/// The names in the folders of this machine.
enum LocalNames {
  /// The paths that begin with what was typed, folders with a `/` at their end and in front of files; what cannot be read
  /// gives nothing, and hidden entries come only to who has typed their dot.
  ///
  /// Of a folder that holds more than `TextSource.limit` of them, those come that are first in order.
  static func paths(completing typed: String, onlyFolders: Bool = false) -> [TextSource.Text] {
    if typed == "~" { return [.init("~/", note: "folder")] }
    guard !typed.utf8.contains(0) else { return [] }
    let slash = typed.lastIndex(of: "/")
    let stem = slash.map { String(typed[...$0]) } ?? ""
    let start = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
    let folder = stem.isEmpty ? "." : stem.hasPrefix("~/") ? ModelLibrary.home + stem.dropFirst(1) : stem
    let entries = entries(of: folder, startingWith: start, onlyFolders: onlyFolders)
    return entries.filter(\.isFolder).map { .init("\(stem)\($0.name)/", note: "folder") }
      + entries.filter { !$0.isFolder }.map { .init(stem + $0.name, note: "file") }
  }

  /// The first entries of a folder in order.
  ///
  /// The folder is read name by name, and only as many names are kept as can be shown, so that a folder of a hundred
  /// thousand files is as quick as a small one.
  private static func entries(
    of folder: String, startingWith start: String, onlyFolders: Bool
  ) -> [(name: String, isFolder: Bool)] {
    guard let directory = unsafe opendir(folder) else { return [] }
    defer { unsafe _ = closedir(directory) }
    let prefix = Array(start.utf8)
    let showsHidden = prefix.first == UInt8(ascii: ".")
    var kept: [String] = []
    /// What comes after this name cannot be among the first.
    var last: [CChar]?
    while let entry = unsafe readdir(directory) {
      let kind = unsafe Int32(entry.pointee.d_type)
      if onlyFolders, kind != DT_DIR, kind != DT_LNK, kind != DT_UNKNOWN { continue }
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes -> String? in
        guard unsafe bytes.starts(with: prefix), unsafe showsHidden || bytes[0] != UInt8(ascii: "."),
          let text = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        else { return nil }
        if let last, unsafe strcmp(text, last) > 0 { return nil }
        return unsafe String(validatingCString: text)
      }
      guard let name, name != ".", name != ".." else { continue }
      kept.append(name)
      if kept.count == 2 * TextSource.limit {
        kept = Array(kept.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(TextSource.limit))
        last = kept.last.map { Array($0.utf8CString) }
      }
    }
    return kept.sorted().prefix(TextSource.limit).map { ($0, isFolder(folder + "/" + $0)) }
      .filter { $0.1 || !onlyFolders }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }
}
