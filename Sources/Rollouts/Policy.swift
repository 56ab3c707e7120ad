// A policy: a decoder together with the vocabulary that it speaks.

package import LanguageModel
package import Tokenizer

/// What samples: weights, and the vocabulary that turns its tokens into text.
package struct Policy: Sendable {
  /// What the decoder computes with; never written to.
  package let weights: Weights
  /// Its tokens.
  package let vocabulary: CharacterVocabulary

  /// A policy; the decoder's vocabulary must have the size of the given one.
  package init(weights: Weights, vocabulary: CharacterVocabulary) {
    precondition(
      weights.configuration.vocabulary == vocabulary.count,
      "a decoder of \(weights.configuration.vocabulary) tokens and a vocabulary of \(vocabulary.count)")
    self.weights = weights
    self.vocabulary = vocabulary
  }

  /// A policy without an adapter.
  package init(parameters: Parameters, vocabulary: CharacterVocabulary) {
    self.init(weights: Weights(parameters), vocabulary: vocabulary)
  }

  /// The token that ends a completion; nil where the vocabulary has none.
  package var endToken: Int32? { vocabulary.end.map(Int32.init) }

  /// The tokens of a text, as the decoder takes them.
  package func encode(_ text: String) throws -> [Int32] { try vocabulary.encode(text).map(Int32.init) }

  /// The text of some tokens.
  package func decode(_ tokens: some Sequence<Int32>) throws -> String { try vocabulary.decode(tokens.map(Int.init)) }

  /// Samples a completion for each request; see `Parameters.sample`.
  package func sample(
    _ requests: [RolloutRequest], _ rule: SamplingRule, memory: ActivationMemory? = nil,
    isInterrupted: @Sendable () -> Bool = { false }, onToken: @Sendable (Int) -> Void = { _ in }
  ) throws -> [Rollout] {
    try weights.base.sample(
      requests, rule, adapter: weights.adapter, end: endToken, memory: memory, isInterrupted: isInterrupted,
      onToken: onToken)
  }
}

/// Thrown where work was stopped because somebody asked for it.
package struct Interruption: Error {
  package init() {}
}
