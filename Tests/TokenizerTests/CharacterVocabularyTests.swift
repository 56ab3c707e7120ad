import Testing
import Tokenizer

@Suite struct CharacterVocabularyTests {
  let vocabulary: CharacterVocabulary

  init() throws { vocabulary = try CharacterVocabulary(characters: "0123456789+=;#$[] ", endMark: "$") }

  @Test func tokensArePlaces() throws {
    #expect(vocabulary.count == 18)
    #expect(try vocabulary.encode("0 9$") == [0, 17, 9, 14])
    #expect(vocabulary.end == 14)
    #expect(vocabulary.token(of: "=") == 11)
    #expect(vocabulary.token(of: "x") == nil)
    #expect(try CharacterVocabulary(characters: "ab").end == nil)
  }

  @Test(arguments: ["", "[  812] 526+ 286=6+6+0=12;2+8+1=11;5+2+1=08;#812$", "0123456789+=;#$[] "])
  func decodingUndoesEncoding(text: String) throws {
    #expect(try vocabulary.decode(vocabulary.encode(text)) == text)
  }

  @Test func charactersAreWhatAPersonSees() throws {
    // One accent in two code points, and a flag in two more, are one token each.
    let vocabulary = try CharacterVocabulary(characters: "e\u{301}🇳🇱e")
    #expect(vocabulary.count == 3)
    #expect(try vocabulary.encode("\u{E9}e🇳🇱") == [0, 2, 1])
  }

  @Test func anUnknownCharacterIsNamedWithTheKnownOnes() {
    #expect {
      try vocabulary.encode("12x4")
    } throws: {
      "\($0)"
        == "\"x\" at position 2 is not in the vocabulary; it has 18 characters: 0 1 2 3 4 5 6 7 8 9 + = ; # $ [ ] ␣"
    }
    #expect {
      try vocabulary.encode("1\n")
    } throws: {
      "\($0)".hasPrefix("\"⏎\" at position 1 is not in the vocabulary")
    }
  }

  @Test(arguments: [-1, 18, Int.max])
  func aTokenOutsideIsAnErrorAndStillHasADisplayText(token: Int) {
    #expect(throws: VocabularyError.noSuchToken(token, count: 18)) { try vocabulary.decode([0, token]) }
    #expect(vocabulary.displayText(of: token) == "⟨\(token)⟩")
  }

  @Test func whatCannotBeSeenIsShown() throws {
    let vocabulary = try CharacterVocabulary(characters: "a \n\t")
    #expect((0..<4).map { vocabulary.displayText(of: $0) } == ["a", "␣", "⏎", "⇥"])
  }

  @Test func vocabulariesThatCannotBeAreErrors() {
    #expect(throws: VocabularyError.empty) { try CharacterVocabulary(characters: "") }
    #expect(throws: VocabularyError.repeated("a")) { try CharacterVocabulary(characters: "aba") }
    #expect(throws: VocabularyError.unknown("$", position: nil, known: "ab")) {
      try CharacterVocabulary(characters: "ab", endMark: "$")
    }
  }
}
