import RandomStreams
import Testing

@Suite struct RandomStreamTests {
  /// The known answers published with Random123 (`kat_vectors`, philox4x32-10).
  @Test(arguments: [
    (SIMD4<UInt32>(), SIMD2<UInt32>(), SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
    (
      SIMD4<UInt32>(repeating: UInt32.max), SIMD2<UInt32>(repeating: UInt32.max),
      SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), SIMD2(0xa409_3822, 0x299f_31d0),
      SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func philoxGivesTheKnownAnswers(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, expected: SIMD4<UInt32>) {
    #expect(Philox.block(counter: counter, key: key) == expected)
  }

  @Test func samePlaceSameNumbersOtherPlaceOtherNumbers() {
    func first(_ stream: RandomStream) -> [UInt64] {
      var stream = stream
      return (0..<9).map { _ in stream.next() }
    }
    let here = first(RandomStream(seed: 7, purpose: .sampling, 3, 4))
    #expect(here == first(RandomStream(seed: 7, purpose: .sampling, 3, 4)))
    #expect(here != first(RandomStream(seed: 8, purpose: .sampling, 3, 4)))
    #expect(here != first(RandomStream(seed: 7, purpose: .corpus, 3, 4)))
    #expect(here != first(RandomStream(seed: 7, purpose: .sampling, 4, 3)))
    #expect(Set(here).count == here.count)
  }

  @Test func numbersBelowABoundAreEvenlySpread() {
    var stream = RandomStream(seed: 1, purpose: .user)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.below(7)] += 1 }
    // 10,000 expected each; the standard deviation is 93, so 5 of them leave one failure in 250,000 seeds.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 465 })
    #expect((0..<100).allSatisfy { _ in stream.below(1) == 0 })
  }

  @Test func uniformNumbersStayInTheirRange() {
    var stream = RandomStream(seed: 2, purpose: .user)
    let values = (0..<10_000).map { _ in stream.uniform() }
    #expect(values.allSatisfy { (0..<1).contains($0) })
    // The mean of 10,000 uniforms has standard deviation 0.0029.
    #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.0145)
  }
}
