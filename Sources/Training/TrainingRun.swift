// What training gives back: the trained policy and everything that was measured on the way.

package import Checkpoints
package import Evaluation
package import LanguageModel
package import Rollouts
package import Tasks

/// What was measured in one step.
package struct StepRecord: Sendable, Equatable, Codable {
  /// Counted from 1.
  package let step: Int
  /// The loss of the step's batch before the update, as the method defines it.
  package let loss: Double
  /// The norm of the gradient before clipping.
  package let gradientNorm: Double
  /// The learning rate used.
  package let learningRate: Double
  /// Tokens sampled in this step, by student and teacher.
  package let tokens: Int
  /// Tokens at which a loss was taken.
  package let learnt: Int
  /// The share of right rollouts, measured before the update; nil where the student samples none.
  package let rolloutAccuracy: Double?
  /// The mean length of the rollouts, in tokens; nil where the student samples none.
  package let meanLength: Double?
  /// What else the method measures.
  package let measures: [Measure: Double]
  /// Where the divergence lies; nil without a teacher.
  package let profile: DivergenceProfile?
  /// The time that the step took.
  package let time: WallTime

  init(
    step: Int, loss: Double, gradientNorm: Double, learningRate: Double, _ measured: StepMeasures,
    time: WallTime = WallTime(seconds: 0)
  ) {
    self.step = step
    self.loss = loss
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
    tokens = measured.tokens
    learnt = measured.learnt
    rolloutAccuracy = measured.rolloutAccuracy
    meanLength = measured.meanLength
    measures = measured.numbers
    profile = measured.profile
    self.time = time
  }
}

/// How long something took: no part of what it is, so that two runs are equal whatever time they took.
package struct WallTime: Sendable, Hashable, Codable {
  package let seconds: Double

  package static func == (one: Self, other: Self) -> Bool { true }
  package func hash(into hasher: inout Hasher) {}
}

/// An examination in the course of training.
package struct EvaluationRecord: Sendable, Equatable, Codable {
  /// After how many steps.
  package let step: Int
  /// After how many sampled tokens.
  package let tokens: Int
  /// What was found.
  package let result: EvaluationResult
  /// The share of right answers of the self-teacher, shown its context, one attempt at each problem; nil without one.
  package var teacherAccuracy: Double?
  /// How far the student has moved from where it began: the mean of KL(p_S ‖ p_initial) along its own answers, in nats
  /// per token; nil where nobody measured.
  package var drift: Double?
}

/// Why a run has no more steps than it has.
package enum RunEnding: Sendable, Equatable {
  /// It did all of them.
  case complete
  /// Somebody stopped it.
  case interrupted
  /// A number was not finite at a step, which was not taken.
  case notFinite(NotFinite)
}

/// A number that is not finite where a step needs one: the step is not taken, and the run ends before it.
package struct NotFinite: Error, Sendable, Equatable {
  /// Which number.
  package enum Quantity: String, Sendable {
    case loss
    case gradient
    /// The weights themselves, which this step would have carried beyond the range of float32.
    case parameters
  }

  /// The step, counted from 1.
  package let step: Int
  /// Which number.
  package let quantity: Quantity
  /// The problems in whose sequences it appeared; none where that cannot be told, since it came of all together.
  package let problems: [Problem]
}

/// What has become of a run's checkpoint.
package enum CheckpointState: Sendable, Equatable {
  /// Nobody asked for one.
  case none
  /// The last complete step is on disk, at this path.
  case saved(path: String)
  /// It could not be written; an earlier step may be there.
  case failed(CheckpointError)
}

/// The result of training.
package struct TrainingRun: Sendable {
  /// The method's name.
  package let method: String
  /// Steps that were asked for.
  package let steps: Int
  /// The trained policy, as of the last complete step.
  package let policy: Policy
  /// One record for each complete step.
  package let records: [StepRecord]
  /// The examinations, the first before any step.
  package let evaluations: [EvaluationRecord]
  /// Why it ended.
  package let ending: RunEnding
  /// What has become of its checkpoint.
  package let checkpoint: CheckpointState
}

/// What a run tells while it goes on.
package enum TrainingEvent: Sendable {
  /// A step is complete.
  case step(StepRecord)
  /// An examination is complete.
  case evaluation(EvaluationRecord)
  /// The run goes on from a checkpoint, in which these stand.
  case resumed([StepRecord], [EvaluationRecord])
  /// A checkpoint could not be written; the run goes on, and tries again when the next is due.
  case unsaved(CheckpointError)
}

/// Where a run is kept on disk, and how often.
package struct CheckpointPlan: Sendable, Equatable {
  /// The file; a run that is found in it goes on from there.
  package var path: String
  /// Steps between two checkpoints; there is one before the first step and one at the end in any case.
  package var every: Int

  package init(path: String, every: Int = 10) {
    self.path = path
    self.every = every
  }
}

/// What a run is asked to do beside its method.
package struct RunPlan: Sendable {
  /// How many steps.
  package var steps: Int
  package var optimiser: OptimiserSettings
  /// The fresh adapter that is trained in place of the parameters; nil: what the policy has, its adapter where it has
  /// one, else all parameters.
  package var adapter: AdapterConfiguration?
  package var seed: UInt64
  /// The examination of the policy in the course of training, if any.
  package var examination: Examination?
  /// Steps between examinations; there is one before the first step and one after the last in any case.
  package var every: Int
  /// How the problems of the steps are chosen.
  package var order: ProblemOrderRule
  /// The run ends with the step in which it has sampled so many tokens, or, where it samples none, learnt from so many;
  /// nil: it takes all its steps.
  package var tokenBudget: Int?
  /// Tokens that go through a model at a time: a step's sequences are cut into so many micro-batches as that takes; nil
  /// takes them all at once.
  ///
  /// It changes memory, and results only by the rounding of sums that are added up in another order.
  package var microBatch: Int?
  /// Where the run is kept on disk, if it is.
  package var checkpoint: CheckpointPlan?

  package init(
    steps: Int, optimiser: OptimiserSettings = OptimiserSettings(), adapter: AdapterConfiguration? = nil,
    seed: UInt64 = 1, examination: Examination? = nil, every: Int = 20, order: ProblemOrderRule = .shuffled,
    tokenBudget: Int? = nil, microBatch: Int? = nil, checkpoint: CheckpointPlan? = nil
  ) {
    self.steps = steps
    self.optimiser = optimiser
    self.adapter = adapter
    self.seed = seed
    self.examination = examination
    self.every = every
    self.order = order
    self.tokenBudget = tokenBudget
    self.microBatch = microBatch
    self.checkpoint = checkpoint
  }

  /// Throws `SettingError` for numbers that no run can have.
  package func validate() throws(SettingError) {
    try SettingError.check("steps", steps, in: 0...10_000_000)
    try SettingError.check("every", every, in: 1...Int.max)
    if let tokenBudget {
      try SettingError.check("tokens", tokenBudget, in: 1...Int.max)
      guard optimiser.schedule == .constant else {
        throw SettingError(
          what: "a \(optimiser.schedule.rawValue) schedule is not possible with a budget of tokens",
          why: "nobody knows beforehand how many steps there will be", fix: "choose the constant schedule, or steps",
          setting: "schedule")
      }
    }
    if let microBatch { try SettingError.check("microBatch", microBatch, in: 1...Int.max) }
    if let checkpoint { try SettingError.check("checkpointEvery", checkpoint.every, in: 1...Int.max) }
    try optimiser.validate()
  }

  /// What a run of this plan is called: the method, and the adapter that it trains.
  package func title(of method: String) -> String {
    ([method] + [adapter?.name, order.name].compactMap(\.self)).joined(separator: ", ")
  }

  /// Throws `SettingError` for an adapter that the policy cannot have.
  func validateAdapter(for policy: Policy) throws {
    guard let adapter else { return }
    guard policy.weights.adapter == nil else {
      throw SettingError(
        what: "a second adapter is not possible", why: "this model has one already, which can be trained further",
        fix: "leave the new adapter out, or merge the old one into the weights first", setting: "adapter")
    }
    do {
      try adapter.validate(for: policy.weights.configuration)
    } catch let error as ConfigurationError {
      throw SettingError(
        what: "this adapter is not possible", why: error.description, fix: "change the adapter", setting: "adapter")
    }
    let count = AdapterLayout(adapter, for: policy.weights.configuration).count
    try SettingError.checkMemory(
      16 * Double(count), for: "training an adapter of \(count) numbers", fix: "choose a lower rank or fewer targets")
  }

  /// The weights that a run of this plan begins with: the policy's own, or its parameters with a fresh adapter, which
  /// must have been validated.
  func startingWeights(of policy: Policy, isInterrupted: () -> Bool) throws -> Weights {
    guard let adapter else { return policy.weights }
    let fresh = Adapter(
      randomly: adapter, for: policy.weights.configuration, seed: seed, isInterrupted: isInterrupted)
    guard let fresh else { throw Interruption() }
    return Weights(policy.weights.base, adapter: fresh)
  }
}

/// How a run talks to whoever started it.
package struct RunObserver {
  /// Polled for each decoded token and each step.
  package var isInterrupted: @Sendable () -> Bool
  /// Told how many tokens have been drawn since it was last called, in rollouts and in examinations, from any thread.
  package var onToken: @Sendable (Int) -> Void
  /// Called in order, from the thread that trains.
  package var onEvent: (TrainingEvent) -> Void
  /// A clock that only goes forward, in seconds, for the time that steps take; nothing depends on it.
  package var clock: () -> Double

  package init(
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    onEvent: @escaping (TrainingEvent) -> Void = { _ in }, onToken: @escaping @Sendable (Int) -> Void = { _ in },
    clock: @escaping () -> Double = { 0 }
  ) {
    self.isInterrupted = isInterrupted
    self.clock = clock
    self.onToken = onToken
    self.onEvent = onEvent
  }
}
