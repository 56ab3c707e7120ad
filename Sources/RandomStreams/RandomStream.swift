// Random numbers from coordinates. Nothing here has a hidden state: the same seed and the same coordinates give the
// same numbers in any order, on any thread, in any process. Swift's own `Hasher` and generators differ from process to
// process, so nothing in this project seeds from them.

/// The counter-based generator Philox 4x32 with ten rounds.
///
/// A keyed bijection of 128-bit counters that passes the usual batteries of tests (Salmon, Moraes, Dror and Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
package enum Philox {
  /// The four output words of one counter under one key.
  package static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for round in 0..<10 {
      if round > 0 { key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85) }
      let first = UInt64(0xD251_1F53) &* UInt64(counter.x)
      let second = UInt64(0xCD9E_8D57) &* UInt64(counter.z)
      counter = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ counter.y ^ key.x,
        UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ counter.w ^ key.y,
        UInt32(truncatingIfNeeded: first))
    }
    return counter
  }
}

/// What a stream of random numbers is for: streams of different purpose never share numbers, whatever the seed.
package enum RandomPurpose: UInt32, Sendable {
  case problems = 1
  case corpus = 2
  case parameters = 3
  case sampling = 4
  case batches = 5
  case resampling = 6
  case user = 7
  case evaluation = 8
  case adapter = 9
}

/// The random numbers that belong to one place: a seed, a purpose and up to two coordinates.
///
/// Coordinates are counted numbers such as step, problem, sample or position. A stream holds 2³⁴ words.
package struct RandomStream: RandomNumberGenerator, Sendable {
  let key: SIMD2<UInt32>
  var counter: SIMD4<UInt32>
  var words = SIMD4<UInt32>()
  var used = 4

  /// The stream at the given place; coordinates are taken modulo 2³².
  package init(seed: UInt64, purpose: RandomPurpose, _ first: Int = 0, _ second: Int = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(
      0, purpose.rawValue, UInt32(truncatingIfNeeded: first), UInt32(truncatingIfNeeded: second))
  }

  /// The next 32 bits.
  package mutating func nextWord() -> UInt32 {
    if used == 4 {
      words = Philox.block(counter: counter, key: key)
      counter.x &+= 1
      used = 0
    }
    defer { used += 1 }
    return words[used]
  }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return UInt64(nextWord()) << 32 | low
  }

  /// A real number in [0, 1), a multiple of 2⁻⁵³.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A whole number in `0..<bound` without bias (Lemire, 2019).
  ///
  /// Traps unless `bound` is positive.
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a random number below \(bound) does not exist")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }
}
