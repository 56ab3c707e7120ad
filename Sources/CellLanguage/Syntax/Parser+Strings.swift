// String literals: escapes, interpolations, and the indentation of multi-line text.

extension Parser {
  mutating func string() throws(CellError) -> Node {
    let start = Int(token.start)
    let isMultiline = token.end - token.start == 3
    let first = position + 1
    advance()
    let indentation = isMultiline ? closingIndentation() : []
    var parts: [Node] = []
    while kind != .stringEnd {
      switch kind {
      case .stringText:
        let isFirst = position == first
        let isLast = peek().kind == .stringEnd
        let range = token.range
        let text =
          isMultiline
          ? try multilineText(range, isFirst: isFirst, isLast: isLast, indentation: indentation)
          : try unescaped(source.bytes[range.start..<range.end], at: range.start)
        advance()
        parts.append(try node(.literal(.string(text)), from: range.start))
      case .interpolationStart:
        advance()
        let outer = allowsTrailingClosure
        allowsTrailingClosure = true
        defer { allowsTrailingClosure = outer }
        parts.append(try expression())
        guard kind == .interpolationEnd else { throw unexpected("`)` after the interpolated value") }
        advance()
      default: throw unexpected("the closing quote")
      }
    }
    advance()
    if parts.isEmpty { return try node(.literal(.string("")), from: start) }
    if parts.count == 1, case .literal(.string(let text)) = parts[0].kind {
      return try node(.literal(.string(text)), from: start)
    }
    return try node(.interpolation(parts), from: start, above: parts)
  }

  /// The white space before the quotes that close a multi-line string.
  private func closingIndentation() -> [UInt8] {
    var depth = 0
    var index = position
    while index < tokens.count {
      switch tokens[index].kind {
      case .stringStart: depth += 1
      case .stringEnd where depth == 0:
        let end = Int(tokens[index].start)
        let line = source.lineRange(at: end).start
        let space = source.bytes[line..<end]
        return space.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } ? Array(space) : []
      case .stringEnd, .unterminatedString, .unterminatedText: depth -= 1
      default: break
      }
      index += 1
    }
    return []
  }

  private func multilineText(
    _ range: SourceRange, isFirst: Bool, isLast: Bool, indentation: [UInt8]
  ) throws(CellError) -> String {
    let newline = UInt8(ascii: "\n")
    var lines = source.bytes[range.start..<range.end].split(separator: newline, omittingEmptySubsequences: false)
    if isFirst, lines.count > 1, lines[0].allSatisfy({ $0 <= 0x20 }) {
      lines.removeFirst()
      lines[0] = stripped(lines[0], indentation)
    }
    for index in lines.indices.dropFirst() { lines[index] = stripped(lines[index], indentation) }
    if isLast, lines.count > 1 || isFirst, let last = lines.last, last.allSatisfy({ $0 <= 0x20 }) {
      lines.removeLast()
    }
    var result = ""
    for (index, line) in lines.enumerated() {
      var line = line
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      let trailing = line.reversed().prefix { $0 == UInt8(ascii: "\\") }.count
      let continues = index < lines.count - 1 && trailing % 2 == 1
      if continues { line.removeLast() }
      result += try unescaped(line, at: line.startIndex)
      if index < lines.count - 1, !continues { result += "\n" }
    }
    return result
  }

  private func stripped(_ line: ArraySlice<UInt8>, _ indentation: [UInt8]) -> ArraySlice<UInt8> {
    line.starts(with: indentation) ? line.dropFirst(indentation.count) : line.drop { $0 == 0x20 || $0 == 0x09 }
  }

  /// Text with its escapes replaced.
  private func unescaped(_ bytes: ArraySlice<UInt8>, at start: Int) throws(CellError) -> String {
    guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
    var result: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.endIndex else {
        result.append(bytes[index])
        index += 1
        continue
      }
      let escape = bytes[index + 1]
      switch escape {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "0"): result.append(0)
      case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): result.append(escape)
      case UInt8(ascii: "u"):
        let digits = bytes[(index + 2)...].dropFirst().prefix { $0 != UInt8(ascii: "}") }
        let number = String(decoding: digits, as: UTF8.self)
        guard bytes[(index + 2)...].first == UInt8(ascii: "{"), digits.endIndex < bytes.endIndex,
          let value = UInt32(number, radix: 16), let scalar = Unicode.Scalar(value)
        else {
          throw complaint(.invalidEscape("\\u"), at: SourceRange(start: index, end: index + 2))
        }
        result.append(contentsOf: String(Character(scalar)).utf8)
        index = digits.endIndex - 1
      default:
        let end = index + 1 + (Lexer.scalar(in: Array(bytes[(index + 1)...].prefix(4)), at: 0)?.1 ?? 1)
        let range = SourceRange(start: index, end: end)
        throw complaint(.invalidEscape(source.text(range)), at: range)
      }
      index += 2
    }
    return String(decoding: result, as: UTF8.self)
  }
}
