// Sixty-four bits that say whether bytes are the same as before. For finding what was damaged or confused, not for
// what somebody forged.

/// A running digest of bytes.
///
/// Words of eight bytes, each folded in by two multiplications with a shift between them, which carries a change of the
/// highest bit, where a float keeps its sign, into the lower ones.
package struct Fingerprint {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The digest of nothing.
  package init() {}

  /// Takes in some bytes; cut at multiples of eight, they may come in pieces.
  package mutating func add(_ bytes: RawSpan) {
    let words = bytes.byteCount / 8
    for word in 0..<words { add(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)) }
    if bytes.byteCount == 8 * words { return }
    var rest: UInt64 = 0
    for index in 8 * words..<bytes.byteCount {
      rest = rest << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
    }
    add(rest)
  }

  /// Takes in a text.
  package mutating func add(_ text: String) {
    let bytes = Array(text.utf8)
    add(UInt64(bytes.count))
    unsafe add(bytes.span.bytes)
  }

  private mutating func add(_ word: UInt64) {
    var mixed = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
    mixed ^= mixed >> 32
    state = mixed &* 0xD6E8_FEB8_6659_FD93
  }

  /// The digest as sixteen hexadecimal digits.
  package var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
