import RandomStreams

extension AdditionTask {
  package func problems(_ count: Int, split: Split, seed: UInt64) throws -> [Problem] {
    try draw.problems(count, split: split, levels: digits, seed: seed)
  }

  package func problems(_ count: Int, split: Split, levels: ClosedRange<Int>, seed: UInt64) throws -> [Problem] {
    try draw.problems(count, split: split, levels: levels, seed: seed)
  }

  /// Pairs of one and two digits are listed, larger ones are drawn.
  var draw: ProblemDraw<Addends> {
    ProblemDraw(
      levels: digits, label: "digits", all: { $0 <= 2 ? Addends.all(of: $0) : nil },
      random: { Addends.random(of: $0, with: &$1) },
      size: { level in Addends.numbers(of: level).count * Addends.numbers(of: level).count })
  }
}
