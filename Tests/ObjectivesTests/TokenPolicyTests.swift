// Losses of the sampled token: derivatives against differences, golden values, expectations over the token, advantages.

import Evidence
import Glibc
import Objectives
import Tensors
import Testing

@Suite struct TokenPolicyTests {
  static let surrogates: [TokenPolicyLoss.Surrogate] = [
    .logProbability, .ratio, .clippedRatio(), .clippedRatio(low: 0.2, high: 0.28), .cappedRatio(1.5),
  ]

  /// `cappedRatio` and the teacher's part are detached: the derivative is that of what is written without sg.
  @Test(arguments: surrogates, [nil] + KLEstimator.allCases)
  func derivativesAreSlopes(surrogate: TokenPolicyLoss.Surrogate, estimator: KLEstimator?) {
    let loss = TokenPolicyLoss(surrogate, penalty: estimator.map { KLPenalty($0, coefficient: 0.3) })
    for (index, advantage) in [1.3, -0.7, 0.4, -2].enumerated() {
      for gap in [-1.1, -0.3, -0.05, 0.02, 0.21, 0.9] {
        let token = TokenPolicyLoss.Token(student: -1.2, old: -1.2 - gap, reference: -0.8 - Double(index) / 3)
        let outcome = loss(token, advantage: advantage)
        func value(_ student: Double) -> Double {
          var moved = token
          moved.student = student
          let result = loss(moved, advantage: advantage)
          guard case .cappedRatio(let cap) = surrogate else { return result.loss }
          // The ratio is held where it was.
          return result.loss + (min(result.ratio, cap) - min(outcome.ratio, cap)) * advantage * student
        }
        let slope = (value(token.student + 1e-5) - value(token.student - 1e-5)) / 2e-5
        #expect(abs(outcome.derivative - slope) < 1e-8, "\(advantage) \(gap)")
        #expect(abs(outcome.ratio - exp(gap)) < 1e-12)
      }
    }
  }

  @Test func goldenSampledToken() {
    let (p, q) = (softmax(goldenTeacher), softmax(goldenStudent))
    let token = TokenPolicyLoss.Token(student: log(q[3]), reference: log(p[3]), teacher: log(p[3]))
    let outcome = TokenPolicyLoss(.logProbability, advantage: .teacher)(token, advantage: 7)
    #expect(abs(outcome.advantage + 0.98197894) < 5e-9 && outcome.derivative == -outcome.advantage)
    for (estimator, value) in [(KLEstimator.k1, 0.98197894), (.k2, 0.48214132), (.k3, 0.35654805)] {
      #expect(abs(estimator(policy: log(q[3]), reference: log(p[3])).value - value) < 5e-9)
    }
  }

  /// Σ_ŷ q(ŷ) · gradient: what the losses follow on average, trap 3 of the field.
  @Test func expectedGradientsAreThoseOfTheTable() {
    let (p, q) = (softmax(goldenTeacher), softmax(goldenStudent))
    func expected(_ derivative: (Int) -> Double) -> [Double] {
      q.indices.map { v in q.indices.reduce(0) { $0 + q[$1] * derivative($1) * ((v == $1 ? 1 : 0) - q[v]) } }
    }
    let reverse = [-0.29995047, 0.12652925, -0.04423289, 0.29058183, -0.07292771]
    let forward = [-0.35959646, 0.09535219, -0.03080644, 0.34584193, -0.05079123]
    let sampled = TokenPolicyLoss(.logProbability, advantage: .teacher)
    let token = expected { sampled(.init(student: log(q[$0]), teacher: log(p[$0])), advantage: 0).derivative }
    #expect(zip(token, reverse).allSatisfy { abs($0 - $1) < 1e-8 })
    for (estimator, gradient) in [(KLEstimator.k1, [Double](repeating: 0, count: 5)), (.k2, reverse), (.k3, forward)] {
      let found = expected { estimator(policy: log(q[$0]), reference: log(p[$0])).derivative }
      #expect(zip(found, gradient).allSatisfy { abs($0 - $1) < 1e-8 }, "\(estimator)")
    }
  }

  @Test func theHybridMixesOutcomeAndTeacher() {
    let advantage = TokenAdvantage.hybrid(0.9)
    #expect(abs(advantage(given: 2, teacher: -1, student: -3) - (1.8 + 0.2)) < 1e-12)
    #expect(TokenAdvantage(outcome: 0, teacher: 1, floor: -2.5)(given: 1, teacher: -9, student: -1) == -2.5)
    #expect(TokenAdvantage(outcome: 0, teacher: 1, limit: 5)(given: 1, teacher: -1, student: -9) == 5)
    #expect(TokenAdvantage.outcome(given: 3, teacher: -1, student: -9) == 3)
    #expect(importanceWeight(student: -1, old: -3) == 2)
    #expect(abs(importanceWeight(student: -1.1, old: -1) - exp(-0.1)) < 1e-12)
  }

  @Test(arguments: [2, 16, 19], [0.7, 1.3])
  func gradientsOfRowsAreTheDerivativeTimesThatOfTheToken(width: Int, temperature: Double) {
    let rows = 5
    let logits = randomNumbers(rows * width, seed: 1, scale: 3)
    let tokens = randomTokens(rows, below: width, seed: 2)
    let (advantages, weights) = (randomNumbers(rows, seed: 3), randomNumbers(rows, seed: 4))
    let student = Floats(logits)
    logSoftmax(student, rows: rows, width: width, temperature: Float(temperature))
    let known = TokenPolicyLoss.Rows(tokens: tokens, advantages: advantages)
    let loss = TokenPolicyLoss(.ratio)
    let before = loss.outcomes(student: student, known, vocabulary: width)
    let outcomes = loss.lossAndGradient(
      student: student, known, weights: Floats(weights), vocabulary: width, temperature: temperature)
    #expect(outcomes == before)
    let way = randomNumbers(rows * width, seed: 5).doubles
    let slope = directionalDifference(logits.doubles, way) { logits in
      (0..<rows).reduce(0) { sum, row in
        let q = softmax(logits[row * width..<(row + 1) * width].map { $0 / temperature })
        return sum - Double(weights[row]) * Double(advantages[row]) * log(q[Int(tokens[row])])
      }
    }
    #expect(abs(dot(student.doubles, way) - slope) < 3e-6)
  }

  @Test func whatCannotBeIsRefused() {
    func isRefused(_ loss: TokenPolicyLoss) -> Bool { (try? loss.validate()) == nil }
    let impossible: [TokenPolicyLoss] = [
      .init(.clippedRatio(low: -0.1)), .init(.clippedRatio(low: 1.1)), .init(.clippedRatio(high: .nan)),
      .init(.cappedRatio(0)), .init(penalty: .init(coefficient: -1)),
      .init(advantage: .init(outcome: .nan, teacher: 0)), .init(advantage: .init(outcome: 0, teacher: 1, limit: 0)),
    ]
    #expect(impossible.allSatisfy(isRefused))
    let dapo = TokenPolicyLoss(.clippedRatio(low: 0.2, high: 0.28), penalty: .init(coefficient: 0.04))
    #expect(!isRefused(dapo))
  }
}

@Suite struct GroupAdvantageTests {
  @Test func goldenGroup() {
    let rewards = [[1.0, 0, 0, 1, 0, 0, 0, 0]]
    let standardised = GroupAdvantage.groupStandardised()(rewards).values[0]
    #expect(abs(standardised[0] - 1.61983525) < 5e-9 && abs(standardised[1] + 0.53994508) < 5e-9)
    #expect(GroupAdvantage.meanOnly(rewards).values[0].prefix(2) == [0.75, -0.25])
    // verl's epsilon.
    #expect(abs(GroupAdvantage.groupStandardised(epsilon: 1e-6)(rewards).values[0][0] - 0.75 / 0.46291105) < 1e-8)
  }

  @Test(arguments: [
    GroupAdvantage.groupStandardised(), .batchStandardised(), .meanOnly, .groupStandardised(epsilon: 0),
  ])
  func groupsWithoutDifferencesTeachNothing(rule: GroupAdvantage) {
    let advantages = rule([[1, 1, 1], [0.1, 0.1, 0.1, 0.1, 0.1, 0.1], [5], []])
    #expect(advantages.values == [[0, 0, 0], [0, 0, 0, 0, 0, 0], [0], []])
    #expect(advantages.silentShare == 1 && rule([]).silentShare == 0)
  }
}

@Suite struct PositionWeightTests {
  @Test func goldenLateWeights() {
    let expected = [0.31382, 0.43381, 0.64841, 0.84864, 0.94934, 0.98475, 0.99557, 0.99872]
    #expect(zip(PositionWeights.late().weights(8), expected).allSatisfy { abs($0 - $1) < 5.1e-6 })
  }

  @Test func earlyIsTheMirrorOfLate() {
    let late = PositionWeights.late(minimum: 0.1, centre: 0.4, scale: 0.2).weights(9)
    let early = PositionWeights.early(minimum: 0.1, centre: 0.6, scale: 0.2).weights(9)
    #expect(zip(late, early.reversed()).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func skippedPositionsAreNotCounted() {
    let skip = Reduction.sequenceMean.weights(lengths: [2, 5, 3], position: .skip(3))
    #expect(skip == [0, 0, 0, 0, 0, 0.5, 0.5, 0, 0, 0])
    let third: Float = 1 / 3
    #expect(Reduction.tokenMean.weights(lengths: [1, 4], position: .first(2)) == [third, third, third, 0, 0])
    #expect(Reduction.fixedLength(8).weights(lengths: [1, 3, 0, 0]) == [Float](repeating: 0.03125, count: 4))
    #expect(Reduction.fixedLength(8).weights(lengths: [2, 2], position: .skip(1)) == [0, 0.0625, 0, 0.0625])
  }

  /// PW-OPSD divides by the length and not by the sum of the weights.
  @Test func lateWeightsAreNotNormalised() {
    let weights = Reduction.sequenceMean.weights(lengths: [8], position: .late())
    #expect(abs(weights[0] - 0.31382 / 8) < 1e-6)
  }

  @Test func whatCannotBeIsRefused() {
    func isRefused(_ weights: PositionWeights) -> Bool { (try? weights.validate()) == nil }
    #expect(isRefused(.late(minimum: -1)) && isRefused(.late(centre: 2)) && isRefused(.early(scale: 0)))
    #expect(isRefused(.first(0)) && isRefused(.skip(-1)) && !isRefused(.late()) && !isRefused(.skip(3)))
    #expect((try? Reduction.fixedLength(0).validate()) == nil && (try? Reduction.fixedLength(9).validate()) != nil)
  }
}
