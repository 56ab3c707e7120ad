// Decoding with a cache: equal to the full forward pass, and bit for bit independent of what is decoded beside it.

import Evidence
import LanguageModel
import Tensors
import Testing

@Suite struct CachedDecoderTests {
  private func logits(_ decoder: CachedDecoder, rows: [Int], _ shape: DecoderConfiguration) -> [Float] {
    let logits = Floats(zeros: rows.count * shape.vocabulary)
    decoder.logits(ofRows: rows, into: logits)
    return logits.array
  }

  /// Logits after every token, read `pieces` tokens at a time.
  private func decode(
    _ parameters: Parameters, _ adapter: Adapter?, _ tokens: [Int32], pieces: Int, isParallel: Bool = false
  ) -> [Float] {
    let decoder = CachedDecoder(
      parameters, adapter: adapter, slots: 1, length: tokens.count, isParallel: isParallel)
    return stride(from: 0, to: tokens.count, by: pieces).flatMap { start in
      let piece = Array(tokens[start..<min(start + pieces, tokens.count)])
      decoder.extend(piece, slots: piece.map { _ in 0 })
      return logits(decoder, rows: Array(piece.indices), parameters.configuration)
    }
  }

  /// No adapter, and one of every kind of map.
  private static let targets: [Set<AdapterTarget>?] = [nil] + someTargets

  private func adapter(_ shape: DecoderConfiguration, _ targets: Set<AdapterTarget>?) -> Adapter? {
    targets.map { livelyAdapter(shape, targets: $0) }
  }

  @Test(arguments: oddShapes, targets)
  func tokenByTokenEqualsTheFullPassToTheBit(shape: DecoderConfiguration, targets: Set<AdapterTarget>?) {
    let parameters = livelyParameters(shape)
    let adapter = adapter(shape, targets)
    let tokens = randomTokens(33, below: shape.vocabulary, seed: 3)
    let full = forwardLogits(parameters, adapter: adapter, [tokens])[0]
    for pieces in [1, 5, 33] { #expect(decode(parameters, adapter, tokens, pieces: pieces).bits == full.bits) }
  }

  @Test(arguments: oddShapes, targets)
  func promptsInPiecesOfAnyLengthGiveTheSameBits(shape: DecoderConfiguration, targets: Set<AdapterTarget>?) {
    let parameters = livelyParameters(shape)
    let adapter = adapter(shape, targets)
    let tokens = randomTokens(33, below: shape.vocabulary, seed: 3)
    let bits = decode(parameters, adapter, tokens, pieces: 1).bits
    for pieces in [2, 7, 33] { #expect(decode(parameters, adapter, tokens, pieces: pieces).bits == bits) }
    for threads in [1, 2, 4] {
      withThreads(threads) {
        #expect(decode(parameters, adapter, tokens, pieces: 33, isParallel: true).bits == bits)
      }
    }
  }

  @Test(arguments: oddShapes, targets)
  func neighboursChangeNoBit(shape: DecoderConfiguration, targets: Set<AdapterTarget>?) {
    let parameters = livelyParameters(shape)
    let adapter = adapter(shape, targets)
    let prompts = [4, 1, 17, 9, 2].map { randomTokens($0, below: shape.vocabulary, seed: UInt64($0)) }
    let alone = prompts.map { tokens in
      Array(decode(parameters, adapter, tokens, pieces: tokens.count).suffix(shape.vocabulary)).bits
    }
    for order in [[0, 1, 2, 3, 4], [4, 2, 0, 3, 1], [3, 1]] {
      let decoder = CachedDecoder(parameters, adapter: adapter, slots: order.count, length: 17, isParallel: false)
      var last: [Int] = []
      var tokens: [Int32] = []
      var slots: [Int] = []
      for (slot, index) in order.enumerated() {
        tokens += prompts[index]
        slots += prompts[index].map { _ in slot }
        last.append(tokens.count - 1)
      }
      decoder.extend(tokens, slots: slots)
      let together = logits(decoder, rows: last, shape)
      for (row, index) in order.enumerated() {
        #expect(Array(together[row * shape.vocabulary..<(row + 1) * shape.vocabulary]).bits == alone[index])
      }
    }
  }
}
