// The head alone at a large vocabulary: full-vocabulary divergence between a teacher and a student, forward and
// gradient, without a decoder below it.

import LanguageModel
import Objectives
import RandomStreams
import Tensors

/// The work of one measured head pass.
package struct HeadBenchmark: Sendable {
  /// V.
  package let vocabulary: Int
  /// D.
  package let width: Int
  /// Scored positions.
  package let positions: Int

  package init(vocabulary: Int, width: Int, positions: Int) {
    self.vocabulary = vocabulary
    self.width = width
    self.positions = positions
  }

  /// What was measured.
  package struct Measurement: Sendable {
    /// Seconds of each pass.
    package var seconds: [Double] = []
    /// Bytes of float memory beside the weights, their gradient, and the two hidden states.
    package var extraBytes = 0
    /// The mean divergence, in nats.
    package var loss = 0.0
  }

  /// Positions that are taken at a time.
  package var chunk: Int { headChunk(configuration) }

  private var configuration: DecoderConfiguration {
    DecoderConfiguration(
      vocabulary: vocabulary, width: width, layers: 1, heads: 1, keyValueHeads: 1, headWidth: 2, feedForward: 1)
  }

  /// Measures `count` passes after one that is not counted; `seconds` reads a monotonic clock, `begin` is called when
  /// the weights are there and nothing has been computed with them.
  package func measure(_ count: Int, seconds: () -> Double, begin: () -> Void = {}) throws -> Measurement {
    try configuration.validate()
    let parameters = Parameters(randomly: configuration, seed: 1)
    let gradient = parameters.zerosLike()
    var random = RandomStream(seed: 2, purpose: .user)
    func hidden() -> Floats {
      let hidden = Floats(zeros: positions * width)
      for index in 0..<hidden.count { hidden[index] = Float(4 * random.uniform() - 2) }
      return hidden
    }
    let (student, teacher) = (hidden(), hidden())
    let weights = Floats(Reduction.tokenMean.weights(lengths: [positions]))
    begin()

    let before = FloatMemoryUse.bytes
    FloatMemoryUse.forgetPeak()
    let memory = ActivationMemory()
    let teacherHead = Head(in: memory)
    var result = Measurement()
    for repetition in 0...count {
      memory.beginTurn(expecting: positions * width + 2 * chunk * vocabulary)
      gradient.values.fill(0)
      let start = seconds()
      let dHidden = memory.take(positions * width)
      let loss = headLossAndGradient(
        parameters, student, dHidden: dHidden, into: gradient, memory: memory, chunk: chunk
      ) { positions, studentLogits in
        distillationLoss(
          .jsd(beta: 0.5), teacher: teacherHead.logProbabilities(parameters, teacher, positions, temperature: 1),
          studentLogits: studentLogits, positions, weights: weights, temperature: 1)
      }
      if repetition > 0 { result.seconds.append(seconds() - start) }
      result.loss = loss.total
    }
    result.extraBytes = FloatMemoryUse.peakBytes - before
    return result
  }
}
