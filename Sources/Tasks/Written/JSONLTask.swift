import RandomStreams

/// Problems from a file with one JSON object a line.
///
/// Which field is the problem, the solution and the answer is said when the task is made. The student reads the problem,
/// the teacher the answer in front of it; right is a completion whose answer, behind the last marker, is the reference's.
/// One problem in 16 is held out, chosen by its text, so that it stays held out in any file. Pupils are nobody's
/// business here: the text for pretraining is the references themselves, under either prompt.
package struct JSONLTask: ReasoningTask {
  /// Which fields of a line hold what; a solution or an answer that is nil follows from the other.
  package struct Fields: Sendable, Hashable {
    package let problem: String
    package let solution: String?
    package let answer: String?

    package init(problem: String, solution: String? = nil, answer: String? = nil) {
      self.problem = problem
      self.solution = solution
      self.answer = answer
    }
  }

  /// The file, as it was named.
  package let file: String
  /// How problems become text.
  package let format: WrittenFormat
  package let alphabet: String
  package let longestCompletion: Int
  private let written: [Problem]
  /// What may be practised on, never empty.
  private let practice: [Problem]

  /// Reads a file, all of it.
  ///
  /// A question that stands in several lines counts once, as first written. Throws `TaskError`, with the number of the line where
  /// there is one, for a file that cannot be read, is empty or too large, and for a line that holds no problem.
  package init(file: String, fields: Fields, format: WrittenFormat) throws {
    guard fields.solution != nil || fields.answer != nil else {
      throw TaskError(
        what: "\(file) gives no references", why: "neither a solution nor an answer is named",
        fix: "name the field of one of them, as in answer: \"answer\"")
    }
    var seen: Set<String> = []
    var problems: [Problem] = []
    try JSONLines.forEach(in: file) { line in
      func text(_ field: String?) throws -> String? { try field.map { try line.text(of: $0) } }
      let problem = try format.problem(
        question: line.text(of: fields.problem), solution: text(fields.solution), answer: text(fields.answer),
        place: line.place)
      if seen.insert(problem.question).inserted { problems.append(problem) }
    }
    self.file = file
    self.format = format
    written = problems
    practice = problems.filter { Split.of(key: $0.id) == .practice }
    guard !practice.isEmpty else {
      throw TaskError(
        what: "\(file) gives nothing to practise on", why: "all of its \(problems.count) problems are held out",
        fix: "add problems: 15 in 16 are for practice")
    }
    alphabet = format.alphabet(of: problems.flatMap { [$0.question, $0.solution, $0.answer] })
    longestCompletion = problems.reduce(1) { max($0, $1.solution.count) }
  }

  package var name: String { "jsonl" }
  package var summary: String { "\(written.count) problems from \(file)." }
  package var endMark: Character { format.endMark }

  package func problems(_ count: Int, split: Split, seed: UInt64) throws -> [Problem] {
    try WrittenProblems.draw(count, from: written, split: split, seed: seed, source: file)
  }

  package func studentPrompt(_ problem: Problem) -> String { format.studentPrompt(problem) }

  package func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext) -> String {
    format.teacherPrompt(problem, seeing: context, alphabet: alphabet)
  }

  package func verify(_ completion: String, for problem: Problem) -> Verdict {
    format.verify(completion, for: problem)
  }

  package func corpusExample(seed: UInt64, index: Int) -> CorpusExample {
    WrittenProblems.example(of: self, seed: seed, index: index) { practice[$0.below(practice.count)] }
  }
}
