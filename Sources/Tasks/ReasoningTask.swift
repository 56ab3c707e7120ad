// A task is a world of problems: what is asked, what the reference solution says, how the student and the teacher are
// prompted, and how an attempt is judged. A task knows no model and no tokenizer: it speaks in characters.

/// One problem with its reference.
package struct Problem: Sendable, Hashable {
  /// Names this problem within its task, the same in every process.
  package let id: UInt64
  /// The problem as a person reads it, x.
  package let question: String
  /// The worked reference solution, ending with the end mark.
  package let solution: String
  /// The bare reference answer, which is all that a verifier compares, and what the teacher is shown as y*.
  package let answer: String
  /// How hard the problem is, in the task's own measure (for addition, the number of digits).
  package let level: Int

  /// A problem with everything known about it.
  package init(id: UInt64, question: String, solution: String, answer: String, level: Int) {
    self.id = id
    self.question = question
    self.solution = solution
    self.answer = answer
    self.level = level
  }
}

/// The two halves of every task, which share no problem.
///
/// Held out is one problem in 16, chosen by a fixed hash, so the split is the same for every seed and in every stage:
/// text for pretraining comes from `practice` alone.
package enum Split: String, Sendable, CaseIterable {
  case practice
  case heldOut

  /// The split of the problem with this key; problems with equal keys always stay together.
  package static func of(key: UInt64) -> Split { scrambled(key) % 16 == 0 ? .heldOut : .practice }
}

/// What a verifier found.
package struct Verdict: Sendable, Hashable {
  /// The completion is formatted and its answer is the reference's.
  package let isCorrect: Bool
  /// The completion ended with the end mark and states an answer.
  package let isFormatted: Bool
  /// The answer that the completion states, even where the end mark is missing.
  package let answer: String?

  /// A verdict in all its parts.
  package init(isCorrect: Bool, isFormatted: Bool, answer: String?) {
    self.isCorrect = isCorrect
    self.isFormatted = isFormatted
    self.answer = answer
  }
}

/// One text to pretrain a base on; only the completion is learnt.
package struct CorpusExample: Sendable, Hashable {
  /// In whose prompt the text is written.
  package enum Format: String, Sendable, CaseIterable {
    case student
    case teacher
    /// Neither: a reflection, or what is written after one.
    case reflection
  }

  /// The problem worked on, always one of the practice split.
  package let problem: Problem
  /// Given, thus read and not learnt; it may end with the beginning of an attempt, which the completion goes on from.
  package let prompt: String
  /// Learnt, up to and including the end mark.
  package let completion: String
  /// Whose prompt it is.
  package let format: Format

  /// An example in all its parts.
  package init(problem: Problem, prompt: String, completion: String, format: Format) {
    self.problem = problem
    self.prompt = prompt
    self.completion = completion
    self.format = format
  }
}

/// A world of problems to learn in.
package protocol ReasoningTask: Sendable {
  /// The name under which a cell builds the task.
  var name: String { get }
  /// One sentence for a person.
  var summary: String { get }
  /// Every character of any prompt or completion, each once, in an order that never changes.
  var alphabet: String { get }
  /// The character that ends a completion.
  var endMark: Character { get }
  /// Characters after which a rollout may be cut: no reference solution is longer.
  var longestCompletion: Int { get }
  /// The kinds of context that a base reads in pretraining; to all others it answers as well as it can.
  var knownContexts: [PrivilegedContext.Kind] { get }
  /// How hard the problems can be; nil where nobody counts.
  var levels: ClosedRange<Int>? { get }
  /// Whether the environment has words for wrong attempts.
  var givesFeedback: Bool { get }

  /// Distinct problems, the same for the same seed; the first ones do not depend on `count`.
  ///
  /// Throws `TaskError` where the split has fewer.
  func problems(_ count: Int, split: Split, seed: UInt64) throws -> [Problem]

  /// The same of certain levels alone, all equally likely.
  ///
  /// Throws `TaskError` where there are no such levels or not so many problems.
  func problems(_ count: Int, split: Split, levels: ClosedRange<Int>, seed: UInt64) throws -> [Problem]

  /// What the student reads before it answers.
  func studentPrompt(_ problem: Problem) -> String

  /// What the teacher reads before the same completion: the student's prompt with the privileged context in front.
  func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext) -> String

  /// Judges a completion by its final answer alone.
  func verify(_ completion: String, for problem: Problem) -> Verdict

  /// The environment's words on an attempt, in the task's alphabet; nil where it has nothing to say, as on a right one.
  func feedback(on completion: String, for problem: Problem) -> String?

  /// The text with the given index for pretraining a base.
  func corpusExample(seed: UInt64, index: Int) -> CorpusExample
}

extension ReasoningTask {
  /// What the teacher reads when it is shown the reference answer.
  package func teacherPrompt(_ problem: Problem) -> String { teacherPrompt(problem, seeing: .answer) }

  package var knownContexts: [PrivilegedContext.Kind] { [.none, .answer] }
  package var levels: ClosedRange<Int>? { nil }
  package var givesFeedback: Bool { false }
  package func feedback(on completion: String, for problem: Problem) -> String? { nil }

  package func problems(
    _ count: Int, split: Split, levels: ClosedRange<Int>, seed: UInt64
  ) throws -> [Problem] {
    throw TaskError(
      what: "problems of the levels \(levels.lowerBound)...\(levels.upperBound) are not possible",
      why: "the task \(name) counts no levels", fix: "ask for problems of any level")
  }
}

/// A task in which a model can reflect on an attempt and try again, as in experiential learning (ERL, arXiv 2602.13949).
package protocol ReflectiveTask: ReasoningTask {
  /// What is read before a reflection: the problem, the attempt, the environment's words on it, and a reflection that
  /// helped before, if there is one. A reflection ends with the end mark.
  func reflectionPrompt(_ problem: Problem, attempt: String, feedback: String, memory: String?) -> String

  /// What is read before the second attempt: the problem and the reflection.
  func secondPrompt(_ problem: Problem, reflection: String) -> String

  /// Characters after which a reflection may be cut.
  var longestReflection: Int { get }
}

/// A task that cannot be made, or cannot give what was asked of it.
package struct TaskError: Error, Hashable, CustomStringConvertible {
  /// What failed.
  package let what: String
  /// Why it cannot be.
  package let why: String
  /// What to do instead.
  package let fix: String

  /// All three in one line.
  package var description: String { "\(what): \(why); \(fix)" }
}

/// A fixed bijection of 64-bit words whose every output bit depends on every input bit (the finaliser of SplitMix64).
func scrambled(_ word: UInt64) -> UInt64 {
  var word = word &+ 0x9E37_79B9_7F4A_7C15
  word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
  word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
  return word ^ (word >> 31)
}
