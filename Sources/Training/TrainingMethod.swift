// A method is a value: its settings. Asked to train, it makes a trainer, which takes the steps of one run. What a step is
// made of stands in the file of the method, in the order of its algorithm; what all methods share stands here.

package import Checkpoints
package import Rollouts
package import Tasks
import LanguageModel

/// A way to train a student.
package protocol TrainingMethod {
  /// Its name in tables and plots.
  var name: String { get }
  /// What it minimises, in one line.
  var formula: String { get }
  /// How often the optimiser moves the student in one step.
  var updates: Int { get }
  /// Whether the student answers the problems, so that it is seen which it can solve.
  var studentAnswers: Bool { get }
  /// Throws `SettingError`, or what `Policy.encode` throws, for settings that cannot be or do not fit the run.
  func validate(_ run: RunMaterial) throws
  /// What takes the steps; the settings have been validated.
  func makeTrainer(_ context: RunContext) throws -> any Trainer
}

/// What takes the steps of one run of a method.
package protocol Trainer: AnyObject {
  /// What changes from step to step beside the student, for checkpoints: views of the memory that steps work in.
  var groups: [String: [NamedArray]] { get }
  /// The teacher that the method learns from, if it is the student's own model: examinations ask how good it is.
  var selfTeacher: SelfTeacher? { get }
  /// Adds the method's loss, times `share`, to the step that has begun, and tells what it measured.
  ///
  /// `update` counts the optimiser's updates of this step from 0. It changes nothing but the learner's gradient and what
  /// is made anew in every step. Throws `NotFinite`, and `Interruption` soon after an interrupt.
  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures
  /// Told when a step is complete and the student has moved.
  func stepIsComplete(_ step: Int)
}

extension TrainingMethod {
  package var updates: Int { 1 }
  package var studentAnswers: Bool { true }

  /// Trains a copy of a policy on problems of a task.
  ///
  /// Throws, before any work, `SettingError` and what `Policy.encode` throws where the run cannot be; afterwards it only
  /// throws what the method's own closures throw.
  package func train(
    _ initial: Policy, task: any ReasoningTask, problems: [Problem], _ plan: RunPlan, _ observer: RunObserver
  ) throws -> TrainingRun {
    let material = RunMaterial(initial: initial, task: task, problems: problems, plan: plan)
    try check(material)
    let context = try RunContext(material, observer)
    let trainer = try makeTrainer(context)
    let learner = context.learner
    let identity = RunIdentity(
      method: self, initial: initial, plan, material: ["problems": RunIdentity.describe(problems, of: task)])
    let groups = trainer.groups.merging(context.groups) { _, _ in preconditionFailure("a group stands twice") }
    return try runSteps(
      method: plan.title(of: name), plan, observer, learner: learner, identity: identity, groups: groups,
      updates: updates, current: { context.policy },
      teacher: { trainer.selfTeacher },
      drift: { try context.drift(on: $0) }
    ) { step in
      let start = observer.clock()
      let before = updates > 1 ? learner.snapshot() : nil
      do {
        var measured = StepMeasures()
        var losses = 0.0
        var outcome = (loss: 0.0, gradientNorm: 0.0, rate: 0.0)
        for update in 0..<updates {
          learner.begin(step: step)
          let part = try trainer.learn(step: step, update: update, share: 1)
          outcome = try learner.finish()
          losses += outcome.loss
          if update == 0 { measured = part } else { measured.takeIn(laterUpdate: part) }
        }
        if plan.order != .shuffled {
          measured.numbers[.frontierLevel] = mean(measured.rightByProblem) { Double($0.problem.level) }
        }
        trainer.stepIsComplete(step)
        context.stepIsComplete(measured)
        // A profile is as long as all other numbers of a step together: of long runs some are enough.
        if step > 20, step % 10 != 0 { measured.profile = nil }
        return StepRecord(
          step: step, loss: losses / Double(updates), gradientNorm: outcome.gradientNorm, learningRate: outcome.rate,
          measured, time: WallTime(seconds: observer.clock() - start))
      } catch {
        if let before { learner.restore(before) }
        throw error
      }
    }
  }

  /// Throws what `train` throws before any work.
  package func validate(
    _ initial: Policy, task: any ReasoningTask, problems: [Problem], _ plan: RunPlan
  ) throws {
    try check(RunMaterial(initial: initial, task: task, problems: problems, plan: plan))
  }

  private func check(_ material: RunMaterial) throws {
    guard studentAnswers || material.plan.order == .shuffled else {
      throw SettingError(
        what: "\(name) cannot follow a frontier",
        why: "the student answers nothing in it, so nobody sees what it can do",
        fix: "leave the order shuffled, or choose a method with rollouts", setting: "order")
    }
    try material.validate()
    try validate(material)
  }
}

extension Trainer {
  package var groups: [String: [NamedArray]] { [:] }
  package var selfTeacher: SelfTeacher? { nil }
  package func stepIsComplete(_ step: Int) {}
}

/// A trainer whose teacher is the student's own model.
protocol SelfTaughtTrainer: Trainer {
  var context: RunContext { get }
  /// Who reads for the teacher.
  var reader: TeacherReader { get }
  /// What the teacher is shown, where that depends on the problem alone.
  var shown: TeacherContext? { get }
}

extension SelfTaughtTrainer {
  var groups: [String: [NamedArray]] { reader.teacher.groups }
  var selfTeacher: SelfTeacher? { shown.flatMap { reader.teacher.examined(in: context, shown: $0) } }
  func stepIsComplete(_ step: Int) { reader.teacher.update(after: context.learner.weights) }
}

/// A teacher that can be examined: the weights that it has now, and what it is shown.
package struct SelfTeacher {
  let policy: Policy
  let context: TeacherContext
  /// It does not change in the course of the run.
  let isFixed: Bool
}

/// What a run is about.
package struct RunMaterial {
  /// The policy that the student begins as.
  package let initial: Policy
  package let task: any ReasoningTask
  /// What it learns from.
  package let problems: [Problem]
  package let plan: RunPlan

  /// What every method asks of a run.
  func validate() throws {
    try plan.validate()
    try plan.validateAdapter(for: initial)
    guard !problems.isEmpty else {
      throw SettingError(
        what: "training on no problems is not possible", why: "every step answers some", fix: "give at least one",
        setting: "problems")
    }
    try plan.order.validate(problems)
  }

  /// The longest prompt that a function makes of the problems, in tokens.
  func longest(_ prompt: (Problem) throws -> String) throws -> Int {
    try problems.reduce(0) { max($0, try initial.encode(prompt($1)).count) }
  }

  /// Throws `SettingError` where so many sequences of prompt and completion do not fit into memory, or one of them not
  /// into the context.
  func checkSize(
    sequences: Int, longestPrompt: Int, maxTokens: Int, hasAverage: Bool = false, called: String = "rollouts"
  ) throws {
    let longest = longestPrompt + maxTokens - 1
    let tokens = try plan.tokensAtATime(sequences: sequences, longest: longest)
    let adapter = plan.adapter ?? initial.weights.adapter?.configuration
    try SettingError.checkMemory(
      MemoryLedger(initial.weights.configuration, adapter: adapter, tokens: tokens, hasAverage: hasAverage).total,
      for: "a step of \(sequences) \(called) of up to \(maxTokens) tokens",
      fix: "choose fewer \(called), a smaller model, or a microBatch of \(longest) tokens or more")
  }
}
