// From the rewards of the attempts at one problem to their advantages: how much better than the others each one was.
//
// | name                | A_i                                   | used by                                             |
// |---------------------|---------------------------------------|-----------------------------------------------------|
// | groupStandardised   | (r_i − mean) / (std of group + ε)     | GRPO (arXiv 2402.03300); TRL ε = 1e-4, verl 1e-6    |
// | batchStandardised   | (r_i − mean) / (std of all + ε)       | TRL's scale_rewards "batch"                         |
// | meanOnly            | r_i − mean                            | Dr. GRPO (arXiv 2503.20783), SDPO                   |
//
// The mean is that of the group, the standard deviation the unbiased one; it is 0 of a single number. A group whose rewards
// are all the same has advantages of 0: nothing is learnt from it.

/// How advantages are made of the rewards of groups.
package enum GroupAdvantage: Sendable, Hashable {
  case groupStandardised(epsilon: Double = 1e-4)
  case batchStandardised(epsilon: Double = 1e-4)
  case meanOnly

  /// The name in tables and plots.
  package var name: String {
    switch self {
    case .groupStandardised: "standardised by group"
    case .batchStandardised: "standardised by batch"
    case .meanOnly: "mean only"
    }
  }

  /// Throws where epsilon is negative or not a number.
  package func validate() throws(ObjectiveError) {
    switch self {
    case .groupStandardised(let epsilon), .batchStandardised(let epsilon):
      try ObjectiveError.check("epsilon", epsilon, in: 0...1)
    case .meanOnly: break
    }
  }

  /// The advantages of the attempts of each group, in the shape of the rewards.
  package func callAsFunction(_ rewards: [[Double]]) -> Advantages {
    let batchDeviation = standardDeviation(rewards.flatMap { $0 })
    let values = rewards.map { group in
      let mean = group.reduce(0, +) / Double(max(1, group.count))
      let divisor =
        switch self {
        case .groupStandardised(let epsilon): standardDeviation(group) + epsilon
        case .batchStandardised(let epsilon): batchDeviation + epsilon
        case .meanOnly: 1.0
        }
      // Where all rewards are the same their mean may differ by rounding, which a small divisor would enlarge.
      guard Set(group).count > 1, divisor > 0 else { return [Double](repeating: 0, count: group.count) }
      return group.map { ($0 - mean) / divisor }
    }
    return Advantages(values: values, hasSignal: rewards.map { Set($0).count > 1 })
  }
}

/// Advantages of groups of attempts.
package struct Advantages: Sendable, Equatable {
  /// One for each attempt of each group.
  package let values: [[Double]]
  /// Whether a group's attempts were not all worth the same.
  package let hasSignal: [Bool]

  /// The share of the groups from which nothing is learnt; TRL's frac_reward_zero_std.
  package var silentShare: Double {
    hasSignal.isEmpty ? 0 : Double(hasSignal.count { !$0 }) / Double(hasSignal.count)
  }
}

/// The unbiased standard deviation; 0 of fewer than two numbers.
private func standardDeviation(_ values: [Double]) -> Double {
  guard values.count > 1 else { return 0 }
  let mean = values.reduce(0, +) / Double(values.count)
  return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
}
