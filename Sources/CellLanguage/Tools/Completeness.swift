// Whether a cell can run as it stands, which consoles ask at every return key.

import Synchronization

/// Whether a text is a whole cell.
package enum Completeness: Sendable, Equatable {
  case complete
  /// More lines are needed; the next one starts with this white space.
  case incomplete(indent: String)
  case invalid
}

extension CellSession {
  /// Whether a text is a whole cell.
  package static func isComplete(_ source: String) -> Completeness {
    let text = SourceText(source)
    let answer = Answer()
    CellThread.run { _ in
      do throws(CellError) {
        _ = try Parser.parse(text, globals: Globals(vocabulary: Vocabulary()))
      } catch {
        let found: Completeness = error.needsMoreText ? .incomplete(indent: indentation(after: text)) : .invalid
        answer.value.withLock { $0 = found }
      }
    }
    return answer.value.withLock { $0 }
  }

  private final class Answer: Sendable {
    let value = Mutex(Completeness.complete)
  }

  /// Two spaces for each bracket that is open.
  private static func indentation(after text: SourceText) -> String {
    var depth = 0
    for token in Lexer.tokens(of: text) {
      if token.kind.isOpening { depth += 1 }
      if token.kind.isClosing { depth -= 1 }
    }
    return String(repeating: "  ", count: max(0, min(depth, 40)))
  }
}
