// Combinations that cannot be are refused before any work, with the reason.

import LanguageModel
import Objectives
import Rollouts
import Tasks
import Testing
import Tokenizer
@testable import Training

/// A method that a world refuses, and words of the message.
private struct WrongMethod: Sendable, CustomTestStringConvertible {
  let words: String
  let make: @Sendable (TinyWorld) throws -> any TrainingMethod
  var plan: @Sendable (inout RunPlan) -> Void = { _ in }
  var testDescription: String { words }

  init(
    _ words: String, plan: @escaping @Sendable (inout RunPlan) -> Void = { _ in },
    _ make: @escaping @Sendable (TinyWorld) throws -> any TrainingMethod
  ) {
    self.words = words
    self.make = make
    self.plan = plan
  }
}

@Suite struct MethodRefusalTests {
  private static let wrong: [WrongMethod] = [
    WrongMethod("groups of one are not possible") { _ in GRPO(samples: 1, maxTokens: 8) },
    WrongMethod("another one of its group that succeeded") { _ in SDPO(samples: 1, maxTokens: 8) },
    WrongMethod("a clip of the ratio would do nothing here") { _ in GRPO(ratioClip: .clippedRatio(), maxTokens: 8) },
    WrongMethod("low 2.0") { _ in GRPO(ratioClip: .clippedRatio(low: 2), updates: 2, maxTokens: 8) },
    WrongMethod("updates 0 is not possible") { _ in GRPO(updates: 0, maxTokens: 8) },
    WrongMethod("klCoefficient -1.0") { _ in GRPO(klCoefficient: -1, maxTokens: 8) },
    WrongMethod("ERL on addition is not possible") { _ in ERL(maxTokens: 8) },
    WrongMethod("they speak different tokens") { world in
      let other = try CharacterVocabulary(characters: String(world.task.alphabet.reversed()), endMark: "$")
      return OPD(teacher: Policy(parameters: world.policy.weights.base, vocabulary: other), maxTokens: 8)
    },
    WrongMethod("a mixture of 0 methods") { _ in Mixture([]) },
    WrongMethod("would learn nothing") { _ in Mixture([.init(OPSD(maxTokens: 8), weight: 0)]) },
    WrongMethod("a mixture is updated once a step") { _ in
      Mixture([.init(GRPO(updates: 2, maxTokens: 8), weight: 1)])
    },
    WrongMethod("a mixture cannot be part of a mixture") { _ in
      Mixture([.init(Mixture([.init(OPSD(maxTokens: 8), weight: 1)]), weight: 1)])
    },
    WrongMethod("skip -1") { world in OPD(teacher: world.policy, positions: .skip(-1), maxTokens: 8) },
    WrongMethod("groups of one") { _ in Mixture([.init(GRPO(samples: 1, maxTokens: 8), weight: 1)]) },
    WrongMethod("cannot follow a frontier", plan: { $0.order = .frontier(floor: 0.1) }) { _ in SFT(maxTokens: 8) },
    WrongMethod("all of these problems have one level", plan: { $0.order = .frontier(floor: 0.1) }) { _ in
      OPSD(maxTokens: 8)
    },
    WrongMethod("a frontier with floor 0.0", plan: { $0.order = .frontier(floor: 0) }) { _ in OPSD(maxTokens: 8) },
    WrongMethod(
      "nobody knows beforehand how many steps",
      plan: {
        $0.tokenBudget = 100
        $0.optimiser.schedule = .cosine
      }
    ) { _ in OPSD(maxTokens: 8) },
    WrongMethod("a trust region with share 1.0") { _ in OPSD(teacher: .trustRegion(share: 1), maxTokens: 8) },
    WrongMethod("k 19") { _ in OPSD(support: .topK(19, of: .teacher), maxTokens: 8) },
    WrongMethod("clip") { _ in OPSD(clip: .pointwise(0), maxTokens: 8) },
    WrongMethod("alpha") { _ in OPSD(divergence: .skewKL(alpha: 1), maxTokens: 8) },
    WrongMethod("topP 0.0") { _ in OPSD(truncation: Truncation(topP: 0), maxTokens: 8) },
    WrongMethod("topK 0") { _ in OPSD(truncation: Truncation(topK: 0), maxTokens: 8) },
    WrongMethod("verification -1.0") { _ in OPSD(verification: -1, maxTokens: 8) },
  ]

  @Test(arguments: wrong)
  fileprivate func methodsThatCannotBeAreRefused(wrong: WrongMethod) throws {
    let world = try TinyWorld()
    var plan = world.plan(2, isExamined: true)
    wrong.plan(&plan)
    let method = try wrong.make(world)
    let error = #expect(throws: SettingError.self) {
      try method.train(
        world.policy, task: world.task, problems: world.problems, plan,
        RunObserver(onEvent: { _ in Issue.record("work was done") }))
    }
    #expect(error?.description.contains(wrong.words) == true, "\(error?.description ?? "")")
  }

  /// What a teacher is shown may come of attempts or of a function, so that its length is known when it is there.
  @Test func aTeacherThatIsShownMoreThanItsContextIsRefusedWhenItIsSeen() throws {
    let world = try TinyWorld()
    var calls = 0
    let growing = TeacherContext("growing") { _, _ in
      calls += 1
      return .text(String(repeating: "1", count: calls > world.problems.count + 6 ? 80 : 1))
    }
    let words = Feedback("long") { _, _ in String(repeating: "1", count: 80) }
    let never = Reward("never") { _, _, _ in 0 }
    let methods: [any TrainingMethod] =
      [OPSD(context: growing, rollouts: 6, maxTokens: 8)]
      + [.logit(DistillationObjective(.reverseKL)), .token, .sequence].map {
        SDPO(level: $0, reward: never, feedback: words, groups: 2, samples: 2, maxTokens: 8)
      }
    for method in methods {
      let error = #expect(throws: SettingError.self) { try world.train(method, world.plan(3)) }
      #expect(error?.description.contains("longer than its context of 64 tokens") == true)
    }
  }

  @Test func aRewardThatIsNoNumberEndsTheRunWithTheAnswer() throws {
    let world = try TinyWorld()
    let method = GRPO(reward: Reward("odd") { _, _, _ in .nan }, groups: 2, samples: 2, maxTokens: 8)
    #expect(throws: RewardFault.self) {
      try method.train(world.policy, task: world.task, problems: world.problems, world.plan(2), RunObserver())
    }
  }
}
