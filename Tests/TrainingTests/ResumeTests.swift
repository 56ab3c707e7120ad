// Runs that are stopped and go on: the same bytes as if they had not been, or a refusal that says what differs.

import Checkpoints
import Evaluation
import Evidence
import FoundationEssentials
import LanguageModel
import Rollouts
import Synchronization
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
