// Runs of OPSD: the same whatever the threads, never touching what they began with, and ended in good order.

import Evaluation
import Evidence
import LanguageModel
import Objectives
import Rollouts
import Synchronization
import Tasks
import Tensors
import Testing
import Tokenizer
@testable import Training

@Suite struct OPSDTests {
  @Test func aRunIsTheSameTwiceAndWithAnyNumberOfThreads() throws {
    let world = try TinyWorld()
    let before = world.policy.weights.base.values.array.bits
    let run = try world.train(world.plan(4, isExamined: true))
    #expect(run.ending == .complete && run.bits != before && run.bits.count == before.count)
    for threads in [1, 2, 4, 4] {
      let again = try withThreads(threads) { try world.train(world.plan(4, isExamined: true)) }
      #expect(again.bits == run.bits && again.records == run.records && again.evaluations == run.evaluations)
    }
    #expect(world.policy.weights.base.values.array.bits == before, "the initial policy was written to")
    var other = world.plan(4)
    other.seed = 4
    #expect(try world.train(other).bits != run.bits)
  }

  @Test(arguments: [Divergence.forwardKL, .reverseKL, .jsd(beta: 0.5)], Reduction.allCases)
  func everyChoiceMovesTheStudentTowardsTheTeacher(divergence: Divergence, reduction: Reduction) throws {
    // The student differs from the teacher by its prompt alone; at a fixed batch of problems the loss must fall.
    let world = try TinyWorld(rollouts: 10, divergence: divergence, reduction: reduction)
    world.policy.weights.base.values.assign(livelyCopy(world.policy.weights.base).values)
    let run = try world.train(world.plan(25))
    let losses = run.records.map(\.loss)
    #expect(losses.count == 25 && losses.allSatisfy { $0.isFinite && $0 > 0 })
    let (first, last) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
    #expect(last < 0.8 * first, "\(losses)")
  }

  @Test func eventsAndRecordsTellTheSameStory() throws {
    let world = try TinyWorld()
    var steps: [StepRecord] = []
    var evaluations: [EvaluationRecord] = []
    var order: [Int] = []
    let run = try world.train(
      world.plan(5, isExamined: true),
      RunObserver(onEvent: { event in
        switch event {
        case .step(let record):
          steps.append(record)
          order.append(record.step)
        case .evaluation(let record):
          evaluations.append(record)
          order.append(-record.step)
        case .resumed, .unsaved: Issue.record("there is no checkpoint")
        }
      }))
    #expect(run.records == steps && run.evaluations == evaluations)
    // Before any step, every second, and after the last.
    #expect(order == [0, 1, 2, -2, 3, 4, -4, 5, -5])
    #expect(
      evaluations.map(\.tokens) == [0, 2, 4, 5].map { count in steps.prefix(count).reduce(0) { $0 + $1.tokens } })
    #expect(steps.allSatisfy { $0.learningRate == 1e-2 && $0.tokens > 0 && $0.tokens <= 6 * 12 })
    #expect(steps.allSatisfy { $0.meanLength == Double($0.tokens) / 6 && (0...1).contains($0.rolloutAccuracy ?? -1) })
    #expect(run.steps == 5 && run.method == "OPSD, JSD β=0.5")
    var plan = world.plan(0)
    plan.adapter = AdapterConfiguration(rank: 2, targets: [.v, .q])
    #expect(
      try TinyWorld(teacher: .ema(decay: 0.9)).train(plan).method
        == "OPSD, JSD β=0.5, EMA teacher 0.9, LoRA r=2 on q, v")
  }

  @Test func noStepsLeaveThePolicyAsItWas() throws {
    let world = try TinyWorld()
    let run = try world.train(world.plan(0, isExamined: true))
    #expect(run.records.isEmpty && run.evaluations.map(\.step) == [0] && run.ending == .complete)
    #expect(run.bits == world.policy.weights.base.values.array.bits)
  }

  @Test(arguments: [(1, 1), (1, 7), (3, 1), (10, 25)])
  func fewProblemsAndLargeBatchesWork(problems: Int, rollouts: Int) throws {
    let world = try TinyWorld(rollouts: rollouts)
    let run = try world.method.train(
      world.policy, task: world.task, problems: Array(world.problems.prefix(problems)), world.plan(2), RunObserver())
    #expect(run.records.count == 2 && run.ending == .complete)
  }

  @Test(arguments: [1e-6, 0.01, 100, 1e6])
  func extremeTemperaturesEndInNumbers(temperature: Double) throws {
    let world = try TinyWorld(temperature: temperature)
    let run = try world.train(world.plan(3))
    #expect(run.records.allSatisfy { $0.loss.isFinite } && run.policy.weights.base.values.array.isFinite)
    #expect(run.ending == .complete)
  }
}

@Suite struct OPSDEndingTests {
  @Test(arguments: [0, 1, 3])
  func anInterruptKeepsTheLastCompleteStep(steps: Int) throws {
    let world = try TinyWorld()
    let flag = Flag()
    if steps == 0 { flag.set() }
    let stopped = try world.train(
      world.plan(8),
      RunObserver(isInterrupted: { flag.value }) { event in
        if case .step(let record) = event, record.step == steps { flag.set() }
      })
    let whole = try world.train(world.plan(steps))
    #expect(stopped.ending == .interrupted && stopped.steps == 8)
    #expect(stopped.records == whole.records && stopped.records.count == steps)
    #expect(stopped.bits == whole.bits)
  }

  /// Whenever the interrupt comes, in a rollout, between two or in an examination: never half a step.
  @Test(arguments: [3, 10, 17, 30, 45, 60])
  func anInterruptAtAnyPollKeepsWholeSteps(polls: Int) throws {
    let world = try TinyWorld()
    let polled = Atomic(0)
    let stopped = try world.train(
      world.plan(8, isExamined: true),
      RunObserver(isInterrupted: { polled.wrappingAdd(1, ordering: .relaxed).oldValue >= polls }))
    #expect(stopped.ending == .interrupted && stopped.records.count < 8)
    let whole = try world.train(world.plan(stopped.records.count))
    #expect(stopped.bits == whole.bits && stopped.records == whole.records)
  }
}
