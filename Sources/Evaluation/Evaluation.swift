// How good is a policy? avg@k on given problems, with an interval that says how far the number can be trusted.

package import Rollouts
package import Tasks

import RandomStreams

/// What stands in front of the policy when it is examined.
package enum Role: String, Sendable, CaseIterable {
  /// The problem alone.
  case student
  /// The problem with the reference beside it.
  case teacher
}

/// An examination: which problems, how often, how sampled.
package struct Examination: Sendable {
  package var task: any ReasoningTask
  package var problems: [Problem]
  package var role: Role
  /// k, the attempts at each problem.
  package var samples: Int
  package var rule: SamplingRule
  package var seed: UInt64

  package init(
    task: any ReasoningTask, problems: [Problem], role: Role = .student, samples: Int = 1, rule: SamplingRule,
    seed: UInt64
  ) {
    self.task = task
    self.problems = problems
    self.role = role
    self.samples = samples
    self.rule = rule
    self.seed = seed
  }

  /// Lets the policy answer and judges every attempt.
  ///
  /// Attempt j at problem i draws from the coordinates (seed, i, j). A `prompt` stands in front of the policy in place of
  /// its role's. Throws `Interruption`, `SettingError` for what
  /// cannot be sampled, and `VocabularyError` where the task uses characters that the policy does not know.
  package func callAsFunction(
    _ policy: Policy, prompt: ((Problem) throws -> String)? = nil, isInterrupted: @Sendable () -> Bool = { false },
    onToken: @Sendable (Int) -> Void = { _ in }
  ) throws -> EvaluationResult {
    let prompt = prompt ?? (role == .student ? task.studentPrompt : { task.teacherPrompt($0) })
    try SettingError.check("samples", samples, in: 1...10_000)
    var correct = Array(repeating: 0, count: problems.count)
    var votes = Array(repeating: Votes(), count: problems.count)
    var formatted = 0
    var tokens = 0
    var ended = 0
    // Thousands of attempts at a time, so that memory stays small however many there are.
    for first in stride(from: 0, to: problems.count * samples, by: Self.portion) {
      if isInterrupted() { throw Interruption() }
      let attempts = first..<min(first + Self.portion, problems.count * samples)
      let requests = try attempts.map { attempt in
        let problem = problems[attempt / samples]
        return RolloutRequest(
          prompt: try policy.encode(prompt(problem)),
          stream: RandomStream(seed: seed, purpose: .evaluation, attempt / samples, attempt % samples))
      }
      let rollouts = try policy.sample(requests, rule, isInterrupted: isInterrupted, onToken: onToken)
      for (attempt, rollout) in zip(attempts, rollouts) {
        let verdict = task.verify(try policy.decode(rollout.tokens), for: problems[attempt / samples])
        if verdict.isCorrect { correct[attempt / samples] += 1 }
        votes[attempt / samples].count(verdict)
        if verdict.isFormatted { formatted += 1 }
        tokens += rollout.tokens.count
        if rollout.hasEnded { ended += 1 }
      }
    }
    return EvaluationResult(
      correct: correct, majority: votes.map(\.isWonByRight), samples: samples, formatted: formatted, tokens: tokens,
      ended: ended)
  }

  /// Attempts that are sampled together.
  static let portion = 4096
}

/// The answers to one problem, counted.
private struct Votes {
  private var answers: [(answer: String, isRight: Bool, count: Int)] = []

  mutating func count(_ verdict: Verdict) {
    guard let answer = verdict.answer else { return }
    if let place = answers.firstIndex(where: { $0.answer == answer }) {
      answers[place].count += 1
      answers[place].isRight = answers[place].isRight || verdict.isCorrect
    } else {
      answers.append((answer, verdict.isCorrect, 1))
    }
  }

  /// Whether the answer that was given most often is right; of several, the one that was given first decides.
  var isWonByRight: Bool {
    guard let most = answers.map(\.count).max() else { return false }
    return answers.first { $0.count == most }?.isRight ?? false
  }
}

/// What an examination found.
package struct EvaluationResult: Sendable, Equatable, Codable {
  /// Right attempts at each problem, of `samples`.
  package let correct: [Int]
  /// Whether the answer that was given to each problem most often is right.
  package let majority: [Bool]
  /// k.
  package let samples: Int
  /// Attempts that ended and stated an answer.
  package let formatted: Int
  /// Tokens drawn in all.
  package let tokens: Int
  /// Attempts that ended with the end token.
  package let ended: Int

  private var attempts: Int { correct.count * samples }

  /// avg@k: the share of right attempts.
  package var accuracy: Double { attempts == 0 ? .nan : Double(correct.reduce(0, +)) / Double(attempts) }
  /// maj@k: the share of problems whose most frequent answer is right.
  package var majorityAccuracy: Double {
    correct.isEmpty ? .nan : Double(majority.count(where: \.self)) / Double(correct.count)
  }
  /// The share of attempts that ran out of tokens before their end mark.
  package var truncationRate: Double { attempts == 0 ? .nan : 1 - Double(ended) / Double(attempts) }
  /// The share of attempts that ended and stated an answer.
  package var formatRate: Double { attempts == 0 ? .nan : Double(formatted) / Double(attempts) }
  /// The mean length of an attempt, in tokens.
  package var meanLength: Double { attempts == 0 ? .nan : Double(tokens) / Double(attempts) }

  /// A 95 % interval of `accuracy` over the draw of problems and attempts.
  ///
  /// Wilson's score interval (1927) with the effective number of attempts: attempts at one problem are alike, so the
  /// variance is taken between problems. It does not cover the seed of training.
  package var interval: ClosedRange<Double> {
    let problems = Double(correct.count)
    guard attempts > 0 else { return 0...1 }
    let mean = accuracy
    let spread = correct.reduce(0.0) { sum, count in
      let difference = Double(count) / Double(samples) - mean
      return sum + difference * difference
    }
    let variance = correct.count > 1 ? spread / (problems - 1) / problems : 0
    let n = variance > 0 ? max(problems, min(Double(attempts), mean * (1 - mean) / variance)) : problems
    let z = 1.959964
    let centre = (mean + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (mean * (1 - mean) / n + z * z / (4 * n * n)).squareRoot()
    // It always holds the mean; rounding alone would leave 0 of n just below the lower end.
    return max(0, min(mean, centre - half))...min(1, max(mean, centre + half))
  }
}
