// Supervised fine-tuning: cross-entropy with solutions that are given. On the reference solutions it is the usual
// baseline; on solutions that the teacher samples with the reference in view it is sequence-level distillation (Kim and
// Rush, arXiv 1606.07947), the off-policy rival of OPSD.

package import Objectives
import Rollouts
import Tasks

/// The settings of SFT.
package struct SFT: TrainingMethod, Equatable {
  /// Who writes the solutions.
  package var solutions: SolutionSource
  /// What a teacher that writes is shown.
  package var context: TeacherContext
  /// T of a teacher that writes.
  package var temperature: Double
  package var reduction: Reduction
  /// Solutions in a step, one for each problem.
  package var sequences: Int
  /// The longest solution of a teacher that writes, in tokens.
  package var maxTokens: Int

  package init(
    solutions: SolutionSource = .reference, context: TeacherContext = .answer, temperature: Double = 1,
    reduction: Reduction = .sequenceMean, sequences: Int = 64, maxTokens: Int
  ) {
    self.solutions = solutions
    self.context = context
    self.temperature = temperature
    self.reduction = reduction
    self.sequences = sequences
    self.maxTokens = maxTokens
  }

  package var name: String {
    ["SFT on \(solutions.name)", context.name].compactMap(\.self).joined(separator: ", ")
  }

  package var formula: String {
    switch solutions {
    case .reference: "−1/|y*| Σ_n log p_S(y*_n|x, y*_<n)"
    case .teacher: "−1/|y| Σ_n log p_S(y_n|x, y_<n), y ~ p_T(·|x, y*)"
    }
  }

  package var studentAnswers: Bool { false }

  package func validate(_ run: RunMaterial) throws {
    try run.check(reduction)
    try run.check(
      solutions, count: sequences, shown: context, temperature: temperature, maxTokens: maxTokens, teacherScores: false)
  }

  package func makeTrainer(_ context: RunContext) throws -> any Trainer { SFTTrainer(self, context) }
}

private final class SFTTrainer: Trainer {
  private let method: SFT
  private let context: RunContext

  init(_ method: SFT, _ context: RunContext) {
    self.method = method
    self.context = context
  }

  var selfTeacher: SelfTeacher? {
    method.solutions == .reference
      ? nil : SelfTeacher(policy: context.initial, context: method.context, isFixed: true)
  }

  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures {
    var measures = StepMeasures()
    let problems = context.problems(step: step, count: method.sequences)  // 1: (x, y*) from the data
    let lessons = try context.solutions(  // 2: y, the reference or the teacher's
      method.solutions, of: problems, shown: method.context, temperature: method.temperature,
      maxTokens: method.maxTokens, step: step, measures: &measures)
    try context.imitate(  // 3: −log p_S(y_n|x, y_<n) at every token
      lessons, LossWeighting(reduction: method.reduction, share: share), measures: &measures)
    return measures
  }
}
