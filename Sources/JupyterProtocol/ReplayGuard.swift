// A signed message overheard can be sent again. Every signature is therefore accepted once.

/// Remembers the most recent signatures.
///
/// Bounded: beyond its capacity it forgets the oldest. Of each signature it keeps the first 128 bits, so that two
/// honest messages are never mistaken for one another.
public struct ReplayGuard: Sendable {
  private let capacity: Int
  private var seen: Set<SIMD32<UInt8>> = []
  private var order: [SIMD32<UInt8>] = []
  private var oldest = 0

  /// A guard that remembers `capacity` signatures.
  public init(capacity: Int = 1 << 16) {
    precondition(capacity > 0, "a replay guard remembers at least one signature, not \(capacity)")
    self.capacity = capacity
  }

  /// Whether this signature is new; from now on it is not.
  public mutating func isNew(_ signature: [UInt8]) -> Bool {
    var entry = SIMD32<UInt8>()
    for (position, byte) in signature.prefix(32).enumerated() { entry[position] = byte }
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
}
