// Pretraining: reproducible, learning something, and refusing what cannot be.

import Evidence
import LanguageModel
import Objectives
import Rollouts
import Tasks
import Testing
@testable import Training

@Suite struct PretrainingTests {
  private func train(
    _ steps: Int, sequences: Int = 16, shape: DecoderConfiguration = TinyWorld.shape(),
    _ observer: RunObserver = RunObserver()
  ) throws -> TrainingRun {
    let world = try TinyWorld()
    return try Pretraining(sequences: sequences).train(shape, task: world.task, world.plan(steps), observer)
  }

  @Test func aRunIsTheSameTwiceAndWithAnyNumberOfThreads() throws {
    let run = try train(4)
    #expect(run.ending == .complete && run.records.map(\.step) == [1, 2, 3, 4])
    for threads in [1, 2, 4, 4] {
      let again = try withThreads(threads) { try train(4) }
      #expect(again.bits == run.bits && again.records == run.records)
    }
    // Steps do not depend on how many follow.
    #expect(try train(3).records == Array(run.records.prefix(3)))
  }

  @Test func theFirstLossIsThatOfKnowingNothingAndItFalls() throws {
    let losses = try train(60).records.map(\.loss)
    // Fresh logits are normal with deviation 1 or so (hidden states of norm √D times embeddings of deviation 1/√D),
    // which costs half a nat more than log 18, the loss of holding all characters alike.
    #expect((2.89...4).contains(losses[0]))
    #expect((losses.last ?? 9) < 2.2)
  }

  @Test func anInterruptKeepsTheLastCompleteStep() throws {
    let flag = Flag()
    let stopped = try train(
      6,
      RunObserver(isInterrupted: { flag.value }) { event in
        if case .step(let record) = event, record.step == 2 { flag.set() }
      })
    #expect(stopped.ending == .interrupted && stopped.records.count == 2)
    #expect(stopped.bits == (try train(2)).bits)
  }

  @Test(arguments: [(0, 18, 64, "sequences 0"), (-1, 18, 64, "sequences -1"), (4, 19, 64, "set vocabulary to 18")])
  func settingsThatCannotBeAreRefused(sequences: Int, vocabulary: Int, context: Int, words: String) throws {
    let shape = TinyWorld.shape(vocabulary, contextLength: context)
    let error = #expect(throws: SettingError.self) { try train(1, sequences: sequences, shape: shape) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func aContextThatIsTooShortIsRefused() throws {
    let shape = TinyWorld.shape(contextLength: 10)
    let error = #expect(throws: SettingError.self) { try train(1, shape: shape) }
    #expect(error?.description.contains("does not fit the model") == true)
  }

  @Test func aShapeThatCannotBeIsRefused() throws {
    var shape = TinyWorld.shape()
    shape.headWidth = 7
    #expect(throws: ConfigurationError.self) { try train(1, shape: shape) }
  }
}

@Suite struct ScheduleTests {
  @Test func warmUpRisesInALineToTheFullRate() {
    for schedule in Schedule.allCases {
      #expect((1...4).map { schedule.factor(step: $0, of: 10, warmup: 4) } == [0.25, 0.5, 0.75, 1])
    }
  }

  @Test func factorsByHand() {
    #expect((1...4).allSatisfy { Schedule.constant.factor(step: $0, of: 4, warmup: 0) == 1 })
    let linear = (1...4).map { Schedule.linear.factor(step: $0, of: 4, warmup: 0) }
    #expect(zip(linear, [0.7625, 0.525, 0.2875, 0.05]).allSatisfy { abs($0 - $1) < 1e-15 })
    let cosine = (1...4).map { Schedule.cosine.factor(step: $0, of: 4, warmup: 0) }
    // 0.05 + 0.95 · (1 + cos(π/4 · n)) / 2.
    #expect(zip(cosine, [0.8608757210636101, 0.525, 0.18912427893638985, 0.05]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(abs(Schedule.linear.factor(step: 10, of: 10, warmup: 4) - 0.05) < 1e-15)
  }

  @Test(arguments: Schedule.allCases, [(1, 0), (3, 3), (3, 9)])
  func shortRunsHaveFactorsToo(schedule: Schedule, run: (steps: Int, warmup: Int)) {
    for step in 1...run.steps {
      #expect((0.05 - 1e-15...1).contains(schedule.factor(step: step, of: run.steps, warmup: run.warmup)))
    }
  }
}

@Suite struct ProblemOrderTests {
  @Test(arguments: [1, 3, 10], [1, 4, 10, 23])
  func everyEpochIsAPermutation(problems: Int, batch: Int) throws {
    let all = Array(try TinyWorld().problems.prefix(problems))
    var order = ProblemOrder(all, seed: 1)
    let epochs = 5
    let steps = (epochs * problems + batch - 1) / batch
    let drawn = (1...steps).flatMap { order.batch(step: $0, count: batch) }
    #expect(drawn.count == steps * batch)
    for epoch in 0..<epochs {
      #expect(Set(drawn[epoch * problems..<(epoch + 1) * problems]) == Set(all))
    }
    if problems == 10 { #expect(drawn[0..<10] != drawn[10..<20], "two epochs in the same order") }
  }

  @Test func theOrderIsThatOfTheSeedAndNotOfTheBatches() throws {
    let all = try TinyWorld().problems
    var (first, second, other) = (ProblemOrder(all, seed: 1), ProblemOrder(all, seed: 1), ProblemOrder(all, seed: 2))
    let byFour = (1...10).flatMap { first.batch(step: $0, count: 4) }
    #expect((1...5).flatMap { second.batch(step: $0, count: 8) } == byFour)
    #expect((1...10).flatMap { other.batch(step: $0, count: 4) } != byFour)
  }
}
