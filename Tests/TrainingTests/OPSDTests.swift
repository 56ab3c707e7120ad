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
    let before = world.policy.parameters.values.array.bits
    let run = try world.train(world.plan(4, isExamined: true))
    #expect(run.ending == .complete && run.bits != before && run.bits.count == before.count)
    for threads in [1, 2, 4, 4] {
      let again = try withThreads(threads) { try world.train(world.plan(4, isExamined: true)) }
      #expect(again.bits == run.bits && again.records == run.records && again.evaluations == run.evaluations)
    }
    #expect(world.policy.parameters.values.array.bits == before, "the initial policy was written to")
    var other = world.plan(4)
    other.seed = 4
    #expect(try world.train(other).bits != run.bits)
  }

  @Test(arguments: [Divergence.forwardKL, .reverseKL, .jsd(beta: 0.5)], Reduction.allCases)
  func everyChoiceMovesTheStudentTowardsTheTeacher(divergence: Divergence, reduction: Reduction) throws {
    // The student differs from the teacher by its prompt alone; at a fixed batch of problems the loss must fall.
    let world = try TinyWorld(rollouts: 10, divergence: divergence, reduction: reduction)
    world.policy.parameters.values.assign(livelyCopy(world.policy.parameters).values)
    let run = try world.train(world.plan(25))
    let losses = run.records.map(\.loss)
    #expect(losses.count == 25 && losses.allSatisfy { $0.isFinite && $0 > 0 })
    let (first, last) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
    #expect(last < 0.8 * first, "\(losses)")
  }

  /// Weights with which prompts make a difference.
  private func livelyCopy(_ parameters: Parameters) -> Parameters {
    let copy = parameters.copy()
    for (index, entry) in copy.layout.entries.enumerated() where entry.shape.count == 2 {
      copy[entry] = Floats(
        randomNumbers(entry.count, seed: UInt64(1000 * index), scale: 1.5 / Float(entry.shape[1]).squareRoot()))
    }
    return copy
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
  }

  @Test func noStepsLeaveThePolicyAsItWas() throws {
    let world = try TinyWorld()
    let run = try world.train(world.plan(0, isExamined: true))
    #expect(run.records.isEmpty && run.evaluations.map(\.step) == [0] && run.ending == .complete)
    #expect(run.bits == world.policy.parameters.values.array.bits)
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
    #expect(run.records.allSatisfy { $0.loss.isFinite } && run.policy.parameters.values.array.isFinite)
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

  @Test func weightsThatAreNoNumbersEndTheRunBeforeItsFirstStep() throws {
    let world = try TinyWorld()
    world.policy.parameters.values[world.policy.parameters.values.count - 1] = .nan
    let run = try world.train(world.plan(5))
    #expect(run.ending == .notFinite(step: 1) && run.records.isEmpty)
    #expect(run.bits == world.policy.parameters.values.array.bits)
  }

  @Test(arguments: [1.0, 1e3, 1e6])
  func absurdLearningRatesLeaveFiniteWeights(rate: Double) throws {
    let world = try TinyWorld()
    let run = try world.train(world.plan(12, learningRate: rate))
    #expect(run.policy.parameters.values.array.isFinite)
    #expect(run.records.allSatisfy { $0.loss.isFinite && $0.gradientNorm.isFinite })
    if case .notFinite(let step) = run.ending { #expect(run.records.count == step - 1) }
  }

  @Test func aLossThatIsNotFiniteEndsTheRunWithTheLastGoodState() throws {
    let world = try TinyWorld()
    let learner = Learner(world.policy.parameters, OptimiserSettings(learningRate: 0.1), steps: 9)
    var batch = PackedBatch()
    batch.append(prompt: [1, 2], completion: [3, 4])
    var good: [UInt32] = []
    let run = try runSteps(
      method: "test", world.plan(9), RunObserver(),
      current: { Policy(parameters: learner.parameters, vocabulary: world.policy.vocabulary) },
      takeStep: { step in
        let update = try learner.update(batch, step: step) { _, logits in
          // Steps 1 and 2 have a gradient; at 3 the loss is finite and one number of its gradient is not.
          logits.fill(step == 3 ? 0 : 0.01)
          if step == 3 { logits[5] = .nan } else { logits[5] = 1 }
          return 1
        }
        guard let update else { return nil }
        good = learner.parameters.values.array.bits
        return StepRecord(
          step: step, loss: update.loss, gradientNorm: update.gradientNorm, learningRate: update.rate, tokens: 0,
          rolloutAccuracy: nil, meanLength: nil)
      })
    #expect(run.ending == .notFinite(step: 3) && run.records.count == 2)
    #expect(run.bits == good && good != world.policy.parameters.values.array.bits)
    #expect(try learner.update(batch, step: 3) { _, _ in .infinity } == nil)
    #expect(learner.parameters.values.array.bits == good)
  }
}
