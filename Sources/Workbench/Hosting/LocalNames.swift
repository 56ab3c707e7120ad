// What completion offers inside strings: paths of this machine, and the names of models that are on it.

import CellLanguage
import FoundationEssentials

extension TextSource {
  /// Files and folders: relative to the working folder, absolute, or from the home folder.
  static let paths = TextSource { LocalNames.paths(completing: $0) }

  /// What `model` accepts: shipped models, models in the local cache of Hugging Face, and paths.
  static let models = TextSource { typed in
    ModelLibrary.shippedNames.filter { $0.hasPrefix(typed) }.map { Text($0, note: "ships with the kernel") }
      + HuggingFaceCache().names.filter { $0.hasPrefix(typed) }.map { Text($0, note: "in the Hugging Face cache") }
      + LocalNames.paths(completing: typed)
  }
}

/// The names in the folders of this machine.
enum LocalNames {
  /// The paths that begin with what was typed, folders with a `/` at their end and in front of files; what cannot be read
  /// gives nothing, and hidden entries come only to who has typed their dot.
  static func paths(completing typed: String) -> [TextSource.Text] {
    if typed == "~" { return [.init("~/", note: "folder")] }
    guard !typed.utf8.contains(0) else { return [] }
    let slash = typed.lastIndex(of: "/")
    let stem = slash.map { String(typed[...$0]) } ?? ""
    let start = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
    let folder = stem.isEmpty ? "." : stem.hasPrefix("~/") ? ModelLibrary.home + stem.dropFirst(1) : stem
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasPrefix(start) && (start.hasPrefix(".") || !$0.hasPrefix(".")) }.sorted().prefix(TextSource.limit)
    let folders = Set(names.filter { isFolder(folder + "/" + $0) })
    return names.filter(folders.contains).map { .init("\(stem)\($0)/", note: "folder") }
      + names.filter { !folders.contains($0) }.map { .init(stem + $0, note: "file") }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }
}
