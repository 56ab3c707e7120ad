// Losses of the sampled token alone: they see the policy through log q(ŷ) and nothing else, so that one function of it and
// its derivative c say everything; the gradient by the logits is then c · (1[v = ŷ] − q_v) / T.
//
// With ρ = q(ŷ)/q_old(ŷ) and sg[·] for what has no gradient:
//
// | surrogate             | loss, added to coefficient · KL           | c = ∂loss/∂log q        | used by                  |
// |-----------------------|-------------------------------------------|-------------------------|--------------------------|
// | logProbability        | −A log q                                  | −A                      | REINFORCE, OPSD's and    |
// |                       |                                           |                         | Tinker's sampled token   |
// | ratio                 | −ρ A                                      | −ρ A                    | importance sampling      |
// | clippedRatio(low,high)| −min(ρ A, clip(ρ, 1−low, 1+high) A)       | −ρ A, or 0 if clipped   | PPO, GRPO, DAPO          |
// | cappedRatio(cap)      | −sg[min(ρ, cap)] A log q                  | −min(ρ, cap) A          | SDPO's is_clip, CISPO    |
//
// The advantage is A = outcome · (given) + teacher · sg[log p(ŷ) − log q(ŷ)]:
//
// | method                         | advantage                                      | gradient of                            |
// |--------------------------------|------------------------------------------------|----------------------------------------|
// | GRPO and its kin               | .outcome, given by `GroupAdvantage`            | this loss                              |
// | sampled-token OPSD, OPD        | .teacher                                       | this loss; on average reverse KL       |
// | SDPO, sequence level           | .outcome, given the sum of log p − log q       | this loss                              |
// | SDPO, token level              | .teacher                                       | this loss                              |
// | SDPO, hybrid                   | .hybrid(λ): λ GRPO's + (1−λ) the teacher's     | this loss                              |
// | SDPO, logit level              | none                                           | `DistillationObjective` (reverse KL or |
// |                                |                                                | JSD, top 20…100 of the student, tail)  |
// | TRL's SDPO, weight w           | .outcome                                       | (1−w) this loss + w the logit level    |
// | REOPOLD                        | .teacher with a floor                          | this loss                              |

package import Tensors

/// A loss of the sampled token at each position.
package struct TokenPolicyLoss: Sendable, Hashable {
  /// How the probability of the token enters.
  package var surrogate: Surrogate
  /// What the token is rewarded with.
  package var advantage: TokenAdvantage
  /// A penalty for distance from a reference; nil for none.
  package var penalty: KLPenalty?

  package init(
    _ surrogate: Surrogate = .clippedRatio(), advantage: TokenAdvantage = .outcome, penalty: KLPenalty? = nil
  ) {
    self.surrogate = surrogate
    self.advantage = advantage
    self.penalty = penalty
  }

  /// The function of log q(ŷ); see the head of the file.
  package enum Surrogate: Sendable, Hashable {
    case logProbability
    case ratio
    case clippedRatio(low: Double = 0.2, high: Double = 0.2)
    case cappedRatio(Double = 2)
  }

  /// The name in tables and plots.
  package var name: String {
    let name =
      switch surrogate {
      case .logProbability: "policy gradient"
      case .ratio: "importance sampling"
      case .clippedRatio(let low, let high): "clipped ratio 1−\(low)…1+\(high)"
      case .cappedRatio(let cap): "ratio up to \(cap)"
      }
    return ([name] + (penalty.map { ["\($0.coefficient) · \($0.estimator.rawValue)"] } ?? [])).joined(separator: " + ")
  }

  /// Throws what no run can be asked for: the setting, why it cannot be, and what to do instead.
  package func validate() throws(ObjectiveError) {
    switch surrogate {
    case .logProbability, .ratio: break
    case .clippedRatio(let low, let high):
      try ObjectiveError.check("low", low, in: 0...1)
      try ObjectiveError.check("high", high, in: 0...1e6)
    case .cappedRatio(let cap): try ObjectiveError.checkPositive("cap", cap)
    }
    try advantage.validate()
    if let penalty { try ObjectiveError.check("coefficient", penalty.coefficient, in: 0...1e6) }
  }

  /// The log-probabilities of one sampled token, in nats.
  package struct Token: Sendable, Hashable {
    /// log q(ŷ) of the policy that learns.
    package var student: Double
    /// log q(ŷ) of the policy that sampled; the student's own where nil.
    package var old: Double?
    /// That of the reference of the penalty.
    package var reference: Double?
    /// log p(ŷ) of the teacher.
    package var teacher: Double?

    package init(student: Double, old: Double? = nil, reference: Double? = nil, teacher: Double? = nil) {
      self.student = student
      self.old = old
      self.reference = reference
      self.teacher = teacher
    }
  }

  /// What one token contributes.
  package struct Outcome: Sendable, Hashable {
    /// Surrogate and penalty together.
    package var loss: Double
    /// ∂loss/∂log q(ŷ).
    package var derivative: Double
    /// q/q_old.
    package var ratio: Double
    /// The advantage, with the teacher's part.
    package var advantage: Double
    /// Whether the ratio lies below 1 − low and the token was to become less likely: it no longer has a gradient.
    package var isClippedLow: Bool
    /// Whether the ratio lies above 1 + high (or the cap) and the token was to become likelier.
    package var isClippedHigh: Bool
    /// The estimate of the KL to the reference, without its coefficient; 0 where there is no penalty.
    package var kl: Double
  }

  /// The loss of one token and its derivative, in double precision.
  package func callAsFunction(_ token: Token, advantage given: Double) -> Outcome {
    // exp(±20), as SDPO's program bounds it; no clip is that wide.
    let ratio = exponential(min(20, max(-20, token.student - (token.old ?? token.student))))
    let reward = advantage(given: given, teacher: token.teacher, student: token.student)
    var outcome = Outcome(
      loss: -reward * ratio, derivative: -reward * ratio, ratio: ratio, advantage: reward, isClippedLow: false,
      isClippedHigh: false, kl: 0)
    switch surrogate {
    case .logProbability: (outcome.loss, outcome.derivative) = (-reward * token.student, -reward)
    case .ratio: break
    case .clippedRatio(let low, let high):
      outcome.isClippedLow = ratio < 1 - low && reward < 0
      outcome.isClippedHigh = ratio > 1 + high && reward > 0
      if outcome.isClippedLow || outcome.isClippedHigh {
        (outcome.loss, outcome.derivative) = (-reward * (outcome.isClippedLow ? 1 - low : 1 + high), 0)
      }
    case .cappedRatio(let cap):
      outcome.isClippedHigh = ratio > cap
      (outcome.loss, outcome.derivative) = (-min(ratio, cap) * reward * token.student, -min(ratio, cap) * reward)
    }
    if let penalty, let reference = token.reference {
      let kl = penalty.estimator(policy: token.student, reference: reference)
      outcome.kl = kl.value
      outcome.loss += penalty.coefficient * kl.value
      outcome.derivative += penalty.coefficient * kl.derivative
    }
    return outcome
  }

  /// What is known of the sampled tokens besides the student's rows, one number a row; empty for what there is none of.
  package struct Rows: Sendable, Hashable {
    /// The token that was sampled.
    package var tokens: [Int32]
    /// The given part of the advantage.
    package var advantages: [Float]
    /// log q(ŷ) when it was sampled.
    package var old: [Float]
    /// log-probability under the reference of the penalty.
    package var reference: [Float]
    /// log p(ŷ) under the teacher.
    package var teacher: [Float]

    package init(
      tokens: [Int32], advantages: [Float] = [], old: [Float] = [], reference: [Float] = [], teacher: [Float] = []
    ) {
      self.tokens = tokens
      self.advantages = advantages
      self.old = old
      self.reference = reference
      self.teacher = teacher
    }
  }

  /// The outcome of each row, and weight · ∂loss/∂z in place of the student's log-probabilities.
  ///
  /// - Parameters:
  ///   - student: log-probabilities at the temperature, rows × vocabulary; becomes the gradient, which carries 1/T.
  ///   - rows: what else is known of each row.
  ///   - weights: what each row counts in the loss; masking and the normaliser are in it.
  package func lossAndGradient(
    student: Floats, _ rows: Rows, weights: Floats, vocabulary: Int, temperature: Double = 1
  ) -> [Outcome] {
    let outcomes = outcomes(student: student, rows, vocabulary: vocabulary)
    addTokenGradient(
      student, rows.tokens, outcomes.enumerated().map { Float(-$1.derivative) * weights[$0] }, vocabulary,
      temperature)
    return outcomes
  }

  /// The outcome of each row; nothing is written.
  package func outcomes(student: Floats, _ rows: Rows, vocabulary: Int) -> [Outcome] {
    let count = rows.tokens.count
    for values in [rows.advantages, rows.old, rows.reference, rows.teacher] {
      precondition(values.isEmpty || values.count == count, "\(values.count) numbers for \(count) tokens")
    }
    func number(_ values: [Float], _ row: Int) -> Double? { values.isEmpty ? nil : Double(values[row]) }
    return rows.tokens.enumerated().map { row, token in
      self(
        Token(
          student: Double(student[row * vocabulary + Int(token)]), old: number(rows.old, row),
          reference: number(rows.reference, row), teacher: number(rows.teacher, row)),
        advantage: number(rows.advantages, row) ?? 0)
    }
  }

  /// In place: log q → weight · (q − 1[v = ŷ]) / T.
  private func addTokenGradient(
    _ student: Floats, _ tokens: [Int32], _ weights: [Float], _ vocabulary: Int, _ temperature: Double
  ) {
    crossEntropyRows(
      student, targets: tokens, weights: Floats(weights), losses: Floats(zeros: tokens.count), width: vocabulary,
      temperature: Float(temperature))
  }
}
