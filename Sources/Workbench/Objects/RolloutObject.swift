// A student's answer, token by token.

import CellLanguage
import Tokenizer
import Display
import RandomStreams
import Rollouts
import Tasks

/// A sampled answer to a problem.
struct RolloutObject: CellObject, Pictured {
  let task: any ReasoningTask
  let problem: Problem
  let rollout: Rollout
  let policy: Policy
  let verdict: Verdict

  var typeName: String { "Rollout" }
  var summary: String { "\(text): \(judgement)" }
  var elementCount: Int? { rollout.tokens.count }

  func element(at index: Value) throws -> Value {
    try elements(at: index) { .string(token($0)) }
  }

  /// The whole answer.
  var text: String { tokenTexts.joined() }
  /// The text of each token.
  var tokenTexts: [String] { rollout.tokens.indices.map(token) }

  func token(_ place: Int) -> String { String(policy.vocabulary.characters[Int(rollout.tokens[place])]) }

  /// The verdict in words.
  var judgement: String {
    if verdict.isCorrect { return "right" }
    if let answer = verdict.answer, rollout.hasEnded {
      return "wrong: \(answer), the answer is \(problem.answer)"
    }
    if rollout.hasEnded { return "wrong: it states no answer" }
    return "cut off after \(rollout.tokens.count) \(rollout.tokens.count == 1 ? "token" : "tokens")"
  }

  func picture() -> MIMEBundle { strip().bundle() }

  /// The tokens, each coloured by how little the student expected it.
  func strip() -> TokenStrip {
    TokenStrip(
      title: "\(problem.question): \(judgement)", quantity: "surprise, −log p_S", unit: "nats",
      format: .fixed(2), scale: .sequential(to: max(1, -Double(rollout.logProbabilities.min() ?? 0))),
      tokens: rollout.tokens.indices.map { place in
        TokenStrip.Token(
          token(place), value: -Double(rollout.logProbabilities[place]),
          details: ["token \(place)", "log p_S \(NumberFormat.fixed(3).text(Double(rollout.logProbabilities[place])))"])
      })
  }
}

extension ModelObject {
  /// So many answers of the model, as the student, to one problem, each judged; the first is the same for any count.
  func answers(
    to problem: ProblemObject, count: Int, _ rule: SamplingRule, seed: UInt64, _ workplace: Workplace,
    onToken: @Sendable (Int) -> Void
  ) throws -> [RolloutObject] {
    let prompt = try policy.encode(problem.task.studentPrompt(problem.problem))
    let requests = (0..<count).map {
      RolloutRequest(prompt: prompt, stream: RandomStream(seed: seed, purpose: .sampling, $0))
    }
    return try policy.sample(requests, rule, isInterrupted: { workplace.isInterrupted }, onToken: onToken).map {
      RolloutObject(
        task: problem.task, problem: problem.problem, rollout: $0, policy: policy,
        verdict: problem.task.verify(try policy.decode($0.tokens), for: problem.problem))
    }
  }
}
