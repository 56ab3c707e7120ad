// Attention over packed sequences and over a cache, against the twin in double precision.

import Evidence
import Tensors
import Testing

/// Sequence lengths beside each other in one batch: around the block of 64 queries, and one of nothing.
private let batches = [[1], [3, 1, 7], [63, 64, 65], [130], [20, 0, 5], [16, 33]]
private let shapes = [
  AttentionShape(heads: 1, keyValueHeads: 1, width: 2), AttentionShape(heads: 4, keyValueHeads: 2, width: 16),
  AttentionShape(heads: 3, keyValueHeads: 3, width: 6), AttentionShape(heads: 6, keyValueHeads: 2, width: 34),
]

/// Random queries, keys and values; the values lie inside wider rows, as a fused projection leaves them.
private struct AttentionCase {
  let shape: AttentionShape
  let sequences: [Range<Int>]
  let tokens: Int
  let q: [Float]
  let k: [Float]
  let v: [Float]
  let offset = 5
  var stride: Int { offset + shape.keyValueHeads * shape.width + 3 }

  init(_ shape: AttentionShape, _ lengths: [Int], scale: Float = 1) {
    self.shape = shape
    var start = 0
    sequences = lengths.map { length in
      defer { start += length }
      return start..<start + length
    }
    tokens = start
    q = randomNumbers(tokens * shape.heads * shape.width, seed: 1, scale: 2 * scale)
    k = randomNumbers(tokens * shape.keyValueHeads * shape.width, seed: 2, scale: 2 * scale)
    v = randomNumbers(tokens * shape.keyValueHeads * shape.width, seed: 3)
  }

  var input: AttentionInput {
    let wide = Floats([Float](repeating: .nan, count: tokens * stride))
    let width = shape.keyValueHeads * shape.width
    for place in v.indices { wide[place / width * stride + offset + place % width] = v[place] }
    return AttentionInput(
      queries: Floats(q), keys: Floats(k), values: wide, valueOffset: offset, valueStride: stride)
  }

  /// The values' part of rows as wide as the input's.
  func inside(_ wide: Floats) -> [Double] {
    let width = shape.keyValueHeads * shape.width
    return v.indices.map { Double(wide[$0 / width * stride + offset + $0 % width]) }
  }

  func forward() -> (out: Floats, logSums: Floats) {
    let out = Floats([Float](repeating: .nan, count: q.count))
    let logSums = Floats(zeros: tokens * shape.heads)
    attention(input, sequences: sequences, shape, into: out, logSums: logSums)
    return (out, logSums)
  }

  func twin(_ q: [Double], _ k: [Double], _ v: [Double]) -> [Double] {
    naiveAttention(
      q, k, v, sequences: sequences, heads: shape.heads, keyValueHeads: shape.keyValueHeads, width: shape.width)
  }
}

@Suite struct AttentionTests {
  @Test(arguments: shapes, batches)
  func forwardEqualsTheTwin(shape: AttentionShape, lengths: [Int]) {
    let attention = AttentionCase(shape, lengths)
    // Scores are sums of `width` products of size 4, so their error, and the exponentials', is near 10⁻⁶.
    #expect(
      relativeError(
        attention.forward().out, attention.twin(attention.q.doubles, attention.k.doubles, attention.v.doubles)) < 1e-6)
  }

  @Test(arguments: shapes, batches)
  func backwardEqualsTheSlopeOfTheTwin(shape: AttentionShape, lengths: [Int]) {
    let attention = AttentionCase(shape, lengths)
    let projection = randomNumbers(attention.q.count, seed: 4)
    let dQueries = Floats([Float](repeating: .nan, count: attention.q.count))
    let dKeys = Floats([Float](repeating: .nan, count: attention.k.count))
    let dValues = Floats([Float](repeating: .nan, count: attention.tokens * attention.stride))
    attentionBackward(
      Floats(projection), attention.input, sequences: attention.sequences, shape, logSums: attention.forward().logSums,
      dQueries: dQueries, dKeys: dKeys, dValues: dValues)

    let (q, k, v) = (attention.q.doubles, attention.k.doubles, attention.v.doubles)
    func loss(_ q: [Double], _ k: [Double], _ v: [Double]) -> Double {
      dot(attention.twin(q, k, v), projection.doubles)
    }
    let qWay = randomNumbers(q.count, seed: 5).doubles
    let kWay = randomNumbers(k.count, seed: 6).doubles
    let vWay = randomNumbers(v.count, seed: 7).doubles
    // The sum of n slopes of either sign is √n times one, and so is its error.
    let size = Double(q.count).squareRoot()
    #expect(abs(dot(dQueries.doubles, qWay) - directionalDifference(q, qWay) { loss($0, k, v) }) < 2e-6 * size)
    #expect(abs(dot(dKeys.doubles, kWay) - directionalDifference(k, kWay) { loss(q, $0, v) }) < 2e-6 * size)
    #expect(
      abs(dot(attention.inside(dValues), vWay) - directionalDifference(v, vWay) { loss(q, k, $0) }) < 2e-6 * size)
    for place in 0..<dValues.count
    where !(attention.offset..<attention.stride - 3).contains(place % attention.stride) {
      #expect(dValues[place].isNaN, "a number beside the values changed")
    }
  }

  @Test func scoresOfAnySizeGiveNoNaN() {
    let attention = AttentionCase(shapes[1], [70], scale: 50)
    let (out, logSums) = attention.forward()
    #expect(out.array.allSatisfy { abs($0) <= 1.000001 } && logSums.array.isFinite)
    // Scores reach 10⁴, and one of them leaves the others far behind.
    #expect(
      relativeError(out, attention.twin(attention.q.doubles, attention.k.doubles, attention.v.doubles)) < 1e-6)
  }

  @Test func laterTokensChangeNothingAndOtherSequencesNeither() {
    let full = AttentionCase(shapes[1], [40, 30])
    let out = full.forward().out.array
    let changed = full.input
    let width = shapes[1].keyValueHeads * 16
    for place in 20 * width..<40 * width { changed.keys[place] = 9 }
    let again = Floats(zeros: full.q.count)
    attention(
      changed, sequences: full.sequences, shapes[1], into: again, logSums: Floats(zeros: full.tokens * 4))
    let row = 4 * 16
    // Product kernels may sum in another order where the block is wider; here it is the same block.
    #expect(Array(out[..<(20 * row)]).bits == Array(again.array[..<(20 * row)]).bits)
    #expect(Array(out[(40 * row)...]).bits == Array(again.array[(40 * row)...]).bits)
    #expect(Array(out[(20 * row)..<(40 * row)]) != Array(again.array[(20 * row)..<(40 * row)]))
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() {
    let results = [1, 2, 4].map { threads in
      withThreads(threads) { AttentionCase(shapes[1], [63, 5, 65]).forward().out.array.bits }
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }
}

@Suite struct CachedAttentionTests {
  @Test(arguments: shapes, [1, 15, 16, 17, 65])
  func tokensOverTheCacheEqualTheRowsOfOnePassToTheBit(shape: AttentionShape, length: Int) {
    let attention = AttentionCase(shape, [length])
    let keyWidth = shape.keyValueHeads * shape.width
    // What no token has written yet is NaN: it must not reach the result.
    let size = AttentionCache.count(slots: 3, capacity: length, shape)
    let cache = AttentionCache(
      slots: 3, capacity: length, shape, in: Floats([Float](repeating: .nan, count: size)))
    let (k, v) = (Floats(attention.k), Floats(attention.v))
    let positions = (0..<length).map { Int32($0) }
    let slots = [Int](repeating: 1, count: length)
    cache.remember(
      keys: k, values: v, offset: 0, stride: keyWidth, rows: 0..<length, slots: slots, positions: positions)
    let width = shape.heads * shape.width
    let out = Floats(zeros: length * width)
    cache.attend(Floats(attention.q), rows: 0..<length, slots: slots, positions: positions, into: out)
    #expect(out.array.bits == attention.forward().out.array.bits)
  }
}
