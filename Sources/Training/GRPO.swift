// Group Relative Policy Optimisation (arXiv 2402.03300, section 4.1), with the choices that later work made of it: DAPO's
// higher upper clip and token mean (arXiv 2503.14476), Dr. GRPO's advantages without a standard deviation and sums over a
// fixed length (arXiv 2503.20783). The verifier's word is the only signal: one number a rollout.

import Checkpoints
import LanguageModel
package import Objectives
import Rollouts
import Tasks

/// The settings of GRPO.
package struct GRPO: TrainingMethod {
  package var reward: Reward
  /// How rewards of a group become advantages.
  package var advantage: GroupAdvantage
  /// Clipping of the probability ratio; it acts from the second update of a step on.
  package var ratioClip: TokenPolicyLoss.Surrogate?
  /// β, the weight of the penalty KL(p_S ‖ p_reference), estimated at the sampled tokens.
  package var klCoefficient: Double
  package var temperature: Double
  package var reduction: Reduction
  /// Problems in a step.
  package var groups: Int
  /// G, rollouts of each problem.
  package var samples: Int
  /// Updates that one step makes with its rollouts.
  package var updates: Int
  /// The longest rollout, in tokens.
  package var maxTokens: Int

  package init(
    reward: Reward = .verifier, advantage: GroupAdvantage = .groupStandardised(),
    ratioClip: TokenPolicyLoss.Surrogate? = nil,
    klCoefficient: Double = 0, temperature: Double = 1, reduction: Reduction = .tokenMean, groups: Int = 8,
    samples: Int = 8, updates: Int = 1, maxTokens: Int
  ) {
    self.reward = reward
    self.advantage = advantage
    self.ratioClip = ratioClip
    self.klCoefficient = klCoefficient
    self.temperature = temperature
    self.reduction = reduction
    self.groups = groups
    self.samples = samples
    self.updates = updates
    self.maxTokens = maxTokens
  }

  package var name: String {
    let parts = [
      "GRPO G=\(samples)", advantage == .groupStandardised() ? nil : advantage.name,
      ratioClip.map { TokenPolicyLoss($0).name },
      klCoefficient == 0 ? nil : "KL \(klCoefficient)", updates == 1 ? nil : "\(updates) updates", reward.name,
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }

  package var formula: String {
    let ratio = ratioClip == nil ? "ρ A_i" : "min(ρ A_i, clip(ρ) A_i)"
    return "−E[Σ_i,n w_n \(ratio)]\(klCoefficient == 0 ? "" : " + β KL(p_S ‖ p_0)"), A_i \(advantage.name)"
  }

  package func validate(_ run: RunMaterial) throws {
    try run.checkGroups(
      groups, of: samples, because: "a reward is compared with the others of its group, and one alone has no others")
    try SettingError.check("klCoefficient", klCoefficient, in: 0...1e6)
    try SettingError.check("updates", updates, in: 1...64)
    try objectives { () throws(ObjectiveError) in
      try advantage.validate()
      try loss.validate()
    }
    if ratioClip != nil {
      guard updates >= 2 else {
        throw SettingError(
          what: "a clip of the ratio would do nothing here",
          why: "with one update for each step the student still is what it sampled with, and every ratio is 1",
          fix: "choose updates 2 or more, or leave the clip out", setting: "clip")
      }
    }
    try run.check(reduction)
    try run.checkOnPolicy(sequences: groups * samples, temperature: temperature, maxTokens: maxTokens)
  }

  /// At a ratio of 1 the gradient of −ρ A is that of −A log π.
  fileprivate var loss: TokenPolicyLoss {
    TokenPolicyLoss(
      ratioClip ?? .ratio, penalty: klCoefficient > 0 ? KLPenalty(.k3, coefficient: klCoefficient) : nil)
  }

  package func makeTrainer(_ context: RunContext) throws -> any Trainer { GRPOTrainer(self, context) }
}

private final class GRPOTrainer: Trainer {
  private let method: GRPO
  private let context: RunContext
  private let reference: TeacherReader?
  private var answers: [Attempt] = []
  private var advantages: [Double] = []

  init(_ method: GRPO, _ context: RunContext) {
    self.method = method
    self.context = context
    reference = method.klCoefficient > 0 ? context.reader(of: Teacher(context.initial.weights)) : nil
  }

  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures {
    var measures = StepMeasures()
    if update == 0 {
      let problems = context.problems(step: step, count: method.groups)  // 1: x from the data
      answers = try context.answers(  // 2: y_1 … y_G ~ π_old(·|x)
        to: problems, samples: method.samples,
        SamplingRule(temperature: method.temperature, maxTokens: method.maxTokens), step: step, measures: &measures)
      let rewards = try method.reward(answers)  // 3: r_i
      let groups = method.advantage(inGroups(rewards, of: method.samples))  // 4: A_i, r_i against its group
      advantages = groups.values.flatMap(\.self)
      measures.count(rewards, groups)
    }
    let signal = PolicySignal(
      answers, advantages: advantages, LossWeighting(reduction: method.reduction, share: share),
      loss: method.loss)
    try context.reinforce(  // 5: −min(ρ A, clip(ρ) A) + β KL at every token
      answers, reading: reference, signal, temperature: method.temperature, measures: &measures)
    return measures
  }
}
