// What a step of training holds in memory, part by part. Everything else, from the logits of a chunk to the cache of
// the rollouts, stays within a tenth of it.

package import LanguageModel

/// Bytes of what a step of training holds.
package struct MemoryLedger: Sendable, Equatable {
  /// The student's weights.
  package let weights: Double
  /// The weights that the run began with, where the student has others: those of a teacher that stays as it was.
  package let initial: Double
  /// A teacher that is an average of the student's weights.
  package let average: Double
  /// The gradient of the weights.
  package let gradient: Double
  /// The two moments of AdamW.
  package let moments: Double
  /// The activations that the backward pass reads, and their gradients, for the tokens that are computed at a time.
  package let activations: Double

  /// The ledger of a decoder whose every weight is trained, or an adapter of it alone, so many tokens at a time.
  ///
  /// With an adapter, student and teacher share the weights below it.
  package init(
    _ shape: DecoderConfiguration, adapter: AdapterConfiguration? = nil, tokens: Int, hasAverage: Bool = false
  ) {
    let base = 4 * Double(ParameterLayout(shape).count)
    let trained = adapter.map { 4 * Double(AdapterLayout($0, for: shape).count) } ?? base
    weights = adapter == nil ? base : base + trained
    initial = adapter == nil ? base : 0
    average = hasAverage ? base : 0
    gradient = trained
    moments = 2 * trained
    activations = DecoderPass.bytes(shape, adapter: adapter, tokens: tokens, for: .training)
  }

  /// All of it.
  package var total: Double { weights + initial + average + gradient + moments + activations }
}
