// The cells that were run, for consoles and for searching. It lives as long as the process: its session is number 1.

import JupyterProtocol
import Synchronization

/// The record of what was run.
final class History: Sendable {
  static let session = 1

  private let entries = Mutex<[HistoryReply.Entry]>([])

  /// Records a cell that counts.
  func record(line: Int, input: String, output: String?) {
    let entry = HistoryReply.Entry(session: Self.session, line: line, input: input, output: output)
    entries.withLock { $0.append(entry) }
  }

  /// The cells that a request means, oldest first.
  func entries(for access: HistoryRequest.Access) -> [HistoryReply.Entry] {
    let entries = entries.withLock { $0 }
    switch access {
    case .range(let session, let lines):
      guard session == 0 || session == Self.session else { return [] }
      return entries.filter { lines.contains($0.line) }
    case .tail(let count):
      return entries.suffix(count)
    case .search(let pattern, let count, let unique):
      let pattern = Array(pattern.unicodeScalars)
      var found = entries.filter { Glob.matches(pattern, Array($0.input.unicodeScalars)) }
      if unique {
        var seen: Set<String> = []
        found = Array(found.reversed().filter { seen.insert($0.input).inserted }.reversed())
      }
      return count.map { found.suffix($0) } ?? found
    }
  }
}

/// Patterns in which `*` stands for anything and `?` for one code point.
enum Glob {
  /// Whether the whole text is as the pattern says; takes at most the product of the two lengths.
  static func matches(_ pattern: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool {
    var (p, t) = (0, 0)
    var afterStar: Int?
    var retry = 0
    while t < text.count {
      if p < pattern.count, pattern[p] == "*" {
        p += 1
        afterStar = p
        retry = t
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
        p += 1
        t += 1
      } else if let star = afterStar {
        retry += 1
        (p, t) = (star, retry)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
