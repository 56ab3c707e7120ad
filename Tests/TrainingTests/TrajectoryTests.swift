// Ten steps of OPSD against ten steps in PyTorch. The completions are given by the fixture, so that nothing but the
// passes, the divergence and the optimiser is compared.

import Evidence
import JSONValues
import LanguageModel
import Objectives
import Rollouts
import Tensors
import Testing
@testable import Training

@Suite struct TrajectoryTests {
  @Test func tenStepsEqualPyTorchs() throws {
    let golden = try goldenJSON().at("opsd-trajectory")
    let initial = try goldenParameters("qwen3-tied", isTied: true)
    let learner = Learner(
      Weights(initial),
      OptimiserSettings(
        learningRate: 1e-3, weightDecay: 0.1, maxGradientNorm: try #require(try golden.at("maxGradientNorm").double)),
      steps: 10)
    var seenByStudent = PackedBatch()
    var seenByTeacher = PackedBatch()
    for sample in try #require(try golden.at("samples").array) {
      let completion = try sample.at("completion").tokens
      seenByStudent.append(prompt: try sample.at("studentPrompt").tokens, completion: completion)
      seenByTeacher.append(prompt: try sample.at("teacherPrompt").tokens, completion: completion)
    }
    #expect(seenByStudent.scored.count == 15)
    let weights = Floats(Reduction.tokenMean.weights(lengths: [15]))
    let teacherPass = DecoderPass(initial.configuration, for: .scoring)
    let losses = try golden.at("losses").numbers
    let norms = try golden.at("gradientNorms").numbers
    #expect(losses.count == 10 && norms.count == 10)
    for step in 1...10 {
      let hidden = teacherPass.forward(initial, seenByTeacher)
      let update = try learner.update(seenByStudent, step: step) { positions, logits in
        distillationLoss(
          .jsd(beta: 0.5), teacher: Head().logProbabilities(initial, hidden, positions, temperature: 1),
          studentLogits: logits, positions, weights: weights, temperature: 1)
      }
      // The worst seen is 6 · 10⁻⁷ for either.
      #expect(abs(update.loss / losses[step - 1] - 1) < 3e-6, "loss of step \(step)")
      #expect(abs(update.gradientNorm / norms[step - 1] - 1) < 3e-6, "norm of step \(step)")
      #expect(update.rate == 1e-3)
    }
    for entry in initial.layout.entries {
      let expected = try goldenTensor(entry.name, in: "opsd-trajectory-final")
      let start = initial[entry].doubles
      let end = learner.weights.base[entry].doubles
      // Of the way that was gone, not of the weights, which hardly move. Adam divides by √v: where a gradient is all
      // rounding, its sign decides about a whole step; such weights are few. The worst seen is 2 · 10⁻⁵.
      let way = relativeError(zip(end, start).map { $0 - $1 }, zip(expected, start).map { $0 - $1 })
      #expect(way < 1e-4, "\(entry.name)")
      let norm = try #require(try golden.at("finalNorms", entry.name).double)
      #expect(abs(dot(end, end).squareRoot() / norm - 1) < 1e-6, "\(entry.name)")
    }
  }

  @Test func divergencesOfTheFirstStepEqualPyTorchsTokenByToken() throws {
    let golden = try goldenJSON().at("opsd-trajectory")
    let initial = try goldenParameters("qwen3-tied", isTied: true)
    let expected = try golden.at("firstStepDivergences").numbers
    var found: [Double] = []
    for sample in try #require(try golden.at("samples").array) {
      let completion = try sample.at("completion").tokens
      var rows: [Floats] = []
      for key in ["teacherPrompt", "studentPrompt"] {
        var batch = PackedBatch()
        batch.append(prompt: try sample.at(key).tokens, completion: completion)
        let hidden = DecoderPass(initial.configuration, for: .scoring).forward(initial, batch)
        rows.append(Head().logProbabilities(initial, hidden, 0..<completion.count, temperature: 1))
      }
      let losses = Floats(zeros: completion.count)
      Divergence.jsd(beta: 0.5).lossAndGradient(
        teacher: rows[0], student: rows[1], weights: Floats([Float](repeating: 1, count: completion.count)),
        losses: losses, rows: completion.count, vocabulary: 19)
      found += losses.doubles
    }
    #expect(expected.count == 15)
    #expect(relativeError(found, expected) < 2e-6)
  }
}
