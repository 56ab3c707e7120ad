import RandomStreams

/// Chains of operations on last digits, worked from the left; the reference is the bare answer.
///
/// `7+8*3-5` is worked `7+8=5;5*3=5;5-5=0;#0$`: one operation a line, each on the result before it, only last digits
/// kept. But the reference solution is `#0$` and nothing else. Whoever imitates it (SFT) unlearns the working, and
/// with it the sum; a teacher who is shown it must find the working itself. The student reads ` 7+8*3-5=`, the teacher
/// `[0] 7+8*3-5=`.
///
/// The base has its gap from pupils who believe 130 of the 300 results of two digits to be one more or one less than
/// they are, and write so 65 % of the time. In three of ten texts in the teacher's format a pupil has begun, up to a
/// wrong line; what is learnt there is to go on with the right result in spite of it.
package struct ChainTask: ReasoningTask {
  /// How many operations a chain may have.
  package let length: ClosedRange<Int>

  /// Chains of so many operations.
  ///
  /// Throws `TaskError` for anything outside 1...9.
  package init(length: ClosedRange<Int> = 3...5) throws {
    try self.init(shortest: length.lowerBound, longest: length.upperBound)
  }

  /// The same from two bounds that may come in any order; a pair that is no range throws `TaskError`.
  package init(shortest: Int, longest: Int) throws {
    length = try LevelBounds(world: "chain", label: "length", possible: 1...9).range(shortest, longest)
  }

  package var name: String { "chain" }

  package var summary: String {
    "Chains of \(length.lowerBound) to \(length.upperBound) operations on last digits; the reference is the bare answer."
  }

  package var alphabet: String { "0123456789+-*=;#$[] " }
  package var endMark: Character { "$" }
  package var levels: ClosedRange<Int>? { length }

  /// 6 characters an operation, `#0$`, and 3 to spare.
  package var longestCompletion: Int { 6 * length.upperBound + 6 }

  package func problems(_ count: Int, split: Split, seed: UInt64) throws -> [Problem] {
    try draw.problems(count, split: split, levels: length, seed: seed)
  }

  package func problems(_ count: Int, split: Split, levels: ClosedRange<Int>, seed: UInt64) throws -> [Problem] {
    try draw.problems(count, split: split, levels: levels, seed: seed)
  }

  package func studentPrompt(_ problem: Problem) -> String {
    padded(problem.question, to: 2 * length.upperBound + 1) + "="
  }

  package func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext) -> String {
    let words = context.words(
      for: problem, endMark: endMark, wrongAnswer: wrongAnswer, wrongSolution: { "#\(wrongAnswer(to: $0))$" })
    return words.map { "[\($0)]" + studentPrompt(problem) } ?? studentPrompt(problem)
  }

  /// Judges by the one digit between the last `#` and the closing `$`; the working is not read.
  package func verify(_ completion: String, for problem: Problem) -> Verdict {
    let stated = StatedAnswer(completion, endMark: endMark, characters: isDigit)
    return StatedAnswer.verdict(stated) { $0 == problem.answer }
  }

  /// The digit after the right one.
  private func wrongAnswer(to problem: Problem) -> String { "\(lastDigit((Int(problem.answer) ?? 0) + 1))" }

  private var draw: ProblemDraw<Chain> {
    ProblemDraw(
      levels: length, label: "length", all: { $0 == 1 ? Chain.allOfOne : nil },
      random: { Chain.random(of: $0, with: &$1) },
      size: { level in (0..<level).reduce(10) { size, _ in min(size * 30, 1 << 40) } })
  }

  package func corpusExample(seed: UInt64, index: Int) -> CorpusExample {
    var random = RandomStream(seed: seed, purpose: .corpus, index)
    let chain = draw.practice(with: &random)
    let problem = chain.problem
    let isHomework = random.below(2) == 0
    let homework = chain.worked { Self.pupils.result($0, $1, $2, with: &random) }
    if isHomework {
      return CorpusExample(
        problem: problem, prompt: studentPrompt(problem), completion: Chain.text(homework), format: .student)
    }
    let lines = chain.worked { $0($1, $2) }
    let slip = random.below(10) < 3 ? lines.indices.first { homework[$0] != lines[$0] } : nil
    let begun = slip.map { homework[...$0] } ?? []
    return CorpusExample(
      problem: problem, prompt: teacherPrompt(problem) + begun.map(\.text).joined(),
      completion: lines.dropFirst(begun.count).map(\.text).joined() + "#\(problem.answer)$", format: .teacher)
  }

  private static let pupils = Misbeliefs(count: 130, confusion: 0.65, seed: 0)
}
