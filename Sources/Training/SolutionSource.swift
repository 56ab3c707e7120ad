// Completions that the student learns from without having written them.

import LanguageModel
import Objectives
import Rollouts
import Tasks

/// Who writes the completions of off-policy methods.
package enum SolutionSource: Sendable, Equatable {
  /// The data: the reference solution of each problem.
  case reference
  /// The model itself at its initial weights, shown what a teacher is shown; with `verified`, only solutions that the
  /// verifier lets pass are learnt from.
  case teacher(verified: Bool)

  /// Its name in titles.
  var name: String {
    switch self {
    case .reference: "references"
    case .teacher(false): "teacher's solutions"
    case .teacher(true): "teacher's verified solutions"
    }
  }
}

extension RunContext {
  /// One completion for each problem, with what the student reads before it; what was sampled is counted.
  func solutions(
    _ source: SolutionSource, of problems: [Problem], shown: TeacherContext, temperature: Double, maxTokens: Int,
    step: Int, measures: inout StepMeasures
  ) throws -> [Lesson] {
    func lesson(_ problem: Problem, _ completion: [Int32]) throws -> Lesson {
      Lesson(problem: problem, prompt: try initial.encode(task.studentPrompt(problem)), completion: completion)
    }
    switch source {
    case .reference:
      return try problems.map { try lesson($0, initial.encode($0.solution)) }
    case .teacher(let verified):
      let answers = try complete(
        problems.map { ($0, try shown.prompt(for: $0, of: task, among: problems)) }, by: initial,
        SamplingRule(temperature: temperature, maxTokens: maxTokens), step: step)
      measures.tokens += answers.reduce(0) { $0 + $1.rollout.tokens.count }
      measures.numbers[.verifiedShare] = mean(answers) { $0.verdict.isCorrect ? 1 : 0 }
      return try answers.filter { !verified || $0.verdict.isCorrect }.map { try lesson($0.problem, $0.rollout.tokens) }
    }
  }
}

extension RunMaterial {
  /// Throws `SettingError` where so many completions of this source in a step are not possible.
  func check(
    _ source: SolutionSource, count: Int, shown: TeacherContext, temperature: Double, maxTokens: Int,
    teacherScores: Bool, hasAverage: Bool = false
  ) throws {
    try SettingError.check("sequences", count, in: 1...65_536)
    var longest = try self.longest(task.studentPrompt)
    if source != .reference || teacherScores {
      longest = max(longest, try self.longest { try shown.prompt(for: $0, of: task, among: problems) })
    }
    var tokens = maxTokens
    if source == .reference {
      tokens = try self.longest(\.solution)
      guard tokens >= 1 else {
        throw SettingError(
          what: "learning from reference solutions is not possible", why: "those of these problems are empty",
          fix: "choose problems with solutions, or let the teacher write them", setting: "solutions")
      }
    } else {
      try SettingError.check("temperature", temperature, in: SamplingRule.temperatures)
    }
    try SamplingRule(temperature: temperature, maxTokens: tokens).validate(
      longestPrompt: longest, contextLength: initial.weights.configuration.contextLength)
    try checkSize(
      sequences: count, longestPrompt: longest, maxTokens: tokens, hasAverage: hasAverage, called: "sequences")
  }
}
