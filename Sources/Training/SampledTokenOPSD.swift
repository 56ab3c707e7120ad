// OPSD with the sampled token alone (arXiv 2601.18734; the loss of Tinker's recipe): in place of a divergence
// over the vocabulary, the log-ratio of teacher and student at the token that was drawn is its advantage. One number a
// position instead of V: less to compute, more noise.

package import Objectives
import Checkpoints
import LanguageModel
import Rollouts
import Tasks

/// The settings of OPSD on sampled tokens.
package struct SampledTokenOPSD: TrainingMethod, Equatable {
  /// Which weights the teacher has.
  package var teacher: Teacher.Rule
  /// What the teacher is shown.
  package var context: TeacherContext
  /// T, of sampling and of both distributions in the loss.
  package var temperature: Double
  package var reduction: Reduction
  package var positions: PositionWeights
  /// Rollouts in a step, one for each problem.
  package var rollouts: Int
  /// The longest rollout, in tokens.
  package var maxTokens: Int

  package init(
    teacher: Teacher.Rule = .fixed, context: TeacherContext = .answer, temperature: Double = 1,
    reduction: Reduction = .sequenceMean, positions: PositionWeights = .uniform, rollouts: Int = 64, maxTokens: Int
  ) {
    self.teacher = teacher
    self.context = context
    self.temperature = temperature
    self.reduction = reduction
    self.positions = positions
    self.rollouts = rollouts
    self.maxTokens = maxTokens
  }

  package var name: String {
    ["OPSD, sampled token", positions.title, teacher.name, context.name].compactMap(\.self).joined(separator: ", ")
  }

  package var formula: String {
    "E[−1/|ŷ| Σ_n sg[A_n] log p_S(ŷ_n|x, ŷ<n)], A_n = log p_T(ŷ_n|x, y*, ŷ<n) − log p_S(ŷ_n|x, ŷ<n), ŷ ~ p_S(·|x)"
  }

  package func validate(_ run: RunMaterial) throws {
    try teacher.validate()
    try run.check(reduction, positions)
    try run.checkOnPolicy(
      sequences: rollouts, temperature: temperature, maxTokens: maxTokens, shown: context, teacher: teacher)
  }

  package func makeTrainer(_ context: RunContext) throws -> any Trainer { SampledTokenTrainer(self, context) }
}

private final class SampledTokenTrainer: SelfTaughtTrainer {
  private let method: SampledTokenOPSD
  let context: RunContext
  let reader: TeacherReader
  let shown: TeacherContext?

  init(_ method: SampledTokenOPSD, _ context: RunContext) {
    self.method = method
    self.context = context
    reader = context.reader(of: method.teacher)
    shown = method.context
  }

  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures {
    var measures = StepMeasures()
    let problems = context.problems(step: step, count: method.rollouts)  // 1: (x, y*) from the data
    let answers = try context.answers(  // 2: ŷ ~ p_S(·|x)
      to: problems, SamplingRule(temperature: method.temperature, maxTokens: method.maxTokens), step: step,
      measures: &measures)
    try context.follow(  // 3: A_n = log p_T(ŷ_n|x, y*, ŷ<n) − log p_S(ŷ_n|x, ŷ<n); 4: −A_n log p_S(ŷ_n|x, ŷ<n)
      answers, teacherPrompts: try context.prompts(for: answers, method.context), reader, .sampledToken,
      temperature: method.temperature,
      LossWeighting(reduction: method.reduction, positions: method.positions, share: share), measures: &measures)
    return measures
  }
}
