// One rollout with the decoder open, for looking at: which tokens each head reads, and what the head would say if the
// decoder ended early.

package import LanguageModel
import Rollouts
import Tensors

/// The most numbers that a look inside keeps: 256 MiB of float32.
private let mostKept = 1 << 26

/// The attention weights of every layer and head over a prompt and its completion.
package struct AttentionScores: Sendable {
  /// L.
  package let layers: Int
  /// H.
  package let heads: Int
  /// T, the tokens that read and are read: the prompt and the completion without its last token, which nothing reads.
  package let tokens: Int
  private let weights: Floats  // L × H × T × T

  /// Reads a prompt and a completion.
  ///
  /// Throws `SettingError`, before any work, for an empty prompt or completion, one that is too long for the context, or
  /// more weights than are worth keeping; `Interruption` when `isInterrupted` holds.
  package init(
    _ model: Weights, prompt: [Int32], completion: [Int32], isInterrupted: @escaping () -> Bool = { false }
  ) throws {
    let shape = model.configuration
    try checkScoring("model", shape, prompt: prompt, completion: completion)
    let count = prompt.count + completion.count - 1
    (layers, heads, tokens) = (shape.layers, shape.heads, count)
    try checkKept(
      Double(shape.layers * shape.heads) * Double(count) * Double(count),
      "the attention weights of \(shape.layers) layers of \(shape.heads) heads over \(count) tokens",
      fix: "take a shorter rollout, with its prompt at most "
        + "\(Int((Double(mostKept) / Double(shape.layers * shape.heads)).squareRoot())) tokens, or a smaller model")
    let (pass, batch) = try openPass(model, prompt: prompt, completion: completion, isInterrupted)
    weights = Floats(zeros: shape.layers * shape.heads * count * count)
    for map in 0..<shape.layers * shape.heads {
      if isInterrupted() { throw Interruption() }
      pass.attentionWeights(
        layer: map / shape.heads, head: map % shape.heads, sequence: 0, batch,
        into: weights.row(map, width: count * count))
    }
  }

  /// What the token at `row` reads with one head: T weights that sum to 1, 0 for what comes after it.
  package func row(layer: Int, head: Int, _ row: Int) -> [Double] {
    weights.row(layer * heads + head, width: tokens * tokens).row(row, width: tokens).array.map(Double.init)
  }
}

/// What the head says at each position of a completion after every number of layers, the logit lens (nostalgebraist,
/// 2020): log softmax(head · norm(hₗ)), hₗ the residual stream after l layers.
package struct LayerScores: Sendable {
  /// L + 1: the embedding, then after each layer.
  package let depths: Int
  /// Positions of the completion.
  package let positions: Int
  /// V.
  package let vocabulary: Int
  private let logProbabilities: Floats  // (L + 1) × positions × V

  /// Reads a prompt and a completion.
  ///
  /// Throws `SettingError`, before any work, for an empty prompt or completion, one that is too long for the context, or
  /// more probabilities than are worth keeping; `Interruption` when `isInterrupted` holds.
  package init(
    _ model: Weights, prompt: [Int32], completion: [Int32], isInterrupted: @escaping () -> Bool = { false }
  ) throws {
    let shape = model.configuration
    try checkScoring("model", shape, prompt: prompt, completion: completion)
    (depths, positions, vocabulary) = (shape.layers + 1, completion.count, shape.vocabulary)
    try checkKept(
      Double(depths) * Double(positions) * Double(vocabulary),
      "the probabilities of a logit lens of \(depths) depths at \(positions) positions over \(vocabulary) tokens",
      fix: "take a shorter rollout, at most \(mostKept / (depths * vocabulary)) tokens, or a smaller model")
    let (pass, batch) = try openPass(model, prompt: prompt, completion: completion, isInterrupted)
    logProbabilities = Floats(zeros: depths * positions * vocabulary)
    let head = Head()
    for depth in 0..<depths {
      if isInterrupted() { throw Interruption() }
      let hidden = pass.hidden(afterLayers: depth, model.base, batch)
      logProbabilities.row(depth, width: positions * vocabulary)
        .assign(head.logProbabilities(model.base, hidden, 0..<positions, temperature: 1))
    }
  }

  /// The probabilities over the vocabulary after so many layers at a position.
  package func row(afterLayers depth: Int, _ position: Int) -> [Double] {
    probabilities(
      logProbabilities.row(depth, width: positions * vocabulary).row(position, width: vocabulary))
  }
}

private func checkKept(_ numbers: Double, _ what: String, fix: String) throws(SettingError) {
  guard numbers <= Double(mostKept) else {
    throw SettingError(
      what: "\(what) are too many numbers to look at",
      why: "they would take \(Int((numbers / 0x1p18).rounded(.up))) MiB, and a look inside keeps at most "
        + "\(mostKept >> 18)",
      fix: fix)
  }
}

/// A forward pass over one sequence whose activations stay.
private func openPass(
  _ model: Weights, prompt: [Int32], completion: [Int32], _ isInterrupted: @escaping () -> Bool
) throws -> (DecoderPass, PackedBatch) {
  let shape = model.configuration
  var batch = PackedBatch()
  batch.append(prompt: prompt, completion: completion)
  try SettingError.checkMemory(
    DecoderPass.bytes(shape, adapter: model.adapter?.configuration, tokens: batch.tokens.count, for: .training),
    for: "keeping the activations of \(batch.tokens.count) tokens", fix: "choose a shorter rollout or a smaller model")
  let pass = DecoderPass(shape, for: .training, shouldStop: isInterrupted)
  _ = pass.forward(model.base, adapter: model.adapter, batch)
  if isInterrupted() { throw Interruption() }
  return (pass, batch)
}
