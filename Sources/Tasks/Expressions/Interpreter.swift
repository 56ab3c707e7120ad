// The environment of the world of expressions: it goes through an attempt line by line and says where it went wrong.

/// What an interpreter found in an attempt.
struct Review: Hashable {
  /// The line, counted from 1; the answer is the line after the last step.
  let line: Int
  /// What stands there.
  let got: String
  /// What should stand there.
  let want: String

  /// In words, as in `line 1: got 2+3=5, want 3*4=2`.
  var text: String { "line \(line): got \(got.isEmpty ? "nothing" : got), want \(want)" }

  /// The first fault of an attempt at an expression; nil where all lines keep the rules and the answer is right.
  ///
  /// A line may take any step that the rules allow, not the reference's alone.
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
      let left = line.prefix { $0 != "=" }
      // Of equal steps, such as both of 2*3-2*3, the leftmost is meant.
      guard let step = state.steps.first(where: { $0.left == left }) else { return fault(next.text) }
      guard line == step.text else { return fault(step.text) }
      state = state.after(step, result: step.result)
    }
    let want = state.next?.text ?? "#\(state.value ?? 0)"
    return Review(line: lines.count + 1, got: "", want: want)
  }
}
