import RandomStreams

/// Different letters in some order.
struct LetterList: Exercise {
  let letters: [Character]

  /// The letters there are, in order.
  static let alphabet = Array("abcdefghijklmnopqrstuvwxyz")

  /// All lists of two letters.
  static var allPairs: [LetterList] {
    alphabet.flatMap { first in
      alphabet.filter { $0 != first }.map { LetterList(letters: [first, $0]) }
    }
  }

  /// Any list of so many letters, all equally likely.
  static func random(of level: Int, with random: inout RandomStream) -> LetterList {
    var open = alphabet
    return LetterList(letters: (0..<min(level, open.count)).map { _ in open.remove(at: random.below(open.count)) })
  }

  /// The same letters always stand in the same split.
  var split: Split { Split.of(key: fingerprint(of: String(letters.sorted()))) }

  var problem: Problem {
    let answer = String(letters.sorted())
    return Problem(
      id: fingerprint(of: String(letters)), question: String(letters), solution: "#\(answer)$", answer: answer,
      level: letters.count)
  }

  /// The letters in the order of somebody who again and again takes the earliest of those that are left.
  func sorted(isBefore: (Character, Character) -> Bool) -> [Character] {
    var left = letters
    return letters.indices.map { _ in
      var earliest = 0
      for place in left.indices.dropFirst() where isBefore(left[place], left[earliest]) { earliest = place }
      return left.remove(at: earliest)
    }
  }
}

/// Pupils who misjudge the order of some letters that are close in the alphabet.
struct LetterPupils {
  /// How often a misjudged pair is misjudged, 0...1.
  let confusion: Double
  /// For 26 · first + second: whether the pair is one of those.
  private let table: [Bool]

  /// The pupils of the usual world.
  static let usual = LetterPupils(share: 0.60, reach: 4, confusion: 0.65, seed: 0)

  /// Pupils who misjudge a share of the pairs at most `reach` letters apart, chosen by the seed.
  init(share: Double, reach: Int, confusion: Double, seed: UInt64) {
    self.confusion = confusion
    var random = RandomStream(seed: seed, purpose: .corpus, 0, 1)
    var table = [Bool](repeating: false, count: 26 * 26)
    for first in 0..<26 {
      for second in first + 1..<27 where second < 26 && second - first <= reach {
        let isMisjudged = random.uniform() < share
        table[26 * first + second] = isMisjudged
        table[26 * second + first] = isMisjudged
      }
    }
    self.table = table
  }

  /// What a pupil says: whether the first letter comes before the second.
  func isBefore(_ first: Character, _ second: Character, with random: inout RandomStream) -> Bool {
    let isConfused = random.uniform() < confusion
    let place = 26 * Self.place(of: first) + Self.place(of: second)
    return isConfused && table[place] ? second < first : first < second
  }

  private static func place(of letter: Character) -> Int {
    min(25, max(0, Int(letter.asciiValue ?? 97) - 97))
  }
}
