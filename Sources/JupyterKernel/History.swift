// The cells that were run, for consoles and for searching. It lives as long as the process. Each shell is a session of
// its own, numbered from 1 in the order of their first cells.

import JupyterProtocol
import Synchronization

/// The record of what was run.
final class History: Sendable {
  private struct State {
    var entries: [HistoryReply.Entry] = []
    var sessions: [String?: Int] = [:]
  }

  private let state = Mutex(State())

  /// Records a cell that counts.
  func record(shell: String?, line: Int, input: String, output: String?) {
    state.withLock { state in
      let session = state.sessions[shell] ?? state.sessions.count + 1
      state.sessions[shell] = session
      state.entries.append(HistoryReply.Entry(session: session, line: line, input: input, output: output))
    }
  }

  /// The cells that a request to a shell means, oldest first.
  func entries(for access: HistoryRequest.Access, shell: String?) -> [HistoryReply.Entry] {
    let (entries, own) = state.withLock { ($0.entries, $0.sessions[shell]) }
    switch access {
    case .range(let session, let lines):
      return entries.filter { $0.session == (session == 0 ? own : session) && lines.contains($0.line) }
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
