// A signed message overheard can be sent again. Every signature is therefore accepted once.

/// Remembers the most recent signatures.
///
/// Bounded: beyond its capacity it forgets the oldest. Of each signature it keeps the first 128 bits, so that two
/// honest messages are never mistaken for one another.
public struct ReplayGuard: Sendable {
  private let capacity: Int
  private var seen: Set<SIMD2<UInt64>> = []
  private var order: [SIMD2<UInt64>] = []
  private var oldest = 0

  /// A guard that remembers `capacity` signatures.
  public init(capacity: Int = 1 << 16) {
    precondition(capacity > 0, "a replay guard remembers at least one signature, not \(capacity)")
    self.capacity = capacity
  }

  /// Whether this signature is new; from now on it is not.
  public mutating func isNew(_ signature: [UInt8]) -> Bool {
    let entry = Self.first128Bits(of: signature)
    guard seen.insert(entry).inserted else { return false }
    if order.count < capacity {
      order.append(entry)
    } else {
      seen.remove(order[oldest])
      order[oldest] = entry
      oldest = (oldest + 1) % capacity
    }
    return true
  }

  /// The number that the first 32 hexadecimal digits are.
  private static func first128Bits(of signature: [UInt8]) -> SIMD2<UInt64> {
    func number(_ digits: ArraySlice<UInt8>) -> UInt64 {
      digits.reduce(0) { $0 << 4 &+ UInt64($1 & 0x0f) &+ ($1 > UInt8(ascii: "9") ? 9 : 0) }
    }
    return SIMD2(number(signature.prefix(16)), number(signature.dropFirst(16).prefix(16)))
  }
}
