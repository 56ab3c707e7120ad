// Runs that train an adapter: against PyTorch step by step, the same whatever the threads, the base never written to.

import Evaluation
import Evidence
import JSONValues
import LanguageModel
import Objectives
import Rollouts
import Tasks
import Tensors
import Testing
@testable import Training

/// The adapters of the fixtures, for the tied model.
private func goldenAdapter(_ file: String) throws -> Adapter {
  let adapter = Adapter(
    zeros: AdapterConfiguration(rank: 3, alpha: 5), for: try goldenConfiguration(isTied: true))
  for entry in adapter.layout.entries {
    adapter[entry] = Floats(try goldenTensor(entry.name, in: file).map { Float($0) })
  }
  return adapter
}

@Suite struct AdapterTrajectoryTests {
  @Test(arguments: [("fixed", "lora-all-fixed-start"), ("ema", "lora-all/adapter_model")])
  func tenStepsEqualPyTorchs(teacher: String, start: String) throws {
    let golden = try goldenJSON("golden-lora").at("lora-all", teacher)
    let base = try goldenParameters("qwen3-tied", isTied: true)
    let before = base.values.array.bits
    let initial = try goldenAdapter(start)
    let learner = Learner(
      Weights(base, adapter: initial),
      OptimiserSettings(
        learningRate: 1e-3, weightDecay: 0.1, maxGradientNorm: try #require(try golden.at("maxGradientNorm").double)),
      steps: 10)
    var rule = Teacher.Rule.fixed
    if let decay = try golden.at("decay").double { rule = .ema(decay: decay) }
    let teacher = Teacher(rule, initial: Weights(base), student: learner.weights)
    var seenByStudent = PackedBatch()
    var seenByTeacher = PackedBatch()
    for sample in try #require(try goldenJSON().at("opsd-trajectory", "samples").array) {
      let completion = try sample.at("completion").tokens
      seenByStudent.append(prompt: try sample.at("studentPrompt").tokens, completion: completion)
      seenByTeacher.append(prompt: try sample.at("teacherPrompt").tokens, completion: completion)
    }
    let weights = Floats(Reduction.tokenMean.weights(lengths: [15]))
    let teacherPass = DecoderPass(base.configuration, for: .scoring)
    let losses = try golden.at("losses").numbers
    let norms = try golden.at("gradientNorms").numbers
    #expect(losses.count == 10 && norms.count == 10)
    for step in 1...10 {
      let scoring = teacher.weights
      let hidden = teacherPass.forward(scoring.base, adapter: scoring.adapter, seenByTeacher)
      let update = try learner.update(seenByStudent, step: step) { positions, logits in
        distillationLoss(
          .jsd(beta: 0.5), teacher: Head().logProbabilities(scoring.base, hidden, positions, temperature: 1),
          studentLogits: logits, positions, weights: weights, temperature: 1)
      }
      teacher.update(after: learner.weights)
      #expect(abs(update.loss / losses[step - 1] - 1) < 3e-6, "loss of step \(step)")
      #expect(abs(update.gradientNorm / norms[step - 1] - 1) < 3e-6, "norm of step \(step)")
    }
    let final = try goldenAdapter("lora-all-\(rule == .fixed ? "fixed" : "ema")-final")
    for entry in initial.layout.entries {
      let expected = final[entry].doubles
      let start = initial[entry].doubles
      let end = try #require(learner.weights.adapter)[entry].doubles
      // Of the way that was gone; see TrajectoryTests.
      let way = relativeError(zip(end, start).map { $0 - $1 }, zip(expected, start).map { $0 - $1 })
      #expect(way < 1e-4, "\(entry.name)")
    }
    #expect(base.values.array.bits == before, "the base was written to")
  }
}

@Suite struct AdapterRunTests {
  private static let lora = AdapterConfiguration(rank: 2, alpha: 4, targets: [.q, .v, .down])

  private func plan(_ world: TinyWorld, _ steps: Int, isExamined: Bool = false) -> RunPlan {
    var plan = world.plan(steps, isExamined: isExamined)
    plan.adapter = Self.lora
    return plan
  }

  @Test(arguments: [Teacher.Rule.fixed, .live, .ema(decay: 0.9)])
  func aRunIsTheSameTwiceAndWithAnyNumberOfThreads(teacher: Teacher.Rule) throws {
    let world = try TinyWorld(teacher: teacher)
    let before = world.policy.weights.base.values.array.bits
    let run = try world.train(plan(world, 4, isExamined: true))
    #expect(run.ending == .complete && run.records.count == 4)
    #expect(run.bits.count == AdapterLayout(Self.lora, for: TinyWorld.shape()).count)
    for threads in [1, 2, 4, 4] {
      let again = try withThreads(threads) { try world.train(plan(world, 4, isExamined: true)) }
      #expect(again.bits == run.bits && again.records == run.records && again.evaluations == run.evaluations)
    }
    #expect(world.policy.weights.base.values.array.bits == before, "the base was written to")
    #expect(
      run.policy.weights.base.values.array.bits == before && run.policy.weights.adapter?.configuration == Self.lora)
  }

  @Test func theBaseIsSharedAndNothingIsKeptForIt() throws {
    let world = try TinyWorld()
    let run = try world.train(plan(world, 1))
    // Written to through one, read through the other: the same memory.
    world.policy.weights.base.values[0] = 123
    #expect(run.policy.weights.base.values[0] == 123)
    #expect(run.policy.weights.trained.zerosLike().values.count == run.bits.count)
    #expect(run.policy.weights.trained.parameters == nil)
  }

  @Test(arguments: [Teacher.Rule.fixed, .live, .ema(decay: 0.9)])
  func theFirstStepScoresWithTheInitialWeights(teacher: Teacher.Rule) throws {
    // All rules and both ways to train agree about the first loss, since nothing has moved; then they part.
    let fixed = try TinyWorld()
    let full = try fixed.train(fixed.plan(3)).records
    let world = try TinyWorld(teacher: teacher)
    let adapted = try world.train(plan(world, 3)).records
    #expect(abs(adapted[0].loss / full[0].loss - 1) < 1e-6)
    #expect(adapted[2].loss != full[2].loss)
    if teacher != .fixed { #expect(try world.train(world.plan(3)).records[1].loss != full[1].loss) }
  }

  @Test func theStudentMovesTowardsTheTeacher() throws {
    let world = try TinyWorld(rollouts: 10)
    world.policy.weights.base.values.assign(livelyCopy(world.policy.weights.base).values)
    var plan = world.plan(25, learningRate: 3e-2)
    plan.adapter = AdapterConfiguration(rank: 4, alpha: 8)
    let losses = try world.train(plan).records.map(\.loss)
    let (first, last) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
    #expect(last < 0.8 * first, "\(losses)")
  }

  @Test func trainingGoesOnWithTheAdapterThatIsThere() throws {
    let world = try TinyWorld()
    let first = try world.train(plan(world, 3))
    let more = try world.method.train(
      first.policy, task: world.task, problems: world.problems, world.plan(2), RunObserver())
    #expect(more.policy.weights.adapter?.configuration == Self.lora && more.bits != first.bits)
    #expect(first.bits == (try world.train(plan(world, 3)).bits), "the first adapter was written to")
    // The fixed teacher of the second run is the student that it began with.
    let again = try world.method.train(
      Policy(parameters: first.policy.weights.merged(), vocabulary: first.policy.vocabulary), task: world.task,
      problems: world.problems, world.plan(1), RunObserver())
    #expect(abs(again.records[0].loss / more.records[0].loss - 1) < 1e-4)
  }

  @Test(arguments: [0, 2]) func anInterruptKeepsTheLastCompleteStep(steps: Int) throws {
    let world = try TinyWorld(teacher: .ema(decay: 0.5))
    let flag = Flag()
    if steps == 0 { flag.set() }
    let stopped = try? world.train(
      plan(world, 8),
      RunObserver(isInterrupted: { flag.value }) { event in
        if case .step(let record) = event, record.step == steps { flag.set() }
      })
    guard steps > 0 else { return #expect(stopped == nil, "an adapter that is not made yet is no adapter") }
    let whole = try world.train(plan(world, steps))
    #expect(stopped?.ending == .interrupted && stopped?.bits == whole.bits && stopped?.records == whole.records)
  }

  static let refused: [(AdapterConfiguration, String)] = [
    (AdapterConfiguration(rank: 0), "its rank is 0"), (AdapterConfiguration(targets: []), "it has no targets"),
    (AdapterConfiguration(alpha: 0), "its alpha is 0.0"),
  ]

  @Test(arguments: refused)
  func adaptersThatCannotBeAreRefused(adapter: AdapterConfiguration, words: String) throws {
    let world = try TinyWorld()
    var plan = world.plan(1)
    plan.adapter = adapter
    let error = #expect(throws: SettingError.self) {
      try world.train(plan, RunObserver(onEvent: { _ in Issue.record("work was done") }))
    }
    #expect(error?.description.contains(words) == true && error?.setting == "adapter")
  }

  @Test func aSecondAdapterAndOneForPretrainingAreRefused() throws {
    let world = try TinyWorld()
    let run = try world.train(plan(world, 1))
    let second = #expect(throws: SettingError.self) {
      try world.method.train(
        run.policy, task: world.task, problems: world.problems, plan(world, 1), RunObserver())
    }
    #expect(second?.description.contains("merge the old one") == true)
    let pretraining = #expect(throws: SettingError.self) {
      try Pretraining(sequences: 4).train(TinyWorld.shape(), task: world.task, plan(world, 1), RunObserver())
    }
    #expect(pretraining?.description.contains("knows nothing yet") == true)
  }

  @Test func distributionsAreThoseOfTheMergedWeights() throws {
    let world = try TinyWorld()
    let run = try world.train(plan(world, 3))
    func scores(_ student: Weights) throws -> [[Double]] {
      let scores = try DistillationScores(
        teacher: world.policy.weights, teacherPrompt: [1, 2, 3], student: student, studentPrompt: [1, 2],
        completion: [3, 4, 5], temperature: 1)
      return (0..<3).map(scores.student)
    }
    let adapted = try scores(run.policy.weights)
    let merged = try scores(Weights(run.policy.weights.merged()))
    for (a, b) in zip(adapted, merged) { #expect(relativeError(a, b) < 1e-5) }
    #expect(try scores(world.policy.weights) != adapted)
  }
}
