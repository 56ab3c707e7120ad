// The folder in which Hugging Face's programs keep what they have downloaded. It is read, never written.

import FoundationEssentials

/// The models in the local cache.
struct HuggingFaceCache {
  /// The folder that holds one `models--ORGANISATION--NAME` for each model.
  let folder: String

  /// The cache of this process's environment.
  init(_ variables: [String: String] = ProcessInfo.processInfo.environment) {
    if let hub = variables["HF_HUB_CACHE"], !hub.isEmpty {
      folder = hub
    } else if let home = variables["HF_HOME"], !home.isEmpty {
      folder = home + "/hub"
    } else {
      folder = (variables["HOME"] ?? "~") + "/.cache/huggingface/hub"
    }
  }

  /// The names of all models of which a snapshot is there, sorted.
  var names: [String] {
    let prefix = "models--"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasPrefix(prefix) }
      .map { String($0.dropFirst(prefix.count)).replacing("--", with: "/", maxReplacements: 1) }
      .filter { self.folder(of: $0) != nil }.sorted()
  }

  /// The snapshot of a model: that of the branch `main`, else the only one.
  func folder(of name: String) -> String? {
    guard let place = places(of: name).first else { return nil }
    let revision = FileManager.default.contents(atPath: place + "/refs/main").map {
      String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace }
    }
    let snapshots = (try? FileManager.default.contentsOfDirectory(atPath: place + "/snapshots")) ?? []
    let found = revision.flatMap { snapshots.contains($0) ? $0 : nil } ?? (snapshots.count == 1 ? snapshots[0] : nil)
    return found.map { "\(place)/snapshots/\($0)" }.flatMap { ModelLibrary.isModel($0) ? $0 : nil }
  }

  /// Where the cache would hold a model of this name; nowhere, if it is no such name.
  func places(of name: String) -> [String] {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasPrefix("~") }) else {
      return []
    }
    return ["\(folder)/models--\(parts.joined(separator: "--"))"]
  }
}
