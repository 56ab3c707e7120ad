// The shape of a Qwen3-style decoder: RMSNorm before each part, grouped-query attention with normalised queries and
// keys and rotary positions, SwiGLU feed-forward, no biases (Qwen3 technical report, arXiv 2505.09388).
//
// Dimension names used in this room: N tokens of a packed batch, D width, H query heads, K key-value heads,
// W head width, F feed-forward width, L layers, V vocabulary.

package import Tensors

/// The shape of a decoder.
package struct DecoderConfiguration: Sendable, Equatable {
  /// V, the number of tokens it knows.
  package var vocabulary: Int
  /// D, numbers in the residual stream of one token.
  package var width: Int
  /// L, the number of layers.
  package var layers: Int
  /// H, query heads of each layer.
  package var heads: Int
  /// K, key-value heads of each layer; H is a multiple of it.
  package var keyValueHeads: Int
  /// W, numbers in a head; even, since rotation pairs them.
  package var headWidth: Int
  /// F, hidden numbers of the feed-forward part.
  package var feedForward: Int
  /// ε of every RMSNorm.
  package var normEpsilon: Float
  /// Base of the rotary frequencies.
  package var rotaryBase: Double
  /// Whether the head shares the embedding's weights.
  package var hasTiedHead: Bool
  /// Longest sequence, in tokens.
  package var contextLength: Int

  /// A configuration; check it with `validate()` before use.
  package init(
    vocabulary: Int, width: Int, layers: Int, heads: Int, keyValueHeads: Int, headWidth: Int, feedForward: Int,
    normEpsilon: Float = 1e-6, rotaryBase: Double = 1e6, hasTiedHead: Bool = true, contextLength: Int = 1024
  ) {
    self.vocabulary = vocabulary
    self.width = width
    self.layers = layers
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headWidth = headWidth
    self.feedForward = feedForward
    self.normEpsilon = normEpsilon
    self.rotaryBase = rotaryBase
    self.hasTiedHead = hasTiedHead
    self.contextLength = contextLength
  }

  /// The usual feed-forward width of a SwiGLU decoder: 8/3 of the width, which gives as many parameters as four times
  /// the width without a gate (Shazeer, 2020), rounded up to a multiple of 16.
  package static func usualFeedForward(width: Int) -> Int { (width * 8 / 3 + 15) / 16 * 16 }

  /// What W may be.
  package static let headWidths = 2...1_024

  /// The shape of its attention.
  package var attention: AttentionShape {
    AttentionShape(heads: heads, keyValueHeads: keyValueHeads, width: headWidth)
  }

  /// Rows of the fused projection of queries, keys and values: (H + 2K) · W.
  package var projectedWidth: Int { (heads + 2 * keyValueHeads) * headWidth }

  /// Throws `ConfigurationError` for a shape that cannot be built.
  package func validate() throws {
    for (name, value, range) in [
      ("vocabulary", vocabulary, 2...1_000_000), ("width", width, 1...65_536), ("layers", layers, 1...1_024),
      ("heads", heads, 1...1_024), ("keyValueHeads", keyValueHeads, 1...1_024),
      ("headWidth", headWidth, Self.headWidths),
      ("feedForward", feedForward, 1...1_048_576), ("contextLength", contextLength, 1...1_048_576),
    ] where !range.contains(value) {
      throw ConfigurationError(
        "\(name) is \(value), but must lie between \(range.lowerBound) and \(range.upperBound)")
    }
    if heads % keyValueHeads != 0 {
      throw ConfigurationError(
        "heads (\(heads)) must be a multiple of keyValueHeads (\(keyValueHeads)): each key-value head serves "
          + "the same number of query heads")
    }
    if headWidth % 2 != 0 {
      throw ConfigurationError("headWidth is \(headWidth), but must be even: rotary positions turn pairs of numbers")
    }
    if !(normEpsilon > 0 && normEpsilon < 1) {
      throw ConfigurationError("normEpsilon is \(normEpsilon), but must lie between 0 and 1")
    }
    if !(rotaryBase > 1 && rotaryBase.isFinite) {
      throw ConfigurationError("rotaryBase is \(rotaryBase), but must be greater than 1")
    }
    let parameters = ParameterLayout(self).count
    if parameters > 2_000_000_000 {
      throw ConfigurationError(
        "this shape has \(parameters) parameters; training keeps four float32 numbers for each, which is more than "
          + "32 GB: choose fewer layers or a smaller width")
    }
  }
}

/// A shape that cannot be built: one sentence that says why.
package struct ConfigurationError: Error, CustomStringConvertible {
  /// What cannot be built: a model, or an adapter.
  package let subject: String
  /// Why it cannot be.
  package let description: String

  init(_ description: String, of subject: String = "model") {
    self.subject = subject
    self.description = description
  }
}
