// A rollout as one model reads it, under the student's prompt or the teacher's: what a look inside goes along.

import CellLanguage
import Evaluation
import Rollouts
import Tasks
import Tokenizer

/// A prompt and a completion that one model reads.
struct Reading {
  let rollout: RolloutObject
  /// The model's name.
  let model: String
  let role: Role
  let prompt: [Int32]
  /// The text of every token, the prompt's and the completion's.
  let tokens: [String]

  /// Throws where the model does not speak the rollout's tokens or the task's language.
  init(_ model: ModelObject, _ rollout: RolloutObject, _ role: Role) throws {
    guard model.policy.vocabulary == rollout.policy.vocabulary else {
      throw CellFailure(
        "this model does not speak the tokens of the rollout", "it was written by a model with another vocabulary",
        fix: "Use a rollout of this model, or of another model of the same task.", argument: "rollout",
        kind: .wrongArgument)
    }
    let (task, problem) = (rollout.task, rollout.problem)
    let text = role == .teacher ? task.teacherPrompt(problem) : task.studentPrompt(problem)
    self.rollout = rollout
    self.model = model.name
    self.role = role
    prompt = try reporting("rollout") { try model.policy.encode(text) }
    tokens = (prompt + rollout.rollout.tokens).map { String(model.policy.vocabulary.characters[Int($0)]) }
  }

  /// The number of positions of the completion.
  var positions: Int { rollout.rollout.tokens.count }

  /// The token that reads where a position of the completion is predicted: the one before it.
  func reader(of position: Int) -> Int { prompt.count - 1 + position }

  /// Who reads what, in a few words.
  var title: String { "\(rollout.problem.question), \(model) under the \(role.rawValue)'s prompt" }
}
