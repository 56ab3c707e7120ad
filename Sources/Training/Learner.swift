// What every method shares: a student that is being trained, and the step from a loss over scored positions to new
// parameters. A method says which positions are scored and with which loss; see the trainers beside this file.

import LanguageModel
import Objectives
import Rollouts
import Tensors

/// A student in training.
///
/// Its parameters are a copy: what it was made from stays as it is. They change only in `update`, as the last act of a
/// step, so that they are always those of the last complete step.
final class Learner {
  /// The parameters as of the last complete step.
  private(set) var parameters: Parameters
  private let gradient: Parameters
  private let pass: DecoderPass
  private var optimiser: Optimiser
  private let steps: Int

  private let head = Head()
  private var dHidden = Scratch()
  private let isInterrupted: () -> Bool

  init(
    _ initial: Parameters, _ settings: OptimiserSettings, steps: Int, isInterrupted: @escaping () -> Bool = { false }
  ) {
    self.isInterrupted = isInterrupted
    parameters = initial.copy()
    gradient = initial.zerosLike()
    pass = DecoderPass(initial.configuration, for: .training, shouldStop: isInterrupted)
    optimiser = Optimiser(settings, for: initial)
    self.steps = steps
  }

  /// One step: forward, loss at every scored position, backward, AdamW.
  ///
  /// Returns nil, and changes nothing, where the loss or the gradient is not finite; throws `Interruption`, and changes
  /// nothing either, soon after an interrupt.
  func update(
    _ batch: PackedBatch, step: Int, loss: (_ positions: Range<Int>, _ logits: Floats) -> Double
  ) throws -> (loss: Double, gradientNorm: Double, rate: Double)? {
    let total = computeGradient(batch, loss: loss)
    if isInterrupted() { throw Interruption() }
    guard total.isFinite, sumOfSquares(gradient.values).isFinite else { return nil }
    let (norm, rate) = applyGradient(step: step)
    return (total, norm, rate)
  }

  /// The loss of a batch; its gradient is kept for `applyGradient`.
  ///
  /// `loss` is given a chunk of scored positions and the student's logits there; it returns the sum of weighted losses
  /// and leaves the gradient by the logits in their place.
  func computeGradient(
    _ batch: PackedBatch, loss: (_ positions: Range<Int>, _ logits: Floats) -> Double
  ) -> Double {
    gradient.values.fill(0)
    let hidden = pass.forward(parameters, batch)
    let dHidden = dHidden.memory(hidden.count)
    var total = 0.0
    forEachHeadChunk(parameters, positions: batch.scored.count) { positions in
      let h = hiddenRows(hidden, positions, parameters)
      let logits = head.logits(parameters, h)
      total += loss(positions, logits.values)
      linearInputGradient(logits, parameters.head, into: hiddenRows(dHidden, positions, parameters))
      linearWeightGradient(logits, h, addingTo: gradient.head)
    }
    if total.isFinite { pass.backward(dHidden, parameters, batch, into: gradient) }
    return total
  }

  /// Moves the parameters by one step of AdamW; returns the gradient's norm before clipping and the rate.
  func applyGradient(step: Int) -> (gradientNorm: Double, rate: Double) {
    let settings = optimiser.settings
    let rate = settings.learningRate * settings.schedule.factor(step: step, of: steps, warmup: settings.warmup)
    return (optimiser.step(parameters, gradient, rate: rate), rate)
  }
}
