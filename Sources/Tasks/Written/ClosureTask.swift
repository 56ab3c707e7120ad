import RandomStreams

/// Problems that a closure writes, one for each seed.
///
/// The closure is given a seed and returns a problem, its solution and its answer; the same seed must give the same.
/// Everything else is as for a file: see `JSONLTask` and `WrittenFormat`.
package struct ClosureTask: ReasoningTask {
  /// Writes the problem of a seed.
  package typealias Writer =
    @Sendable (_ seed: UInt64) throws -> (problem: String, solution: String, answer: String)

  package let name: String
  package let summary: String
  package let alphabet: String
  package let longestCompletion: Int
  /// How problems become text.
  package let format: WrittenFormat
  private let write: Writer
  /// A problem for practice, for where the closure fails.
  private let fallback: Problem

  /// A task from a closure.
  ///
  /// The alphabet gains what the format puts around the texts. Throws `TaskError` where the closure gives no problem for
  /// practice in its first 64, or one with characters that are not in the alphabet, or one too long; and whatever the
  /// closure throws.
  package init(
    name: String, summary: String, alphabet: String, longestCompletion: Int, format: WrittenFormat,
    write: @escaping Writer
  ) throws {
    guard (1...1 << 20).contains(longestCompletion) else {
      throw TaskError(
        what: "completions of at most \(longestCompletion) characters are not possible",
        why: "a completion has at least its end mark, and at most a million characters",
        fix: "choose the length of your longest solution")
    }
    self.name = name
    self.summary = summary
    self.alphabet = format.alphabet(of: [alphabet])
    self.longestCompletion = longestCompletion
    self.format = format
    self.write = write
    let drawn = Draw(write: write, format: format, alphabet: Set(self.alphabet), longest: longestCompletion)
    for seed in 0..<64 {
      let problem = try drawn.problem(seed: UInt64(seed))
      if Split.of(key: problem.id) == .practice {
        fallback = problem
        return
      }
    }
    throw TaskError(
      what: "the closure gives nothing to practise on", why: "all of its first 64 problems are held out",
      fix: "let it write more than one problem")
  }

  package var endMark: Character { format.endMark }

  /// Distinct problems, from seeds that the given one decides.
  ///
  /// Throws `TaskError` where a thousand seeds in a row give none that is new, or one that is no problem, and what the
  /// closure throws.
  package func problems(_ count: Int, split: Split, seed: UInt64) throws -> [Problem] {
    guard count >= 0 else { throw WrittenProblems.tooMany(count, split: split, there: 0, source: "the closure") }
    var random = RandomStream(seed: seed, purpose: .problems)
    var seen: Set<UInt64> = []
    var problems: [Problem] = []
    var misses = 0
    while problems.count < count {
      let problem = try draw.problem(seed: random.next())
      if Split.of(key: problem.id) == split, seen.insert(problem.id).inserted {
        problems.append(problem)
        misses = 0
      } else {
        misses += 1
      }
      guard misses < 1000 else {
        throw WrittenProblems.tooMany(count, split: split, there: problems.count, source: "the closure")
      }
    }
    return problems
  }

  package func studentPrompt(_ problem: Problem) -> String { format.studentPrompt(problem) }

  package func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext) -> String {
    format.teacherPrompt(problem, seeing: context, alphabet: alphabet)
  }

  package func verify(_ completion: String, for problem: Problem) -> Verdict {
    format.verify(completion, for: problem)
  }

  package func corpusExample(seed: UInt64, index: Int) -> CorpusExample {
    WrittenProblems.example(of: self, seed: seed, index: index) { random in
      for _ in 0..<64 {
        if let problem = try? draw.problem(seed: random.next()), Split.of(key: problem.id) == .practice {
          return problem
        }
      }
      return fallback
    }
  }

  private var draw: Draw {
    Draw(write: write, format: format, alphabet: Set(alphabet), longest: longestCompletion)
  }

  /// The closure with what its problems are held to.
  private struct Draw {
    let write: Writer
    let format: WrittenFormat
    let alphabet: Set<Character>
    let longest: Int

    func problem(seed: UInt64) throws -> Problem {
      let written = try write(seed)
      let place = "what the closure writes for \(seed)"
      let problem = try format.problem(
        question: written.problem, solution: written.solution.isEmpty ? nil : written.solution,
        answer: written.answer, place: place)
      if let stranger = (problem.question + problem.solution).first(where: { !alphabet.contains($0) }) {
        throw TaskError(
          what: "\(place) is no problem", why: "\"\(stranger)\" is not in the alphabet",
          fix: "add it to the alphabet")
      }
      guard problem.solution.count <= longest else {
        throw TaskError(
          what: "\(place) is no problem",
          why: "its solution has \(problem.solution.count) characters and longestCompletion is \(longest)",
          fix: "choose a longestCompletion of at least \(problem.solution.count)")
      }
      return problem
    }
  }
}
