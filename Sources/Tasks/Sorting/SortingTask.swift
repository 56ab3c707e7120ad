import RandomStreams

/// Sorting letters, from pairs, which are easy, to eight of them, which are hard: a world for a curriculum.
///
/// The reference of `gcakf` is `#acfgk$`. The student reads `   gcakf=`, the teacher the sorted letters in front of it.
/// The same letters in another order always stand in the same split.
///
/// The base has its gap from pupils who go through the letters that are left and keep the earliest so far, but
/// misjudge some near pairs (they believe that g comes before f) 65 % of the time. A pair of letters seldom holds such
/// a pair, eight letters nearly always do, so the longer the list, the less of it is right. In three of ten texts in
/// the teacher's format a pupil has begun, up to a wrong letter; what is learnt there is to go on with the earliest
/// of the letters that are left.
package struct SortingTask: ReasoningTask {
  /// How many letters a list may have.
  package let length: ClosedRange<Int>

  /// Lists of so many letters.
  ///
  /// Throws `TaskError` for anything outside 2...12.
  package init(length: ClosedRange<Int> = 2...8) throws {
    try self.init(shortest: length.lowerBound, longest: length.upperBound)
  }

  /// The same from two bounds that may come in any order; a pair that is no range throws `TaskError`.
  package init(shortest: Int, longest: Int) throws {
    length = try LevelBounds(world: "sorting", label: "length", possible: 2...12).range(shortest, longest)
  }

  package var name: String { "sorting" }

  package var summary: String {
    "Lists of \(length.lowerBound) to \(length.upperBound) letters to be put in alphabetical order."
  }

  package var alphabet: String { "abcdefghijklmnopqrstuvwxyz=#$[] " }
  package var endMark: Character { "$" }
  package var levels: ClosedRange<Int>? { length }

  /// The letters, `#`, `$`, and 3 to spare.
  package var longestCompletion: Int { length.upperBound + 5 }

  package func problems(_ count: Int, split: Split, seed: UInt64) throws -> [Problem] {
    try draw.problems(count, split: split, levels: length, seed: seed)
  }

  package func problems(_ count: Int, split: Split, levels: ClosedRange<Int>, seed: UInt64) throws -> [Problem] {
    try draw.problems(count, split: split, levels: levels, seed: seed)
  }

  package func studentPrompt(_ problem: Problem) -> String { padded(problem.question, to: length.upperBound) + "=" }

  package func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext) -> String {
    let words = context.words(
      for: problem, endMark: endMark, wrongAnswer: wrongAnswer, wrongSolution: { "#\(wrongAnswer(to: $0))$" })
    guard let words else { return studentPrompt(problem) }
    return "[" + padded(words, to: length.upperBound) + "]" + studentPrompt(problem)
  }

  /// Judges by the letters between the last `#` and the closing `$`.
  package func verify(_ completion: String, for problem: Problem) -> Verdict {
    let stated = StatedAnswer(completion, endMark: endMark) { ("a"..."z").contains($0) }
    return StatedAnswer.verdict(stated) { $0 == problem.answer }
  }

  /// The sorted letters with two neighbours, chosen by the problem, the wrong way round.
  private func wrongAnswer(to problem: Problem) -> String {
    var letters = Array(problem.answer)
    guard letters.count >= 2 else { return problem.answer }
    let place = Int(scrambled(problem.id ^ 0x57_52_4F_4E_47) % UInt64(letters.count - 1))
    letters.swapAt(place, place + 1)
    return String(letters)
  }

  private var draw: ProblemDraw<LetterList> {
    ProblemDraw(
      levels: length, label: "length", all: { $0 == 2 ? LetterList.allPairs : nil },
      random: { LetterList.random(of: $0, with: &$1) },
      size: { level in (0..<level).reduce(1) { size, taken in min(size * (26 - taken), 1 << 40) } })
  }

  package func corpusExample(seed: UInt64, index: Int) -> CorpusExample {
    var random = RandomStream(seed: seed, purpose: .corpus, index)
    let list = draw.practice(with: &random)
    let problem = list.problem
    let isHomework = random.below(2) == 0
    let homework = list.sorted { LetterPupils.usual.isBefore($0, $1, with: &random) }
    if isHomework {
      return CorpusExample(
        problem: problem, prompt: studentPrompt(problem), completion: "#" + String(homework) + "$", format: .student)
    }
    let right = Array(problem.answer)
    let slip = random.below(10) < 3 ? right.indices.first { homework[$0] != right[$0] } : nil
    let begun = slip.map { Array(homework[...$0]) } ?? []
    let rest = String(right.filter { !begun.contains($0) })
    return CorpusExample(
      problem: problem, prompt: teacherPrompt(problem) + (begun.isEmpty ? "" : "#" + String(begun)),
      completion: (begun.isEmpty ? "#" : "") + rest + "$", format: .teacher)
  }
}
