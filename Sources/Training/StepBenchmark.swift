// One OPSD step on random tokens, phase by phase: the work of the step and nothing left out of it.

package import LanguageModel
import Objectives
import RandomStreams
import Rollouts
import Tensors

/// The work of one measured step.
package struct StepBenchmark: Sendable {
  /// The decoder.
  package let configuration: DecoderConfiguration
  /// Sequences in the batch.
  package let batch: Int
  /// Tokens of the student's prompt.
  package let studentPrompt: Int
  /// Tokens of the teacher's prompt.
  package let teacherPrompt: Int
  /// Tokens of every rollout.
  package let newTokens: Int

  package init(
    configuration: DecoderConfiguration, batch: Int, studentPrompt: Int, teacherPrompt: Int, newTokens: Int
  ) {
    self.configuration = configuration
    self.batch = batch
    self.studentPrompt = studentPrompt
    self.teacherPrompt = teacherPrompt
    self.newTokens = newTokens
  }

  /// Seconds of each phase of one step.
  package struct Phases: Sendable {
    /// Sampling every rollout from the student.
    package var rollout = 0.0
    /// The teacher's log-probabilities over the vocabulary at every position.
    package var teacher = 0.0
    /// The student's forward pass, the divergence, and the backward pass.
    package var studentForwardBackward = 0.0
    /// The clipped AdamW update.
    package var adamW = 0.0
    /// All four.
    package var step: Double { rollout + teacher + studentForwardBackward + adamW }
  }

  /// What such a step holds in memory.
  package var ledger: MemoryLedger {
    MemoryLedger(configuration, tokens: batch * (studentPrompt + newTokens - 1))
  }

  /// Measures `count` steps after one that is not counted; `seconds` reads a monotonic clock, `afterStep` is called at
  /// the end of each.
  package func measure(
    _ count: Int, seconds: () -> Double, afterStep: (_ step: Int) -> Void = { _ in }
  ) throws -> [Phases] {
    let initial = Weights(Parameters(randomly: configuration, seed: 1))
    let learner = Learner(initial, OptimiserSettings(learningRate: 1e-4), steps: count + 1)
    let teacherPass = DecoderPass(configuration, for: .scoring, memory: learner.activations)
    let teacherHead = Head(in: learner.activations)
    var random = RandomStream(seed: 2, purpose: .user)
    func prompts(_ length: Int) -> [[Int32]] {
      (0..<batch).map { _ in (0..<length).map { _ in Int32(1 + random.below(configuration.vocabulary - 1)) } }
    }
    let studentPrompts = prompts(studentPrompt)
    let teacherPrompts = prompts(teacherPrompt)
    let weights = Floats(Reduction.tokenMean.weights(lengths: Array(repeating: newTokens, count: batch)))

    return try (0...count).map { step in
      var phases = Phases()
      var start = seconds()
      let requests = studentPrompts.enumerated().map { index, prompt in
        RolloutRequest(prompt: prompt, stream: RandomStream(seed: 3, purpose: .sampling, step, index))
      }
      let rollouts = try learner.weights.base.sample(
        requests, SamplingRule(maxTokens: newTokens), end: nil, memory: learner.activations)
      phases.rollout = seconds() - start

      var seenByStudent = PackedBatch()
      var seenByTeacher = PackedBatch()
      for (index, rollout) in rollouts.enumerated() {
        seenByStudent.append(prompt: studentPrompts[index], completion: rollout.tokens)
        seenByTeacher.append(prompt: teacherPrompts[index], completion: rollout.tokens)
      }
      start = seconds()
      let teacherHidden = teacherPass.forward(initial.base, seenByTeacher)
      phases.teacher = seconds() - start

      start = seconds()
      var inTeacher = 0.0
      learner.begin(step: step + 1)
      try learner.accumulate(seenByStudent) { positions, studentLogits in
        let before = seconds()
        let teacher = teacherHead.logProbabilities(initial.base, teacherHidden, positions, temperature: 1)
        inTeacher += seconds() - before
        return distillationLoss(
          .jsd(beta: 0.5), teacher: teacher, studentLogits: studentLogits, positions, weights: weights, temperature: 1)
      }
      phases.studentForwardBackward = seconds() - start - inTeacher
      phases.teacher += inTeacher

      start = seconds()
      _ = try learner.finish()
      phases.adamW = seconds() - start
      afterStep(step)
      return phases
    }.dropFirst().map { $0 }
  }
}

extension StepBenchmark.Phases {
  /// The median of each phase.
  package static func median(of steps: [Self]) -> Self {
    func median(_ phase: (Self) -> Double) -> Double {
      let sorted = steps.map(phase).sorted()
      let middle = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
    var result = Self()
    result.rollout = median(\.rollout)
    result.teacher = median(\.teacher)
    result.studentForwardBackward = median(\.studentForwardBackward)
    result.adamW = median(\.adamW)
    return result
  }
}
