// Numbers, strings, punctuation, and which bytes make names.

extension Lexer {
  /// A number: decimal, hexadecimal, binary, octal, with underscores; a fraction and an exponent make it real.
  mutating func number(from start: Int) {
    var isReal = false
    if peek() == UInt8(ascii: "0"), [UInt8(ascii: "x"), UInt8(ascii: "b"), UInt8(ascii: "o")].contains(peek(1)) {
      position += 2
      while Lexer.isWordByte(peek()) { position += 1 }
      return emit(.integer, from: start)
    }
    skipDigits()
    if peek() == UInt8(ascii: "."), Lexer.isDigit(peek(1)) {
      isReal = true
      position += 1
      skipDigits()
    }
    if peek() | 0x20 == UInt8(ascii: "e") {
      let isSigned = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
      if Lexer.isDigit(peek(isSigned ? 2 : 1)) {
        isReal = true
        position += isSigned ? 2 : 1
        skipDigits()
      }
    }
    guard !Lexer.isWordByte(peek()) else {
      while Lexer.isWordByte(peek()) { position += 1 }
      return emit(.invalidNumber, from: start)
    }
    emit(isReal ? .real : .integer, from: start)
  }

  mutating func skipDigits() {
    while Lexer.isDigit(peek()) || peek() == UInt8(ascii: "_") { position += 1 }
  }

  /// The opening quotes of a string, and its text up to the first interpolation or the end.
  mutating func openString(from start: Int) {
    let isMultiline = bytes[start] == UInt8(ascii: "\"") && peek(1) == bytes[start] && peek(2) == bytes[start]
    position += isMultiline ? 3 : 1
    emit(.stringStart, from: start)
    stringText(quotes: isMultiline ? 3 : 1, quote: bytes[start])
  }

  /// Text up to an interpolation, the closing quotes, or whatever ends the string too early.
  mutating func stringText(quotes: Int, quote: UInt8 = UInt8(ascii: "\"")) {
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\\") {
        guard peek(1) == UInt8(ascii: "(") else {
          position += quotes == 1 && peek(1) == UInt8(ascii: "\n") ? 1 : 2
          continue
        }
        emitText(from: start)
        position += 2
        emit(.interpolationStart, from: position - 2)
        return strings.append(OpenString(quotes: quotes))
      }
      if byte == quote, quotes == 1 || (peek(1) == quote && peek(2) == quote) {
        emitText(from: start)
        position += quotes
        return emit(.stringEnd, from: position - quotes)
      }
      if byte == UInt8(ascii: "\n"), quotes == 1 { break }
      position += 1
    }
    position = min(position, bytes.count)
    emitText(from: start)
    emit(quotes == 1 ? .unterminatedString : .unterminatedText, from: position)
  }

  mutating func emitText(from start: Int) {
    if position > start { emit(.stringText, from: start) }
  }

  /// Brackets, operators, and the end of an interpolation.
  mutating func punctuation(_ byte: UInt8, from start: Int) {
    if byte == UInt8(ascii: "("), !strings.isEmpty {
      strings[strings.count - 1].parentheses += 1
    } else if byte == UInt8(ascii: ")"), let open = strings.last {
      if open.parentheses == 0 {
        strings.removeLast()
        position += 1
        emit(.interpolationEnd, from: start)
        return stringText(quotes: open.quotes)
      }
      strings[strings.count - 1].parentheses -= 1
    }
    for (text, kind) in byte < 0x80 ? Lexer.operatorsByFirstByte[Int(byte)] : [] {
      guard bytes[start...].starts(with: text) else { continue }
      position += text.count
      return emit(kind, from: start)
    }
    position += 1
    emit(.invalidCharacter, from: start)
  }

  private static let operatorsByFirstByte: [[([UInt8], TokenKind)]] = (0..<0x80).map { byte in
    operators.filter { $0.0.utf8.first == byte }.map { (Array($0.0.utf8), $0.1) }
  }

  /// Longer operators first.
  private static let operators: [(String, TokenKind)] = [
    ("...", .closedRange), ("..<", .halfOpenRange), ("->", .arrow), ("??", .coalesce), ("&&", .and), ("||", .or),
    ("==", .equal), ("!=", .notEqual), ("<=", .lessEqual), (">=", .greaterEqual), ("+=", .plusAssign),
    ("-=", .minusAssign), ("*=", .starAssign), ("/=", .slashAssign), ("%=", .percentAssign), ("(", .leftParenthesis),
    (")", .rightParenthesis), ("[", .leftBracket), ("]", .rightBracket), ("{", .leftBrace), ("}", .rightBrace),
    (",", .comma), (":", .colon), (";", .semicolon), (".", .dot), ("?", .question), ("!", .bang), ("+", .plus),
    ("-", .minus), ("*", .star), ("/", .slash), ("%", .percent), ("=", .assign), ("<", .less), (">", .greater),
  ]

  static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  static func isWordByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }

  static func startsName(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isXIDStart || (scalar.properties.isEmoji && scalar.value > 0xFF)
  }

  static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
    startsName(scalar) || scalar.properties.isXIDContinue || scalar.value == 0x200D || scalar.value == 0xFE0F
  }

  /// The scalar that starts at a byte and its length.
  static func scalar(in bytes: [UInt8], at offset: Int) -> (Unicode.Scalar, Int)? {
    var iterator = bytes[offset..<min(offset + 4, bytes.count)].makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return (scalar, UTF8.width(scalar))
  }
}
