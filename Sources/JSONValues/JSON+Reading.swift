// JSON read directly, by the grammar of RFC 8259. Every message of the kernel comes by here, and a header takes a
// general decoder, which tries one type after another, 30 µs.

extension JSON {
  /// Parses UTF-8 text.
  ///
  /// A number with a fraction or an exponent that is whole all the same is a whole number; of equal keys the last one
  /// counts; half of a surrogate pair becomes U+FFFD, as a text that was cut there has it. Throws `JSONError` for
  /// anything that is not JSON, a number beyond what 64 bits hold, and what nests deeper than 512 levels.
  public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
    var reader = JSONReader(Array(bytes))
    self = try reader.document()
  }

  /// Parses a string; see `init(parsing:)`.
  public init(parsing text: String) throws(JSONError) { try self.init(parsing: text.utf8) }
}

/// Text that is not JSON: what was found, and where.
public struct JSONError: Error, CustomStringConvertible {
  /// One sentence.
  public let reason: String
  /// The reason with what it is about.
  public var description: String { "not valid JSON: \(reason)" }
}

/// Reads one document from its first byte to its last.
private struct JSONReader {
  private let bytes: [UInt8]
  private var place = 0

  private static let deepest = 512
  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  private static let letters = UInt8(ascii: "a")...UInt8(ascii: "f")

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    guard place == bytes.count else { throw unexpected("after the end of the value") }
    return value
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    guard depth <= Self.deepest else { throw JSONError(reason: "it nests deeper than \(Self.deepest) levels") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"): return try number()
    case let digit? where Self.digits.contains(digit): return try number()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw unexpected("where a value should begin")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSON {
    var members: [String: JSON] = [:]
    place += 1
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw unexpected("where a key should begin") }
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("where a colon should follow a key") }
      members[key] = try value(depth: depth + 1)
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw unexpected("where a comma or } should follow a member") }
      return .object(members)
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSON {
    var elements: [JSON] = []
    place += 1
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw unexpected("where a comma or ] should follow an element") }
      return .array(elements)
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    guard bytes[place...].starts(with: word.description.utf8) else { throw unexpected("where a value should begin") }
    place += word.utf8CodeUnitCount
    return value
  }

  // MARK: Numbers

  private mutating func number() throws(JSONError) -> JSON {
    let start = place
    let isNegative = take(UInt8(ascii: "-"))
    let first = place
    skipDigits()
    guard place > first else { throw unexpected("where a digit should be") }
    guard place == first + 1 || bytes[first] != UInt8(ascii: "0") else {
      place = first
      throw unexpected("before other digits")
    }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      try requireDigits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try requireDigits()
    }
    if isWhole, let whole = whole(bytes[first..<place], isNegative) { return .int(whole) }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    guard let real = Double(text), real.isFinite else {
      throw JSONError(reason: "the number \(text.prefix(40)) is beyond what 64 bits hold")
    }
    return (isWhole ? nil : Int(exactly: real).map(JSON.int)) ?? .double(real)
  }

  /// The number of those digits, unless it is beyond 64 bits.
  private func whole(_ digits: ArraySlice<UInt8>, _ isNegative: Bool) -> Int? {
    var value = 0
    for digit in digits {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let part = Int(digit - UInt8(ascii: "0"))
      let (sum, carry) = isNegative ? product.subtractingReportingOverflow(part) : product.addingReportingOverflow(part)
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  private mutating func skipDigits() {
    while let next, Self.digits.contains(next) { place += 1 }
  }

  private mutating func requireDigits() throws(JSONError) {
    let first = place
    skipDigits()
    guard place > first else { throw unexpected("where a digit should be") }
  }

  // MARK: Strings

  private mutating func string() throws(JSONError) -> String {
    place += 1
    let start = place
    skipPlain()
    if next == UInt8(ascii: "\"") {
      defer { place += 1 }
      return try text(bytes[start..<place])
    }
    var resolved = Array(bytes[start..<place])
    while !take(UInt8(ascii: "\"")) {
      guard next == UInt8(ascii: "\\") else { throw unexpected("inside a string") }
      place += 1
      try resolveEscape(into: &resolved)
      let plain = place
      skipPlain()
      resolved += bytes[plain..<place]
    }
    return try text(resolved[...])
  }

  /// Passes over what means itself: all but quotes, backslashes and control characters.
  private mutating func skipPlain() {
    while place < bytes.count {
      let byte = bytes[place]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return }
      place += 1
    }
  }

  private func text(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw JSONError(reason: "a string that ends \(position) is not UTF-8")
    }
    return text
  }

  private mutating func resolveEscape(into resolved: inout [UInt8]) throws(JSONError) {
    guard let letter = next else { throw unexpected("inside a string") }
    place += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): resolved.append(letter)
    case UInt8(ascii: "b"): resolved.append(0x08)
    case UInt8(ascii: "f"): resolved.append(0x0c)
    case UInt8(ascii: "n"): resolved.append(0x0a)
    case UInt8(ascii: "r"): resolved.append(0x0d)
    case UInt8(ascii: "t"): resolved.append(0x09)
    case UInt8(ascii: "u"): resolved += try escapedScalar().utf8
    default:
      place -= 1
      throw unexpected("after a backslash")
    }
  }

  /// What follows `\u`, with the second half of a surrogate pair where it has one.
  private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
    let unit = try codeUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    let afterFirst = place
    if unit < 0xdc00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let second = try codeUnit()
      if (0xdc00..<0xe000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + UInt32(second) - 0xdc00)
      {
        return scalar
      }
    }
    place = afterFirst
    return "\u{fffd}"
  }

  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch next {
      case let byte? where Self.digits.contains(byte): digit = byte - UInt8(ascii: "0")
      case let byte? where Self.letters.contains(byte | 0x20): digit = (byte | 0x20) - UInt8(ascii: "a") + 10
      default: throw unexpected("where a hexadecimal digit should be")
      }
      unit = unit << 4 + UInt16(digit)
      place += 1
    }
    return unit
  }

  // MARK: Bytes

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    place += 1
    return true
  }

  private mutating func skipSpace() {
    while let next, next == 0x20 || next == 0x0a || next == 0x0d || next == 0x09 { place += 1 }
  }

  /// Where the reader stands: line, if there are several, and column in characters, both from 1.
  private var position: String {
    let before = bytes[..<place]
    let start = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    let column = "column \(before[start...].count { $0 & 0xc0 != 0x80 } + 1)"
    return bytes.contains(0x0a) ? "at line \(before.count { $0 == 0x0a } + 1), \(column)" : "at \(column)"
  }

  private func unexpected(_ context: String) -> JSONError {
    guard place < bytes.count else { return JSONError(reason: "the text ends \(context)") }
    let rest = String(decoding: bytes[place..<min(place + 4, bytes.count)], as: UTF8.self)
    let found = rest.unicodeScalars.first ?? "\u{fffd}"
    // What cannot be seen is named.
    let name =
      switch found.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
        "U+" + String(repeating: "0", count: max(0, 4 - String(found.value, radix: 16).count))
          + String(found.value, radix: 16, uppercase: true)
      default: "“\(found)”"
      }
    return JSONError(reason: "\(name) \(context), \(position)")
  }
}
