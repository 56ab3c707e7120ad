// Text and tokens, for worlds small enough that every character is a token. Nothing here knows a task or a model.

/// A vocabulary in which each character is one token.
///
/// Token identifiers are the characters' places. A special token is one of the characters: `end` closes a completion.
package struct CharacterVocabulary: Sendable, Hashable {
  /// The characters, each at its token's place.
  package let characters: [Character]
  /// The token that ends a completion; nil where there is none.
  package let end: Int?
  private let tokens: [Character: Int]

  /// The vocabulary of these characters, in this order.
  ///
  /// Throws `VocabularyError` for no characters, for one that stands twice, and for an end mark that is not among them.
  package init(characters: String, endMark: Character? = nil) throws {
    self.characters = Array(characters)
    guard !self.characters.isEmpty else { throw VocabularyError.empty }
    var tokens: [Character: Int] = [:]
    for (token, character) in self.characters.enumerated() {
      guard tokens.updateValue(token, forKey: character) == nil else { throw VocabularyError.repeated(character) }
    }
    self.tokens = tokens
    end = endMark.flatMap { tokens[$0] }
    if let endMark, end == nil { throw VocabularyError.unknown(endMark, position: nil, known: characters) }
  }

  /// How many tokens there are, V.
  package var count: Int { characters.count }

  /// The token of one character; nil for a character that is not in the vocabulary.
  package func token(of character: Character) -> Int? { tokens[character] }

  /// The tokens of a text.
  ///
  /// Throws `VocabularyError` naming the first character that is not in the vocabulary.
  package func encode(_ text: String) throws -> [Int] {
    try text.enumerated().map { position, character in
      guard let token = tokens[character] else {
        throw VocabularyError.unknown(character, position: position, known: String(characters))
      }
      return token
    }
  }

  /// The text of some tokens.
  ///
  /// Throws `VocabularyError` naming the first token outside `0..<count`.
  package func decode(_ tokens: some Sequence<Int>) throws -> String {
    String(
      try tokens.map { token in
        guard characters.indices.contains(token) else { throw VocabularyError.noSuchToken(token, count: count) }
        return characters[token]
      })
  }

  /// The token as a person can see it: a space becomes `␣`, a line break `⏎`, a tab `⇥`; `⟨n⟩` outside the vocabulary.
  package func displayText(of token: Int) -> String {
    guard characters.indices.contains(token) else { return "⟨\(token)⟩" }
    return VocabularyError.visible(characters[token])
  }
}

/// Characters or tokens that a vocabulary does not hold, or a vocabulary that cannot be.
package enum VocabularyError: Error, Hashable, CustomStringConvertible {
  case empty
  case repeated(Character)
  case unknown(Character, position: Int?, known: String)
  case noSuchToken(Int, count: Int)

  /// What failed, why, and what would do.
  package var description: String {
    switch self {
    case .empty:
      "a vocabulary needs at least one character"
    case .repeated(let character):
      "the character \(Self.quoted(character)) stands twice in the vocabulary; each character is one token"
    case .unknown(let character, let position, let known):
      "\(Self.quoted(character))\(position.map { " at position \($0)" } ?? "") is not in the vocabulary; "
        + "it has \(known.count) characters: \(known.map(Self.visible).joined(separator: " "))"
    case .noSuchToken(let token, let count):
      "there is no token \(token): this vocabulary has the tokens 0 to \(count - 1)"
    }
  }

  static func quoted(_ character: Character) -> String { "\"\(visible(character))\"" }

  static func visible(_ character: Character) -> String {
    switch character {
    case " ": "␣"
    case "\n": "⏎"
    case "\t": "⇥"
    default: String(character)
    }
  }
}
