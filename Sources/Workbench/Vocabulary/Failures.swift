// Errors of the model tower as cells report them: what failed, why, what to do.

import CellLanguage
import Checkpoints
import JSONValues
import LanguageModel
import Objectives
import Rollouts
import Tasks
import Tokenizer
import Training

/// Runs something of the model tower; its errors become a cell's, with the caret under the named argument; `file` names
/// the one that names a file.
func reporting<Result>(
  _ argument: String? = nil, file: String? = nil, _ body: () throws -> Result
) throws -> Result {
  do {
    return try body()
  } catch let error as TaskError {
    throw CellFailure(error.what, error.why, fix: sentence(error.fix), argument: argument)
  } catch let error as CheckpointError {
    throw CellFailure(error.what, error.why, fix: sentence(error.fix), argument: file ?? argument)
  } catch let error as SettingError {
    throw CellFailure(
      error.what, error.why, fix: sentence(error.fix), argument: error.setting ?? argument, kind: .outOfRange)
  } catch let error as ObjectiveError {
    throw CellFailure(error.what, error.why, fix: sentence(error.fix), argument: argument, kind: .outOfRange)
  } catch let error as RewardFault {
    throw CellFailure(
      error.description, "advantages are made of rewards", fix: "Return a number for every answer.", argument: argument,
      kind: .outOfRange)
  } catch let error as ConfigurationError {
    throw CellFailure("this \(error.subject) cannot be built", error.description, argument: argument, kind: .outOfRange)
  } catch let error as VocabularyError {
    throw CellFailure(
      "this model does not speak the task's language", error.description,
      fix: "Use a model that was made for this task.", argument: argument)
  } catch is Interruption {
    throw CellInterrupted()
  }
}

/// Runs something with the method that these arguments name; a failure of one of its settings has its caret there.
func reportingMethod<Result>(_ arguments: Arguments, _ body: () throws -> Result) throws -> Result {
  do {
    return try reporting(file: "checkpoint", body)
  } catch var failure as CellFailure {
    guard let setting = failure.argument else { throw failure }
    var isOfMethod = !arguments.isGiven(setting)
    if case .choice(let method) = try arguments.value("method") {
      isOfMethod = isOfMethod || method.arguments.settings.contains { $0.parameter.name == setting }
    }
    if isOfMethod { failure.argument = "method" }
    throw failure
  }
}

/// A clause as a sentence.
private func sentence(_ clause: String) -> String {
  guard let first = clause.first else { return "" }
  return first.uppercased() + clause.dropFirst() + (clause.last == "." ? "" : ".")
}

/// Warns where several attempts at a problem are asked for and all of them will be the same.
func warnOfEqualAnswers(_ arguments: Arguments, samples: Int, temperature: Double, _ context: CellContext) {
  guard samples > 1, temperature == 0 else { return }
  context.warn(
    CellFailure(
      "all \(samples) answers to a problem will be equal",
      "temperature 0 takes the most likely token each time, whatever the random numbers",
      fix: "Leave out samples: \(samples), or sample at a temperature above 0.", argument: "samples"),
    about: arguments)
}

/// Warns where a model was pretrained on another world, or on the same one in another size, and never trained since: its
/// prompts look different, and it is lost in them.
func warnOfAnotherWorld(_ model: ModelObject, _ task: any ReasoningTask, _ arguments: Arguments, _ context: CellContext)
{
  guard let known = model.card["summary"]?.string, known != task.summary else { return }
  context.warn(
    CellFailure(
      "\(model.name) was made for other problems",
      "it has only ever read: \(known) These are: \(task.summary)",
      fix:
        "Expect little of it here. task.problems(200, levels: …) of its own world takes easy or hard ones of those it knows.",
      argument: "problems"),
    about: arguments)
}
