// A policy: a decoder together with the vocabulary that it speaks.

package import LanguageModel
package import Tokenizer

/// What samples: parameters, and the vocabulary that turns its tokens into text.
package struct Policy: Sendable {
  /// The decoder's parameters; never written to.
  package let parameters: Parameters
  /// Its tokens.
  package let vocabulary: CharacterVocabulary

  /// A policy; the decoder's vocabulary must have the size of the given one.
  package init(parameters: Parameters, vocabulary: CharacterVocabulary) {
    precondition(
      parameters.configuration.vocabulary == vocabulary.count,
      "a decoder of \(parameters.configuration.vocabulary) tokens and a vocabulary of \(vocabulary.count)")
    self.parameters = parameters
    self.vocabulary = vocabulary
  }

  /// The token that ends a completion; nil where the vocabulary has none.
  package var endToken: Int32? { vocabulary.end.map(Int32.init) }

  /// The tokens of a text, as the decoder takes them.
  package func encode(_ text: String) throws -> [Int32] { try vocabulary.encode(text).map(Int32.init) }

  /// The text of some tokens.
  package func decode(_ tokens: some Sequence<Int32>) throws -> String { try vocabulary.decode(tokens.map(Int.init)) }
}

/// Thrown where work was stopped because somebody asked for it.
package struct Interruption: Error {
  package init() {}
}
