// Tiny decoders to sample from.

import Evidence
import LanguageModel
import RandomStreams
import Rollouts
import Tensors

/// A decoder with so many tokens, lively enough that its distributions are neither flat nor certain.
func tinyParameters(vocabulary: Int = 7, contextLength: Int = 96, seed: UInt64 = 1, scale: Float = 1.5) -> Parameters {
  let parameters = Parameters(
    randomly: DecoderConfiguration(
      vocabulary: vocabulary, width: 12, layers: 2, heads: 4, keyValueHeads: 2, headWidth: 6, feedForward: 20,
      hasTiedHead: false, contextLength: contextLength), seed: seed)
  for (index, entry) in parameters.layout.entries.enumerated() where entry.shape.count == 2 {
    let scale = scale / Float(entry.shape[1]).squareRoot()
    parameters[entry] = Floats(randomNumbers(entry.count, seed: seed + UInt64(1000 * index), scale: scale))
  }
  return parameters
}

/// An adapter of every matrix, whose product is about as large as the weights.
func tinyAdapter(_ parameters: Parameters, rank: Int = 3) -> Adapter {
  let adapter = Adapter(zeros: AdapterConfiguration(rank: rank, alpha: 4), for: parameters.configuration)
  for (index, entry) in adapter.layout.entries.enumerated() {
    let scale = 1 / Float(entry.shape[1]).squareRoot()
    adapter[entry] = Floats(randomNumbers(entry.count, seed: 300 + UInt64(index), scale: scale))
  }
  return adapter
}

/// Requests with ragged prompts, each with its own stream.
func someRequests(_ count: Int, vocabulary: Int = 7) -> [RolloutRequest] {
  (0..<count).map { index in
    RolloutRequest(
      prompt: randomTokens(1 + index * 5 % 13, below: vocabulary, seed: UInt64(index)),
      stream: RandomStream(seed: 9, purpose: .sampling, 1, index))
  }
}

/// Tokens and bits of log-probabilities: what must not depend on the company.
struct Drawn: Equatable {
  let tokens: [Int32]
  let bits: [UInt32]

  init(_ rollout: Rollout) {
    tokens = rollout.tokens
    bits = rollout.logProbabilities.bits
  }
}

/// Log-probabilities of a completion from the forward pass that training uses.
func scoredLogProbabilities(
  _ parameters: Parameters, adapter: Adapter? = nil, _ rollout: Rollout, temperature: Double
) -> [Float] {
  let shape = parameters.configuration
  var batch = PackedBatch()
  batch.append(prompt: rollout.prompt, completion: rollout.tokens)
  let hidden = DecoderPass(shape, for: .scoring).forward(parameters, adapter: adapter, batch)
  let rows = batch.scored.count
  let logits = Matrix(Floats(zeros: rows * shape.vocabulary), rows: rows, columns: shape.vocabulary)
  linear(Matrix(hidden, rows: rows, columns: shape.width), parameters.head, into: logits)
  logSoftmax(logits.values, rows: rows, width: shape.vocabulary, temperature: Float(temperature))
  return batch.targets.enumerated().map { logits.values[$0 * shape.vocabulary + Int($1)] }
}
