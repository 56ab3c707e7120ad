// The repository as the tests of the house see it: its files, as git knows them.

import Foundation

/// The repository that these tests belong to.
struct Repository {
  /// Three levels up from this file.
  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The files that belong to it, relative to the root and sorted: what git tracks and what it would track; where
  /// there is no git, all that is not hidden.
  func files() throws -> [String] {
    if let tracked = try tracked() { return tracked }
    guard let all = FileManager.default.enumerator(atPath: root.path) else { throw Unreadable(path: root.path) }
    return all.compactMap { $0 as? String }.filter { path in
      !path.split(separator: "/").contains { $0.hasPrefix(".") } && isFile(path)
    }.sorted()
  }

  /// The files under one of its folders whose names end so.
  func files(under folder: String, ending: String) throws -> [String] {
    try files().filter { $0.hasPrefix("\(folder)/") && $0.hasSuffix(ending) }
  }

  /// A file's bytes.
  func bytes(_ path: String) throws -> [UInt8] {
    try Array(Data(contentsOf: root.appending(path: path)))
  }

  /// A file's text; none where it is not UTF-8.
  func text(_ path: String) throws -> String? {
    try String(validating: bytes(path), as: UTF8.self)
  }

  /// A file's lines.
  func lines(_ path: String) throws -> [Substring] {
    guard let text = try text(path) else { throw Unreadable(path: path) }
    return text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The folders directly inside one of its folders.
  func folders(in folder: String) throws -> Set<String> {
    Set(
      try files().filter { $0.hasPrefix("\(folder)/") }.map { $0.split(separator: "/") }
        .filter { $0.count > 2 }.map { String($0[1]) })
  }

  private func tracked() throws -> [String]? {
    guard FileManager.default.fileExists(atPath: root.appending(path: ".git").path) else { return nil }
    let git = Process()
    git.executableURL = URL(filePath: "/usr/bin/env")
    git.arguments = ["git", "-C", root.path, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    let pipe = Pipe()
    git.standardOutput = pipe
    try git.run()
    let list = pipe.fileHandleForReading.readDataToEndOfFile()
    git.waitUntilExit()
    guard git.terminationStatus == 0 else { return nil }
    // A file that was removed and not committed yet is still listed.
    return Set(list.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }).filter(isFile).sorted()
  }

  private func isFile(_ path: String) -> Bool {
    let values = try? root.appending(path: path).resourceValues(forKeys: [.isRegularFileKey])
    return values?.isRegularFile == true
  }

  /// A file that could not be read as text.
  struct Unreadable: Error { let path: String }
}
