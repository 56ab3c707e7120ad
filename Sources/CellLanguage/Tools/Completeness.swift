// Whether a cell can run as it stands, which consoles ask at every return key.

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
    do throws(CellError) {
      try CellThread.result { _ throws(CellError) in
        _ = try Parser.parse(text, globals: Globals(vocabulary: Vocabulary()))
      }
      return .complete
    } catch {
      return error.needsMoreText ? .incomplete(indent: indentation(after: text)) : .invalid
    }
  }

  /// The white space of the next line.
  ///
  /// It stands two spaces deeper than the line that opened the innermost bracket; where no bracket is open, or an operator
  /// ends the last line, it goes by that line.
  private static func indentation(after text: SourceText) -> String {
    let tokens = Lexer.tokens(of: text).dropLast()
    guard let last = tokens.last else { return "" }
    var open: [Token] = []
    for token in tokens {
      if token.kind.isOpening { open.append(token) }
      if token.kind.isClosing { _ = open.popLast() }
    }
    // Inside a text or a comment of several lines, its own last line leads.
    if last.kind == .unterminatedText || last.kind == .unterminatedComment {
      return space(of: text, at: lastFilledByte(text))
    }
    let line = text.lineRange(at: Int(last.start)).start
    let opener = open.last.map { text.lineRange(at: Int($0.start)).start }
    if opener == line { return deeper(space(of: text, at: line)) }
    if last.kind.awaitsOperand {
      // A line that goes on from an operator already stands deeper.
      let previous = tokens.last { Int($0.start) < line }
      let goesOn = previous.map { $0.kind.awaitsOperand } ?? false
      return goesOn ? space(of: text, at: line) : deeper(space(of: text, at: line))
    }
    return opener.map { deeper(space(of: text, at: $0)) } ?? space(of: text, at: line)
  }

  /// The white space at the start of the line that holds a byte.
  private static func space(of text: SourceText, at byte: Int) -> String {
    let line = text.lineRange(at: byte)
    return String(text.text(line).prefix { $0 == " " || $0 == "\t" }.prefix(80))
  }

  private static func deeper(_ space: String) -> String { String((space + "  ").prefix(80)) }

  private static func lastFilledByte(_ text: SourceText) -> Int { text.bytes.lastIndex { $0 > 0x20 } ?? 0 }
}

extension TokenKind {
  /// An expression must follow, on this line or the next.
  fileprivate var awaitsOperand: Bool {
    binaryOperator != nil || compoundOperator != nil || self == .assign || self == .question || self == .dot
      || self == .arrow
  }
}
