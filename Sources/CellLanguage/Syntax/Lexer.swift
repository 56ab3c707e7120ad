// Bytes to tokens in one pass that never fails: what is no token becomes one of the invalid kinds, so that completion
// can read unfinished code and the parser can complain with a range.

/// The lexer of the cell language.
struct Lexer {
  let bytes: [UInt8]
  var position = 0
  var tokens: [Token] = []
  /// The strings in whose interpolations the lexer stands, innermost last.
  var strings: [OpenString] = []
  /// The cell starts with `# Parameters`: Python's comments and quotes are read too.
  let isParameterCell: Bool
  var startsLine = true

  /// A string literal that is interrupted by an interpolation.
  struct OpenString {
    let quotes: Int
    var parentheses = 0
  }

  init(_ source: SourceText) {
    bytes = source.bytes
    isParameterCell = Lexer.startsWithParameters(source.bytes)
  }

  /// All tokens of a text; the last one is `.end`.
  static func tokens(of source: SourceText) -> [Token] {
    var lexer = Lexer(source)
    lexer.tokens.reserveCapacity(source.bytes.count / 4 + 1)
    while lexer.next() {}
    return lexer.tokens
  }

  /// Whether the first line that holds anything is papermill's mark.
  static func startsWithParameters(_ bytes: [UInt8]) -> Bool {
    let start = bytes.prefix(4096).firstIndex { $0 > 0x20 } ?? 0
    return bytes[start...].starts(with: "# Parameters".utf8)
  }

  func peek(_ distance: Int = 0) -> UInt8 {
    position + distance < bytes.count ? bytes[position + distance] : 0
  }

  mutating func emit(_ kind: TokenKind, from start: Int) {
    tokens.append(
      Token(
        kind: kind, start: Int32(start), end: Int32(position), startsLine: startsLine,
        hasSpaceBefore: start == 0 || Lexer.opensSpace(bytes[start - 1])))
    startsLine = false
  }

  /// Whether an operator after this byte counts as having space on its left.
  static func opensSpace(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ";"),
      UInt8(ascii: ":"):
      true
    default: false
    }
  }

  /// Whether an operator before this byte counts as having space on its right.
  static func closesSpace(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ","), UInt8(ascii: ";"),
      UInt8(ascii: ":"):
      true
    default: false
    }
  }

  /// Reads one token; false at the end.
  mutating func next() -> Bool {
    guard skipSpace() else { return true }
    let start = position
    guard start < bytes.count else {
      emit(.end, from: start)
      return false
    }
    let byte = bytes[start]
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
      word(from: start)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): number(from: start)
    case UInt8(ascii: "\""): openString(from: start)
    case UInt8(ascii: "'") where isParameterCell: openString(from: start)
    case UInt8(ascii: "$"): dollar(from: start)
    case UInt8(ascii: "`"): quotedWord(from: start)
    case 0x80...: foreign(from: start)
    default: punctuation(byte, from: start)
    }
    return true
  }

  /// Skips white space and comments; false when an unterminated comment was emitted.
  mutating func skipSpace() -> Bool {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        startsLine = true
        position += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0B, 0x0C: position += 1
      case UInt8(ascii: "#") where isParameterCell: skipLine()
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"): skipLine()
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
        guard skipBlockComment() else { return false }
      default: return true
      }
    }
    return true
  }

  mutating func skipLine() {
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
  }

  mutating func skipBlockComment() -> Bool {
    let start = position
    var depth = 0
    while position < bytes.count {
      if peek() == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        depth += 1
        position += 2
      } else if peek() == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        depth -= 1
        position += 2
        if depth == 0 { return true }
      } else {
        if peek() == UInt8(ascii: "\n") { startsLine = true }
        position += 1
      }
    }
    emit(.unterminatedComment, from: start)
    return false
  }

  mutating func word(from start: Int) {
    continueWord()
    let text = position - start <= 8 ? String(decoding: bytes[start..<position], as: UTF8.self) : ""
    emit(TokenKind.keywords[text] ?? .identifier, from: start)
  }

  /// Moves past all bytes that may continue a name.
  mutating func continueWord() {
    while position < bytes.count {
      let byte = bytes[position]
      if Lexer.isWordByte(byte) {
        position += 1
      } else if byte >= 0x80, let (scalar, length) = Lexer.scalar(in: bytes, at: position), Lexer.continuesName(scalar)
      {
        position += length
      } else {
        return
      }
    }
  }

  mutating func dollar(from start: Int) {
    position += 1
    while Lexer.isDigit(peek()) { position += 1 }
    emit(position - start > 1 && position - start < 5 ? .anonymous : .invalidCharacter, from: start)
  }

  mutating func quotedWord(from start: Int) {
    position += 1
    continueWord()
    let isClosed = peek() == UInt8(ascii: "`") && position > start + 1
    if peek() == UInt8(ascii: "`") { position += 1 }
    emit(isClosed ? .identifier : .invalidCharacter, from: start)
  }

  mutating func foreign(from start: Int) {
    guard let (scalar, length) = Lexer.scalar(in: bytes, at: start) else {
      position += 1
      return emit(.invalidCharacter, from: start)
    }
    position += length
    guard Lexer.startsName(scalar) else { return emit(.invalidCharacter, from: start) }
    continueWord()
    emit(.identifier, from: start)
  }
}
