// What a step of training holds in memory, part by part. Everything else, from the logits of a chunk to the cache of
// the rollouts, stays within a tenth of it.

package import LanguageModel

/// Bytes of what a step of training holds.
package struct MemoryLedger: Sendable, Equatable {
  /// The student's weights.
  package let weights: Double
  /// The weights that the run began with: those of a teacher that stays as it was.
  package let initial: Double
  /// The gradient of the weights.
  package let gradient: Double
  /// The two moments of AdamW.
  package let moments: Double
  /// The activations that the backward pass reads, and their gradients, for the tokens that are computed at a time.
  package let activations: Double

  /// The ledger of a decoder whose every weight is trained, so many tokens at a time.
  package init(_ shape: DecoderConfiguration, tokens: Int) {
    weights = 4 * Double(ParameterLayout(shape).count)
    initial = weights
    gradient = weights
    moments = 2 * weights
    activations = DecoderPass.bytes(shape, tokens: tokens, for: .training)
  }

  /// All of it.
  package var total: Double { weights + initial + gradient + moments + activations }
}
