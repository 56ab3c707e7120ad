// How the divergences of many positions become one loss. Papers and programs differ here without saying so.

/// The weights with which positions enter the loss.
package enum Reduction: String, Sendable, CaseIterable {
  /// The mean over the tokens of each sequence, then over sequences (arXiv 2601.18734, equation 6): every rollout counts
  /// the same.
  case sequenceMean
  /// The mean over all tokens of the batch (the authors' program): long rollouts count more.
  case tokenMean

  /// The weight of each position of sequences of these lengths, one after the other; they sum to 1.
  package func weights(lengths: [Int]) -> [Float] {
    let sequences = lengths.count { $0 > 0 }
    let tokens = lengths.reduce(0, +)
    return lengths.flatMap { length in
      let weight =
        switch self {
        case .sequenceMean: 1 / (Double(length) * Double(sequences))
        case .tokenMean: 1 / Double(tokens)
        }
      return Array(repeating: Float(weight), count: length)
    }
  }
}
