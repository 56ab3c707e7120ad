import RandomStreams

/// How tasks whose problems are written by others hand them out.
enum WrittenProblems {
  /// Distinct problems of a split in an order that the seed decides; throws `TaskError` where there are fewer.
  static func draw(
    _ count: Int, from written: [Problem], split: Split, seed: UInt64, source: String
  ) throws -> [Problem] {
    var open = written.filter { Split.of(key: $0.id) == split }
    guard (0...open.count).contains(count) else {
      throw tooMany(count, split: split, there: open.count, source: source)
    }
    var random = RandomStream(seed: seed, purpose: .problems)
    return (0..<count).map { _ in
      open.swapAt(random.below(open.count), open.count - 1)
      return open.removeLast()
    }
  }

  /// The error for a count that a source does not have.
  static func tooMany(_ count: Int, split: Split, there: Int, source: String) -> TaskError {
    let kind = split == .heldOut ? "held-out" : "practice"
    return TaskError(
      what: "\(count) \(kind) problems are not possible",
      why: count < 0 ? "a count is never negative" : "\(source) has \(there) of them",
      fix: count < 0 ? "ask for 0 or more" : "ask for at most \(there)")
  }

  /// A text for pretraining: a reference under the student's prompt or under the teacher's.
  static func example(
    of task: some ReasoningTask, seed: UInt64, index: Int, problem: (inout RandomStream) -> Problem
  ) -> CorpusExample {
    var random = RandomStream(seed: seed, purpose: .corpus, index)
    let problem = problem(&random)
    let isStudents = random.below(2) == 0
    return CorpusExample(
      problem: problem, prompt: isStudents ? task.studentPrompt(problem) : task.teacherPrompt(problem),
      completion: problem.solution, format: isStudents ? .student : .teacher)
  }
}
