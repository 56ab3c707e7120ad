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
    /// A trust region around the weights before the first step (arXiv 2601.20802, section 4): its logits are
    /// (1 − share) · z_initial + share · z_student, both reading as the teacher.
    case trustRegion(share: Double)

    /// Whether it keeps an average, in memory of its own.
    var isAverage: Bool { if case .ema = self { true } else { false } }

    /// Its name in titles; nil for the usual one.
    var name: String? {
      switch self {
      case .fixed: nil
      case .live: "live teacher"
      case .ema(let decay): "EMA teacher \(decay)"
      case .trustRegion(let share): "trust-region teacher \(share)"
      }
    }

    /// Throws `SettingError` for a decay or a share that is none.
    func validate() throws(SettingError) {
      switch self {
      case .fixed, .live: break
      case .ema(let decay):
        guard !(decay >= 0 && decay < 1) else { return }
        throw SettingError(
          what: "an average of weights with decay \(decay) is not possible",
          why: "the decay is the share that the average keeps in a step: at least 0, and less than 1",
          fix: "choose a decay such as 0.99, or a fixed teacher, which keeps all of it", setting: "teacher")
      case .trustRegion(let share):
        guard !(share > 0 && share < 1) else { return }
        throw SettingError(
          what: "a trust region with share \(share) is not possible",
          why: "the share is that of the student's logits in the teacher's: between 0 and 1",
          fix: "choose a share such as 0.1, or .fixed for 0 and .live for 1", setting: "teacher")
      }
    }
  }

  private let rule: Rule
  /// The weights to score with in the step that is being taken.
  package let weights: Weights
  /// Weights whose logits are mixed with those of `weights`, and their share.
  let beside: (weights: Weights, share: Double)?

  /// The teacher of a student that begins with the weights `initial`, and computes with `student` at any time.
  ///
  /// Only an average has memory of its own: one set of parameters.
  package init(_ rule: Rule, initial: Weights, student: Weights) {
    self.rule = rule
    weights =
      switch rule {
      case .fixed, .trustRegion: initial
      case .live: student
      case .ema: Weights(initial.merged())
      }
    if case .trustRegion(let share) = rule { beside = (student, share) } else { beside = nil }
  }

  /// A teacher with weights of its own, which stay as they are.
  init(_ weights: Weights) { self.init(.fixed, initial: weights, student: weights) }

  /// What changes from step to step beside the student.
  var groups: [String: [NamedArray]] { rule.isAverage ? ["teacher": weights.base.arrays] : [:] }

  /// This teacher as examinations see it; nil for one whose distribution is not that of one set of weights.
  func examined(in run: RunContext, shown context: TeacherContext) -> SelfTeacher? {
    guard beside == nil else { return nil }
    return SelfTeacher(
      policy: Policy(weights: weights, vocabulary: run.initial.vocabulary), context: context, isFixed: rule == .fixed)
  }

  /// Takes in the student as it is after a step.
  ///
  /// The average is that of the weights the student computes with: an adapter enters it merged, since the average of
  /// products b·a is not the product of the averages of b and a.
  package func update(after student: Weights) {
    switch rule {
    case .fixed, .live, .trustRegion: break
    case .ema(let decay):
      blend(student.base.values, into: weights.base.values, share: Float(1 - decay))
      student.adapter?.merge(into: weights.base, share: Float(1 - decay))
    }
  }
}

/// Reads what a teacher is shown, and gives its distributions a chunk of positions at a time.
final class TeacherReader {
  /// Who scores.
  let teacher: Teacher
  private let pass: DecoderPass
  private let passBeside: DecoderPass?
  private let head: Head
  private let headBeside: Head
  private var hidden = Floats(zeros: 0)
  private var hiddenBeside = Floats(zeros: 0)
  private let isInterrupted: () -> Bool

  /// A reader whose passes take turns in `memory` with the student's.
  init(_ teacher: Teacher, memory: ActivationMemory, isInterrupted: @escaping () -> Bool) {
    self.teacher = teacher
    func pass(_ weights: Weights) -> DecoderPass {
      DecoderPass(weights.configuration, for: .scoring, memory: memory, shouldStop: isInterrupted)
    }
    self.pass = pass(teacher.weights)
    passBeside = teacher.beside.map { pass($0.weights) }
    head = Head(in: memory)
    headBeside = Head(in: memory)
    self.isInterrupted = isInterrupted
  }

  /// Reads a batch; throws `Interruption`, and `SettingError` for a sequence that is longer than the context: what a
  /// teacher is shown may come of attempts, or of a function, so that nobody knows its length beforehand.
  func read(_ batch: PackedBatch) throws {
    let context = teacher.weights.configuration.contextLength
    guard batch.longest <= context else {
      throw SettingError(
        what: "the teacher cannot read \(batch.longest) tokens",
        why: "its prompt and the completion are longer than its context of \(context) tokens",
        fix: "show it less, or choose a model with a longer context", setting: "context")
    }
    hidden = pass.forward(teacher.weights.base, adapter: teacher.weights.adapter, batch)
    if let passBeside, let weights = teacher.beside?.weights {
      hiddenBeside = passBeside.forward(weights.base, adapter: weights.adapter, batch)
    }
    if isInterrupted() { throw Interruption() }
  }

  /// Log-probabilities at some positions of the batch that was read, positions × V.
  func logProbabilities(_ positions: Range<Int>, temperature: Double) -> Floats {
    let parameters = teacher.weights.base
    guard let (weights, share) = teacher.beside else {
      return head.logProbabilities(parameters, hidden, positions, temperature: temperature)
    }
    let logits = head.logits(parameters, hiddenRows(hidden, positions, parameters)).values
    let others = headBeside.logits(weights.base, hiddenRows(hiddenBeside, positions, weights.base)).values
    blend(others, into: logits, share: Float(share))
    logSoftmax(
      logits, rows: positions.count, width: parameters.configuration.vocabulary, temperature: Float(temperature))
    return logits
  }
}
