import RandomStreams

/// A pocket calculator that goes from left to right, and says which line of an attempt is wrong.
///
/// `2+3*4+5` is worked `2+3=5;5*4=0;0+5=5;#5$`: one key after another, only last digits kept; products do not come first.
/// Of a wrong attempt the calculator says `line 1: got 3*4=2, want 2+3=5`, which is what a teacher is shown in SDPO, and
/// what a reflection is about in ERL: it repeats what the line should be, `line 1: 2+3=5$`.
///
/// How the base comes by its gap is told in `CalculatorTask+Corpus`.
package struct CalculatorTask: ReflectiveTask {
  /// How many operations an expression may have.
  package let length: ClosedRange<Int>

  /// Expressions with so many operations.
  ///
  /// Throws `TaskError` for anything outside 1...6.
  package init(length: ClosedRange<Int> = 2...4) throws {
    try self.init(shortest: length.lowerBound, longest: length.upperBound)
  }

  /// The same from two bounds that may come in any order; a pair that is no range throws `TaskError`.
  package init(shortest: Int, longest: Int) throws {
    length = try LevelBounds(world: "calculator", label: "length", possible: 1...6).range(shortest, longest)
  }

  package var name: String { "calculator" }

  package var summary: String {
    "A calculator for \(length.lowerBound) to \(length.upperBound) operations, from left to right on last digits; it says "
      + "which line of an attempt is wrong."
  }

  package var alphabet: String { "0123456789+-*=;#$[]<>{}?:, lineotgwah" }
  package var endMark: Character { "$" }
  package var levels: ClosedRange<Int>? { length }
  package var knownContexts: [PrivilegedContext.Kind] { [.none, .answer, .solution, .prefix, .revision] }
  package var givesFeedback: Bool { true }

  /// 6 characters an operation, `#0$`, and 3 to spare.
  package var longestCompletion: Int { 6 * length.upperBound + 6 }
  package var longestReflection: Int { 16 }

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
    // Whoever reads the calculator's words alone knows less than who reads an answer, and stands behind another bracket.
    if case .revision(let solution, let feedback?) = context {
      let known = solution.map { PrivilegedContext.revision(solution: $0, feedback: nil) } ?? .none
      return "<\(feedback)>" + teacherPrompt(problem, seeing: known)
    }
    let words = context.words(
      for: problem, endMark: endMark, wrongAnswer: { "\(lastDigit((Int($0.answer) ?? 0) + 1))" },
      wrongSolution: wrongSolution)
    return words.map { "[\($0)]" + studentPrompt(problem) } ?? studentPrompt(problem)
  }

  /// Judges by the one digit between the last `#` and the closing `$`; the working is not read.
  package func verify(_ completion: String, for problem: Problem) -> Verdict {
    let stated = StatedAnswer(completion, endMark: endMark, characters: isDigit)
    return StatedAnswer.verdict(stated) { $0 == problem.answer }
  }

  /// The first line that is wrong, what it says and what it should say; nil for a right attempt.
  package func feedback(on completion: String, for problem: Problem) -> String? {
    guard !verify(completion, for: problem).isCorrect else { return nil }
    let spoken = Set(alphabet)
    return Review.of(completion, at: problem.question, endMark: endMark)?.text.filter { spoken.contains($0) }
  }

  package func reflectionPrompt(
    _ problem: Problem, attempt: String, feedback: String, memory: String?
  ) -> String {
    func unended(_ text: String) -> String { text.last == endMark ? String(text.dropLast()) : text }
    return "{\(memory.map(unended) ?? "")}" + studentPrompt(problem) + "\(unended(attempt))[\(feedback)]?"
  }

  package func secondPrompt(_ problem: Problem, reflection: String) -> String {
    let lesson = reflection.last == endMark ? String(reflection.dropLast()) : reflection
    return "{\(lesson)}" + studentPrompt(problem)
  }

  var draw: ProblemDraw<CalculatorExercise> {
    ProblemDraw(
      levels: length, label: "length", all: { $0 == 1 ? CalculatorExercise.allOfOne : nil },
      random: { CalculatorExercise.random(of: $0, with: &$1) },
      size: { level in (0..<level).reduce(9) { size, _ in size * 27 } })
  }

  /// The reference with one wrong result, one too many, and what follows from it.
  private func wrongSolution(to problem: Problem) -> String {
    let steps = problem.question.count { Operation(rawValue: $0) != nil }
    guard steps > 0 else { return problem.solution }
    let place = Int(scrambled(problem.id ^ 0x57_53_4F_4C) % UInt64(steps))
    var state = Expression(problem.question)
    var lines: [String] = []
    while let step = state.next {
      let result = lastDigit(step.result + (lines.count == place ? 1 : 0))
      lines.append("\(step.left)=\(result)")
      state = state.after(step, result: result)
    }
    return CalculatorExercise.text(lines, answer: "\(state.value ?? 0)")
  }
}
