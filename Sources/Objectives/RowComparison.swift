// How far teacher and student are from each other at each position, for the log of a run: whatever it is trained with.

package import Tensors

/// Entropies and divergences at one position, in nats.
package struct RowComparison: Sendable, Hashable {
  /// The entropy of the teacher.
  package var teacherEntropy: Double
  /// The entropy of the student.
  package var studentEntropy: Double
  /// KL(teacher ‖ student).
  package var forwardKL: Double
  /// KL(student ‖ teacher).
  package var reverseKL: Double
  /// The Jensen–Shannon divergence at β = ½.
  package var jsd: Double

  /// One for each row of log-probabilities, rows × vocabulary; both are read before a gradient takes the student's place.
  package static func rows(teacher: Floats, student: Floats, rows: Int, vocabulary: Int) -> [RowComparison] {
    let numbers = Floats(zeros: rows * 5)
    compareRows(teacher: teacher, student: student, into: numbers, rows: rows, width: vocabulary)
    return (0..<rows).map { row in
      func number(_ index: Int) -> Double { Double(numbers[5 * row + index]) }
      return RowComparison(
        teacherEntropy: number(0), studentEntropy: number(1), forwardKL: number(2), reverseKL: number(3),
        jsd: number(4))
    }
  }
}
