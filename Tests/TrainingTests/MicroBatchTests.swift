// A step that is cut into micro-batches is the same step: its loss and its gradient, but for the rounding of sums that
// are added up in another order.

@testable import Checkpoints
import Evidence
import LanguageModel
import Objectives
import Rollouts
import Tasks
import Tensors
import Testing
@testable import Training

@Suite struct MicroBatchTests {
  @Test(
    arguments: [
      ([3, 3, 3], nil, [0..<3]), ([3, 3, 3], 9, [0..<3]), ([3, 3, 3], 8, [0..<2, 2..<3]),
      ([3, 3, 3], 1, [0..<1, 1..<2, 2..<3]),
      ([5, 1, 1, 5], 6, [0..<2, 2..<4]), ([], 4, []), ([2], nil, [0..<1]), ([1, 7, 1], 7, [0..<1, 1..<2, 2..<3]),
    ] as [([Int], Int?, [Range<Int>])])
  func sequencesAreCutInOrder(tokens: [Int], limit: Int?, runs: [Range<Int>]) {
    #expect(microBatches(tokens: tokens, limit: limit) == runs)
  }

  /// A layer's products of what goes through at a time take some hundredths of a second: an interrupt waits for them.
  @Test(arguments: [(96, 8_192), (192, 3_390), (256, 1_907), (512, 1_024)])
  func fewerTokensGoThroughAWiderModelAtATime(width: Int, tokens: Int) {
    let shape = DecoderConfiguration(
      vocabulary: 18, width: width, layers: 3, heads: width / 32, keyValueHeads: width / 32, headWidth: 32,
      feedForward: 4 * width)
    #expect(tokensAtOnce(shape) == tokens)
  }

  /// Prompts of the student, prompts of the teacher, completions.
  private let sequences: [(student: [Int32], teacher: [Int32], completion: [Int32])] = (0..<9).map { index in
    (
      randomTokens(2 + index % 3, below: 18, seed: UInt64(index)),
      randomTokens(6, below: 18, seed: UInt64(100 + index)),
      randomTokens(1 + (5 * index) % 13, below: 18, seed: UInt64(200 + index))
    )
  }

  /// The parameters and the loss after one step of OPSD on these sequences.
  private func step(_ world: TinyWorld, limit: Int?) throws -> (loss: Double, norm: Double, moved: [Double]) {
    let initial = world.policy.weights.base
    let learner = Learner(Weights(initial), OptimiserSettings(learningRate: 1e-2), steps: 1)
    let teacherPass = DecoderPass(initial.configuration, for: .scoring, memory: learner.activations)
    let head = Head(in: learner.activations)
    let weights = Floats(Reduction.sequenceMean.weights(lengths: sequences.map(\.completion.count)))
    let read = sequences.map { max($0.student.count, $0.teacher.count) + $0.completion.count - 1 }
    var scored = 0
    learner.begin(step: 1)
    for run in microBatches(tokens: read, limit: limit) {
      var (student, teacher) = (PackedBatch(), PackedBatch())
      for sequence in sequences[run] {
        student.append(prompt: sequence.student, completion: sequence.completion)
        teacher.append(prompt: sequence.teacher, completion: sequence.completion)
      }
      let its = weights[scored..<scored + student.scored.count]
      scored += its.count
      let hidden = teacherPass.forward(initial, teacher)
      try learner.accumulate(student) { positions, logits in
        distillationLoss(
          .jsd(beta: 0.5), teacher: head.logProbabilities(initial, hidden, positions, temperature: 1),
          studentLogits: logits, positions, weights: its, temperature: 1)
      }
    }
    let update = try learner.finish()
    let first = try #require(learner.groups["firstMoment"])
    var moment: [Double] = []
    for array in first { array.forEachPiece { _, numbers in moment += numbers.doubles } }
    return (update.loss, update.gradientNorm, moment)
  }

  /// The first moment after the first step is a tenth of the clipped gradient.
  @Test(arguments: [1, 6, 20, 47, 1000])
  func theGradientIsThatOfTheWholeStep(limit: Int) throws {
    let world = try TinyWorld()
    let whole = try step(world, limit: nil)
    let cut = try step(world, limit: limit)
    // Only gradients of norm vectors are added up in another order. The worst seen: 4 · 10⁻¹⁶, 6 · 10⁻¹⁰ and 6 · 10⁻⁸.
    #expect(abs(cut.loss / whole.loss - 1) < 1e-14)
    #expect(abs(cut.norm / whole.norm - 1) < 1e-8)
    #expect(relativeError(cut.moved, whole.moved) < 3e-7)
    #expect(whole.norm > 1e-4)
  }

  @Test func aRunInMicroBatchesIsTheSameTwiceAndWithAnyNumberOfThreads() throws {
    let world = try TinyWorld()
    var plan = world.plan(4, isExamined: true)
    let whole = try world.train(plan)
    plan.microBatch = 24
    let run = try world.train(plan)
    for threads in [1, 2, 4] {
      let again = try withThreads(threads) { try world.train(plan) }
      #expect(again.bits == run.bits && again.records == run.records && again.evaluations == run.evaluations)
    }
    #expect(abs(run.records[0].loss / whole.records[0].loss - 1) < 1e-6)
    #expect(run.records[0].tokens == whole.records[0].tokens)
    plan.microBatch = 1_000_000
    #expect(try world.train(plan).bits == whole.bits)
  }

  @Test func pretrainingIsCutToo() throws {
    let world = try TinyWorld()
    var plan = world.plan(3)
    func train() throws -> TrainingRun {
      try Pretraining(sequences: 12).train(TinyWorld.shape(), task: world.task, plan, RunObserver())
    }
    let whole = try train()
    plan.microBatch = 40
    let cut = try train()
    #expect(cut.records.count == 3)
    for (one, other) in zip(cut.records, whole.records) { #expect(abs(one.loss / other.loss - 1) < 1e-5) }
  }

  @Test(arguments: [0, -1, 1, 18]) func whatHoldsNoSequenceIsRefused(tokens: Int) throws {
    let world = try TinyWorld()
    var plan = world.plan(2)
    plan.microBatch = tokens
    let error = #expect(throws: SettingError.self) {
      try world.train(plan, RunObserver(onEvent: { _ in Issue.record("work was done") }))
    }
    // The teacher's prompt of 8 tokens and an answer of 12, whose last token is never read.
    #expect(error?.setting == "microBatch" && error?.description.contains("microBatch \(tokens)") == true)
    plan.microBatch = 19
    #expect(try world.train(plan).ending == .complete)
  }

  @Test func aStepThatIsTooLargeForMemoryMayBeCut() throws {
    let shape = DecoderConfiguration(
      vocabulary: 18, width: 1, layers: 1, heads: 1, keyValueHeads: 1, headWidth: 2, feedForward: 1_000_000)
    var plan = RunPlan(steps: 1)
    #expect(try plan.tokensAtATime(sequences: 65_536, longest: 20) == 65_536 * 20)
    plan.microBatch = 20
    let tokens = try plan.tokensAtATime(sequences: 65_536, longest: 20)
    #expect(tokens == 20 && MemoryLedger(shape, tokens: tokens).total < 1e9)
  }
}
