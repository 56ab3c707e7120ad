// Where models are found: those that ship with the kernel, folders, and the local cache of Hugging Face.

import CellLanguage
import FoundationEssentials

/// The models that can be named.
enum ModelLibrary {
  /// The folder of a model: a path where there is such a folder, else the name of a shipped model.
  ///
  /// Throws a `CellFailure` that says where it looked.
  static func folder(of source: String) throws -> String {
    let path = try path(source, argument: "source")
    if isModel(path) { return path }
    let candidates = source.contains("/") ? [] : shippedFolders.map { "\($0)/models/\(source)" }
    if let folder = candidates.first(where: isModel) { return folder }
    if let folder = HuggingFaceCache().folder(of: source) { return folder }
    let names = shippedNames
    let looked =
      [path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path] + candidates
      + HuggingFaceCache().places(of: source)
    throw CellFailure(
      "there is no model \"\(source)\"", "no config.json in " + looked.joined(separator: " nor in "),
      fix:
        "Shipped models: \(names.map { "\"\($0)\"" }.joined(separator: ", ")). A saved model is named by its folder.",
      argument: "source")
  }

  /// Whether a folder holds a model.
  static func isModel(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/config.json") }

  /// The names of the models that ship with the kernel.
  static var shippedNames: [String] {
    Set(
      shippedFolders.map { $0 + "/models" }.flatMap { folder in
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { isModel("\(folder)/\($0)") }
      }
    ).sorted()
  }

  /// The path as somebody wrote it: `~/` is the home folder; `example` is what it might have been, a folder unless said
  /// otherwise.
  static func path(_ text: String, argument: String, example: String? = nil) throws -> String {
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw CellFailure(
        "`\(argument)` is no path", text.isEmpty ? "it is empty" : "it holds a character of code 0, which no path has",
        fix: "Write the path of a \(example == nil ? "folder" : "file"), as in \"\(example ?? "my-model")\".",
        argument: argument, kind: .outOfRange)
    }
    return text.hasPrefix("~/") ? home + text.dropFirst(1) : text
  }

  /// Folders that may hold what ships with the kernel: beside kernel.json where it is installed, and in the repository
  /// that this executable was built in.
  static var shippedFolders: [String] {
    var folders: [String] = []
    if let folder = ProcessInfo.processInfo.environment["OPSD_KERNELSPEC"] { folders.append(folder) }
    var place = executablePath
    while let slash = place.lastIndex(of: "/"), slash > place.startIndex {
      place = String(place[..<slash])
      let folder = place + "/kernelspec"
      if FileManager.default.fileExists(atPath: folder + "/models") { folders.append(folder) }
    }
    return folders
  }

  /// The absolute path of this executable.
  static var executablePath: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? ProcessInfo.processInfo.arguments[0]
  }

  /// The home folder.
  static var home: String { ProcessInfo.processInfo.environment["HOME"] ?? "~" }
}
