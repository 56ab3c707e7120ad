// Self-Distillation Policy Optimisation (arXiv 2601.20802). The student answers each problem several times; the teacher
// is the same model, shown what came out of it: an answer of the group that succeeded, and the environment's words on
// the answer that failed. No reference solution is needed.

import Checkpoints
import LanguageModel
package import Objectives
import Rollouts
import Tasks

/// The settings of SDPO.
package struct SDPO: TrainingMethod {
  /// At which level teacher and student are compared.
  package enum Level: Sendable, Equatable {
    /// The divergence of their distributions, at every token.
    case logit(DistillationObjective)
    /// The log-ratio of the sampled token, as its advantage.
    case token
    /// The mean log-ratio of a rollout's tokens, as the advantage of all of them.
    case sequence

    var name: String {
      switch self {
      case .logit(let objective): objective.name
      case .token: "token level"
      case .sequence: "sequence level"
      }
    }
  }

  package var level: Level
  package var teacher: Teacher.Rule
  package var reward: Reward
  package var feedback: Feedback
  /// A rollout of this reward or more is a success.
  package var successReward: Double
  /// λ, the share of GRPO's advantage: λ · A_GRPO + (1 − λ) · A_SDPO, or of its loss at the logit level.
  package var grpoShare: Double
  package var temperature: Double
  package var reduction: Reduction
  /// Problems in a step.
  package var groups: Int
  /// G, rollouts of each problem.
  package var samples: Int
  /// The longest rollout, in tokens.
  package var maxTokens: Int

  package init(
    level: Level = .logit(DistillationObjective(.jsd(beta: 0.5))), teacher: Teacher.Rule = .ema(decay: 0.95),
    reward: Reward = .verifier, feedback: Feedback = .task, successReward: Double = 1, grpoShare: Double = 0,
    temperature: Double = 1, reduction: Reduction = .tokenMean, groups: Int = 8, samples: Int = 8, maxTokens: Int
  ) {
    self.level = level
    self.teacher = teacher
    self.reward = reward
    self.feedback = feedback
    self.successReward = successReward
    self.grpoShare = grpoShare
    self.temperature = temperature
    self.reduction = reduction
    self.groups = groups
    self.samples = samples
    self.maxTokens = maxTokens
  }

  package var name: String {
    let parts = [
      "SDPO G=\(samples)", level.name, teacher.name ?? "fixed teacher", grpoShare == 0 ? nil : "λ=\(grpoShare)",
      reward.name, feedback.name,
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }

  package var formula: String {
    let sdpo =
      switch level {
      case .logit(let objective): "E[Σ_n w_n D(p_T(·|x, f, y<n) ‖ p_S(·|x, y<n))], D = \(objective.formula)"
      case .token: "−E[Σ_n w_n A_n log p_S(y_n|x, y<n)], A_n = log p_T(y_n|x, f, y<n) − log p_S(y_n|x, y<n)"
      case .sequence: "−E[Σ_n w_n A log p_S(y_n|x, y<n)], A = 1/|y| Σ_n (log p_T(y_n|x, f, y<n) − log p_S(y_n|x, y<n))"
      }
    return grpoShare == 0 ? sdpo : "λ GRPO + (1−λ) " + sdpo
  }

  package func validate(_ run: RunMaterial) throws {
    try teacher.validate()
    try run.checkGroups(
      groups, of: samples, because: "the teacher of a rollout is shown another one of its group that succeeded")
    try SettingError.check("grpoShare", grpoShare, in: 0...1)
    if case .logit(let objective) = level { try run.check(objective, .uniform, reduction) }
    try run.check(reduction)
    // The longest context that a teacher can be shown: a solution as long as a rollout may be, and words.
    let longest = try run.longest { problem in
      let words = run.task.feedback(on: "", for: problem)
      return run.task.teacherPrompt(problem, seeing: .revision(solution: problem.solution, feedback: words))
    }
    try run.checkOnPolicy(
      sequences: groups * samples, temperature: temperature, maxTokens: maxTokens, teacher: teacher,
      longestPrompt: longest)
  }

  package func makeTrainer(_ context: RunContext) throws -> any Trainer { SDPOTrainer(self, context) }
}

private final class SDPOTrainer: SelfTaughtTrainer {
  private let method: SDPO
  let context: RunContext
  let reader: TeacherReader
  let shown: TeacherContext?

  init(_ method: SDPO, _ context: RunContext) {
    self.method = method
    self.context = context
    reader = context.reader(of: method.teacher)
    shown = nil  // each answer has a context of its own
  }

  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures {
    var measures = StepMeasures()
    let problems = context.problems(step: step, count: method.groups)  // 1: x from the data
    let answers = try context.answers(  // 2: y_1 … y_G ~ p_S(·|x)
      to: problems, samples: method.samples,
      SamplingRule(temperature: method.temperature, maxTokens: method.maxTokens), step: step, measures: &measures)
    let rewards = try method.reward(answers)  // 3: r_i
    let advantages = GroupAdvantage.meanOnly(inGroups(rewards, of: method.samples))
    measures.count(rewards, advantages)
    var seen: [Int] = []  // 4: f_i, what the teacher of y_i is shown; without anything y_i is left out
    var prompts: [[Int32]] = []
    for index in answers.indices {
      guard let shown = try context(of: index, answers, rewards) else { continue }
      seen.append(index)
      prompts.append(try context.initial.encode(context.task.teacherPrompt(answers[index].problem, seeing: shown)))
    }
    measures.numbers[.contextShare] = Double(seen.count) / Double(answers.count)

    let lambda = method.grpoShare
    let weighting = LossWeighting(reduction: method.reduction, share: share)
    let taught = seen.map { answers[$0] }
    switch method.level {  // 5: p_T(·|x, f, y<n), detached, and p_S(·|x, y<n); 6: the loss at every token
    case .logit(let objective):
      try context.follow(
        taught, teacherPrompts: prompts, reader, .distribution(objective), temperature: method.temperature,
        weighting.times(1 - lambda), measures: &measures)
    case .token:
      try context.follow(
        taught, teacherPrompts: prompts, reader, .sampledToken, temperature: method.temperature,
        weighting.times(1 - lambda), measures: &measures)
    case .sequence:
      let ratios = try context.meanLogRatios(taught, prompts, reader, temperature: method.temperature)
      try context.reinforce(
        taught,
        PolicySignal(
          taught, advantages: ratios, weighting.times(1 - lambda), loss: TokenPolicyLoss(.logProbability)),
        temperature: method.temperature, measures: &measures)
    }
    if lambda > 0 {  // 7: beside it, λ of GRPO's, for all answers
      try context.reinforce(
        answers,
        PolicySignal(
          answers, advantages: advantages.values.flatMap(\.self), weighting.times(lambda),
          loss: TokenPolicyLoss(.logProbability)),
        temperature: method.temperature, measures: &measures)
    }
    return measures
  }

  /// What the teacher of an answer is shown: the first success among the others of its group, else the environment's
  /// words on it; nil where there is neither.
  private func context(of index: Int, _ answers: [Attempt], _ rewards: [Double]) throws -> PrivilegedContext? {
    let first = index / method.samples * method.samples
    let success = (first..<first + method.samples).first { $0 != index && rewards[$0] >= method.successReward }
    if let success { return .revision(solution: answers[success].text, feedback: nil) }
    guard rewards[index] < method.successReward else { return nil }
    return try method.feedback(answers[index], context.task).map { .revision(solution: nil, feedback: $0) }
  }
}
