// Tasks whose problems are written by others, for the tests: a file and a closure.

import Foundation
import Tasks

enum Written {
  /// A folder for the files of this process.
  static let folder: URL = {
    let folder = FileManager.default.temporaryDirectory.appending(path: "opsd-tasks-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }()

  /// A file with this content.
  static func file(_ content: some Sequence<UInt8>, name: String = UUID().uuidString) throws -> String {
    let url = folder.appending(path: name)
    try Data(content).write(to: url)
    return url.path()
  }

  /// Products, one a line.
  static func file() throws -> JSONLTask {
    let lines = (0..<1600).map { number in
      let (first, second) = (number / 40 + 10, number % 40 + 10)
      return "{\"question\": \"\(first) mal \(second)\", \"result\": \(first * second)}\n"
    }
    return try JSONLTask(
      file: file(lines.joined().utf8), fields: .init(problem: "question", answer: "result"), format: WrittenFormat())
  }

  /// Halves with a working.
  static func closure() throws -> ClosureTask {
    try ClosureTask(
      name: "halves", summary: "Halves of even numbers.", alphabet: "0123456789/+.", longestCompletion: 24,
      format: WrittenFormat(marker: "#", separator: "?")
    ) { seed in
      let half = Int(seed % 5000)
      return ("\(2 * half)/2", "\(half)+\(half).", "\(half)")
    }
  }
}
