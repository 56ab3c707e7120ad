// What an attempt is worth to reinforcement learning: the verifier's word, or a function of one's own.

package import Tasks

/// A reward for attempts.
///
/// It is called from the thread that trains.
package struct Reward: CustomStringConvertible {
  /// The reward of a completion.
  package typealias Function = (_ problem: Problem, _ completion: String, _ verdict: Verdict) throws -> Double

  private let title: String
  private let text: String
  private let function: Function

  /// A reward by a function; name and text make it the same as another.
  package init(_ name: String, text: String = "", _ function: @escaping Function) {
    title = name
    self.text = text
    self.function = function
  }

  package var description: String { text.isEmpty ? title : "\(title): \(text)" }

  /// 1 for a right answer, 0 for any other.
  package static var verifier: Reward { Reward("verifier") { _, _, verdict in verdict.isCorrect ? 1 : 0 } }

  /// Its name in titles; nil for the usual one.
  var name: String? { description == "verifier" ? nil : "reward \(title)" }

  /// The rewards of some attempts; throws `RewardFault` for one that is not finite, and what the function throws.
  func callAsFunction(_ attempts: [Attempt]) throws -> [Double] {
    try attempts.map { try self($0.problem, $0.text, $0.verdict) }
  }

  /// The reward of one completion; throws `RewardFault` for one that is not finite, and what the function throws.
  package func callAsFunction(_ problem: Problem, _ completion: String, _ verdict: Verdict) throws -> Double {
    let reward = try function(problem, completion, verdict)
    guard reward.isFinite else { throw RewardFault(reward: reward, completion: completion) }
    return reward
  }
}

/// A reward that is no number.
package struct RewardFault: Error, Hashable, CustomStringConvertible {
  package let reward: Double
  package let completion: String

  package var description: String { "the reward of \"\(completion)\" is \(reward), which is no finite number" }
}

/// What the environment says to an attempt: the task's own words, or those of a function.
package struct Feedback: CustomStringConvertible {
  /// The words; nil where there are none.
  package typealias Function = (_ problem: Problem, _ completion: String) throws -> String?

  private let title: String
  private let text: String
  let words: Function?

  /// Feedback by a function; name and text make it the same as another.
  package init(_ name: String, text: String = "", _ words: @escaping Function) {
    title = name
    self.text = text
    self.words = words
  }

  private init() {
    (title, text) = ("task", "")
    words = nil
  }

  package var description: String { text.isEmpty ? title : "\(title): \(text)" }

  /// What the task itself says.
  package static var task: Feedback { Feedback() }

  /// Its name in titles; nil for the usual one.
  var name: String? { words == nil ? nil : "feedback \(title)" }

  /// What is said to an attempt.
  func callAsFunction(_ attempt: Attempt, _ task: any ReasoningTask) throws -> String? {
    guard let words else { return task.feedback(on: attempt.text, for: attempt.problem) }
    return try words(attempt.problem, attempt.text)
  }
}
