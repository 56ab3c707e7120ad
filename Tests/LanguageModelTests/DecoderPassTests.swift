// Forward and backward of the whole decoder: against the naive one, against finite differences of the naive one, and
// what must hold for any weights.

import Evidence
import LanguageModel
import Tensors
import Testing

@Suite struct DecoderPassTests {
  @Test(arguments: oddShapes)
  func logitsEqualTheNaiveDecoders(shape: DecoderConfiguration) throws {
    try shape.validate()
    let parameters = livelyParameters(shape)
    let sequences = [9, 1, 33].map { randomTokens($0, below: shape.vocabulary, seed: UInt64($0)) }
    let logits = forwardLogits(parameters, sequences)
    for (index, tokens) in sequences.enumerated() {
      let expected = NaiveDecoder(parameters).logits(tokens).flatMap(\.self)
      // The worst seen is 4 · 10⁻⁷; rotary angles alone are rounded, near position 30, to 2 · 10⁻⁶.
      #expect(relativeError(logits[index].doubles, expected) < 2e-6)
    }
  }

  @Test(arguments: oddShapes)
  func theGradientOfEveryTensorIsTheSlopeOfTheNaiveDecoder(shape: DecoderConfiguration) {
    let parameters = livelyParameters(shape)
    let sequences = someSequences(shape)
    let (loss, gradient) = crossEntropyGradient(parameters, sequences)
    let start = parameters.tensors
    #expect(abs(loss - NaiveDecoder(shape, start).crossEntropy(sequences)) < 3e-6 * (1 + loss))
    let whole = sumOfSquares(gradient.values).squareRoot()
    #expect(whole > 1e-3)
    let ranges = parameters.layout.tensorRanges
    for (index, entry) in parameters.layout.entries.enumerated() {
      // Only this tensor moves, so that no other can hide its error.
      var way = [Double](repeating: 0, count: start.count)
      let part = randomNumbers(entry.count, seed: UInt64(900 + index)).doubles
      way.replaceSubrange(ranges[index], with: part)
      let slope = directionalDifference(start, way) { NaiveDecoder(shape, $0).crossEntropy(sequences) }
      let computed = dot(gradient[entry].doubles, part)
      let size = sumOfSquares(gradient[entry]).squareRoot()
      // The worst seen is 5 · 10⁻⁷ of this sum.
      #expect(abs(computed - slope) < 3e-6 * (size + 0.05 * whole), "\(entry.name)")
    }
  }

  @Test(arguments: oddShapes)
  func gradientsAccumulateAndPassesLeaveNothingBehind(shape: DecoderConfiguration) {
    let parameters = livelyParameters(shape)
    let pass = DecoderPass(shape, for: .training)
    let first = crossEntropyGradient(parameters, someSequences(shape), pass: pass)
    let longer = [(prompt: randomTokens(20, below: shape.vocabulary, seed: 7), completion: [1, 0, 1] as [Int32])]
    _ = crossEntropyGradient(parameters, longer, pass: pass)
    let again = crossEntropyGradient(parameters, someSequences(shape), pass: pass)
    #expect(again.gradient.values.array.bits == first.gradient.values.array.bits && again.loss == first.loss)
  }

  @Test(arguments: oddShapes)
  func laterTokensChangeNoEarlierLogits(shape: DecoderConfiguration) {
    let parameters = livelyParameters(shape)
    let tokens = randomTokens(12, below: shape.vocabulary, seed: 3)
    let logits = forwardLogits(parameters, [tokens])[0]
    for changed in [1, 6, 11] {
      var other = tokens
      other[changed] = (tokens[changed] + 1) % Int32(shape.vocabulary)
      let otherLogits = forwardLogits(parameters, [other])[0]
      let before = changed * shape.vocabulary
      #expect(Array(otherLogits[..<before]).bits == Array(logits[..<before]).bits)
      #expect(otherLogits[before...] != logits[before...])
    }
  }

  @Test(arguments: oddShapes)
  func sequencesPackedTogetherAreScoredAsAloneToTheBit(shape: DecoderConfiguration) {
    let parameters = livelyParameters(shape)
    let sequences = [9, 1, 33, 4].map { randomTokens($0, below: shape.vocabulary, seed: UInt64($0)) }
    let together = forwardLogits(parameters, sequences)
    for (index, tokens) in sequences.enumerated() {
      #expect(together[index].bits == forwardLogits(parameters, [tokens])[0].bits)
    }
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() {
    let shape = DecoderConfiguration(
      vocabulary: 40, width: 96, layers: 2, heads: 4, keyValueHeads: 2, headWidth: 32, feedForward: 200)
    let parameters = livelyParameters(shape)
    let sequences = (0..<9).map { index in
      (
        prompt: randomTokens(10 + index, below: 40, seed: UInt64(index)),
        completion: randomTokens(70, below: 40, seed: UInt64(100 + index))
      )
    }
    let results = [1, 2, 4].map { threads in
      withThreads(threads) { crossEntropyGradient(parameters, sequences).gradient.values.array.bits }
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func batchesKnowWhereTheyAreScored() {
    var batch = PackedBatch()
    batch.append(prompt: [5, 6], completion: [7, 8, 9])
    batch.append(prompt: [1], completion: [])
    batch.append(prompt: [2], completion: [3])
    #expect(batch.tokens == [5, 6, 7, 8, 1, 2])
    #expect(batch.positions == [0, 1, 2, 3, 0, 0])
    #expect(batch.sequences == [0..<4, 4..<5, 5..<6] && batch.longest == 4)
    #expect(batch.scored == [1, 2, 3, 5] && batch.targets == [7, 8, 9, 3])
  }
}
