// Settings of methods that a cell makes itself: rewards, feedback, what the teacher is shown. Each holds a function of the
// cell, which is called while a run goes on, on the thread of the cell that trains.

import CellLanguage
import Objectives
import Rollouts
import Tasks
import Training

/// A function of a cell that a method calls.
struct FunctionObject: CellObject {
  enum Role: String {
    case reward = "Reward"
    case feedback = "Feedback"
    case teacherContext = "TeacherContext"
  }

  let role: Role
  let name: String
  let function: Function

  var typeName: String { role.rawValue }
  var summary: String { "\(role.rawValue) \(name): \(function.signature)" }
}

extension FunctionObject {
  /// Calls the function for a run.
  ///
  /// An interrupt while it works is one of the run, which keeps its last complete step.
  fileprivate func call(_ arguments: [Value], _ context: CellContext) throws -> Value {
    do throws(CellError) {
      return try function.call(arguments, context)
    } catch {
      throw error.isInterruption ? Interruption() : error
    }
  }

  /// Words that the function returned; throws `CellFailure` where the task has no character for one of theirs.
  fileprivate func checked(_ words: String, of task: any ReasoningTask) throws(CellFailure) -> String {
    guard let stranger = words.first(where: { !task.alphabet.contains($0) }) else { return words }
    throw CellFailure(
      "\(role.rawValue) \(name) returned \(Value.string(words).debugDescribed(limit: 60))",
      "\(Value.string(String(stranger)).debugDescribed(limit: 10)) is not in the alphabet of the task \(task.name), "
        + "which is \(Value.string(task.alphabet).debugDescribed(limit: 120))",
      fix: "Return text made of these characters alone.", kind: .wrongArgument)
  }
}

private func nameParameter(_ standard: String) -> Parameter {
  Parameter(
    "_", name: "name", .optional(.string), help: "What tables and plots call it; nil: \(standard).")
}

let teachingCommands = [
  Command(
    "reward",
    [nameParameter("custom"), Parameter("_", name: "function", .function, help: "problem, text → a number.")],
    result: "Reward", summary: "What an answer is worth to GRPO, SDPO and ERL.",
    discussion: """
      The function is given the problem and the answer as text, and returns a number; verify(text, for: problem) is the \
      verifier's word. It is called for every answer of every step.
      """,
    example: "reward(\"short\") { problem, text in verify(text, for: problem) ? 1 - 0.01 * text.count : 0 }"
  ) { arguments, _ in try function(arguments, .reward, takes: 2) },
  Command(
    "feedback",
    [
      nameParameter("custom"),
      Parameter("_", name: "function", .function, help: "problem, text → a string, or nil for nothing to say."),
    ],
    result: "Feedback", summary: "What the environment says to an answer, for SDPO and ERL.",
    discussion: """
      The function is given the problem and the answer as text, and returns words in the task's alphabet, or nil. Tasks \
      with an environment have words of their own, which this replaces.
      """,
    example: "feedback(\"last digit\") { problem, text in text.contains(\"#\") ? nil : \"#\" }"
  ) { arguments, _ in try function(arguments, .feedback, takes: 2) },
  Command(
    "teacherContext",
    [
      nameParameter("custom"),
      Parameter("_", name: "function", .function, help: "problem, others → a string: what the teacher is shown."),
    ],
    result: "TeacherContext", summary: "What the teacher is shown beside the problem.",
    discussion: """
      The function is given the problem and the others of the same step, and returns the text that stands in place of \
      the reference. Is it the right solution that helps, or any? Try problem.solution, others[0].solution, or half of it.
      """,
    example: "teacherContext(\"another's answer\") { problem, others in others[0].answer }"
  ) { arguments, _ in try function(arguments, .teacherContext, takes: 2) },
]

let teachingTypes = [
  TypeDeclaration("Reward", summary: "What an answer is worth."),
  TypeDeclaration("Feedback", summary: "What the environment says to an answer."),
  TypeDeclaration("TeacherContext", summary: "What the teacher is shown beside the problem."),
]

private func function(_ arguments: Arguments, _ role: FunctionObject.Role, takes count: Int) throws -> Value {
  let function = try arguments.function("function")
  if let taken = function.argumentCount, taken != count {
    throw CellFailure(
      "this function takes \(taken) argument\(taken == 1 ? "" : "s")", "it is called with \(count)",
      fix: role == .teacherContext ? "Write { problem, others in … }." : "Write { problem, text in … }.",
      argument: "function", kind: .wrongArgument)
  }
  var name = "custom"
  if case .string(let given) = try arguments.value("name") { name = given }
  return .object(FunctionObject(role: role, name: name, function: function))
}

/// The reward that a method's label holds.
func rewardArgument(_ value: Value, _ setting: MethodSetting) throws -> Reward {
  guard case .object(let object) = value, let object = object as? FunctionObject else { return .verifier }
  let (task, context) = (setting.task, setting.context)
  return Reward(object.name, text: object.function.text) { problem, text, _ in
    let result = try object.call([.object(ProblemObject(task: task, problem: problem)), .string(text)], context)
    if case .bool(let isRight) = result { return isRight ? 1 : 0 }
    guard let number = result.number else { throw wrongResult(object, result, "a number") }
    return number
  }
}

/// The feedback that a method's label holds.
func feedbackArgument(_ value: Value, _ setting: MethodSetting) throws -> Feedback {
  guard case .object(let object) = value, let object = object as? FunctionObject else { return .task }
  let (task, context) = (setting.task, setting.context)
  return Feedback(object.name, text: object.function.text) { problem, text in
    let result = try object.call([.object(ProblemObject(task: task, problem: problem)), .string(text)], context)
    switch result {
    case .null: return nil
    case .string(let words): return try object.checked(words, of: task)
    default: throw wrongResult(object, result, "a string or nil")
    }
  }
}

/// The context that a method's label holds.
func teacherContext(_ value: Value, _ setting: MethodSetting) throws -> TeacherContext {
  if case .choice(let choice) = value { return try TeacherContext(choice) }
  guard case .object(let object) = value, let object = object as? FunctionObject else { return .answer }
  let (task, context) = (setting.task, setting.context)
  return TeacherContext(object.name, text: object.function.text) { problem, others in
    let result = try object.call(
      [
        .object(ProblemObject(task: task, problem: problem)),
        .object(ProblemsObject(task: task, problems: Array(others), split: .practice)),
      ], context)
    guard case .string(let text) = result else { throw wrongResult(object, result, "a string") }
    return .text(try object.checked(text, of: task))
  }
}

extension TeacherContext {
  fileprivate init(_ choice: Choice) throws {
    switch choice.name {
    case "none": self = .fixed("nothing", .none)
    case "wrongAnswer": self = .fixed("wrong answer", .wrongAnswer)
    case "solution": self = .fixed("solution", .solution)
    case "wrongSolution": self = .fixed("wrong solution", .wrongSolution)
    case "prefix":
      let share = try choice.arguments.real("share")
      self = .fixed("\(share) of the solution", .prefix(share: share))
    case "otherProblem": self = .otherProblem
    default: self = .answer
    }
  }
}

private func wrongResult(_ object: FunctionObject, _ result: Value, _ wanted: String) -> CellFailure {
  CellFailure(
    "\(object.role.rawValue) \(object.name) returned \(result.debugDescribed(limit: 60))", "\(wanted) is wanted",
    fix: "Return \(wanted) from the function.", kind: .typeMismatch)
}
