// Supports and clips: published golden values, exact identities, what the statistics count, what is refused.

import Evidence
import Glibc
import Objectives
import Tensors
import Testing

/// What an objective makes of rows of logits, all of weight 1.
private struct Outcome {
  let losses: [Double]
  let gradient: [Double]
  let statistics: DistillationStatistics

  init(_ objective: DistillationObjective, teacher: [Double], student: [Double], width: Int) {
    let rows = teacher.count / width
    let (p, q) = (Floats(teacher.map { Float($0) }), Floats(student.map { Float($0) }))
    logSoftmax(p, rows: rows, width: width)
    logSoftmax(q, rows: rows, width: width)
    let losses = Floats(zeros: rows)
    statistics = DistillationStatistics(rows: rows)
    objective.lossAndGradient(
      teacher: p, student: q, weights: Floats([Float](repeating: 1, count: rows)), losses: losses, rows: rows,
      vocabulary: width, statistics: statistics)
    (self.losses, gradient) = (losses.doubles, q.doubles)
  }
}

@Suite struct DistillationObjectiveTests {
  typealias Objective = DistillationObjective

  /// Values printed to eight places, computed in float32 here.
  @Test(arguments: [
    (Objective(.forwardKL, clip: .pointwise(0.05)), -0.10546149),
    (Objective(.forwardKL, clip: .pointwise(1e-6)), -0.24492996),
    (Objective(.forwardKL, clip: .perToken(0.2)), 0.2), (Objective(.forwardKL, clip: .perToken(1)), 0.43278342),
    (Objective(.forwardKL, support: .topK(2, of: .teacher, .renormalised)), 0.46211716),
    (Objective(.forwardKL, support: .topK(2, of: .teacher, .full)), 0.36977613),
    (Objective(.reverseKL, support: .topK(2, of: .student, .tail)), 0.35006822),
    (Objective(.forwardKL, support: .topK(2, of: .student, .tail)), 0.35641742),
  ])
  func goldenLosses(objective: Objective, value: Double) {
    #expect(abs(Outcome(objective, teacher: goldenTeacher, student: goldenStudent, width: 5).losses[0] - value) < 5e-7)
  }

  @Test func theGoldenClipCountsAndKeeps() {
    let outcome = Outcome(
      .init(.forwardKL, clip: .pointwise(0.05)), teacher: goldenTeacher, student: goldenStudent, width: 5)
    #expect(
      relativeError(outcome.gradient, [0.06333666, 0.01038445, -0.06206432, -0.03495705, 0.02330025]) < 1e-6)
    #expect(outcome.statistics.clipFraction[0] == 0.4)
    #expect(abs(outcome.statistics.keptMass[0] - 0.31135175) < 1e-7)
    #expect(outcome.statistics.teacherCoverage[0] == 1 && outcome.statistics.studentCoverage[0] == 1)
  }

  @Test func theGoldenSupportCovers() {
    let outcome = Outcome(
      .init(.forwardKL, support: .topK(2, of: .teacher, .full)), teacher: goldenTeacher, student: goldenStudent,
      width: 5)
    #expect(abs(outcome.statistics.teacherCoverage[0] - 0.77014517) < 1e-7)
    #expect(abs(outcome.statistics.studentCoverage[0] - 0.75639064) < 1e-7)
  }

  /// Clipping the entries of forward KL scales by the kept mass P_U and takes the clipped tokens out of the teacher.
  @Test(arguments: [0.3, 0.05, 1e-6])
  func clippedForwardKLDistilsTowardsTheTeacherWithoutTheClippedTokens(threshold: Double) {
    let width = 19
    for seed in 0..<8 as Range<UInt64> {
      let teacher = randomNumbers(width, seed: seed, scale: 3).doubles
      let student = randomNumbers(width, seed: seed + 100, scale: 3).doubles
      let outcome = Outcome(
        .init(.forwardKL, clip: .pointwise(threshold)), teacher: teacher, student: student, width: width)
      let (p, q) = (softmax(teacher), softmax(student))
      let isKept = zip(p, q).map { $0 * log($0 / $1) <= threshold }
      let mass = zip(p, isKept).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
      let expected = (0..<width).map { mass * q[$0] - (isKept[$0] ? p[$0] : 0) }
      #expect(relativeError(outcome.gradient, expected) < 3e-6)
      #expect(abs(Double(outcome.statistics.keptMass[0]) - mass) < 1e-6)
      #expect(outcome.statistics.clipFraction[0] == Float(isKept.count { !$0 }) / Float(width))
    }
  }

  @Test(arguments: DivergenceTests.every, [2, 16, 37])
  func aSupportOfEverythingOrAClipOfNothingChangesNothing(divergence: Divergence, width: Int) {
    let teacher = randomNumbers(3 * width, seed: 1, scale: 3).doubles
    let student = randomNumbers(3 * width, seed: 2, scale: 3).doubles
    let plain = Outcome(.init(divergence), teacher: teacher, student: student, width: width)
    var others = SupportNormalisation.allCases.map { Objective(divergence, support: .topK(width, of: .student, $0)) }
    others += [.init(divergence, clip: .pointwise(1e3)), .init(divergence, clip: .perToken(1e3))]
    for objective in others {
      let outcome = Outcome(objective, teacher: teacher, student: student, width: width)
      #expect(relativeError(outcome.losses, plain.losses) < 2e-6, "\(objective.name)")
      #expect(relativeError(outcome.gradient, plain.gradient) < 2e-6, "\(objective.name)")
      for row in 0..<3 {
        #expect(abs(outcome.statistics.keptMass[row] - 1) < 1e-6 && outcome.statistics.clipFraction[row] == 0)
        #expect(abs(outcome.statistics.teacherCoverage[row] - 1) < 1e-6)
      }
    }
  }

  @Test func aTokenAboveItsThresholdHasNoGradient() {
    let outcome = Outcome(
      .init(.reverseKL, clip: .perToken(0.2)), teacher: goldenTeacher, student: goldenStudent, width: 5)
    #expect(outcome.gradient.allSatisfy { $0 == 0 })
    #expect(outcome.statistics.clipFraction[0] == 1 && outcome.statistics.keptMass[0] == 0)
  }

  @Test func aRenormalisedSupportHasNoGradientOutside() {
    let outcome = Outcome(
      .init(.jsd(beta: 0.5), support: .topK(2, of: .teacher, .renormalised)), teacher: goldenTeacher,
      student: goldenStudent, width: 5)
    #expect(outcome.gradient.enumerated().allSatisfy { ($1 != 0) == [0, 3].contains($0) })
  }

  /// The tail: student and teacher each sure of a token, the rest of both nearly or quite impossible.
  @Test(arguments: DivergenceTests.every, SupportNormalisation.allCases)
  func opposedCertaintiesGiveFiniteNumbers(divergence: Divergence, normalisation: SupportNormalisation) {
    for gap in [30.0, 100, 20_000] {
      let rest = [Double](repeating: -gap, count: 17)
      let outcome = Outcome(
        .init(divergence, support: .topK(3, of: .student, normalisation), clip: .pointwise(1e9)),
        teacher: [0, -gap] + rest, student: [-gap, 0] + rest, width: 19)
      #expect(outcome.losses.allSatisfy { $0.isFinite }, "\(gap)")
      #expect(outcome.gradient.allSatisfy { $0.isFinite && abs($0) <= 1.000001 }, "\(gap)")
    }
  }

  @Test func whatCannotBeIsRefusedWithAReason() {
    func refused(_ objective: Objective, vocabulary: Int? = nil) -> String? {
      do throws(ObjectiveError) {
        try objective.validate(vocabulary: vocabulary)
        return nil
      } catch {
        #expect(!error.why.isEmpty && !error.fix.isEmpty)
        return error.setting
      }
    }
    for beta in [0, 1, -0.5, 2, .nan] { #expect(refused(.init(.jsd(beta: beta))) == "beta") }
    for alpha in [0, 1, .infinity] {
      #expect(refused(.init(.skewKL(alpha: alpha))) == "alpha")
      #expect(refused(.init(.skewReverseKL(alpha: alpha))) == "alpha")
    }
    for threshold in [0, -1, .nan, .infinity] {
      #expect(refused(.init(.forwardKL, clip: .pointwise(threshold))) == "clip")
      #expect(refused(.init(.forwardKL, clip: .perToken(threshold))) == "clip")
    }
    #expect(refused(.init(.forwardKL, support: .topK(0, of: .teacher))) == "k")
    #expect(refused(.init(.forwardKL, support: .topK(20, of: .teacher)), vocabulary: 19) == "k")
    #expect(refused(.init(.forwardKL, support: .topK(19, of: .teacher)), vocabulary: 19) == nil)
    #expect(refused(.init(.skewKL(alpha: 0.1), clip: .pointwise(0.05))) == nil)
  }

  @Test func namesTellThemApart() {
    let objectives = [
      Objective(.forwardKL), .init(.forwardKL, clip: .pointwise(0.05)), .init(.forwardKL, clip: .perToken(0.05)),
      .init(.forwardKL, support: .topK(5, of: .teacher, .tail)),
      .init(.forwardKL, support: .topK(5, of: .student, .tail)),
      .init(.forwardKL, support: .topK(5, of: .student, .full)),
      .init(.forwardKL, support: .topK(6, of: .student, .full)),
    ]
    #expect(Set(objectives.map(\.name)).count == objectives.count)
    #expect(Set(objectives.map(\.formula)).count == objectives.count)
  }
}

@Suite struct RowComparisonTests {
  @Test(arguments: [5, 16, 37])
  func numbersEqualTheDoubleFunctions(width: Int) {
    let teacher = goldenTeacher + randomNumbers(width - 5, seed: 1, scale: 3).doubles
    let student = goldenStudent + randomNumbers(width - 5, seed: 2, scale: 3).doubles
    let (p, q) = (Floats(teacher.map { Float($0) }), Floats(student.map { Float($0) }))
    logSoftmax(p, rows: 1, width: width)
    logSoftmax(q, rows: 1, width: width)
    let comparison = RowComparison.rows(teacher: p, student: q, rows: 1, vocabulary: width)[0]
    let (exactP, exactQ) = (softmax(teacher), softmax(student))
    func entropy(_ p: [Double]) -> Double { -p.reduce(0) { $0 + $1 * log($1) } }
    #expect(abs(comparison.teacherEntropy - entropy(exactP)) < 1e-6)
    #expect(abs(comparison.studentEntropy - entropy(exactQ)) < 1e-6)
    #expect(abs(comparison.forwardKL - Divergence.forwardKL(exactP, exactQ)) < 2e-6)
    #expect(abs(comparison.reverseKL - Divergence.reverseKL(exactP, exactQ)) < 2e-6)
    #expect(abs(comparison.jsd - Divergence.jsd(beta: 0.5)(exactP, exactQ)) < 1e-6)
    if width == 5 {
      #expect(abs(comparison.studentEntropy - 1.24410591) < 1e-6)
      #expect(abs(comparison.teacherEntropy - 1.20648921) < 1e-6)
    }
  }
}
