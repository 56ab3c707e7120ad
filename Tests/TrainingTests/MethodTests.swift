// What every method promises, whatever it minimises: the same run for the same seed, whole steps, a run on disk that goes
// on, micro-batches that change rounding alone, and diagnostics that make sense.

import Checkpoints
import Evidence
import LanguageModel
import Objectives
import Rollouts
import Synchronization
import Tasks
import Tensors
import Testing
@testable import Training

/// The addition task with prompts for reflections: for methods that need them, on models that know nothing.
struct MusingTask: ReflectiveTask {
  let task: AdditionTask

  var name: String { "musing" }
  var summary: String { task.summary }
  var alphabet: String { task.alphabet }
  var endMark: Character { task.endMark }
  var longestCompletion: Int { task.longestCompletion }
  var givesFeedback: Bool { true }
  var longestReflection: Int { 5 }
  func problems(_ count: Int, split: Split, seed: UInt64) throws -> [Problem] {
    try task.problems(count, split: split, seed: seed)
  }
  func studentPrompt(_ problem: Problem) -> String { task.studentPrompt(problem) }
  func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext) -> String {
    task.teacherPrompt(problem, seeing: context)
  }
  func verify(_ completion: String, for problem: Problem) -> Verdict { task.verify(completion, for: problem) }
  func corpusExample(seed: UInt64, index: Int) -> CorpusExample { task.corpusExample(seed: seed, index: index) }
  func feedback(on completion: String, for problem: Problem) -> String? { "#\(completion.count % 10)" }
  func reflectionPrompt(_ problem: Problem, attempt: String, feedback: String, memory: String?) -> String {
    "[\(memory ?? "")]\(studentPrompt(problem))\(attempt)\(feedback);"
  }
  func secondPrompt(_ problem: Problem, reflection: String) -> String { "[\(reflection)]\(studentPrompt(problem))" }
}

/// A method with a name of the test's own.
struct NamedMethod: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let make: @Sendable (TinyWorld) -> any TrainingMethod

  init(_ name: String, _ make: @escaping @Sendable (TinyWorld) -> any TrainingMethod) {
    testDescription = name
    self.make = make
  }

  /// Rewards that models which know nothing do get.
  static var ones: Reward { Reward("ones") { _, text, _ in Double(text.count { $0 == "1" }) } }

  static let all: [NamedMethod] = [
    NamedMethod("opsd") { _ in OPSD(rollouts: 6, maxTokens: 8) },
    NamedMethod("opsd, everything") { _ in
      OPSD(
        divergence: .forwardKL, support: .topK(5, of: .teacher, .tail), clip: .pointwise(0.1),
        teacher: .trustRegion(share: 0.3), context: .otherProblem, temperature: 1.1,
        truncation: Truncation(topK: 9, topP: 0.9), reduction: .tokenMean, positions: .skip(1), verification: 0.5,
        rollouts: 6, maxTokens: 8)
    },
    NamedMethod("sampled token") { _ in SampledTokenOPSD(teacher: .ema(decay: 0.9), rollouts: 6, maxTokens: 8) },
    NamedMethod("sft") { _ in SFT(sequences: 6, maxTokens: 8) },
    NamedMethod("sft, teacher") { _ in SFT(solutions: .teacher(verified: false), sequences: 6, maxTokens: 8) },
    NamedMethod("distillation") { _ in
      SupervisedDistillation(solutions: .teacher(verified: false), sequences: 6, maxTokens: 8)
    },
    NamedMethod("opd") { world in
      OPD(
        teacher: world.policy, signal: .distribution(DistillationObjective(.reverseKL)), rollouts: 6, maxTokens: 8
      )
    },
    NamedMethod("opd, sampled token") { world in OPD(teacher: world.policy, rollouts: 6, maxTokens: 8) },
    NamedMethod("grpo") { _ in GRPO(reward: ones, groups: 3, samples: 3, maxTokens: 8) },
    NamedMethod("grpo, everything") { _ in
      GRPO(
        reward: ones, advantage: .meanOnly, ratioClip: .clippedRatio(low: 0.01, high: 0.02), klCoefficient: 0.1,
        reduction: .fixedLength(8), groups: 3, samples: 3, updates: 3, maxTokens: 8)
    },
    NamedMethod("sdpo") { _ in SDPO(reward: ones, groups: 3, samples: 3, maxTokens: 8) },
    NamedMethod("sdpo, token") { _ in
      SDPO(level: .token, teacher: .fixed, reward: ones, grpoShare: 0.5, groups: 3, samples: 3, maxTokens: 8)
    },
    NamedMethod("sdpo, sequence") { _ in SDPO(level: .sequence, reward: ones, groups: 3, samples: 3, maxTokens: 8) },
    NamedMethod("erl") { _ in ERL(reward: ones, gate: 2, groups: 3, samples: 3, maxTokens: 8) },
    NamedMethod("mixture") { _ in
      Mixture([
        .init(OPSD(rollouts: 4, maxTokens: 8), weight: 1), .init(SFT(sequences: 6, maxTokens: 8), weight: 0.3),
        .init(GRPO(reward: ones, groups: 2, samples: 3, maxTokens: 8), weight: 0.5),
      ])
    },
  ]
}

extension TinyWorld {
  /// A policy for which prompts make a difference.
  var livelyPolicy: Policy { Policy(parameters: livelyCopy(policy.weights.base), vocabulary: policy.vocabulary) }

  func train(
    _ method: any TrainingMethod, _ plan: RunPlan, _ observer: RunObserver = RunObserver()
  ) throws -> TrainingRun {
    try method.train(livelyPolicy, task: MusingTask(task: task), problems: problems, plan, observer)
  }
}

@Suite struct MethodTests {
  @Test(arguments: NamedMethod.all)
  func aRunIsTheSameTwiceAndWithAnyNumberOfThreads(method: NamedMethod) throws {
    let world = try TinyWorld(contextLength: 128)
    let run = try world.train(method.make(world), world.plan(3, isExamined: true))
    #expect(run.ending == .complete && run.records.count == 3)
    #expect(run.bits != world.livelyPolicy.weights.base.values.array.bits, "nothing was learnt")
    for threads in [1, 4] {
      let again = try withThreads(threads) { try world.train(method.make(world), world.plan(3, isExamined: true)) }
      #expect(again.bits == run.bits && again.records == run.records && again.evaluations == run.evaluations)
    }
  }

  /// Whenever the interrupt comes: the weights and records are those of whole steps, and the run on disk goes on to the
  /// same bytes as one without an interrupt.
  @Test(arguments: NamedMethod.all, [4, 11, 23, 40])
  func aRunThatIsStoppedGoesOnAsIfItHadNotBeen(method: NamedMethod, polls: Int) throws {
    let world = try TinyWorld(contextLength: 128)
    try withCheckpoint { path in
      let whole = try world.train(method.make(world), world.plan(4, keptAt: path + ".whole"))
      let polled = Atomic(0)
      let stopped = try world.train(
        method.make(world), world.plan(4, keptAt: path),
        RunObserver(isInterrupted: { polled.wrappingAdd(1, ordering: .relaxed).oldValue >= polls }))
      #expect(stopped.records == Array(whole.records.prefix(stopped.records.count)))
      let resumed = try world.train(method.make(world), world.plan(4, keptAt: path))
      #expect(resumed.bits == whole.bits && resumed.records == whole.records)
      #expect(resumed.evaluations == whole.evaluations)
    }
  }

  @Test(arguments: NamedMethod.all)
  func microBatchesChangeRoundingAlone(method: NamedMethod) throws {
    let world = try TinyWorld(contextLength: 128)
    let whole = try world.train(method.make(world), world.plan(1))
    var plan = world.plan(1)
    plan.microBatch = 64
    let cut = try world.train(method.make(world), plan)
    let (a, b) = (whole.records[0], cut.records[0])
    #expect(abs(a.loss - b.loss) <= 1e-5 * (1e-3 + abs(a.loss)) && a.tokens == b.tokens && a.learnt == b.learnt)
    #expect(abs(a.gradientNorm - b.gradientNorm) <= 1e-4 * a.gradientNorm)
    for (measure, value) in a.measures {
      #expect(abs(value - (b.measures[measure] ?? .nan)) <= 1e-4 * (1 + abs(value)), "\(measure)")
    }
  }

  @Test(arguments: NamedMethod.all)
  func whatIsMeasuredMakesSense(method: NamedMethod) throws {
    let world = try TinyWorld(contextLength: 128)
    let made = method.make(world)
    let run = try world.train(made, world.plan(2, isExamined: true))
    #expect(!made.name.isEmpty && !made.formula.isEmpty && run.method == made.name)
    for record in run.records {
      #expect(record.loss.isFinite && record.gradientNorm > 0 && record.learnt > 0)
      #expect(made.studentAnswers == (record.rolloutAccuracy != nil) && (record.tokens > 0 || !made.studentAnswers))
      for (measure, value) in record.measures {
        #expect(value.isFinite && (!measure.isShare || (0...1).contains(value)), "\(measure) is \(value)")
        #expect(!measure.rawValue.hasSuffix("KL") || value >= -1e-6, "\(measure) is \(value)")
      }
      #expect(record.measures[.studentEntropy] != nil)
      // Profile and forward KL are sums of the same numbers.
      if let profile = record.profile {
        let sum = profile.byPosition.reduce(0) { $0 + $1.sum }
        let count = profile.byPosition.reduce(0) { $0 + $1.count }
        #expect(abs(sum / Double(count) - (record.measures[.forwardKL] ?? .nan)) < 1e-9)
        #expect(profile.byClass.values.reduce(0) { $0 + $1.count } == count)
      }
    }
    #expect(run.evaluations.first?.drift.map { abs($0) < 1e-6 } == true)
    #expect(run.evaluations.last?.drift.map { $0 > 0 } == true)
  }
}

@Suite struct StepMeasureTests {
  /// A curve without a gap: 0 is a spread as well.
  @Test func answersThatAreAllWorthTheSameHaveASpreadOfZero() throws {
    let world = try TinyWorld()
    let same = GRPO(reward: Reward("same") { _, _, _ in 1 }, groups: 2, samples: 3, maxTokens: 8)
    let record = try #require(try world.train(same, world.plan(1)).records.first)
    #expect(record.measures[.advantageSpread] == 0 && record.measures[.groupsWithoutSignal] == 1)
    #expect(record.loss == 0 && record.gradientNorm == 0)
  }

  @Test func aCurriculumSaysOnWhichLevelItIs() throws {
    let world = try TinyWorld(contextLength: 128)
    let task = try AdditionTask(digits: 1...2)
    let problems = try task.problems(20, split: .practice, seed: 1)
    var plan = world.plan(2)
    func level() throws -> Double? {
      try OPSD(rollouts: 8, maxTokens: 8).train(world.policy, task: task, problems: problems, plan, RunObserver())
        .records.last?.measures[.frontierLevel]
    }
    #expect(try level() == nil)
    plan.order = .frontier(floor: 0.1)
    #expect(try level().map { (1...2).contains($0) } == true)
  }
}

@Suite struct MethodEquivalenceTests {
  private func bits(_ method: any TrainingMethod, _ world: TinyWorld) throws -> [UInt32] {
    try world.train(method, world.plan(3)).bits
  }

  @Test func aMixtureOfOneIsThatOne() throws {
    let world = try TinyWorld()
    let alone = OPSD(rollouts: 5, maxTokens: 8)
    #expect(try bits(Mixture([.init(alone, weight: 1)]), world) == bits(alone, world))
    #expect(try bits(Mixture([.init(alone, weight: 0.5)]), world) != bits(alone, world))
  }

  @Test func onPolicyDistillationFromOneselfIsSelfDistillationWithoutAContext() throws {
    let world = try TinyWorld()
    let objective = DistillationObjective(.jsd(beta: 0.3))
    var opd = OPD(
      teacher: world.livelyPolicy, signal: .distribution(objective), reduction: .sequenceMean, rollouts: 5, maxTokens: 8
    )
    let opsd = OPSD(
      divergence: .jsd(beta: 0.3), context: .fixed("nothing", .none), rollouts: 5, maxTokens: 8)
    #expect(try bits(opd, world) == bits(opsd, world))
    opd.signal = .sampledToken
    #expect(
      try bits(opd, world)
        == bits(SampledTokenOPSD(context: .fixed("nothing", .none), rollouts: 5, maxTokens: 8), world))
  }

  /// The expectation of the sampled token's gradient is that of the reverse KL: over many rollouts their first steps agree.
  @Test func theSampledTokenFollowsTheReverseKL() throws {
    let world = try TinyWorld()
    func moment(_ method: any TrainingMethod) throws -> [Double] {
      let plan = RunPlan(steps: 1, optimiser: OptimiserSettings(learningRate: 1e-6, maxGradientNorm: 1e9), seed: 3)
      return try withCheckpoint { path in
        var kept = plan
        kept.checkpoint = CheckpointPlan(path: path)
        _ = try world.train(method, kept)
        let saved = try #require(try SavedRun(at: path))
        let copy = Parameters(randomly: world.policy.weights.configuration, seed: 1)
        let rest = copy.zerosLike()
        try saved.restore(["firstMoment": copy.arrays, "secondMoment": rest.arrays, "trained": rest.arrays])
        return copy.values.doubles
      }
    }
    let exact = try moment(OPSD(divergence: .reverseKL, reduction: .tokenMean, rollouts: 4000, maxTokens: 6))
    let sampled = try moment(SampledTokenOPSD(reduction: .tokenMean, rollouts: 4000, maxTokens: 6))
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let cosine = dot(exact, sampled) / (dot(exact, exact) * dot(sampled, sampled)).squareRoot()
    #expect(cosine > 0.9, "\(cosine)")
  }

  @Test func groupsWithoutADifferenceTeachNothing() throws {
    let world = try TinyWorld()
    let run = try world.train(
      GRPO(reward: Reward("same") { _, _, _ in 3 }, groups: 2, samples: 3, maxTokens: 8), world.plan(1))
    #expect(run.records[0].measures[.groupsWithoutSignal] == 1 && run.records[0].gradientNorm == 0)
  }

  @Test func aBudgetOfTokensEndsTheRunWithTheStepThatReachesIt() throws {
    let world = try TinyWorld()
    var plan = world.plan(1000, isExamined: true)
    plan.tokenBudget = 150
    let run = try world.train(OPSD(rollouts: 5, maxTokens: 8), plan)
    let before = run.records.dropLast().reduce(0) { $0 + $1.tokens }
    #expect(run.ending == .complete && before < 150 && before + (run.records.last?.tokens ?? 0) >= 150)
    #expect(run.evaluations.last?.step == run.records.count)
    let supervised = try world.train(SFT(sequences: 5, maxTokens: 8), plan)
    let learnt = supervised.records.map(\.learnt)
    #expect(learnt.dropLast().reduce(0, +) < 150 && learnt.reduce(0, +) >= 150)
  }

  @Test func aFrontierDrawsLevelsByWhatTheStudentCanDo() throws {
    let task = try AdditionTask(digits: 1...2)
    let problems = try task.problems(400, split: .practice, seed: 1)
    var order = ProblemOrder(problems, seed: 1, rule: .frontier(floor: 0.001))
    func share() -> Double {
      let batch = order.batch(step: 1, count: 2000)
      return Double(batch.count { $0.level == 1 }) / 2000
    }
    #expect((0.4...0.6).contains(share()), "both levels begin at one half")
    for _ in 0..<60 { order.takeIn(problems.map { ($0, $0.level == 1) }) }
    let easy = share()
    #expect((0.3...0.7).contains(easy), "always and never solved are alike: \(easy)")
    for step in 0..<60 { order.takeIn(problems.map { ($0, $0.level == 1 || step % 2 == 0) }) }
    #expect(share() < 0.05, "the level that is solved half the time is at the frontier")
  }
}
