// The divergences between the teacher p = p_T(·|x, y*, ŷ<n) and the student q = p_S(·|x, ŷ<n) at one position, in nats,
// and their gradients by the student's logits z. No gradient goes through the teacher.
//
// | name                  | value                          | g_v                            | notes                 |
// |-----------------------|--------------------------------|--------------------------------|-----------------------|
// | forwardKL             | KL(p‖q) = Σ p log(p/q)         | −p_v                           | lim JSD_β/β, β→0      |
// | reverseKL             | KL(q‖p) = Σ q log(q/p)         | q_v log(q_v/p_v)               | lim JSD_β/(1−β), β→1  |
// | jsd(beta:)            | β KL(p‖m) + (1−β) KL(q‖m),     | (1−β) q_v log(q_v/m_v)         | at most H(β)          |
// |                       | m = β p + (1−β) q              |                                |                       |
// | totalVariation        | ½ Σ |p − q|                    | ½ q_v sign(q_v − p_v)          | at most 1             |
// | skewKL(alpha:)        | KL(p‖m), m = α p + (1−α) q     | −(1−α) p_v q_v/m_v             | at most −log α        |
// | skewReverseKL(alpha:) | KL(q‖m), m = α q + (1−α) p     | q_v (log(q_v/m_v) − α q_v/m_v) | at most −log α        |
// | custom                | an `Expression` of p and q     | by its reverse mode            |                       |
//
// In each, with q = softmax(z/T), ∂D/∂z_v = (g_v − q_v Σ_u g_u) / T. Beta is the weight of the teacher in the mixture, as
// in GKD (arXiv 2306.13649), OPSD (arXiv 2601.18734, section 3) and SDPO's alpha. The formula of JSD is 0 at both ends of
// beta: the ends are forwardKL and reverseKL, of another scale. The skew divergences are DistiLLM's (arXiv 2402.03898),
// whose alpha, 0.1 there, is the weight of the distribution that stands first; at 0 they are the two KLs.

package import Tensors

/// A divergence between the teacher's and the student's distribution over the vocabulary.
package enum Divergence: Sendable, Hashable {
  /// KL(teacher ‖ student): the student must cover all that the teacher holds possible.
  case forwardKL
  /// KL(student ‖ teacher): the student must not do what the teacher holds impossible.
  case reverseKL
  /// The generalised Jensen–Shannon divergence; beta in (0, 1) is the teacher's weight in the mixture.
  case jsd(beta: Double)
  /// Half the sum of the distances: the largest difference that both can make of the probability of any set of tokens.
  case totalVariation
  /// KL(teacher ‖ α teacher + (1−α) student): forward KL that stays finite.
  case skewKL(alpha: Double)
  /// KL(student ‖ α student + (1−α) teacher): reverse KL that stays finite.
  case skewReverseKL(alpha: Double)
  /// A formula of one's own.
  case custom(Expression)

  /// The name in tables and plots.
  package var name: String {
    switch self {
    case .forwardKL: "forward KL"
    case .reverseKL: "reverse KL"
    case .jsd(let beta): "JSD β=\(beta)"
    case .totalVariation: "total variation"
    case .skewKL(let alpha): "skew KL α=\(alpha)"
    case .skewReverseKL(let alpha): "skew reverse KL α=\(alpha)"
    case .custom(let expression): expression.name ?? "custom"
    }
  }

  /// What it computes, in one line.
  package var formula: String {
    switch self {
    case .forwardKL: "KL(p_T ‖ p_S) = Σ p_T log(p_T / p_S)"
    case .reverseKL: "KL(p_S ‖ p_T) = Σ p_S log(p_S / p_T)"
    case .jsd: "JSD_β = β KL(p_T ‖ m) + (1−β) KL(p_S ‖ m), m = β p_T + (1−β) p_S"
    case .totalVariation: "TV = ½ Σ |p_T − p_S|"
    case .skewKL: "SKL_α = KL(p_T ‖ α p_T + (1−α) p_S)"
    case .skewReverseKL: "SRKL_α = KL(p_S ‖ α p_S + (1−α) p_T)"
    case .custom(let expression): expression.description
    }
  }

  /// The largest value that it can take, in nats; nil for those that have none, and for formulas of one's own.
  package var largestValue: Double? {
    switch self {
    case .jsd(0), .jsd(1): 0
    case .jsd(let beta): -beta * logarithm(beta) - (1 - beta) * logarithm(1 - beta)
    case .totalVariation: 1
    case .skewKL(let alpha), .skewReverseKL(let alpha): -logarithm(alpha)
    case .forwardKL, .reverseKL, .custom: nil
    }
  }

  /// Throws where beta or alpha lies at an end of 0…1 or outside, or a formula has no value.
  package func validate() throws(ObjectiveError) {
    let open = 1e-6...1 - 1e-6
    switch self {
    case .forwardKL, .reverseKL, .totalVariation: break
    case .jsd(let beta):
      try ObjectiveError.check(
        "beta", beta, in: open, why: "at the ends of 0…1 the formula is 0 whatever p and q are",
        fix: beta < 0.5 ? "choose forwardKL, the limit of JSD_β/β" : "choose reverseKL, the limit of JSD_β/(1−β)")
    case .skewKL(let alpha):
      try ObjectiveError.check(
        "alpha", alpha, in: open, why: "at 0 it is the forward KL, at 1 it is 0 whatever p and q are",
        fix: alpha < 0.5 ? "choose forwardKL, which skewKL is at 0" : "choose one between 0 and 1, such as 0.1")
    case .skewReverseKL(let alpha):
      try ObjectiveError.check(
        "alpha", alpha, in: open, why: "at 0 it is the reverse KL, at 1 it is 0 whatever p and q are",
        fix: alpha < 0.5 ? "choose reverseKL, which skewReverseKL is at 0" : "choose one between 0 and 1, such as 0.1")
    case .custom(let expression): try expression.validate()
    }
  }

  /// The kernel's name for it, with beta or alpha; nil for a formula of one's own.
  var kernel: (kind: DivergenceKind, parameter: Float)? {
    switch self {
    case .forwardKL: (.forwardKL, 0)
    case .reverseKL: (.reverseKL, 1)
    case .jsd(let beta): (.jsd, Float(beta))
    case .totalVariation: (.totalVariation, 0)
    case .skewKL(let alpha): (.skewKL, Float(alpha))
    case .skewReverseKL(let alpha): (.skewReverseKL, Float(alpha))
    case .custom: nil
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
    DistillationObjective(self).lossAndGradient(
      teacher: teacher, student: student, weights: weights, losses: losses, rows: rows, vocabulary: vocabulary,
      temperature: temperature)
  }

  /// The divergence of two probability vectors of one length, in nats, in double precision.
  ///
  /// 0 · log 0 counts as 0; the result is infinite where the definition is.
  package func callAsFunction(_ teacher: [Double], _ student: [Double]) -> Double {
    precondition(teacher.count == student.count, "\(teacher.count) probabilities against \(student.count)")
    if case .custom(let expression) = self { return expression.value(teacher: teacher, student: student) }
    return terms(teacher, student).reduce(0, +)
  }

  /// The summand of each token of the vocabulary; see `callAsFunction`.
  ///
  /// A formula of one's own that is not a sum over the vocabulary gives each token the same share of its value.
  package func terms(_ teacher: [Double], _ student: [Double]) -> [Double] {
    func term(_ a: Double, _ b: Double) -> Double { a == 0 ? 0 : a * logarithm(a / b) }
    if case .custom(let expression) = self { return expression.summands(teacher: teacher, student: student) }
    return zip(teacher, student).map { p, q in
      switch self {
      case .forwardKL: return term(p, q)
      case .reverseKL: return term(q, p)
      case .jsd(let beta):
        let m = beta * p + (1 - beta) * q
        // The limits are 0, and so is all that is too close to them for the quotients.
        guard beta > 0x1p-1000, beta < 1, m > 0 else { return 0 }
        return beta * term(p, m) + (1 - beta) * term(q, m)
      case .totalVariation: return abs(p - q) / 2
      case .skewKL(let alpha): return term(p, alpha * p + (1 - alpha) * q)
      case .skewReverseKL(let alpha): return term(q, alpha * q + (1 - alpha) * p)
      case .custom: return 0
      }
    }
  }
}
