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
    var teacher = Teacher(teacher, initial: initial.weights)  // 2: the teacher stays there, unless told otherwise
    let teacherPass = DecoderPass(
      initial.weights.configuration, for: .scoring, shouldStop: observer.isInterrupted)
    let teacherHead = Head()
    var order = ProblemOrder(problems, seed: plan.seed)
    func current() -> Policy { Policy(weights: learner.weights, vocabulary: initial.vocabulary) }

    return try runSteps(method: plan.title(of: name), plan, observer, current: current) { step in
      let batch = order.batch(step: step, count: rollouts)  // 4: (x, y*) from the data
      let requests = try batch.enumerated().map { index, problem in
        RolloutRequest(
          prompt: try initial.encode(task.studentPrompt(problem)),
          stream: RandomStream(seed: plan.seed, purpose: .sampling, step, index))
      }
      let answers = try current().sample(  // 6: ŷ ~ p_S(·|x)
        requests, SamplingRule(temperature: temperature, maxTokens: maxTokens), isInterrupted: observer.isInterrupted,
        onToken: observer.onToken)

      var seenByStudent = PackedBatch()
      var seenByTeacher = PackedBatch()
      for (problem, answer) in zip(batch, answers) {
        seenByStudent.append(prompt: answer.prompt, completion: answer.tokens)
        seenByTeacher.append(prompt: try initial.encode(task.teacherPrompt(problem)), completion: answer.tokens)
      }
      let right = try zip(batch, answers).count { problem, answer in
        task.verify(try initial.decode(answer.tokens), for: problem).isCorrect
      }
      let weights = Floats(reduction.weights(lengths: answers.map(\.tokens.count)))
      let scoring = teacher.weights
      let teacherHidden = teacherPass.forward(  // 7: p_T(·|x, y*, ŷ<n), detached
        scoring.base, adapter: scoring.adapter, seenByTeacher)
      if observer.isInterrupted() { throw Interruption() }
      let update = try learner.update(seenByStudent, step: step) { positions, studentLogits in  // 7: p_S(·|x, ŷ<n)
        distillationLoss(  // 8: D(p_T ‖ p_S) at every position
          divergence,
          teacher: teacherHead.logProbabilities(scoring.base, teacherHidden, positions, temperature: temperature),
          studentLogits: studentLogits, positions, weights: weights, temperature: temperature)
      }  // 9: θ ← θ − η ∇L
      guard let update else { return nil }
      teacher.update(after: learner.weights)
      let tokens = answers.reduce(0) { $0 + $1.tokens.count }
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
    let tokens = rollouts * (longest + maxTokens)
    let adapter = plan.adapter ?? initial.weights.adapter?.configuration
    func bytes(_ purpose: DecoderPass.Purpose) -> Double {
      DecoderPass.bytes(initial.weights.configuration, adapter: adapter, tokens: tokens, for: purpose)
    }
    try SettingError.checkMemory(
      bytes(.training) + bytes(.scoring),
      for: "a step of \(rollouts) rollouts of up to \(maxTokens) tokens",
      fix: "choose fewer rollouts or a smaller model")
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
