// What a sampled token is rewarded with, and how far the policy has moved from another one by that token's evidence.

import Tensors

/// The advantage of a sampled token: a given part, and the teacher's view of the token.
package struct TokenAdvantage: Sendable, Hashable {
  /// The factor of the given advantage, which is that of the outcome.
  package var outcome: Double
  /// The factor of sg[log p(ŷ) − log q(ŷ)].
  package var teacher: Double
  /// What the teacher's part is raised to where it is lower, in nats (REOPOLD: log λ/(1−λ)); nil for no floor.
  package var floor: Double?
  /// What the teacher's part is cut off at on both sides, in nats (SDPO at test time: 5); nil for no limit.
  package var limit: Double?

  package init(outcome: Double, teacher: Double, floor: Double? = nil, limit: Double? = nil) {
    self.outcome = outcome
    self.teacher = teacher
    self.floor = floor
    self.limit = limit
  }

  /// The given advantage alone: GRPO.
  package static let outcome = TokenAdvantage(outcome: 1, teacher: 0)
  /// The teacher's view alone: sampled-token distillation.
  package static let teacher = TokenAdvantage(outcome: 0, teacher: 1)
  /// λ · the given one + (1−λ) · the teacher's (SDPO, arXiv 2601.20802).
  package static func hybrid(_ lambda: Double) -> TokenAdvantage {
    TokenAdvantage(outcome: lambda, teacher: 1 - lambda)
  }

  /// Throws where a factor is not finite, or a limit not above 0.
  package func validate() throws(ObjectiveError) {
    try ObjectiveError.check("outcome", outcome, in: -1e6...1e6)
    try ObjectiveError.check("teacher", teacher, in: -1e6...1e6)
    if let floor { try ObjectiveError.check("floor", floor, in: -1e6...0) }
    if let limit { try ObjectiveError.checkPositive("limit", limit) }
  }

  /// A, with nothing of the teacher where there is none.
  package func callAsFunction(given: Double, teacher p: Double?, student q: Double) -> Double {
    guard teacher != 0, let p else { return outcome * given }
    var gap = max(p - q, floor ?? -.infinity)
    if let limit { gap = min(limit, max(-limit, gap)) }
    return outcome * given + teacher * gap
  }
}

/// Estimates of KL(policy ‖ reference) from one token that the policy sampled, with d = log reference − log policy.
///
/// | name | value       | by log policy | what its gradient follows on average        |
/// |------|-------------|---------------|---------------------------------------------|
/// | k1   | −d          | 1             | nothing: it is 0                            |
/// | k2   | d²/2        | −d            | KL(policy ‖ reference)                      |
/// | k3   | e^d − d − 1 | 1 − e^d       | KL(reference ‖ policy); TRL's               |
package enum KLEstimator: String, Sendable, CaseIterable {
  case k1
  case k2
  case k3

  /// The estimate and its derivative by the policy's log-probability.
  package func callAsFunction(policy: Double, reference: Double) -> (value: Double, derivative: Double) {
    let d = reference - policy
    return switch self {
    case .k1: (-d, 1)
    case .k2: (d * d / 2, -d)
    case .k3: (exponential(d) - d - 1, 1 - exponential(d))
    }
  }
}

/// A penalty for distance from a reference.
package struct KLPenalty: Sendable, Hashable {
  package var estimator: KLEstimator
  package var coefficient: Double

  package init(_ estimator: KLEstimator = .k3, coefficient: Double) {
    self.estimator = estimator
    self.coefficient = coefficient
  }
}

/// min(q/q_old, cap) of one sampled token, detached: what SDPO multiplies a position's divergence with (is_clip, 2 there).
package func importanceWeight(student: Double, old: Double, cap: Double = 2) -> Double {
  min(cap, exponential(min(20, max(-20, student - old))))
}
