// Runs that are stopped and go on: the same bytes as if they had not been, or a refusal that says what differs.

import Checkpoints
import Evaluation
import Evidence
import FoundationEssentials
import LanguageModel
import Objectives
import Rollouts
import Synchronization
import Tasks
import Tensors
import Testing
@testable import Training

/// A folder that is gone after the test.
final class ScratchFolder {
  let path = FileManager.default.temporaryDirectory.appending(path: "runs-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Runs `body` with the path of a file in a folder that exists as long as it runs.
func withCheckpoint<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
  let folder = try ScratchFolder()
  return try body(folder.path + "/run.safetensors")
}

extension TinyWorld {
  /// A plan with a checkpoint and examinations every second step.
  func plan(_ steps: Int, keptAt path: String, every: Int = 1) -> RunPlan {
    var plan = plan(steps, isExamined: true)
    plan.checkpoint = CheckpointPlan(path: path, every: every)
    return plan
  }
}

func bytes(at path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

@Suite struct ResumeTests {
  /// Whenever the interrupt comes: parameters, moments and records of the file are those of a run without one.
  @Test(arguments: [1, 2, 3, 10, 17, 30, 45, 60, 75, 90, 120], [1, 3, 100])
  func aRunThatIsStoppedAndGoesOnIsTheSameRun(polls: Int, every: Int) throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      let whole = try world.train(world.plan(7, keptAt: path + ".whole", every: every))
      let plan = world.plan(7, keptAt: path, every: every)
      let polled = Atomic(0)
      let stopped = try world.train(
        plan, RunObserver(isInterrupted: { polled.wrappingAdd(1, ordering: .relaxed).oldValue >= polls }))
      #expect(stopped.ending == .interrupted)
      // The last complete step is on disk, whatever the interval.
      #expect(try #require(try SavedRun(at: path)).notes["step"] == "\(stopped.records.count)")
      let resumed = try world.train(plan)
      #expect(resumed.bits == whole.bits && resumed.records == whole.records)
      #expect(resumed.evaluations == whole.evaluations && resumed.ending == .complete)
      #expect(resumed.checkpoint == .saved(path: path))
      #expect(try bytes(at: path) == bytes(at: path + ".whole"))
    }
  }

  /// What else changes from step to step: an adapter in place of the weights, a teacher that moves.
  @Test(arguments: [Teacher.Rule.fixed, .live, .ema(decay: 0.9)], [false, true])
  func adaptersAndTeachersThatMoveGoOnToo(teacher: Teacher.Rule, hasAdapter: Bool) throws {
    let world = try TinyWorld(teacher: teacher)
    try withCheckpoint { path in
      func plan(_ path: String) -> RunPlan {
        var plan = world.plan(5, keptAt: path)
        if hasAdapter { plan.adapter = AdapterConfiguration(rank: 2, alpha: 4, targets: [.q, .v, .down]) }
        return plan
      }
      let whole = try world.train(plan(path + ".whole"))
      let flag = Flag()
      let stopped = try world.train(
        plan(path),
        RunObserver(isInterrupted: { flag.value }) { event in
          if case .step(let record) = event, record.step == 3 { flag.set() }
        })
      #expect(stopped.records.count == 3)
      let resumed = try world.train(plan(path))
      #expect(resumed.bits == whole.bits && resumed.records == whole.records)
      #expect(try bytes(at: path) == bytes(at: path + ".whole"))
      let other = try TinyWorld(teacher: .ema(decay: 0.5))
      #expect(throws: CheckpointError.self) { try other.train(plan(path)) }
    }
  }

  @Test func aRunThatIsStoppedAgainAndAgainIsTheSameRun() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      _ = try world.train(world.plan(9, keptAt: path + ".whole"))
      for step in 1..<9 {
        let flag = Flag()
        let run = try withThreads([1, 2, 4][step % 3]) {
          try world.train(
            world.plan(9, keptAt: path),
            RunObserver(isInterrupted: { flag.value }) { event in
              if case .step(let record) = event, record.step == step { flag.set() }
            })
        }
        #expect(run.records.count == step)
      }
      _ = try world.train(world.plan(9, keptAt: path))
      #expect(try bytes(at: path) == bytes(at: path + ".whole"))
    }
  }

  @Test func keepingARunChangesNothingInIt() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      let kept = try world.train(world.plan(5, keptAt: path))
      let plain = try world.train(world.plan(5, isExamined: true))
      #expect(kept.bits == plain.bits && kept.records == plain.records && kept.evaluations == plain.evaluations)
      #expect(plain.checkpoint == .none)
    }
  }

  @Test func aRunThatIsCompleteIsGivenBackWithoutWork() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      let first = try world.train(world.plan(4, keptAt: path))
      let before = try bytes(at: path)
      var told: [String] = []
      let again = try world.train(
        world.plan(4, keptAt: path),
        RunObserver(onEvent: { event in
          if case .resumed(let records, let evaluations) = event {
            told.append("\(records.count) steps, \(evaluations.count) examinations")
          } else {
            told.append("work")
          }
        }))
      #expect(told == ["4 steps, 3 examinations"])
      #expect(again.bits == first.bits && again.records == first.records && again.evaluations == first.evaluations)
      #expect(try bytes(at: path) == before && again.ending == .complete)
    }
  }

  @Test(arguments: [false, true]) func microBatchesAndPretrainingGoOnToo(isPretraining: Bool) throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      func train(_ steps: Int, _ path: String, _ observer: RunObserver = RunObserver()) throws -> TrainingRun {
        var plan = world.plan(steps, keptAt: path)
        plan.microBatch = 40
        if isPretraining {
          return try Pretraining(sequences: 8).train(TinyWorld.shape(), task: world.task, plan, observer)
        }
        return try world.train(plan, observer)
      }
      _ = try train(5, path + ".whole")
      let flag = Flag()
      _ = try train(
        5, path,
        RunObserver(isInterrupted: { flag.value }) { event in
          if case .step(let record) = event, record.step == 3 { flag.set() }
        })
      _ = try train(5, path)
      #expect(try bytes(at: path) == bytes(at: path + ".whole"))
    }
  }

  @Test func aRunThatIsNotFiniteIsKeptAsItWasBefore() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      var plan = world.plan(400, keptAt: path)
      plan.examination = nil
      plan.optimiser.learningRate = 1
      plan.optimiser.weightDecay = 10
      let run = try world.train(plan)
      guard case .notFinite(let fault) = run.ending else {
        Issue.record("this run was meant to fail")
        return
      }
      let again = try world.train(
        plan, RunObserver(onEvent: { if case .step = $0 { Issue.record("a step was taken") } }))
      #expect(again.ending == .notFinite(fault))
      #expect(again.records == run.records)
      for entry in run.policy.weights.base.layout.entries {
        // Not the numbers that fill up panels: a decay of more than a weight turns 0 into −0.
        #expect(again.policy.weights.base[entry].array.bits == run.policy.weights.base[entry].array.bits)
      }
      #expect(run.policy.weights.base.values.array.isFinite)
    }
  }
}

@Suite struct FurtherGroupTests {
  /// A run whose steps depend on numbers of its own, such as an average of the weights: they are a group of the file.
  @Test func whateverChangesFromStepToStepMayBeKept() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      func run(_ steps: Int, _ path: String, stopAfter last: Int = .max) throws -> (TrainingRun, average: [Float]) {
        var plan = world.plan(steps, keptAt: path)
        plan.examination = nil
        let learner = Learner(world.policy.weights, plan.optimiser, steps: steps)
        let average = world.policy.weights.base.copy()
        let step = Floats([0])
        var batch = PackedBatch()
        batch.append(prompt: [1, 2], completion: [3, 4])
        let flag = Flag()
        let run = try runSteps(
          method: "averaging", plan, RunObserver(isInterrupted: { flag.value }), learner: learner,
          identity: RunIdentity(method: world.method, initial: world.policy, plan, material: [:]),
          groups: ["average": average.arrays, "own": [NamedArray("step", shape: [1], step)]],
          current: { Policy(weights: learner.weights, vocabulary: world.policy.vocabulary) },
          takeStep: { number in
            let update = try learner.update(batch, step: number) { _, logits in
              for index in 0..<logits.count { logits[index] = 0.01 * average.values[index] * (1 + step[0]) }
              return 1
            }
            for index in 0..<average.values.count {
              average.values[index] = 0.9 * average.values[index] + 0.1 * learner.weights.base.values[index]
            }
            step[0] += 1
            if number == last { flag.set() }
            return StepRecord(
              step: number, loss: update.loss, gradientNorm: update.gradientNorm, learningRate: update.rate,
              StepMeasures())
          })
        return (run, average.values.array)
      }
      let whole = try run(7, path + ".whole")
      #expect(try run(7, path, stopAfter: 4).0.records.count == 4)
      let resumed = try run(7, path)
      #expect(resumed.average.bits == whole.average.bits && resumed.0.bits == whole.0.bits)
      #expect(resumed.0.records == whole.0.records && Set(resumed.0.records.map(\.gradientNorm)).count == 7)
      #expect(try bytes(at: path) == bytes(at: path + ".whole"))
    }
  }
}

@Suite struct LongerRunTests {
  @Test func aRunMayBeContinuedFurtherWhereItsStepsStayTheSame() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      // Seven steps end with an examination that a run of ten has not.
      let first = try world.train(world.plan(7, keptAt: path))
      #expect(first.evaluations.map(\.step) == [0, 2, 4, 6, 7])
      let longer = try world.train(world.plan(10, keptAt: path))
      let whole = try world.train(world.plan(10, keptAt: path + ".whole"))
      #expect(longer.records == whole.records && longer.evaluations == whole.evaluations && longer.bits == whole.bits)
      #expect(try bytes(at: path) == bytes(at: path + ".whole"))
    }
  }

  @Test func stepsMayBeTakenBackThatWereNeverTaken() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      let flag = Flag()
      _ = try world.train(
        world.plan(50, keptAt: path),
        RunObserver(isInterrupted: { flag.value }) { event in
          if case .step(let record) = event, record.step == 3 { flag.set() }
        })
      let short = try world.train(world.plan(3, keptAt: path))
      #expect(short.records.count == 3 && short.evaluations.map(\.step) == [0, 2, 3] && short.ending == .complete)
      #expect(try short.bits == world.train(world.plan(3)).bits)
    }
  }

  @Test(arguments: [Schedule.linear, .cosine]) func aScheduleOverAllStepsAllowsNoMore(schedule: Schedule) throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      func plan(_ steps: Int) -> RunPlan {
        var plan = world.plan(steps, keptAt: path)
        plan.optimiser.schedule = schedule
        plan.optimiser.warmup = 2
        return plan
      }
      let flag = Flag()
      _ = try world.train(
        plan(6),
        RunObserver(isInterrupted: { flag.value }) { event in
          if case .step(let record) = event, record.step == 4 { flag.set() }
        })
      let before = try bytes(at: path)
      let error = #expect(throws: CheckpointError.self) { try world.train(plan(12)) }
      #expect(error?.description.contains("the learning rate of step 3 would have been") == true)
      #expect(error?.description.contains("the schedule is \(schedule.rawValue)") == true)
      #expect(error?.description.contains("ask for 6 steps as before") == true)
      #expect(try bytes(at: path) == before)
      #expect(try world.train(plan(6)).records.count == 6)
    }
  }

  @Test func fewerStepsThanWereTakenAreRefused() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      _ = try world.train(world.plan(4, keptAt: path))
      let error = #expect(throws: CheckpointError.self) { try world.train(world.plan(3, keptAt: path)) }
      #expect(error?.description.contains("it holds 4 steps and 3 are asked for") == true)
    }
  }
}

/// A change of a run that its checkpoint must not be continued with, and words of the refusal.
struct Change: Sendable, CustomTestStringConvertible {
  let words: String
  var plan: @Sendable (inout RunPlan) -> Void = { _ in }
  var method: @Sendable (inout OPSD) -> Void = { _ in }
  var problems = 10
  var digits = 1...1
  var weights: Float?
  var testDescription: String { words }
}

@Suite struct OtherRunTests {
  static let changes = [
    Change(words: "divergence was jsd(beta: 0.5) and is now forwardKL", method: { $0.divergence = .forwardKL }),
    Change(
      words: "divergence was jsd(beta: 0.5) and is now jsd(beta: 0.25)", method: { $0.divergence = .jsd(beta: 0.25) }),
    Change(words: "temperature was 1.0 and is now 1.1", method: { $0.temperature = 1.1 }),
    Change(words: "reduction was sequenceMean and is now tokenMean", method: { $0.reduction = .tokenMean }),
    Change(words: "rollouts was 6 and is now 5", method: { $0.rollouts = 5 }),
    Change(words: "maxTokens was 12 and is now 11", method: { $0.maxTokens = 11 }),
    Change(words: "seed was 3 and is now 4", plan: { $0.seed = 4 }),
    Change(words: "learningRate was 0.01 and is now 0.02", plan: { $0.optimiser.learningRate = 0.02 }),
    Change(words: "schedule was constant and is now cosine", plan: { $0.optimiser.schedule = .cosine }),
    Change(words: "warmup was 0 and is now 1", plan: { $0.optimiser.warmup = 1 }),
    Change(words: "beta1 was 0.9 and is now 0.8", plan: { $0.optimiser.beta1 = 0.8 }),
    Change(words: "beta2 was 0.95 and is now 0.99", plan: { $0.optimiser.beta2 = 0.99 }),
    Change(words: "epsilon was 1e-08 and is now 1e-06", plan: { $0.optimiser.epsilon = 1e-6 }),
    Change(words: "weightDecay was 0.1 and is now 0.0", plan: { $0.optimiser.weightDecay = 0 }),
    Change(words: "maxGradientNorm was 1.0 and is now 2.0", plan: { $0.optimiser.maxGradientNorm = 2 }),
    Change(words: "every was 2 and is now 3", plan: { $0.every = 3 }),
    Change(words: "microBatch was none and is now 64", plan: { $0.microBatch = 64 }),
    Change(words: "and is now nothing", plan: { $0.examination = nil }),
    Change(words: "2 samples as student", plan: { $0.examination?.samples = 3 }),
    Change(words: "evaluateOn was 10 of addition", plan: { $0.examination?.problems.removeLast() }),
    Change(words: "problems was 10 of addition", problems: 9),
    // The same ten problems, with other prompts.
    Change(words: "problems was 10 of addition", digits: 1...2),
    Change(words: "model.weights was", weights: 0.5),
  ]

  @Test(arguments: changes) func isRefusedByWhatDiffersAndLeftAlone(change: Change) throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      _ = try world.train(world.plan(2, keptAt: path))
      let before = try bytes(at: path)
      var plan = world.plan(2, keptAt: path)
      change.plan(&plan)
      var method = world.method
      change.method(&method)
      let policy = Policy(parameters: world.policy.weights.base.copy(), vocabulary: world.policy.vocabulary)
      if let number = change.weights { policy.weights.base.values[9] = number }
      let error = #expect(throws: CheckpointError.self) {
        try method.train(
          policy, task: try AdditionTask(digits: change.digits),
          problems: Array(world.problems.prefix(change.problems)), plan,
          RunObserver(onEvent: { _ in Issue.record("work was done") }))
      }
      #expect(error?.description.contains(change.words) == true, "\(error?.description ?? "")")
      #expect(error?.what == "\(path) holds another run")
      #expect(try bytes(at: path) == before)
    }
  }

  @Test(
    arguments: [
      (AdapterConfiguration(rank: 4, alpha: 4, targets: [.q, .v]), "is now LoRA r=4 on q, v, alpha 4.0"),
      (AdapterConfiguration(rank: 2, alpha: 8, targets: [.q, .v]), "is now LoRA r=2 on q, v, alpha 8.0"),
      (AdapterConfiguration(rank: 2, alpha: 4, targets: [.q, .k]), "is now LoRA r=2 on q, k, alpha 4.0"),
      (nil, "is now none"),
    ])
  func anotherAdapterIsAnotherRun(adapter: AdapterConfiguration?, words: String) throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      var plan = world.plan(2, keptAt: path)
      plan.adapter = AdapterConfiguration(rank: 2, alpha: 4, targets: [.q, .v])
      _ = try world.train(plan)
      let before = try bytes(at: path)
      plan.adapter = adapter
      let error = #expect(throws: CheckpointError.self) { try world.train(plan) }
      #expect(error?.why == "adapter was LoRA r=2 on q, v, alpha 4.0 and \(words)")
      #expect(error?.what == "\(path) holds another run")
      #expect(try bytes(at: path) == before)
    }
  }

  @Test func aRunOfAnotherShapeOrMethodIsRefused() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      _ = try world.train(world.plan(2, keptAt: path))
      var shape = TinyWorld.shape()
      shape.feedForward = 32
      let other = Policy(parameters: Parameters(randomly: shape, seed: 4), vocabulary: world.policy.vocabulary)
      let shaped = #expect(throws: CheckpointError.self) {
        try world.method.train(
          other, task: world.task, problems: world.problems, world.plan(2, keptAt: path), RunObserver())
      }
      #expect(shaped?.why.contains("model.feedForward was 24 and is now 32") == true)
      let pretraining = #expect(throws: CheckpointError.self) {
        try Pretraining(sequences: 4).train(
          TinyWorld.shape(), task: world.task, world.plan(2, keptAt: path), RunObserver())
      }
      // Six are named; a method's settings alone are more.
      #expect(pretraining?.why.contains("; and ") == true, "\(pretraining?.why ?? "")")
    }
  }

  @Test func aRunThatHasNotTakenAStepIsReplaced() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      _ = try world.train(world.plan(0, keptAt: path))
      #expect(try #require(try SavedRun(at: path)).notes["step"] == "0")
      var plan = world.plan(2, keptAt: path)
      plan.seed = 9
      #expect(try world.train(plan).records.count == 2)
    }
  }

  @Test func whatIsNoCheckpointIsRefusedBeforeAnyWork() throws {
    let world = try TinyWorld()
    try withCheckpoint { path in
      _ = try world.train(world.plan(2, keptAt: path))
      let whole = try bytes(at: path)
      for wrong in [Data("words".utf8), Data(), whole.prefix(whole.count / 2), whole + [0]] {
        try wrong.write(to: URL(filePath: path))
        let error = #expect(throws: CheckpointError.self) {
          try world.train(
            world.plan(2, keptAt: path), RunObserver(onEvent: { _ in Issue.record("work was done") }))
        }
        #expect(error?.description.contains(path) == true)
        #expect(try bytes(at: path) == wrong)
      }
    }
  }

  @Test func aPlaceThatCannotBeWrittenIsRefusedBeforeAnyWork() throws {
    let world = try TinyWorld()
    for path in ["/proc/none/run", "/dev/null/run"] {
      #expect(throws: CheckpointError.self) {
        try world.train(world.plan(2, keptAt: path), RunObserver(onEvent: { _ in Issue.record("work was done") }))
      }
    }
    #expect(throws: SettingError.self) { try world.train(world.plan(2, keptAt: "/tmp/x", every: 0)) }
  }
}
