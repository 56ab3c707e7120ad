// What methods ask of a run before any work: settings that several of them have are checked here once.

import LanguageModel
import Objectives
import Rollouts
import Tasks
import Tokenizer

extension RunMaterial {
  /// Throws `SettingError` for an objective, weights or a reduction that cannot be.
  func check(
    _ objective: DistillationObjective, _ positions: PositionWeights, _ reduction: Reduction
  ) throws {
    try objectives { () throws(ObjectiveError) in try objective.validate(vocabulary: initial.vocabulary.count) }
    try check(reduction, positions)
  }

  /// The same without a divergence.
  func check(_ reduction: Reduction, _ positions: PositionWeights = .uniform) throws {
    try objectives { () throws(ObjectiveError) in
      try positions.validate()
      try reduction.validate()
    }
  }

  /// Throws `SettingError` where so many rollouts of the student, read by a teacher of a context where one is given, are
  /// not possible.
  func checkOnPolicy(
    sequences: Int, temperature: Double, maxTokens: Int, shown: TeacherContext? = nil, teacher: Teacher.Rule = .fixed,
    teacherContext: Int = .max, longestPrompt: Int = 0
  ) throws {
    // Sampling has a rule for T = 0, the loss has none.
    try SettingError.check("temperature", temperature, in: SamplingRule.temperatures)
    try SettingError.check("rollouts", sequences, in: 1...65_536)
    var longest = max(longestPrompt, try self.longest(task.studentPrompt))
    if let shown {
      longest = max(longest, try self.longest { try shown.prompt(for: $0, of: task, among: problems) })
    }
    try SamplingRule(temperature: temperature, maxTokens: maxTokens).validate(
      longestPrompt: longest, contextLength: min(teacherContext, initial.weights.configuration.contextLength))
    try checkSize(
      sequences: sequences, longestPrompt: longest, maxTokens: maxTokens, hasAverage: teacher.isAverage)
  }

  /// Throws `SettingError` for groups that cannot be.
  func checkGroups(_ groups: Int, of samples: Int, because why: String) throws {
    try SettingError.check("groups", groups, in: 1...65_536)
    try SettingError.check("samples", samples, in: 1...4096)
    guard samples >= 2 else {
      throw SettingError(
        what: "groups of one are not possible", why: why, fix: "choose samples 2 or more, such as 8",
        setting: "samples")
    }
    guard groups * samples <= 65_536 else {
      throw SettingError(
        what: "\(groups) groups of \(samples) are not possible", why: "a step has at most 65536 rollouts",
        fix: "choose fewer groups or samples", setting: "groups")
    }
  }
}

/// Runs a check of Objectives; what it throws becomes a `SettingError`.
func objectives(_ check: () throws(ObjectiveError) -> Void) throws(SettingError) {
  do {
    try check()
  } catch {
    throw SettingError(what: error.what, why: error.why, fix: error.fix, setting: error.setting)
  }
}

extension PositionWeights {
  /// Its name in titles; nil for the usual one.
  var title: String? { self == .uniform ? nil : name }
}
