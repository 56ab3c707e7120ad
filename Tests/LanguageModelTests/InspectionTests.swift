// What a look inside sees, beside plain loops in double precision and beside what the pass itself returned.

import Evidence
import LanguageModel
import Tensors
import Testing

@Suite struct InspectionTests {
  /// A pass over the sequences, whose activations stay, and what it returned.
  private func open(
    _ parameters: Parameters, adapter: Adapter? = nil, _ sequences: [[Int32]]
  ) -> (pass: DecoderPass, batch: PackedBatch, hidden: Floats) {
    var batch = PackedBatch()
    for tokens in sequences {
      batch.append(prompt: Array(tokens.prefix(2)), completion: Array(tokens.dropFirst(2)) + [0])
    }
    let pass = DecoderPass(parameters.configuration, for: .training)
    return (pass, batch, pass.forward(parameters, adapter: adapter, batch))
  }

  /// Lengths on both sides of the block of 32 queries that attention takes at a time.
  private func sequences(_ shape: DecoderConfiguration) -> [[Int32]] {
    [2, 33, 7, 40].enumerated().map { randomTokens($1, below: shape.vocabulary, seed: UInt64(90 + $0)) }
  }

  @Test(arguments: oddShapes.indices) func attentionWeightsEqualPlainLoops(index: Int) {
    let shape = oddShapes[index]
    let parameters = livelyParameters(shape)
    let naive = NaiveDecoder(parameters)
    let sequences = sequences(shape)
    let (pass, batch, _) = open(parameters, sequences)
    for (place, tokens) in sequences.enumerated() {
      let expected = naive.trace(tokens).attention
      for layer in 0..<shape.layers {
        for head in 0..<shape.heads {
          let weights = Floats([Float](repeating: .nan, count: tokens.count * tokens.count))
          pass.attentionWeights(layer: layer, head: head, sequence: place, batch, into: weights)
          for row in tokens.indices {
            let found = weights.row(row, width: tokens.count).doubles
            #expect(relativeError(Array(found[...row]), expected[layer][head][row]) < 2e-5)
            #expect(found[(row + 1)...].allSatisfy { $0 == 0 }, "nobody reads what comes after")
            #expect(abs(found.reduce(0, +) - 1) < 1e-6)
          }
        }
      }
    }
  }

  @Test(arguments: oddShapes.indices) func streamsThroughTheNormEqualPlainLoops(index: Int) {
    let shape = oddShapes[index]
    let parameters = livelyParameters(shape)
    let naive = NaiveDecoder(parameters)
    let sequences = sequences(shape)
    let (pass, batch, _) = open(parameters, sequences)
    let rows = batch.scored.count
    for count in 0...shape.layers {
      let hidden = pass.hidden(afterLayers: count, parameters, batch)
      let logits = Floats(zeros: rows * shape.vocabulary)
      linear(
        Matrix(hidden, rows: rows, columns: shape.width), parameters.head,
        into: Matrix(logits, rows: rows, columns: shape.vocabulary))
      // The completion begins after two tokens: its first one is predicted by the second.
      let expected = sequences.flatMap { naive.trace($0).streams[count].dropFirst().flatMap(naive.headed) }
      #expect(relativeError(logits, expected) < 1e-5)
    }
  }

  @Test(arguments: oddShapes.indices) func afterAllLayersItIsWhatThePassReturned(index: Int) {
    let shape = oddShapes[index]
    let parameters = livelyParameters(shape)
    let adapter = Adapter(zeros: AdapterConfiguration(rank: 2), for: shape)
    for entry in adapter.entries { adapter[entry] = Floats(randomNumbers(entry.count, seed: 8, scale: 0.3)) }
    for adapter in [nil, adapter] {
      let (pass, batch, hidden) = open(parameters, adapter: adapter, sequences(shape))
      #expect(pass.hidden(afterLayers: shape.layers, parameters, batch).array.bits == hidden.array.bits)
      // Looking changes nothing: it can be repeated, and the backward pass comes after it.
      #expect(pass.hidden(afterLayers: shape.layers, parameters, batch).array.bits == hidden.array.bits)
    }
  }
}
