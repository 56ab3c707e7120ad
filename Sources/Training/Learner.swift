// What every method shares: a student that is being trained, and the step from a loss over scored positions to new
// parameters. A method says which positions are scored and with which loss; see the trainers beside this file.

import Checkpoints
import LanguageModel
import Objectives
import Rollouts
import Tasks
import Tensors

/// A student in training.
///
/// What is trained is a copy, all parameters or an adapter: what it was made from stays as it is. It changes only in
/// `finish`, as the last act of a step, so that the weights are always those of the last complete step.
final class Learner {
  /// The weights as of the last complete step.
  let weights: Weights
  /// Where activations lie; passes and heads of a teacher, which have their turn before the student's, share it.
  let activations = ActivationMemory()
  private let gradient: Trainable
  private let pass: DecoderPass
  private var optimiser: Optimiser
  private let steps: Int
  private let isInterrupted: () -> Bool

  private var step = 0
  private var problems: [Problem] = []
  private var sequences = 0
  private var loss = 0.0

  init(
    _ initial: Weights, _ settings: OptimiserSettings, steps: Int, isInterrupted: @escaping () -> Bool = { false }
  ) {
    self.isInterrupted = isInterrupted
    weights = initial.copyOfTrained()
    gradient = initial.trained.zerosLike()
    pass = DecoderPass(initial.configuration, for: .training, memory: activations, shouldStop: isInterrupted)
    optimiser = Optimiser(settings, for: initial.trained)
    self.steps = steps
  }

  /// Begins a step; `problems` are those of its sequences, in the order in which they will be accumulated.
  func begin(step: Int, problems: [Problem] = []) {
    self.step = step
    self.problems = problems
    sequences = 0
    loss = 0
    gradient.values.fill(0)
  }

  /// Adds to the problems of the step's sequences.
  func expect(_ problems: [Problem]) { self.problems += problems }

  /// Adds some sequences of the step to its loss and its gradient: forward, loss at every scored position, backward.
  ///
  /// The weights in `loss` are those of the whole step, so that it does not matter, but for rounding, how a step is cut.
  /// Throws `NotFinite` where a loss, or its gradient by the hidden states, is not finite, and `Interruption` soon
  /// after an interrupt; the parameters stay as they are.
  func accumulate(_ batch: PackedBatch, loss: ChunkLoss) throws {
    let parameters = weights.base
    let hidden = pass.forward(parameters, adapter: weights.adapter, batch)
    if isInterrupted() { throw Interruption() }
    let dHidden = activations.take(hidden.count)
    let part = headLossAndGradient(
      parameters, hidden, dHidden: dHidden, into: gradient.parameters, memory: activations,
      chunk: headChunk(parameters.configuration), shouldStop: isInterrupted, loss)
    if isInterrupted() { throw Interruption() }
    guard part.total.isFinite else { throw notFinite(.loss, at: part.notFinite, of: batch) }
    guard sumOfSquares(dHidden).isFinite else {
      let width = parameters.configuration.width
      let positions = batch.scored.indices.filter { !sumOfSquares(dHidden.row($0, width: width)).isFinite }
      throw notFinite(.gradient, at: positions, of: batch)
    }
    pass.backward(dHidden, parameters, adapter: weights.adapter, batch, into: gradient)
    if isInterrupted() { throw Interruption() }
    self.loss += part.total
    sequences += batch.sequences.count
  }

  /// Ends the step with AdamW; returns the step's loss, the gradient's norm before clipping, and the rate.
  ///
  /// Throws `NotFinite`, and changes nothing, where the gradient is not finite or the parameters would not be.
  func finish() throws(NotFinite) -> (loss: Double, gradientNorm: Double, rate: Double) {
    let norm = sumOfSquares(gradient.values).squareRoot()
    guard norm.isFinite else { throw NotFinite(step: step, quantity: .gradient, problems: []) }
    let settings = optimiser.settings
    let rate = settings.rate(step: step, of: steps)
    // Only a decay of more than twice a weight makes weights grow without bound.
    let growth = abs(1 - rate * settings.weightDecay)
    guard growth <= 1 || sumOfSquares(weights.trained.values).squareRoot() * growth < 1e38 else {
      throw NotFinite(step: step, quantity: .parameters, problems: [])
    }
    optimiser.step(weights.trained, gradient, norm: norm, rate: rate)
    return (loss, norm, rate)
  }

  /// A whole step on one batch: `begin`, `accumulate`, `finish`.
  func update(
    _ batch: PackedBatch, step: Int, problems: [Problem] = [], loss: ChunkLoss
  ) throws -> (loss: Double, gradientNorm: Double, rate: Double) {
    begin(step: step, problems: problems)
    try accumulate(batch, loss: loss)
    return try finish()
  }

  private func notFinite(_ quantity: NotFinite.Quantity, at positions: [Int], of batch: PackedBatch) -> NotFinite {
    let places = Set(
      positions.compactMap { position in batch.sequences.firstIndex { $0.contains(Int(batch.scored[position])) } })
    let affected = places.sorted().compactMap { place in
      problems.indices.contains(sequences + place) ? problems[sequences + place] : nil
    }
    return NotFinite(step: step, quantity: quantity, problems: affected)
  }

  // MARK: Steps of several updates

  /// What is trained and the optimiser's state, as they are now.
  struct Snapshot {
    fileprivate let values: [Floats]
    fileprivate let optimiser: Optimiser
  }

  private var state: [Floats] {
    let (first, second) = optimiser.moments
    return [weights.trained.values, first.values, second.values]
  }

  /// A copy, for a step of several updates that may not come to its end.
  func snapshot() -> Snapshot { Snapshot(values: state.map { $0.copy() }, optimiser: optimiser) }

  /// Puts everything back as it was.
  func restore(_ snapshot: Snapshot) {
    for (now, then) in zip(state, snapshot.values) { now.assign(then) }
    optimiser = snapshot.optimiser
  }

  // MARK: Checkpoints

  /// What changes from step to step: views of the memory that steps work in.
  var groups: [String: [NamedArray]] {
    let (first, second) = optimiser.moments
    return ["trained": weights.trained.arrays, "firstMoment": first.arrays, "secondMoment": second.arrays]
  }

  /// Goes on after so many steps, whose results have been put into the `groups`.
  func resume(after steps: Int) { optimiser.resume(after: steps) }
}
