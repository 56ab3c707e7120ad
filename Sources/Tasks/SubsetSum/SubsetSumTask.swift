import RandomStreams

/// Subset sums: which of these numbers make the target? To check an answer is easy, to find one is not.
///
/// `9,7,4,3,2>16` is worked `16-9=7;7-7=0;#9+7$`: a number is taken, and what is missing then is written. Any of the given
/// numbers that make the target are right, in any order, not the reference's alone: `#9+4+3$` too. The student reads the
/// question, the teacher the reference's sum in front of it.
///
/// The base has its gap from pupils who never look ahead: they take each number that fits, from the left, and are
/// stuck where that was wrong. Besides they believe some differences to be one more or less than they are. In three of
/// ten texts in the teacher's format a pupil has begun, up to a wrong line; what is learnt there is to start again.
package struct SubsetSumTask: ReasoningTask {
  /// How many numbers are given.
  package let numbers: ClosedRange<Int>

  /// Problems with so many numbers.
  ///
  /// Throws `TaskError` for anything outside 4...8.
  package init(numbers: ClosedRange<Int> = 4...6) throws {
    try self.init(fewest: numbers.lowerBound, most: numbers.upperBound)
  }

  /// The same from two bounds that may come in any order; a pair that is no range throws `TaskError`.
  package init(fewest: Int, most: Int) throws {
    numbers = try LevelBounds(world: "subsetSum", label: "numbers", possible: 4...8).range(fewest, most)
  }

  package var name: String { "subsetSum" }

  package var summary: String {
    "Subset sums: which of \(numbers.lowerBound) to \(numbers.upperBound) digits make a target."
  }

  package var alphabet: String { "0123456789+-=;#$[],> " }
  package var endMark: Character { "$" }
  package var levels: ClosedRange<Int>? { numbers }
  package var knownContexts: [PrivilegedContext.Kind] { [.none, .answer, .solution, .prefix] }

  /// 8 characters for each number, the sum, `#`, `$`, and 15 for a start that was given up.
  package var longestCompletion: Int { 10 * numbers.upperBound + 16 }

  package func problems(_ count: Int, split: Split, seed: UInt64) throws -> [Problem] {
    try draw.problems(count, split: split, levels: numbers, seed: seed)
  }

  package func problems(_ count: Int, split: Split, levels: ClosedRange<Int>, seed: UInt64) throws -> [Problem] {
    try draw.problems(count, split: split, levels: levels, seed: seed)
  }

  package func studentPrompt(_ problem: Problem) -> String {
    let parts = problem.question.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
    let target = parts.count == 2 ? ">" + padded(parts[1], to: 2) : ""
    return padded(parts.first ?? "", to: 2 * numbers.upperBound - 1) + target + "="
  }

  package func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext) -> String {
    let words = context.words(
      for: problem, endMark: endMark, wrongAnswer: { SubsetSum.sum(wrongly($0)) },
      wrongSolution: { problem in
        let question = SubsetSum(question: problem.question)
        return SubsetSum.text(question?.lines(taking: wrongly(problem)) ?? [])
      })
    guard let words else { return studentPrompt(problem) }
    return "[" + padded(words, to: 2 * numbers.upperBound - 1) + "]" + studentPrompt(problem)
  }

  /// Judges the sum between the last `#` and the closing `$`: it is right if it makes the target of given numbers.
  package func verify(_ completion: String, for problem: Problem) -> Verdict {
    let stated = StatedAnswer(completion, endMark: endMark) { isDigit($0) || $0 == "+" }
    return StatedAnswer.verdict(stated) { answer in
      guard let question = SubsetSum(question: problem.question) else { return false }
      var left = question.numbers
      var missing = question.target
      for term in answer.split(separator: "+", omittingEmptySubsequences: false) {
        guard term.count == 1, let number = Int(term), let place = left.firstIndex(of: number) else { return false }
        left.remove(at: place)
        missing -= number
      }
      return missing == 0
    }
  }

  package func corpusExample(seed: UInt64, index: Int) -> CorpusExample {
    var random = RandomStream(seed: seed, purpose: .corpus, index)
    let question = draw.practice(with: &random)
    let problem = question.problem
    let isHomework = random.below(2) == 0
    let homework = question.homework(by: Self.pupils, with: &random)
    if isHomework {
      return CorpusExample(
        problem: problem, prompt: studentPrompt(problem), completion: SubsetSum.text(homework), format: .student)
    }
    let kind = random.below(10)
    let context: PrivilegedContext = kind < 5 ? .answer : kind < 6 ? .solution : .prefix(share: random.uniform())
    let lines = question.lines(taking: question.taken ?? [])
    let slip = homework.indices.first { !lines.indices.contains($0) || homework[$0] != lines[$0] }
    let begun = random.below(10) < 3 ? slip.map { homework[...min($0, 1)] } ?? [] : []
    let isWrong = begun.indices.contains { !lines.indices.contains($0) || begun[$0] != lines[$0] }
    return CorpusExample(
      problem: problem,
      prompt: teacherPrompt(problem, seeing: context) + (isWrong ? begun.map(\.text).joined() : ""),
      completion: problem.solution, format: .teacher)
  }

  private var draw: ProblemDraw<SubsetSum> {
    ProblemDraw(
      levels: numbers, label: "numbers", all: { _ in nil },
      random: { SubsetSum.random(of: $0, with: &$1) },
      // Lists of digits, and at least six targets for most of them.
      size: { level in (0..<level).reduce(3) { size, _ in size * 9 } })
  }

  /// The reference's numbers with the last of them one more (one less where it is 9), so that the target is missed.
  private func wrongly(_ problem: Problem) -> [Int] {
    guard let question = SubsetSum(question: problem.question), var taken = question.taken, !taken.isEmpty else {
      return []
    }
    taken[taken.count - 1] += taken[taken.count - 1] == 9 ? -1 : 1
    return taken
  }

  private static let pupils = Misbeliefs(count: 90, confusion: 0.65, seed: 0)
}
