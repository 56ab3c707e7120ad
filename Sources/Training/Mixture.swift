// A mixture of methods: the weighted sum of their losses in every step, as in the authors' advice to add SFT where
// self-distillation drifts. The parts draw problems from one order, so that those of equally many problems work on the same
// ones, and each samples its own rollouts.

import Checkpoints
import Rollouts
import Tasks

/// A weighted sum of methods.
package struct Mixture: TrainingMethod {
  /// A method and the weight of its loss.
  package struct Part {
    package let method: any TrainingMethod
    package let weight: Double

    package init(_ method: any TrainingMethod, weight: Double) {
      self.method = method
      self.weight = weight
    }
  }

  package var parts: [Part]

  package init(_ parts: [Part]) { self.parts = parts }

  package var name: String { parts.map { "\($0.weight) · (\($0.method.name))" }.joined(separator: " + ") }

  package var formula: String { parts.map { "\($0.weight) · (\($0.method.formula))" }.joined(separator: " + ") }

  package var studentAnswers: Bool { parts.contains { $0.method.studentAnswers } }

  package func validate(_ run: RunMaterial) throws {
    guard (1...8).contains(parts.count) else {
      throw SettingError(
        what: "a mixture of \(parts.count) methods is not possible", why: "it has between 1 and 8 parts",
        fix: "give so many methods with their weights", setting: "parts")
    }
    for part in parts {
      try SettingError.check("weight", part.weight, in: 0...1e6)
      guard !(part.method is Mixture) else {
        throw SettingError(
          what: "a mixture cannot be part of a mixture", why: "a sum of sums is one sum",
          fix: "give its parts, with the products of the weights", setting: "parts")
      }
      guard part.method.updates == 1 else {
        throw SettingError(
          what: "\(part.method.name) cannot be part of a mixture", why: "a mixture is updated once a step",
          fix: "choose updates 1", setting: "updates")
      }
      try part.method.validate(run)
    }
    guard parts.contains(where: { $0.weight > 0 }) else {
      throw SettingError(
        what: "a mixture whose weights are all 0 is not possible", why: "it would learn nothing",
        fix: "give one of them a weight above 0", setting: "weights")
    }
  }

  package func makeTrainer(_ context: RunContext) throws -> any Trainer {
    MixtureTrainer(context, try parts.map { (try $0.method.makeTrainer(context), $0.weight) })
  }
}

private final class MixtureTrainer: Trainer {
  private let context: RunContext
  private let parts: [(trainer: any Trainer, weight: Double)]

  init(_ context: RunContext, _ parts: [(any Trainer, Double)]) {
    self.context = context
    self.parts = parts
  }

  var groups: [String: [NamedArray]] {
    var all: [String: [NamedArray]] = [:]
    for (index, part) in parts.enumerated() {
      for (name, arrays) in part.trainer.groups { all["part\(index).\(name)"] = arrays }
    }
    return all
  }

  var selfTeacher: SelfTeacher? { parts.lazy.compactMap(\.trainer.selfTeacher).first }

  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures {
    var measures = StepMeasures()
    defer { context.part = 0 }
    for (index, part) in parts.enumerated() {
      context.part = index
      measures.takeIn(part: try part.trainer.learn(step: step, update: update, share: share * part.weight))
    }
    return measures
  }

  func stepIsComplete(_ step: Int) {
    for part in parts { part.trainer.stepIsComplete(step) }
  }
}
