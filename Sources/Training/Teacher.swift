// The teacher of self-distillation is the student's own model. Which weights of it: those it began with, those it has
// now, or their average over the steps.

import Checkpoints
package import LanguageModel
import Rollouts
import Tensors

/// The weights that score as the teacher, step by step.
///
/// In each step a trainer first asks for `weights`, scores with them, moves the student, and then calls `update` with
/// the student as it is after the step; a step that is not completed updates nothing. At step 1 every teacher scores with
/// the weights that the student begins with.
package struct Teacher {
  /// Which weights score.
  package enum Rule: Sendable, Equatable {
    /// Those of the student before its first step (arXiv 2601.18734); with a fresh adapter, the model with the adapter
    /// off.
    case fixed
    /// Those of the student before the step that is being taken, without a gradient.
    case live
    /// The average ē of the student's weights w: ē begins with those before the first step, and after each step
    /// ē ← decay · ē + (1 − decay) · w.
    case ema(decay: Double)

    /// Whether it keeps an average, in memory of its own.
    var isAverage: Bool { if case .ema = self { true } else { false } }

    /// Its name in titles; nil for the usual one.
    var name: String? {
      switch self {
      case .fixed: nil
      case .live: "live teacher"
      case .ema(let decay): "EMA teacher \(decay)"
      }
    }

    /// Throws `SettingError` for a decay that is none.
    func validate() throws(SettingError) {
      guard case .ema(let decay) = self, !(decay >= 0 && decay < 1) else { return }
      throw SettingError(
        what: "an average of weights with decay \(decay) is not possible",
        why: "the decay is the share that the average keeps in a step: at least 0, and less than 1",
        fix: "choose a decay such as 0.99, or a fixed teacher, which keeps all of it", setting: "teacher")
    }
  }

  private let rule: Rule
  /// The weights to score with in the step that is being taken.
  package let weights: Weights

  /// The teacher of a student that begins with the weights `initial`, and computes with `student` at any time.
  ///
  /// Only an average has memory of its own: one set of parameters.
  package init(_ rule: Rule, initial: Weights, student: Weights) {
    self.rule = rule
    weights =
      switch rule {
      case .fixed: initial
      case .live: student
      case .ema: Weights(initial.merged())
      }
  }

  /// What changes from step to step beside the student.
  var groups: [String: [NamedArray]] { rule.isAverage ? ["teacher": weights.base.arrays] : [:] }

  /// Takes in the student as it is after a step.
  ///
  /// The average is that of the weights the student computes with: an adapter enters it merged, since the average of
  /// products b·a is not the product of the averages of b and a.
  package func update(after student: Weights) {
    switch rule {
    case .fixed, .live: break
    case .ema(let decay):
      blend(student.base.values, into: weights.base.values, share: Float(1 - decay))
      student.adapter?.merge(into: weights.base, share: Float(1 - decay))
    }
  }
}
