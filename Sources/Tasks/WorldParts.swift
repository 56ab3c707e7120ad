// What several worlds have in common: bounds of levels, the answer behind the last #, and names for texts.

/// The answer that a completion states: what stands between its last `#` and the closing end mark.
struct StatedAnswer {
  /// The answer, never empty.
  let text: String
  /// Whether the end mark stands behind it.
  let hasEnded: Bool

  /// Reads a completion; nil where it states no answer of the given characters, or has an end mark in the middle.
  init?(_ completion: String, endMark: Character, characters: (Character) -> Bool) {
    hasEnded = completion.last == endMark
    let body = hasEnded ? completion.dropLast() : completion[...]
    guard !body.contains(endMark), let mark = body.lastIndex(of: "#") else { return nil }
    text = String(body[body.index(after: mark)...])
    guard !text.isEmpty, text.allSatisfy(characters) else { return nil }
  }

  /// The verdict on a statement, which may be missing.
  static func verdict(_ stated: StatedAnswer?, isRight: (String) -> Bool) -> Verdict {
    guard let stated else { return Verdict(isCorrect: false, isFormatted: false, answer: nil) }
    return Verdict(
      isCorrect: stated.hasEnded && isRight(stated.text), isFormatted: stated.hasEnded, answer: stated.text)
  }
}

/// The bounds of the levels of a world, as a cell gives them.
struct LevelBounds {
  /// The command that makes the world.
  let world: String
  /// What it calls its levels.
  let label: String
  /// The levels it can have.
  let possible: ClosedRange<Int>

  /// The range between the bounds; throws `TaskError` where it is none, or not possible.
  func range(_ fewest: Int, _ most: Int) throws(TaskError) -> ClosedRange<Int> {
    let bounds = "\(possible.lowerBound)...\(possible.upperBound)"
    func refused(_ why: String, _ fix: String) -> TaskError {
      TaskError(what: "\(world)(\(label): \(fewest)...\(most)) is not possible", why: why, fix: fix)
    }
    guard fewest <= most else {
      throw refused("the first bound is above the second", "write \(label): \(most)...\(fewest)")
    }
    guard possible.contains(fewest), possible.contains(most) else {
      throw refused("\(label) lies in \(bounds)", "choose a range within \(bounds)")
    }
    return fewest...most
  }
}

/// A number that names a text, the same in every process (FNV-1a, 64 bits).
func fingerprint(of text: String) -> UInt64 {
  text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

/// The last digit of each number, 0...9.
func lastDigit(_ number: Int) -> Int { ((number % 10) + 10) % 10 }

/// Whether a character is one of the ten ASCII digits.
func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
