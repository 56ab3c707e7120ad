// What the sampled tokens of a step are worth: advantages, and the loss that makes a policy gradient of them.

import Rollouts
import Objectives
import Tensors

/// Advantages of the tokens of some answers, one after the other, and the loss that uses them.
struct PolicySignal {
  let loss: TokenPolicyLoss
  /// By token: the given part of the advantage.
  private let advantages: [Float]
  /// By token: the log-probability under which it was drawn.
  private let old: [Float]
  private let weights: Floats

  /// One advantage for each answer, which all its tokens have.
  init(_ answers: [Attempt], advantages: [Double], _ weighting: LossWeighting, loss: TokenPolicyLoss) {
    let lengths = answers.map(\.rollout.tokens.count)
    self.loss = loss
    self.advantages = zip(advantages, lengths).flatMap { Array(repeating: Float($0), count: $1) }
    old = answers.flatMap(\.rollout.logProbabilities)
    weights = weighting.weights(lengths: lengths)
  }

  /// The sum of the weighted losses of a chunk whose student is log-probabilities; they become the gradient by the logits.
  ///
  /// A teacher that reads along is the reference of the loss's penalty where it has one, else it takes part in the
  /// advantage.
  func lossAndGradient(_ chunk: LossChunk, temperature: Double, meter: inout LossMeter) -> Double {
    let vocabulary = chunk.vocabulary
    var rows = TokenPolicyLoss.Rows(
      tokens: chunk.targets, advantages: Array(advantages[chunk.positions]), old: Array(old[chunk.positions]))
    if let teacher = chunk.teacher {
      let seen = chunk.targets.enumerated().map { teacher[$0 * vocabulary + Int($1)] }
      if loss.penalty == nil { rows.teacher = seen } else { rows.reference = seen }
    }
    let outcomes = loss.lossAndGradient(
      student: chunk.logits, rows, weights: weights[chunk.positions], vocabulary: vocabulary, temperature: temperature)
    meter.measure(outcomes, of: loss)
    return zip(chunk.positions, outcomes).reduce(0) { $0 + Double(weights[$1.0]) * $1.1.loss }
  }
}
