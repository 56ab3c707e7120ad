// Numbers that are not finite: the run ends before the step, says where they came from, and keeps the last good state.

import Evidence
import LanguageModel
import Objectives
import Rollouts
import Tasks
import Tensors
import Testing
@testable import Training

@Suite struct NotFiniteTests {
  /// Sequences of different lengths, each on a problem of its own.
  private func batch(_ world: TinyWorld) -> (batch: PackedBatch, problems: [Problem]) {
    var batch = PackedBatch()
    for (index, count) in [3, 1, 4, 2, 5].enumerated() {
      batch.append(prompt: [1, Int32(index)], completion: (0..<count).map { Int32($0) })
    }
    return (batch, Array(world.problems.prefix(5)))
  }

  /// A loss whose gradient is small, and which is not finite at the given positions.
  private func loss(brokenAt broken: Set<Int>) -> ChunkLoss {
    { positions, logits in
      logits.fill(0.001)
      return positions.contains { broken.contains($0) } ? .nan : 1
    }
  }

  @Test(arguments: [
    ([0], [0]), ([2, 3], [0, 1]), ([4, 7], [2]), ([14], [4]), ([], []), (Array(0..<15), [0, 1, 2, 3, 4]),
  ])
  func theProblemsOfALossThatIsNotFiniteAreNamed(positions: [Int], sequences: [Int]) throws {
    let world = try TinyWorld()
    let (batch, problems) = batch(world)
    let learner = Learner(world.policy.weights, OptimiserSettings(), steps: 9)
    let loss = loss(brokenAt: Set(positions))
    if positions.isEmpty {
      _ = try learner.update(batch, step: 7, problems: problems, loss: loss)
    } else {
      let fault = #expect(throws: NotFinite.self) {
        try learner.update(batch, step: 7, problems: problems, loss: loss)
      }
      #expect(fault == NotFinite(step: 7, quantity: .loss, problems: sequences.map { problems[$0] }))
      #expect(learner.weights.base.values.array.bits == world.policy.weights.base.values.array.bits)
    }
  }

  @Test func theProblemIsFoundInAnyMicroBatch() throws {
    let world = try TinyWorld()
    let problems = Array(world.problems.prefix(5))
    let learner = Learner(world.policy.weights, OptimiserSettings(), steps: 9)
    learner.begin(step: 2, problems: problems)
    for index in 0..<4 {
      var part = PackedBatch()
      part.append(prompt: [1, 2], completion: [3, 4])
      if index < 3 {
        try learner.accumulate(part, loss: loss(brokenAt: []))
      } else {
        let fault = #expect(throws: NotFinite.self) { try learner.accumulate(part, loss: loss(brokenAt: [1])) }
        #expect(fault?.problems == [problems[3]])
      }
    }
  }

  @Test func theProblemsOfAGradientThatIsNotFiniteAreNamed() throws {
    let world = try TinyWorld()
    let (batch, problems) = batch(world)
    let learner = Learner(world.policy.weights, OptimiserSettings(), steps: 9)
    let fault = #expect(throws: NotFinite.self) {
      try learner.update(batch, step: 3, problems: problems) { positions, logits in
        logits.fill(0.01)
        // A row of the fourth sequence and one of the last.
        logits[8 * 18 + 5] = .infinity
        logits[14 * 18] = .nan
        return 1
      }
    }
    #expect(fault == NotFinite(step: 3, quantity: .gradient, problems: [problems[3], problems[4]]))
  }

  @Test func aGradientThatOverflowsBehindTheHeadNamesNoProblem() throws {
    let world = try TinyWorld()
    let (batch, problems) = batch(world)
    let learner = Learner(world.policy.weights, OptimiserSettings(), steps: 9)
    let fault = #expect(throws: NotFinite.self) {
      try learner.update(batch, step: 3, problems: problems) { _, logits in
        logits.fill(1e37)
        return 1
      }
    }
    #expect(fault?.quantity == .gradient && fault?.step == 3)
    #expect(learner.weights.base.values.array.bits == world.policy.weights.base.values.array.bits)
  }

  /// One token's embedding is broken.
  ///
  /// Answers of one token are never read, so that it is in the prompts or nowhere.
  @Test func aRunNamesTheProblemsThatItCouldNotLearnFrom() throws {
    let world = try TinyWorld(rollouts: 10, maxTokens: 1)
    var shape = world.policy.weights.base.configuration
    shape.hasTiedHead = false
    let parameters = Parameters(randomly: shape, seed: 4)
    let entry = try #require(parameters.layout.entries.first { $0.name == "model.embed_tokens.weight" })
    let broken = 7
    let embedding = parameters[entry]
    embedding.row(broken, width: shape.width).fill(.nan)
    parameters[entry] = embedding
    let run = try world.method.train(
      Policy(parameters: parameters, vocabulary: world.policy.vocabulary), task: world.task, problems: world.problems,
      world.plan(3), RunObserver())
    guard case .notFinite(let fault) = run.ending else {
      Issue.record("the run ended otherwise: \(run.ending)")
      return
    }
    let affected = world.problems.filter {
      (world.task.studentPrompt($0) + world.task.teacherPrompt($0)).contains("\(broken)")
    }
    #expect(!affected.isEmpty && affected.count < 10)
    #expect(Set(fault.problems) == Set(affected) && fault.quantity == .loss && fault.step == 1)
    #expect(run.bits == parameters.values.array.bits)
  }

  @Test func weightsThatAreNoNumbersEndTheRunBeforeItsFirstStep() throws {
    let world = try TinyWorld()
    world.policy.weights.base.values[world.policy.weights.base.values.count - 1] = .nan
    let run = try world.train(world.plan(5))
    guard case .notFinite(let fault) = run.ending else {
      Issue.record("the run ended otherwise: \(run.ending)")
      return
    }
    #expect(fault.step == 1 && fault.quantity == .loss && fault.problems.count == 6 && run.records.isEmpty)
    #expect(run.bits == world.policy.weights.base.values.array.bits)
  }

  @Test(arguments: [1.0, 1e3, 1e6], [0.1, 10, 1e6])
  func absurdLearningRatesLeaveFiniteWeights(rate: Double, decay: Double) throws {
    let world = try TinyWorld()
    var plan = world.plan(60, learningRate: rate)
    plan.optimiser.weightDecay = decay
    let run = try world.train(plan)
    #expect(run.policy.weights.base.values.array.isFinite)
    #expect(run.records.allSatisfy { $0.loss.isFinite && $0.gradientNorm.isFinite })
    if case .notFinite(let fault) = run.ending { #expect(run.records.count == fault.step - 1) }
  }

  @Test func aRunEndsWithTheLastGoodState() throws {
    let world = try TinyWorld()
    let learner = Learner(world.policy.weights, OptimiserSettings(learningRate: 0.1), steps: 9)
    var batch = PackedBatch()
    batch.append(prompt: [1, 2], completion: [3, 4])
    var good: [UInt32] = []
    let plan = world.plan(9)
    let run = try runSteps(
      method: "test", plan, RunObserver(), learner: learner,
      identity: RunIdentity(method: world.method, initial: world.policy, plan, material: [:]),
      current: { Policy(weights: learner.weights, vocabulary: world.policy.vocabulary) },
      takeStep: { step in
        let update = try learner.update(batch, step: step) { _, logits in
          // Steps 1 and 2 have a gradient; at 3 the loss is finite and one number of its gradient is not.
          logits.fill(step == 3 ? 0 : 0.01)
          if step == 3 { logits[5] = .nan } else { logits[5] = 1 }
          return 1
        }
        good = learner.weights.base.values.array.bits
        return StepRecord(
          step: step, loss: update.loss, gradientNorm: update.gradientNorm, learningRate: update.rate,
          StepMeasures())
      })
    #expect(run.ending == .notFinite(NotFinite(step: 3, quantity: .gradient, problems: [])))
    #expect(run.records.count == 2 && run.bits == good && good != world.policy.weights.base.values.array.bits)
  }
}
