// Which weights score as the teacher, in which step, and the average against one in double precision.

import Evidence
import LanguageModel
import Rollouts
import Tensors
import Testing
@testable import Training

@Suite struct TeacherTests {
  private let initial = Weights(Parameters(randomly: TinyWorld.shape(), seed: 4))

  /// What a run does with a teacher and a student that is moved by these ways.
  private func scored(
    _ rule: Teacher.Rule, from initial: Weights, _ student: Weights, _ ways: [[Float]]
  ) -> [[Double]] {
    let teacher = Teacher(rule, initial: initial, student: student)
    return ways.map { way in
      let scored = teacher.weights.merged().values.doubles
      add(Floats(way), to: student.trained.values)
      teacher.update(after: student)
      return scored
    }
  }

  private func ways(_ count: Int) -> [[Float]] { (0..<5).map { randomNumbers(count, seed: $0, scale: 0.1) } }

  @Test func aFixedTeacherStaysWhereTheStudentBegan() {
    let start = initial.base.values.doubles
    let student = initial.copyOfTrained()
    let scored = scored(.fixed, from: initial, student, ways(start.count))
    #expect(scored.allSatisfy { $0 == start } && student.base.values.doubles != start)
  }

  @Test func aLiveTeacherIsTheStudentBeforeEachStep() {
    var expected = [initial.base.values.array]
    for way in ways(expected[0].count) { expected.append(zip(expected[expected.count - 1], way).map(+)) }
    let scored = scored(.live, from: initial, initial.copyOfTrained(), ways(expected[0].count))
    #expect(scored == expected.dropLast().map(\.doubles))
  }

  @Test(arguments: [0, 0.5, 0.99])
  func anAverageBeginsWithTheInitialWeightsAndTakesInEachStep(decay: Double) {
    var average = initial.base.values.doubles
    var student = average
    var expected: [[Double]] = []
    for way in ways(average.count) {
      expected.append(average)
      student = zip(student, way).map { $0 + Double($1) }
      average = zip(average, student).map { decay * $0 + (1 - decay) * $1 }
    }
    let before = initial.base.values.array.bits
    let scored = scored(.ema(decay: decay), from: initial, initial.copyOfTrained(), ways(average.count))
    for (step, expected) in expected.enumerated() {
      #expect(relativeError(scored[step], expected) < 1e-6, "step \(step + 1)")
    }
    #expect(initial.base.values.array.bits == before, "the initial weights were written to")
  }

  /// The average of merged weights, not the merged average of the factors.
  @Test func anAdapterEntersTheAverageMerged() throws {
    let configuration = AdapterConfiguration(rank: 2, targets: [.q, .down])
    let fresh = try #require(
      Adapter(randomly: configuration, for: initial.configuration, seed: 5, isInterrupted: { false }))
    let student = Weights(initial.base, adapter: fresh.copy())
    var average = initial.base.values.doubles
    var expected: [[Double]] = []
    let shadow = Weights(initial.base, adapter: fresh.copy())
    for way in ways(fresh.layout.count) {
      expected.append(average)
      add(Floats(way), to: shadow.trained.values)
      average = zip(average, shadow.merged().values.doubles).map { 0.7 * $0 + 0.3 * $1 }
    }
    let scored = scored(.ema(decay: 0.7), from: initial, student, ways(fresh.layout.count))
    for (step, expected) in expected.enumerated() {
      #expect(relativeError(scored[step], expected) < 1e-6, "step \(step + 1)")
    }
    #expect(scored[4] != scored[0])
  }

  @Test(arguments: [1, 1.5, -0.1, .nan, .infinity] as [Double])
  func decaysThatAreNoneAreRefused(decay: Double) throws {
    let error = #expect(throws: SettingError.self) { try Teacher.Rule.ema(decay: decay).validate() }
    #expect(error?.description.contains("the share that the average keeps") == true)
    let world = try TinyWorld(teacher: .ema(decay: decay))
    #expect(throws: SettingError.self) {
      try world.train(world.plan(1), RunObserver(onEvent: { _ in Issue.record("work was done") }))
    }
  }
}
