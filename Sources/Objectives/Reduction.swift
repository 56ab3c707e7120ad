// How the losses of many positions become one loss. Papers and programs differ here without saying so.
//
// | name           | each position counts                | used by                                                      |
// |----------------|-------------------------------------|--------------------------------------------------------------|
// | sequenceMean   | 1 / (its length · sequences)        | OPSD equation 6, GRPO ("grpo"), PW-OPSD, TRL's SDPO and SDFT |
// | tokenMean      | 1 / tokens of the batch             | OPSD's program, SDPO's, DAPO ("dapo", "bnpo")                |
// | fixedLength(n) | 1 / (n · sequences)                 | Dr. GRPO ("dr_grpo"), with n the longest possible completion |
//
// With position weights w, length and tokens are the positions whose weight is not 0, and each counts w times that.

/// The weights with which positions enter the loss.
package enum Reduction: Sendable, Hashable, CaseIterable {
  /// The mean over the tokens of each sequence, then over sequences (arXiv 2601.18734, equation 6): every rollout counts
  /// the same.
  case sequenceMean
  /// The mean over all tokens of the batch (the authors' program): long rollouts count more.
  case tokenMean
  /// The sum over a sequence, divided by a fixed length, then the mean over sequences: every token counts the same in
  /// every batch (Dr. GRPO, arXiv 2503.20783).
  case fixedLength(Int)

  /// Those without a setting.
  package static let allCases: [Reduction] = [.sequenceMean, .tokenMean]

  /// The name in tables and plots.
  package var name: String {
    switch self {
    case .sequenceMean: "mean over sequences"
    case .tokenMean: "mean over tokens"
    case .fixedLength(let length): "sum over \(length)"
    }
  }

  /// Throws where a fixed length is below 1.
  package func validate() throws(ObjectiveError) {
    if case .fixedLength(let length) = self {
      try ObjectiveError.check(
        "length", length, in: 1...1 << 40, why: "a sum cannot be divided by it", fix: "choose 1 or more")
    }
  }

  /// The weight of each position of sequences of these lengths, one after the other.
  ///
  /// They sum to 1 for the means, if the position weights are uniform. A sequence without a position that counts does not
  /// count in a mean over sequences; a fixed length divides by all of them.
  package func weights(lengths: [Int], position: PositionWeights = .uniform) -> [Float] {
    let positions = lengths.map(position.weights)
    let counted = positions.map { weights in weights.count { $0 != 0 } }
    let sequences = Double(counted.count { $0 > 0 })
    let tokens = Double(counted.reduce(0, +))
    return zip(positions, counted).flatMap { weights, length in
      let share =
        switch self {
        case .sequenceMean: 1 / (Double(length) * sequences)
        case .tokenMean: 1 / tokens
        case .fixedLength(let length): 1 / (Double(length) * Double(lengths.count))
        }
      return weights.map { $0 == 0 ? 0 : Float($0 * share) }
    }
  }
}
