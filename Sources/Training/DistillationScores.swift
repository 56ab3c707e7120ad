// One rollout scored by teacher and student, for looking at: the distributions that the loss compares.

package import LanguageModel
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
  /// Logits are divided by the temperature first, as in the loss. Prompts hold at least one token; prompt and
  /// completion together fit the contexts; teacher and student share a vocabulary.
  package init(
    teacher: Parameters, teacherPrompt: [Int32], student: Parameters, studentPrompt: [Int32], completion: [Int32],
    temperature: Double
  ) {
    positions = completion.count
    vocabulary = student.configuration.vocabulary
    func score(_ parameters: Parameters, _ prompt: [Int32]) -> Floats {
      var batch = PackedBatch()
      batch.append(prompt: prompt, completion: completion)
      let hidden = DecoderPass(parameters.configuration, for: .scoring).forward(parameters, batch)
      return logProbabilities(parameters, hidden, 0..<completion.count, temperature: temperature)
    }
    teacherLogProbabilities = score(teacher, teacherPrompt)
    studentLogProbabilities = score(student, studentPrompt)
  }

  /// The teacher's probabilities at a position.
  package func teacher(_ position: Int) -> [Double] { row(teacherLogProbabilities, position) }

  /// The student's probabilities at a position.
  package func student(_ position: Int) -> [Double] { row(studentLogProbabilities, position) }

  private func row(_ scores: Floats, _ position: Int) -> [Double] {
    scores.row(position, width: vocabulary).array.map { exponential(Double($0)) }
  }
}
