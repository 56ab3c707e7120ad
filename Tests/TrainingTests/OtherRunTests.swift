// Checkpoints of other runs: refused by what differs, and left as they are.

import Checkpoints
import Evaluation
import FoundationEssentials
import LanguageModel
import Objectives
import Rollouts
import Tasks
import Tensors
import Testing
@testable import Training

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
