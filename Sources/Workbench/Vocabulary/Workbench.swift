// Everything that cells know beside the language itself. Each command is declared once, in the file of its subject;
// argument checking, completion, inspection and help read these declarations.

import CellLanguage
import Evaluation
import Tasks

/// The vocabulary of the workbench: what help and the reference list under one heading stands together here.
let workbenchVocabulary = Vocabulary([
  Subject(
    "Worlds", summary: "Problems with reference solutions and a verifier.",
    commands: taskCommands + worldCommands + ownTaskCommands, types: taskTypes),
  Subject(
    "Models", summary: "Finding, building, asking and saving models.", commands: modelCommands + adapterCommands,
    types: modelTypes),
  Subject(
    "Looking", summary: "What teacher and student would say at every token, and what goes on inside.",
    commands: distributionCommands + stripCommands, types: distributionTypes + stripTypes + insideTypes),
  Subject(
    "Dragging", summary: "Sliders and selectors: what a closure shows follows them.", commands: controlCommands,
    types: controlTypes),
  Subject(
    "Objectives", summary: "Divergences of one's own, to look at and to train on.", commands: divergenceCommands,
    types: divergenceTypes),
  Subject(
    "Methods", summary: "How a student is trained: methods, rewards, feedback, what the teacher reads.",
    commands: methodCommands + teachingCommands, types: methodTypes + teachingTypes),
  Subject(
    "Training", summary: "One run of one method, watched as it goes.", commands: trainingCommands, types: trainingTypes),
  Subject(
    "Evaluating", summary: "How good a model is, and several methods side by side.",
    commands: evaluationCommands + comparisonCommands, types: comparisonTypes),
  Subject(
    "Plotting", summary: "Runs and vectors as pictures and tables.", commands: plotCommands, types: exportTypes),
  Subject("Session", summary: "The conversation with the notebook.", commands: sessionCommands),
])

extension Parameter {
  /// The seed of a command.
  static func seed(_ meaning: String) -> Parameter {
    Parameter("seed", .int(.atLeast(0)), default: 1, help: meaning + " The same seed gives the same result.")
  }

  /// T, with 0 allowed.
  static let temperature = Parameter(
    "temperature", .real(.within(0...100)), default: 1.0,
    help: "Logits are divided by it; 0 takes the most likely token each time.")

  /// Whose prompt the model reads.
  static func role(_ help: String) -> Parameter {
    Parameter(
      "as", name: "role",
      .choice(
        Enumeration(
          "Role", summary: "Whose prompt a model reads.",
          cases: [
            .init("student", summary: "The model sees the problem alone."),
            .init("teacher", summary: "The model sees the reference beside the problem."),
          ])), default: .implicit("student"), help: help)
  }

  /// The longest rollout.
  static let maxTokens = Parameter(
    "maxTokens", .optional(.int(.within(1...100_000))), unit: "tokens",
    help: "A rollout ends after so many tokens at the latest; nil takes what the task's longest solution needs.")
}

extension Arguments {
  /// A seed as the model tower takes it.
  func seed() throws -> UInt64 { UInt64(try int("seed")) }

  /// Whose prompt the model reads.
  func role() throws -> Role { try choice("role").name == "teacher" ? .teacher : .student }

  /// The given number of tokens, or what the task needs.
  func maxTokens(for task: any ReasoningTask) throws -> Int {
    if case .int(let given) = try value("maxTokens") { return given }
    return task.longestCompletion
  }
}
