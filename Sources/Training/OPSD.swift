// On-Policy Self-Distillation (arXiv 2601.18734, algorithm 1). One model plays two parts: the student sees the problem,
// the teacher is the same model, at its initial weights unless told otherwise, and sees the reference too. The student
// answers; both score every token of the answer; the student moves towards the teacher along its own answer.
//
// Three recipes go by this name; see `OPSDRecipe`.

import Checkpoints
import LanguageModel
package import Objectives
package import Rollouts
import Tasks

/// The settings of OPSD with the divergence over the vocabulary.
package struct OPSD: TrainingMethod, Equatable {
  /// D, between the teacher's and the student's distribution at each position, with its support and its clip.
  package var objective: DistillationObjective
  /// Which weights the teacher has.
  package var teacher: Teacher.Rule
  /// What the teacher is shown.
  package var context: TeacherContext
  /// T, of sampling and of both distributions in the loss.
  package var temperature: Double
  /// Which tokens a rollout can have; the loss looks at all.
  package var truncation: Truncation
  /// How positions become one loss.
  package var reduction: Reduction
  /// How much each position counts.
  package var positions: PositionWeights
  /// The weight of a verification signal beside the divergence: the policy gradient of the verifier's reward, with the
  /// mean of the step as its baseline; 0 in the paper, which names its lack as a limit.
  package var verification: Double
  /// Rollouts in a step, one for each problem.
  package var rollouts: Int
  /// The longest rollout, in tokens.
  package var maxTokens: Int

  package init(
    divergence: Divergence = .jsd(beta: 0.5), support: DistillationObjective.Support = .full,
    clip: DistillationObjective.Clip = .none,
    teacher: Teacher.Rule = .fixed, context: TeacherContext = .answer, temperature: Double = 1,
    truncation: Truncation = .none, reduction: Reduction = .sequenceMean, positions: PositionWeights = .uniform,
    verification: Double = 0,
    rollouts: Int = 64, maxTokens: Int
  ) {
    objective = DistillationObjective(divergence, support: support, clip: clip)
    self.teacher = teacher
    self.context = context
    self.temperature = temperature
    self.truncation = truncation
    self.reduction = reduction
    self.positions = positions
    self.verification = verification
    self.rollouts = rollouts
    self.maxTokens = maxTokens
  }

  /// D.
  package var divergence: Divergence {
    get { objective.divergence }
    set { objective.divergence = newValue }
  }

  package var name: String {
    let parts = [
      "OPSD", objective.name, positions.title, teacher.name, context.name, truncation.name,
      verification == 0 ? nil : "verification \(verification)",
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }

  package var formula: String {
    "E[1/|ŷ| Σ_n D(p_T(·|x, y*, ŷ<n) ‖ p_S(·|x, ŷ<n))], ŷ ~ p_S(·|x), D = \(objective.formula)"
  }

  package func validate(_ run: RunMaterial) throws {
    try teacher.validate()
    try run.check(objective, positions, reduction)
    try truncation.validate()
    try SettingError.check("verification", verification, in: 0...1e6)
    try run.checkOnPolicy(
      sequences: rollouts, temperature: temperature, maxTokens: maxTokens, shown: context, teacher: teacher)
  }

  package func makeTrainer(_ context: RunContext) throws -> any Trainer { OPSDTrainer(self, context) }
}

/// The numbered lines are those of algorithm 1; line 9, θ ← θ − η ∇L, is taken when `learn` has added its gradient.
private final class OPSDTrainer: SelfTaughtTrainer {
  private let method: OPSD
  let context: RunContext
  let reader: TeacherReader
  let shown: TeacherContext?

  init(_ method: OPSD, _ context: RunContext) {  // 1: θ ← initial weights
    self.method = method
    self.context = context
    reader = context.reader(of: method.teacher)  // 2: the teacher stays there, unless told otherwise
    shown = method.context
  }

  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures {
    var measures = StepMeasures()
    let problems = context.problems(step: step, count: method.rollouts)  // 4: (x, y*) from the data
    let answers = try context.answers(  // 6: ŷ ~ p_S(·|x)
      to: problems,
      SamplingRule(temperature: method.temperature, maxTokens: method.maxTokens, truncation: method.truncation),
      step: step, measures: &measures)
    try context.follow(  // 7: p_T(·|x, y*, ŷ<n), detached, and p_S(·|x, ŷ<n); 8: D at every position
      answers, teacherPrompts: try context.prompts(for: answers, method.context), reader,
      .distribution(method.objective), temperature: method.temperature,
      LossWeighting(reduction: method.reduction, positions: method.positions, share: share), measures: &measures)
    if method.verification > 0 {  // beside it, where it is asked for, the verifier's word on the same answers
      let rewards = answers.map { $0.verdict.isCorrect ? 1.0 : 0 }
      let baseline = mean(rewards) { $0 }
      measures.numbers[.reward] = baseline
      let signal = PolicySignal(
        answers, advantages: rewards.map { $0 - baseline },
        LossWeighting(reduction: method.reduction, share: share * method.verification),
        loss: TokenPolicyLoss(.logProbability))
      try context.reinforce(answers, signal, temperature: method.temperature, measures: &measures)
    }
    return measures
  }
}
