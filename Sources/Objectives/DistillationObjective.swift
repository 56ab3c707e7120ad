// What a student is distilled with at one position: a divergence, over all of the vocabulary or the k likeliest tokens,
// its summands or its sum cut off at a threshold. The arithmetic of rows stands in `DistillationObjective+Rows.swift`.
//
// | support                       | p and q on the support K        | gradient by the logits of tokens outside K        |
// |-------------------------------|---------------------------------|---------------------------------------------------|
// | full                          | as they are                     | there are none                                    |
// | topK, renormalised            | p/P_K, q/Q_K                    | 0 (OPSD's top_k_loss; TRL's SDPO without a tail)  |
// | topK, full                    | as they are; D may be negative  | −q_v Σ_K g (verl's forward_kl_topk)               |
// | topK, tail                    | and one more token of 1−P, 1−Q  | q_v times that of the tail / q_tail (SDPO's)      |
//
// | clip           | loss                | gradient                                                                      |
// |----------------|---------------------|-------------------------------------------------------------------------------|
// | pointwise(τ)   | Σ_v min(l_v, τ)     | of the summands below τ alone. Forward KL: P_U (q − p̃), where p̃ is the teacher |
// |                |                     | without the tokens that were cut off: their logits go down (OPSD, app. B)     |
// | perToken(τ)    | min(Σ_v l_v, τ)     | 0 where the sum is above τ                                                    |
//
// OPSD's token clip of 0.05 is `pointwise`. Its loss may be negative: summands below 0 are never cut off.

package import Tensors

/// A divergence, the tokens over which it is summed, and what is cut off.
package struct DistillationObjective: Sendable, Hashable {
  /// What is measured.
  package var divergence: Divergence
  /// Over which tokens.
  package var support: Support
  /// What is cut off.
  package var clip: Clip

  package init(_ divergence: Divergence, support: Support = .full, clip: Clip = .none) {
    self.divergence = divergence
    self.support = support
    self.clip = clip
  }

  /// One of the two distributions.
  package enum Side: String, Sendable, CaseIterable {
    case teacher
    case student
  }

  /// The tokens that a divergence is summed over.
  package enum Support: Sendable, Hashable {
    /// The whole vocabulary.
    case full
    /// The k tokens that are likeliest to the teacher (OPSD) or to the student (SDPO).
    case topK(Int, of: Side, SupportNormalisation = .renormalised)
  }

  /// What is cut off, in nats.
  package enum Clip: Sendable, Hashable {
    case none
    /// Every summand over the vocabulary at the threshold.
    case pointwise(Double)
    /// The divergence of a position at the threshold.
    case perToken(Double)
  }

  /// The name in tables and plots.
  package var name: String {
    var parts = [divergence.name]
    if case .topK(let count, let side, let normalisation) = support {
      parts.append("top \(count) of the \(side), \(normalisation.words)")
    }
    switch clip {
    case .none: break
    case .pointwise(let threshold): parts.append("entries clipped at \(threshold)")
    case .perToken(let threshold): parts.append("tokens clipped at \(threshold)")
    }
    return parts.joined(separator: ", ")
  }

  /// What it computes, in one line.
  package var formula: String {
    var text = divergence.formula
    if case .topK(let count, let side, let normalisation) = support {
      text += "; over K, the \(count) tokens likeliest to \(side == .teacher ? "p_T" : "p_S"), \(normalisation.words)"
    }
    switch clip {
    case .none: break
    case .pointwise(let threshold): text += "; Σ min(l_v, \(threshold)) of its summands l_v"
    case .perToken(let threshold): text += "; min(D, \(threshold))"
    }
    return text
  }

  /// The largest value that it can take, in nats; nil where there is none that is known.
  package var largestValue: Double? {
    if case .perToken(let threshold) = clip { return min(threshold, divergence.largestValue ?? threshold) }
    return divergence.largestValue
  }

  /// Throws what no run can be asked for: the setting, why it cannot be, and what to do instead.
  package func validate(vocabulary: Int? = nil) throws(ObjectiveError) {
    try divergence.validate()
    if case .topK(let count, _, _) = support {
      try ObjectiveError.check(
        "k", count, in: 1...(vocabulary ?? .max),
        why: count < 1 ? "a support holds at least one token" : "the vocabulary has \(vocabulary ?? 0) tokens",
        fix: count < 1 ? "choose 1 or more" : "choose at most \(vocabulary ?? 0), or the full support")
    }
    switch clip {
    case .none: break
    case .pointwise(let threshold):
      try ObjectiveError.checkPositive("clip", threshold)
      if case .custom(let expression) = divergence, expression.summand == nil {
        throw ObjectiveError(
          what: "entries of \(expression) cannot be clipped", why: "it is not a sum over the vocabulary",
          fix: "let sum(…) be the last operation, or clip whole tokens", setting: "clip")
      }
    case .perToken(let threshold): try ObjectiveError.checkPositive("clip", threshold)
    }
  }
}

extension SupportNormalisation {
  /// How it reads in a name.
  fileprivate var words: String {
    switch self {
    case .full: "not renormalised"
    case .renormalised: "renormalised"
    case .tail: "with a tail"
    }
  }
}
