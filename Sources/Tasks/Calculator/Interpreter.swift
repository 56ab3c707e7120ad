// The environment of the world of the calculator: it goes through an attempt line by line and says where it went wrong.

/// What an interpreter found in an attempt.
struct Review: Hashable {
  /// The line, counted from 1; the answer is the line after the last step.
  let line: Int
  /// What stands there.
  let got: String
  /// What should stand there.
  let want: String

  /// In words, as in `line 1: got 3*4=2, want 2+3=5`.
  var text: String { "line \(line): got \(got.isEmpty ? "nothing" : got), want \(want)" }

  /// The first fault of an attempt at an expression; nil where all lines and the answer are right.
  static func of(_ attempt: String, at question: String, endMark: Character) -> Review? {
    let hasEnded = attempt.last == endMark
    let lines = (hasEnded ? attempt.dropLast() : attempt[...]).split(separator: ";", omittingEmptySubsequences: false)
    var state = Expression(question)
    for (index, line) in lines.enumerated() {
      func fault(_ want: String) -> Review { Review(line: index + 1, got: String(line.prefix(8)), want: want) }
      guard let next = state.next else {
        guard line == "#\(state.value ?? 0)", index == lines.count - 1 else {
          return fault(index == lines.count - 1 ? "#\(state.value ?? 0)" : "#\(state.value ?? 0)$")
        }
        return hasEnded ? nil : fault("#\(state.value ?? 0)$")
      }
      guard line == next.text else { return fault(next.text) }
      state = state.after(next, result: next.result)
    }
    let want = state.next?.text ?? "#\(state.value ?? 0)"
    return Review(line: lines.count + 1, got: "", want: want)
  }
}
