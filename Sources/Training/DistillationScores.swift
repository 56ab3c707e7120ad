// One rollout scored by teacher and student, for looking at: the distributions that the loss compares.

package import LanguageModel
package import Rollouts
import Tensors

/// Probabilities of teacher and student over the vocabulary at each position of a completion.
package struct DistillationScores: Sendable {
  /// Positions of the completion.
  package let positions: Int
  /// V.
  package let vocabulary: Int
  private let teacherLogProbabilities: Floats
  private let studentLogProbabilities: Floats

  /// Scores a completion under both prompts.
  ///
  /// Logits are divided by the temperature first, as in the loss. Throws `SettingError`, before any work, for an empty
  /// prompt or completion, one that is too long for a context, two vocabularies, or a temperature that sampling cannot
  /// have.
  package init(
    teacher: Weights, teacherPrompt: [Int32], student: Weights, studentPrompt: [Int32], completion: [Int32],
    temperature: Double
  ) throws(SettingError) {
    try SettingError.check("temperature", temperature, in: SamplingRule.temperatures)
    guard teacher.configuration.vocabulary == student.configuration.vocabulary else {
      throw SettingError(
        what: "a teacher of \(teacher.configuration.vocabulary) tokens and a student of "
          + "\(student.configuration.vocabulary) cannot be compared",
        why: "the divergence goes token by token", fix: "use models of one vocabulary", setting: "teacher")
    }
    try checkScoring("teacher", teacher.configuration, prompt: teacherPrompt, completion: completion)
    try checkScoring("student", student.configuration, prompt: studentPrompt, completion: completion)
    positions = completion.count
    vocabulary = student.configuration.vocabulary
    func score(_ weights: Weights, _ prompt: [Int32]) -> Floats {
      var batch = PackedBatch()
      batch.append(prompt: prompt, completion: completion)
      let pass = DecoderPass(weights.configuration, for: .scoring)
      let hidden = pass.forward(weights.base, adapter: weights.adapter, batch)
      return Head().logProbabilities(weights.base, hidden, 0..<completion.count, temperature: temperature)
    }
    teacherLogProbabilities = score(teacher, teacherPrompt)
    studentLogProbabilities = score(student, studentPrompt)
  }

  /// The teacher's probabilities at a position.
  package func teacher(_ position: Int) -> [Double] { row(teacherLogProbabilities, position) }

  /// The student's probabilities at a position.
  package func student(_ position: Int) -> [Double] { row(studentLogProbabilities, position) }

  private func row(_ scores: Floats, _ position: Int) -> [Double] {
    probabilities(scores.row(position, width: vocabulary))
  }
}

/// Throws `SettingError` where a model cannot score a completion after a prompt; `who` names the one of a comparison, and
/// is the setting at fault.
func checkScoring(
  _ who: String, _ shape: DecoderConfiguration, prompt: [Int32], completion: [Int32]
) throws(SettingError) {
  guard !prompt.isEmpty, !completion.isEmpty, prompt.count + completion.count <= shape.contextLength else {
    throw SettingError(
      what: "the \(who) cannot score \(completion.count) tokens after a prompt of \(prompt.count)",
      why: prompt.isEmpty || completion.isEmpty
        ? "both hold at least one token" : "its context is \(shape.contextLength) tokens",
      fix: "choose a model with a longer context, or a shorter rollout", setting: who)
  }
}

/// Log-probabilities carry float32's rounding; in double the sum is made 1 again, so that no divergence of two rows falls
/// below 0 by more than double's own rounding.
func probabilities(_ logProbabilities: Floats) -> [Double] {
  let probabilities = logProbabilities.array.map { exponential(Double($0)) }
  let sum = probabilities.reduce(0, +)
  return probabilities.map { $0 / sum }
}
