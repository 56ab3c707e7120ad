// What a cell can ask for and no run can give: thrown with what, why and what to do, before any work.

import Evaluation
import Evidence
import LanguageModel
import Objectives
import Rollouts
import Tasks
import Testing
import Tokenizer
@testable import Training

/// A run that cannot be, and words of the message.
struct Refusal: Sendable, CustomTestStringConvertible {
  let words: String
  var plan: @Sendable (inout RunPlan) -> Void = { _ in }
  var method: @Sendable (inout OPSD) -> Void = { _ in }
  var problems: Int = 10
  var testDescription: String { words }
}

@Suite struct RefusalTests {
  static let runs = [
    Refusal(words: "steps -1 is not possible", plan: { $0.steps = -1 }),
    Refusal(words: "steps \(Int.max) is not possible", plan: { $0.steps = .max }),
    Refusal(words: "every 0 is not possible", plan: { $0.every = 0 }),
    Refusal(words: "every 0 is not possible", plan: { ($0.steps, $0.every) = (0, 0) }),
    Refusal(words: "learningRate nan is not possible", plan: { $0.optimiser.learningRate = .nan }),
    Refusal(words: "learningRate -0.1 is not possible", plan: { $0.optimiser.learningRate = -0.1 }),
    Refusal(words: "learningRate 1e+30 is not possible", plan: { $0.optimiser.learningRate = 1e30 }),
    Refusal(words: "warmup -1 is not possible", plan: { $0.optimiser.warmup = -1 }),
    Refusal(words: "beta1 1.0 is not possible", plan: { $0.optimiser.beta1 = 1 }),
    Refusal(words: "beta2 1.0 is not possible", plan: { $0.optimiser.beta2 = 1 }),
    Refusal(words: "epsilon 0.0 is not possible", plan: { $0.optimiser.epsilon = 0 }),
    Refusal(words: "weightDecay -1.0 is not possible", plan: { $0.optimiser.weightDecay = -1 }),
    Refusal(words: "maxGradientNorm 0.0 is not possible", plan: { $0.optimiser.maxGradientNorm = 0 }),
    Refusal(words: "temperature 0.0 is not possible", method: { $0.temperature = 0 }),
    Refusal(words: "temperature nan is not possible", method: { $0.temperature = .nan }),
    Refusal(words: "rollouts 0 is not possible", method: { $0.rollouts = 0 }),
    Refusal(words: "rollouts -2 is not possible", method: { $0.rollouts = -2 }),
    Refusal(words: "maxTokens 0 is not possible", method: { $0.maxTokens = 0 }),
    Refusal(words: "forwardKL, the limit of JSD_β/β", method: { $0.divergence = .jsd(beta: 0) }),
    Refusal(words: "beta 1.0 is not possible", method: { $0.divergence = .jsd(beta: 1) }),
    Refusal(words: "beta nan is not possible", method: { $0.divergence = .jsd(beta: .nan) }),
    Refusal(words: "training on no problems is not possible", problems: 0),
    // The student's prompt of 4 tokens leaves room for 60, the teacher's of 8 for 56.
    Refusal(words: "after a prompt of 8 are not possible", method: { $0.maxTokens = 57 }),
    Refusal(words: "choose maxTokens 56 or less", method: { $0.maxTokens = .max }),
  ]

  @Test(arguments: runs)
  func runsThatCannotBeAreRefused(refusal: Refusal) throws {
    let world = try TinyWorld()
    var plan = world.plan(2, isExamined: true)
    refusal.plan(&plan)
    var method = world.method
    refusal.method(&method)
    let error = #expect(throws: SettingError.self) {
      try method.train(
        world.policy, task: world.task, problems: Array(world.problems.prefix(refusal.problems)), plan,
        RunObserver(onEvent: { _ in Issue.record("work was done") }))
    }
    #expect(error?.description.contains(refusal.words) == true, "\(error?.description ?? "")")
  }

  @Test func stepsThatDoNotFitIntoMemoryAreRefused() throws {
    let world = try TinyWorld(rollouts: 65_536)
    let shape = DecoderConfiguration(
      vocabulary: 18, width: 1, layers: 1, heads: 1, keyValueHeads: 1, headWidth: 2, feedForward: 1_000_000,
      contextLength: 64)
    let policy = Policy(parameters: Parameters(zeros: shape), vocabulary: world.policy.vocabulary)
    // 65,536 · 20 tokens of six million numbers: more memory than any machine has that this runs on.
    let error = #expect(throws: SettingError.self) {
      try world.method.train(
        policy, task: world.task, problems: world.problems, world.plan(1),
        RunObserver(onEvent: { _ in Issue.record("work was done") }))
    }
    #expect(error?.description.contains("a step of 65536 rollouts of up to 12 tokens") == true)
    let tooLong = #expect(throws: SettingError.self) {
      try Pretraining(sequences: 65_536).train(shape, task: world.task, world.plan(1), RunObserver())
    }
    #expect(tooLong?.description.contains("choose fewer sequences") == true)
  }

  @Test func theWholeContextMayBeUsed() throws {
    let world = try TinyWorld(maxTokens: 56)
    #expect(try world.train(world.plan(1)).ending == .complete)
  }

  @Test func anExaminationThatDoesNotFitIsRefusedBeforeTraining() throws {
    let world = try TinyWorld()
    var plan = world.plan(2, isExamined: true)
    plan.examination?.rule.maxTokens = 61
    #expect(throws: SettingError.self) {
      try world.train(plan, RunObserver(onEvent: { _ in Issue.record("work was done") }))
    }
  }

  @Test func charactersThatThePolicyDoesNotKnowAreNamed() throws {
    let world = try TinyWorld()
    let task = try AdditionTask(digits: 1...1)
    let poor = try CharacterVocabulary(characters: "abcdefghijklmnopqr")
    #expect(throws: VocabularyError.self) {
      try world.method.train(
        Policy(parameters: world.policy.weights.base, vocabulary: poor), task: task, problems: world.problems,
        world.plan(1), RunObserver(onEvent: { _ in Issue.record("work was done") }))
    }
  }
}
