// The divergences between the teacher p = p_T(·|x, y*, ŷ<n) and the student q = p_S(·|x, ŷ<n) at one position, in nats,
// and their gradients by the student's logits z. No gradient goes through the teacher.
//
// | name       | value                            | g_v                  | as a JSD              |
// |------------|----------------------------------|----------------------|-----------------------|
// | forwardKL  | KL(p‖q) = Σ p log(p/q)           | −p_v                 | limit of JSD_β/β, β→0 |
// | reverseKL  | KL(q‖p) = Σ q log(q/p)           | q_v log(q_v/p_v)     | limit of JSD_β/(1−β)  |
// | jsd(beta:) | β KL(p‖m) + (1−β) KL(q‖m),       | (1−β) q_v log(q_v/m_v) |                     |
// |            | m = β p + (1−β) q                |                      |                       |
//
// In each, with q = softmax(z/T), ∂D/∂z_v = (g_v − q_v Σ_u g_u) / T. Beta is the weight of the teacher in the mixture, as
// in GKD (arXiv 2306.13649), OPSD (arXiv 2601.18734, section 3) and SDPO's alpha. The formula of JSD is 0 at both ends of
// beta: the ends are forwardKL and reverseKL, of another scale.

package import Tensors

/// A divergence between the teacher's and the student's distribution over the vocabulary.
package enum Divergence: Sendable, Hashable {
  /// KL(teacher ‖ student): the student must cover all that the teacher holds possible.
  case forwardKL
  /// KL(student ‖ teacher): the student must not do what the teacher holds impossible.
  case reverseKL
  /// The generalised Jensen–Shannon divergence; beta in (0, 1) is the teacher's weight in the mixture.
  case jsd(beta: Double)

  /// The name in tables and plots.
  package var name: String {
    switch self {
    case .forwardKL: "forward KL"
    case .reverseKL: "reverse KL"
    case .jsd(let beta): "JSD β=\(beta)"
    }
  }

  /// What it computes, in one line.
  package var formula: String {
    switch self {
    case .forwardKL: "KL(p_T ‖ p_S) = Σ p_T log(p_T / p_S)"
    case .reverseKL: "KL(p_S ‖ p_T) = Σ p_S log(p_S / p_T)"
    case .jsd: "JSD_β = β KL(p_T ‖ m) + (1−β) KL(p_S ‖ m), m = β p_T + (1−β) p_S"
    }
  }

  /// The largest value that it can take, in nats: the entropy of β for a JSD; nil for the KLs, which have none.
  package var largestValue: Double? {
    guard case .jsd(let beta) = self else { return nil }
    return -beta * logarithm(beta) - (1 - beta) * logarithm(1 - beta)
  }

  private var code: (kind: Int32, beta: Float) {
    switch self {
    case .forwardKL: (0, 0)
    case .reverseKL: (1, 1)
    case .jsd(let beta): (2, Float(beta))
    }
  }

  /// The loss of each row, and the gradient by the student's logits in place of its log-probabilities.
  ///
  /// - Parameters:
  ///   - teacher: log-probabilities at the temperature, rows × vocabulary; detached.
  ///   - student: log-probabilities at the temperature, rows × vocabulary; becomes weight · ∂D/∂z.
  ///   - weights: what each row counts in the loss; masking and the normaliser are in it.
  ///   - losses: receives D of each row in nats, not weighted.
  ///   - temperature: T, by which the logits were divided; the gradient carries 1/T, as the loss is not rescaled by T².
  package func lossAndGradient(
    teacher: Floats, student: Floats, weights: Floats, losses: Floats, rows: Int, vocabulary: Int,
    temperature: Double = 1
  ) {
    divergenceRows(
      kind: code.kind, beta: code.beta, teacher: teacher, student: student, weights: weights, losses: losses,
      rows: rows, width: vocabulary, temperature: Float(temperature))
  }

  /// The divergence of two probability vectors of one length, in nats, in double precision.
  ///
  /// 0 · log 0 counts as 0; the result is infinite where the definition is.
  package func callAsFunction(_ teacher: [Double], _ student: [Double]) -> Double {
    precondition(teacher.count == student.count, "\(teacher.count) probabilities against \(student.count)")
    return terms(teacher, student).reduce(0, +)
  }

  /// The summand of each token of the vocabulary; see `callAsFunction`.
  package func terms(_ teacher: [Double], _ student: [Double]) -> [Double] {
    func term(_ a: Double, _ b: Double) -> Double { a == 0 ? 0 : a * logarithm(a / b) }
    return zip(teacher, student).map { p, q in
      switch self {
      case .forwardKL: return term(p, q)
      case .reverseKL: return term(q, p)
      case .jsd(let beta):
        let m = beta * p + (1 - beta) * q
        return beta * term(p, m) + (1 - beta) * term(q, m)
      }
    }
  }
}
