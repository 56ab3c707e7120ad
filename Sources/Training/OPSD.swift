// On-Policy Self-Distillation (arXiv 2601.18734, algorithm 1). One model plays two parts: the student sees the problem,
// the teacher is the same model, at its initial weights unless told otherwise, and sees the reference too. The student
// answers; both score every token of the answer; the student moves towards the teacher along its own answer.

package import Objectives
package import Rollouts
package import Tasks
import LanguageModel
import RandomStreams
import Tensors

/// The settings of OPSD with the divergence over the full vocabulary.
package struct OPSD: Sendable, Equatable {
  /// D, between the teacher's and the student's distribution at each position.
  package var divergence: Divergence
  /// Which weights the teacher has.
  package var teacher: Teacher.Rule
  /// T, of sampling and of both distributions in the loss.
  package var temperature: Double
  /// How positions become one loss.
  package var reduction: Reduction
  /// Rollouts in a step, one for each problem.
  package var rollouts: Int
  /// The longest rollout, in tokens.
  package var maxTokens: Int

  package init(
    divergence: Divergence = .jsd(beta: 0.5), teacher: Teacher.Rule = .fixed, temperature: Double = 1,
    reduction: Reduction = .sequenceMean,
    rollouts: Int = 64, maxTokens: Int
  ) {
    self.divergence = divergence
    self.teacher = teacher
    self.temperature = temperature
    self.reduction = reduction
    self.rollouts = rollouts
    self.maxTokens = maxTokens
  }

  /// Trains a copy of the policy on the problems.
  ///
  /// The comments give the lines of algorithm 1. Throws, before any work, what `Policy.encode` throws and
  /// `SettingError` for settings that cannot be, no problems, or a context that is too short for either prompt.
  package func train(
    _ initial: Policy, task: any ReasoningTask, problems: [Problem], _ plan: RunPlan, _ observer: RunObserver
  ) throws -> TrainingRun {
    try plan.validate()
    try validate(initial, plan, task: task, problems: problems)
    let learner = Learner(  // 1: θ ← initial weights
      try plan.startingWeights(of: initial, isInterrupted: observer.isInterrupted), plan.optimiser, steps: plan.steps,
      isInterrupted: observer.isInterrupted)
    let teacher = Teacher(  // 2: the teacher stays there, unless told otherwise
      self.teacher, initial: initial.weights, student: learner.weights)
    let teacherPass = DecoderPass(
      initial.weights.configuration, for: .scoring, memory: learner.activations, shouldStop: observer.isInterrupted)
    let teacherHead = Head(in: learner.activations)
    var order = ProblemOrder(problems, seed: plan.seed)
    let identity = RunIdentity(
      method: self, initial: initial, plan, material: ["problems": RunIdentity.describe(problems, of: task)])
    func current() -> Policy { Policy(weights: learner.weights, vocabulary: initial.vocabulary) }

    return try runSteps(
      method: plan.title(of: name), plan, observer, learner: learner, identity: identity, groups: teacher.groups,
      current: current
    ) { step in
      let batch = order.batch(step: step, count: rollouts)  // 4: (x, y*) from the data
      let requests = try batch.enumerated().map { index, problem in
        RolloutRequest(
          prompt: try initial.encode(task.studentPrompt(problem)),
          stream: RandomStream(seed: plan.seed, purpose: .sampling, step, index))
      }
      let answers = try current().sample(  // 6: ŷ ~ p_S(·|x)
        requests, SamplingRule(temperature: temperature, maxTokens: maxTokens), memory: learner.activations,
        isInterrupted: observer.isInterrupted, onToken: observer.onToken)
      let teacherPrompts = try batch.map { try initial.encode(task.teacherPrompt($0)) }
      let right = try zip(batch, answers).count { problem, answer in
        task.verify(try initial.decode(answer.tokens), for: problem).isCorrect
      }
      let lengths = answers.map(\.tokens.count)
      let weights = Floats(reduction.weights(lengths: lengths))

      learner.begin(step: step, problems: batch)
      let scoring = teacher.weights
      var scored = 0
      let read = answers.indices.map { max(answers[$0].prompt.count, teacherPrompts[$0].count) + lengths[$0] - 1 }
      for run in microBatches(tokens: read, limit: plan.microBatch) {
        var seenByStudent = PackedBatch()
        var seenByTeacher = PackedBatch()
        for index in run {
          seenByStudent.append(prompt: answers[index].prompt, completion: answers[index].tokens)
          seenByTeacher.append(prompt: teacherPrompts[index], completion: answers[index].tokens)
        }
        let itsWeights = weights[scored..<scored + seenByStudent.scored.count]
        scored += itsWeights.count
        let teacherHidden = teacherPass.forward(  // 7: p_T(·|x, y*, ŷ<n), detached
          scoring.base, adapter: scoring.adapter, seenByTeacher)
        if observer.isInterrupted() { throw Interruption() }
        try learner.accumulate(seenByStudent) { positions, studentLogits in  // 7: p_S(·|x, ŷ<n)
          distillationLoss(  // 8: D(p_T ‖ p_S) at every position
            divergence,
            teacher: teacherHead.logProbabilities(scoring.base, teacherHidden, positions, temperature: temperature),
            studentLogits: studentLogits, positions, weights: itsWeights, temperature: temperature)
        }
      }
      let update = try learner.finish()  // 9: θ ← θ − η ∇L
      teacher.update(after: learner.weights)
      let tokens = lengths.reduce(0, +)
      return StepRecord(
        step: step, loss: update.loss, gradientNorm: update.gradientNorm, learningRate: update.rate, tokens: tokens,
        rolloutAccuracy: Double(right) / Double(answers.count), meanLength: Double(tokens) / Double(answers.count))
    }
  }

  /// Checks every number and every prompt.
  private func validate(
    _ initial: Policy, _ plan: RunPlan, task: any ReasoningTask, problems: [Problem]
  ) throws {
    try teacher.validate()
    try plan.validateAdapter(for: initial)
    if case .jsd(let beta) = divergence, !(1e-6...1 - 1e-6).contains(beta) {
      throw SettingError(
        what: "the Jensen–Shannon divergence with beta \(beta) is not possible",
        why: "beta lies between 0 and 1, and the formula is 0 at both ends",
        fix: "choose a beta such as 0.5, or forward or reverse KL in place of the ends 0 and 1", setting: "divergence")
    }
    // Sampling has a rule for T = 0, the loss has none.
    try SettingError.check("temperature", temperature, in: SamplingRule.temperatures)
    try SettingError.check("rollouts", rollouts, in: 1...65_536)
    guard !problems.isEmpty else {
      throw SettingError(
        what: "training on no problems is not possible", why: "every step answers some", fix: "give at least one",
        setting: "problems")
    }
    let longest = try problems.reduce(0) { longest, problem in
      let student = try initial.encode(task.studentPrompt(problem))
      let teacher = try initial.encode(task.teacherPrompt(problem))
      return max(longest, student.count, teacher.count)
    }
    try SamplingRule(temperature: temperature, maxTokens: maxTokens).validate(
      longestPrompt: longest, contextLength: initial.weights.configuration.contextLength)
    let tokens = try plan.tokensAtATime(sequences: rollouts, longest: longest + maxTokens - 1)
    let adapter = plan.adapter ?? initial.weights.adapter?.configuration
    try SettingError.checkMemory(
      MemoryLedger(initial.weights.configuration, adapter: adapter, tokens: tokens, hasAverage: teacher.isAverage)
        .total,
      for: "a step of \(rollouts) rollouts of up to \(maxTokens) tokens",
      fix: "choose fewer rollouts, a smaller model, or a microBatch of \(longest + maxTokens - 1) tokens or more")
  }

  /// The method's name in tables and plots.
  package var name: String { "OPSD, \(divergence.name)" + (teacher.name.map { ", " + $0 } ?? "") }
}

/// The weighted divergences of a chunk of positions; the student's logits become the gradient by them.
func distillationLoss(
  _ divergence: Divergence, teacher: Floats, studentLogits: Floats, _ positions: Range<Int>, weights: Floats,
  temperature: Double
) -> Double {
  let rows = positions.count
  let vocabulary = studentLogits.count / rows
  logSoftmax(studentLogits, rows: rows, width: vocabulary, temperature: Float(temperature))
  let losses = Floats(zeros: rows)
  let chunkWeights = weights[positions]
  divergence.lossAndGradient(
    teacher: teacher, student: studentLogits, weights: chunkWeights, losses: losses, rows: rows,
    vocabulary: vocabulary, temperature: temperature)
  return (0..<rows).reduce(0.0) { $0 + Double(chunkWeights[$1]) * Double(losses[$1]) }
}
