// On-policy distillation from an external teacher (arXiv 2306.13649; Thinking Machines, 2025): the student answers, and
// another model, which reads what the student reads, says at every token what it would have done.

import LanguageModel
package import Objectives
package import Rollouts
import Tasks

/// What the teacher's distributions are used for.
package enum DistillationSignal: Sendable, Equatable {
  /// The divergence over the vocabulary.
  case distribution(DistillationObjective)
  /// The policy gradient of the sampled tokens with the advantage A_n = log p_T(ŷ_n) − log p_S(ŷ_n); its expectation is
  /// the gradient of the reverse KL.
  case sampledToken

  /// Its name in titles.
  package var name: String {
    switch self {
    case .distribution(let objective): objective.name
    case .sampledToken: "sampled token"
    }
  }

  /// What it computes, in one line.
  var formula: String {
    switch self {
    case .distribution(let objective): objective.formula
    case .sampledToken: "−sg[A_n] log p_S(ŷ_n), A_n = log p_T(ŷ_n) − log p_S(ŷ_n)"
    }
  }
}

/// The settings of OPD.
package struct OPD: TrainingMethod {
  /// The model that teaches; it speaks the student's tokens.
  package var teacher: Policy
  package var signal: DistillationSignal
  /// T, of sampling and of both distributions in the loss.
  package var temperature: Double
  package var reduction: Reduction
  package var positions: PositionWeights
  /// Rollouts in a step, one for each problem.
  package var rollouts: Int
  /// The longest rollout, in tokens.
  package var maxTokens: Int

  package init(
    teacher: Policy, signal: DistillationSignal = .sampledToken, temperature: Double = 1,
    reduction: Reduction = .tokenMean, positions: PositionWeights = .uniform, rollouts: Int = 64, maxTokens: Int
  ) {
    self.teacher = teacher
    self.signal = signal
    self.temperature = temperature
    self.reduction = reduction
    self.positions = positions
    self.rollouts = rollouts
    self.maxTokens = maxTokens
  }

  package var name: String {
    ["OPD", signal.name, positions.title].compactMap(\.self).joined(separator: ", ")
  }

  package var formula: String {
    "E[Σ_n w_n ℓ_n], ŷ ~ p_S(·|x), p_T(·|x, ŷ<n) another model, ℓ_n = \(signal.formula)"
  }

  package func validate(_ run: RunMaterial) throws {
    if case .distribution(let objective) = signal { try run.check(objective, positions, reduction) }
    try run.check(reduction, positions)
    guard teacher.vocabulary == run.initial.vocabulary else {
      throw SettingError(
        what: "this teacher cannot teach this student",
        why: "they speak different tokens, and the loss compares them token by token",
        fix: "choose a teacher of the same task", setting: "teacher")
    }
    try run.checkOnPolicy(
      sequences: rollouts, temperature: temperature, maxTokens: maxTokens, shown: nil, teacher: .fixed,
      teacherContext: teacher.weights.configuration.contextLength)
  }

  package func makeTrainer(_ context: RunContext) throws -> any Trainer { OPDTrainer(self, context) }
}

private final class OPDTrainer: Trainer {
  private let method: OPD
  private let context: RunContext
  private let reader: TeacherReader

  init(_ method: OPD, _ context: RunContext) {
    self.method = method
    self.context = context
    reader = context.reader(of: Teacher(method.teacher.weights))
  }

  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures {
    var measures = StepMeasures()
    let problems = context.problems(step: step, count: method.rollouts)  // 1: x from the data
    let answers = try context.answers(  // 2: ŷ ~ p_S(·|x)
      to: problems, SamplingRule(temperature: method.temperature, maxTokens: method.maxTokens), step: step,
      measures: &measures)
    try context.follow(  // 3: p_T(·|x, ŷ<n), detached, and p_S(·|x, ŷ<n), and the loss at every position
      answers, teacherPrompts: answers.map(\.rollout.prompt), reader, method.signal, temperature: method.temperature,
      LossWeighting(reduction: method.reduction, positions: method.positions, share: share), measures: &measures)
    return measures
  }
}
