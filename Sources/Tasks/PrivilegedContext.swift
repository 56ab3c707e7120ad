// What a teacher is shown beside the problem, and how a task turns it into text. OPSD shows the reference, SDPO what an
// attempt came to; the rest is for asking what it is in a context that teaches.

/// What the teacher is shown beside the problem.
package enum PrivilegedContext: Sendable, Hashable {
  /// Nothing: the teacher reads what the student reads.
  case none
  /// The reference answer, y*.
  case answer
  /// An answer that is close and wrong, the same one each time: what does a misled teacher teach?
  case wrongAnswer
  /// The worked reference solution.
  case solution
  /// A worked solution with one mistake, the same one each time, and what follows from it.
  case wrongSolution
  /// The beginning of the reference solution: this share of its characters, rounded up. A share outside 0...1 counts as
  /// the nearer bound, and no number as 0.
  case prefix(share: Double)
  /// The reference answer of another problem: what is left if the context fits nothing?
  case other(Problem)
  /// Any words, which must be in the task's alphabet.
  case text(String)
  /// What is known after an attempt (SDPO): a right attempt of a sibling, the environment's words, both or neither.
  case revision(solution: String?, feedback: String?)

  /// The kinds of context, without what they carry.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case none
    case answer
    case wrongAnswer
    case solution
    case wrongSolution
    case prefix
    case other
    case text
    case revision
  }

  /// Which kind this is.
  package var kind: Kind {
    switch self {
    case .none: .none
    case .answer: .answer
    case .wrongAnswer: .wrongAnswer
    case .solution: .solution
    case .wrongSolution: .wrongSolution
    case .prefix: .prefix
    case .other: .other
    case .text: .text
    case .revision: .revision
    }
  }

  /// One context of each kind, in the order of `Kind.allCases`.
  package static func examples(other: Problem) -> [PrivilegedContext] {
    [
      .none, .answer, .wrongAnswer, .solution, .wrongSolution, .prefix(share: 0.5), .other(other),
      .text(other.answer), .revision(solution: other.solution, feedback: nil),
    ]
  }

  /// The words that stand for this context of a problem; nil where there are none.
  ///
  /// Solutions are shown without their end mark, which ends completions alone.
  func words(
    for problem: Problem, endMark: Character, wrongAnswer: (Problem) -> String, wrongSolution: (Problem) -> String
  ) -> String? {
    func unended(_ solution: String) -> String {
      solution.last == endMark ? String(solution.dropLast()) : solution
    }
    switch self {
    case .none: return nil
    case .answer: return problem.answer
    case .wrongAnswer: return wrongAnswer(problem)
    case .solution: return unended(problem.solution)
    case .wrongSolution: return unended(wrongSolution(problem))
    case .prefix(let share):
      let solution = unended(problem.solution)
      let wanted = share.isNaN ? 0 : min(max(share, 0), 1)
      return String(solution.prefix(Int((wanted * Double(solution.count)).rounded(.up))))
    case .other(let other): return other.answer
    case .text(let text): return text
    case .revision(nil, nil): return nil
    case .revision(let solution, let feedback):
      return [solution.map(unended), feedback].compactMap(\.self).joined(separator: " ")
    }
  }
}

/// The text in a field of fixed width, at its right end, so that what follows stays where it is.
func padded(_ text: some StringProtocol, to width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
