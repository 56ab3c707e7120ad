// Supervised distillation: the divergence from the teacher along sequences that the student did not write. The prefixes
// come from the data or from the teacher, so the student never sees its own mistakes; that is what on-policy methods
// change (arXiv 2306.13649, section 3).

import Checkpoints
import LanguageModel
package import Objectives
import Rollouts
import Tasks

/// The settings of supervised distillation.
package struct SupervisedDistillation: TrainingMethod, Equatable {
  /// D, between the teacher's and the student's distribution at each position.
  package var objective: DistillationObjective
  /// Who writes the sequences.
  package var solutions: SolutionSource
  /// Which weights the teacher scores with.
  package var teacher: Teacher.Rule
  /// What the teacher is shown.
  package var context: TeacherContext
  /// T of both distributions in the loss, and of a teacher that writes.
  package var temperature: Double
  package var reduction: Reduction
  package var positions: PositionWeights
  /// Sequences in a step, one for each problem.
  package var sequences: Int
  /// The longest sequence of a teacher that writes, in tokens.
  package var maxTokens: Int

  package init(
    objective: DistillationObjective = DistillationObjective(.forwardKL),
    solutions: SolutionSource = .reference, teacher: Teacher.Rule = .fixed, context: TeacherContext = .answer,
    temperature: Double = 1, reduction: Reduction = .sequenceMean, positions: PositionWeights = .uniform,
    sequences: Int = 64, maxTokens: Int
  ) {
    self.objective = objective
    self.solutions = solutions
    self.teacher = teacher
    self.context = context
    self.temperature = temperature
    self.reduction = reduction
    self.positions = positions
    self.sequences = sequences
    self.maxTokens = maxTokens
  }

  package var name: String {
    ["distillation on \(solutions.name)", objective.name, positions.title, teacher.name, context.name]
      .compactMap(\.self).joined(separator: ", ")
  }

  package var formula: String {
    "E[1/|y| Σ_n D(p_T(·|x, y*, y<n) ‖ p_S(·|x, y<n))], y from the \(solutions.name), D = \(objective.formula)"
  }

  package var studentAnswers: Bool { false }

  package func validate(_ run: RunMaterial) throws {
    try teacher.validate()
    try run.check(objective, positions, reduction)
    try SettingError.check("temperature", temperature, in: SamplingRule.temperatures)
    try run.check(
      solutions, count: sequences, shown: context, temperature: temperature, maxTokens: maxTokens, teacherScores: true,
      hasAverage: teacher.isAverage)
  }

  package func makeTrainer(_ context: RunContext) throws -> any Trainer {
    SupervisedDistillationTrainer(self, context)
  }
}

private final class SupervisedDistillationTrainer: SelfTaughtTrainer {
  private let method: SupervisedDistillation
  let context: RunContext
  let reader: TeacherReader
  let shown: TeacherContext?

  init(_ method: SupervisedDistillation, _ context: RunContext) {
    self.method = method
    self.context = context
    reader = context.reader(of: method.teacher)
    shown = method.context
  }

  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures {
    var measures = StepMeasures()
    let problems = context.problems(step: step, count: method.sequences)  // 1: (x, y*) from the data
    var lessons = try context.solutions(  // 2: y, the reference or the teacher's
      method.solutions, of: problems, shown: method.context, temperature: method.temperature,
      maxTokens: method.maxTokens, step: step, measures: &measures)
    for index in lessons.indices {
      lessons[index].teacherPrompt = try context.initial.encode(
        method.context.prompt(for: lessons[index].problem, of: context.task, among: problems))
    }
    try context.distil(  // 3: D(p_T(·|x, y*, y<n) ‖ p_S(·|x, y<n)) at every token
      lessons, from: reader, method.objective, temperature: method.temperature,
      LossWeighting(reduction: method.reduction, positions: method.positions, share: share), measures: &measures)
    return measures
  }
}
