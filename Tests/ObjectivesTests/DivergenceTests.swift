// The divergences as functions of probabilities: published golden values, identities, limits, bounds.

import Evidence
import Glibc
import Objectives
import Testing

/// The two rows of five logits for which the golden values below were computed in double precision.
let goldenStudent = [1, 0.5, -0.5, 2, 0]
let goldenTeacher = [2, -1, 0, 1, 0.5]

func softmax(_ logits: [Double]) -> [Double] {
  let top = logits.max() ?? 0
  let sum = logits.reduce(0) { $0 + exp($1 - top) }
  return logits.map { exp($0 - top) / sum }
}

/// A pair of distributions over `width` tokens.
private func randomPair(_ width: Int, seed: UInt64, scale: Float = 4) -> (p: [Double], q: [Double]) {
  (
    softmax(randomNumbers(width, seed: seed, scale: scale).doubles),
    softmax(randomNumbers(width, seed: seed + 1000, scale: scale).doubles)
  )
}

@Suite struct DivergenceTests {
  static let published: [Divergence] = [.forwardKL, .reverseKL, .jsd(beta: 0.1), .jsd(beta: 0.5), .jsd(beta: 0.9)]
  static let every = published + [.totalVariation, .skewKL(alpha: 0.1), .skewReverseKL(alpha: 0.1)]

  @Test(arguments: zip(published, [0.43278342, 0.45648208, 0.03851838, 0.10613608, 0.04010461]))
  func goldenValues(divergence: Divergence, value: Double) {
    // Printed to eight places.
    #expect(abs(divergence(softmax(goldenTeacher), softmax(goldenStudent)) - value) < 5.1e-9)
  }

  @Test func goldenSummands() {
    let terms = Divergence.forwardKL.terms(softmax(goldenTeacher), softmax(goldenStudent))
    let expected = [0.57316747, -0.04154161, 0.03947146, -0.20339134, 0.06507744]
    #expect(zip(terms, expected).allSatisfy { abs($0 - $1) < 5.1e-9 })
  }

  @Test(arguments: every, [2, 5, 40])
  func zeroWhereBothAgreeAndPositiveElsewhere(divergence: Divergence, width: Int) {
    for seed in 0..<20 as Range<UInt64> {
      let (p, q) = randomPair(width, seed: seed)
      #expect(abs(divergence(p, p)) < 1e-15, "for the mixture, β + (1 − β) rounds")
      #expect(divergence(p, q) > 1e-6)
      #expect(abs(divergence.terms(p, q).reduce(0, +) - divergence(p, q)) < 1e-15)
    }
  }

  @Test(arguments: [0.01, 0.1, 0.5, 0.8, 0.99])
  func jsdLiesBetweenZeroAndTheEntropyOfItsWeight(beta: Double) {
    let most = -beta * log(beta) - (1 - beta) * log(1 - beta)
    for seed in 0..<20 as Range<UInt64> {
      for scale in [1, 10, 60] as [Float] {
        let (p, q) = randomPair(7, seed: seed, scale: scale)
        #expect((0...most + 1e-12).contains(Divergence.jsd(beta: beta)(p, q)))
      }
    }
    // The bound is reached where the two share no token, and only a definition with 0 · log 0 = 0 gets there.
    #expect(abs(Divergence.jsd(beta: beta)([1, 0], [0, 1]) - most) < 1e-15)
  }

  @Test func jsdMirrorsItsSides() {
    for seed in 0..<20 as Range<UInt64> {
      let (p, q) = randomPair(9, seed: seed)
      #expect(abs(Divergence.jsd(beta: 0.5)(p, q) - Divergence.jsd(beta: 0.5)(q, p)) < 1e-15)
      #expect(abs(Divergence.jsd(beta: 0.2)(p, q) - Divergence.jsd(beta: 0.8)(q, p)) < 1e-15)
      #expect(abs(Divergence.forwardKL(p, q) - Divergence.reverseKL(q, p)) < 1e-15)
    }
  }

  /// Which end of beta is which: JSD_β/β → forward KL as β → 0, JSD_β/(1 − β) → reverse KL as β → 1.
  @Test func theEndsOfBetaAreTheTwoKLs() {
    for seed in 0..<10 as Range<UInt64> {
      let (p, q) = randomPair(9, seed: seed, scale: 2)
      let beta = 1e-6
      // The next term of the expansion is β times a χ² that stays below 10⁴ here.
      #expect(abs(Divergence.jsd(beta: beta)(p, q) / beta - Divergence.forwardKL(p, q)) < 1e-3)
      #expect(abs(Divergence.jsd(beta: 1 - beta)(p, q) / beta - Divergence.reverseKL(p, q)) < 1e-3)
      #expect(abs(Divergence.forwardKL(p, q) - Divergence.reverseKL(p, q)) > 1e-3)
    }
  }

  @Test func impossibleTokensCountAsTheDefinitionSays() {
    #expect(Divergence.forwardKL([0, 1], [0.5, 0.5]) == log(2))
    #expect(Divergence.reverseKL([0.5, 0.5], [0, 1]) == log(2))
    #expect(Divergence.forwardKL([0.5, 0.5], [0, 1]) == .infinity)
    #expect(Divergence.reverseKL([0, 1], [0.5, 0.5]) == .infinity)
  }

  @Test func namesTellThemApart() {
    #expect(Set(Self.every.map(\.name)).count == Self.every.count)
    #expect(Self.every.map(\.formula).count { $0.contains("KL(p_T ‖ p_S)") } == 1)
  }
}

@Suite struct ReductionTests {
  @Test func everySequenceOrEveryTokenCountsTheSame() {
    #expect(Reduction.sequenceMean.weights(lengths: [1, 4]) == [0.5, 0.125, 0.125, 0.125, 0.125])
    #expect(Reduction.tokenMean.weights(lengths: [1, 4]) == [0.2, 0.2, 0.2, 0.2, 0.2])
  }

  @Test(arguments: Reduction.allCases)
  func emptySequencesCountNothing(reduction: Reduction) {
    #expect(reduction.weights(lengths: [0, 2, 0, 3]) == reduction.weights(lengths: [2, 3]))
    #expect(reduction.weights(lengths: []).isEmpty && reduction.weights(lengths: [0]).isEmpty)
  }

  @Test(arguments: Reduction.allCases, [[1], [3, 3], [1, 17, 60], [0, 5]])
  func weightsSumToOne(reduction: Reduction, lengths: [Int]) {
    let weights = reduction.weights(lengths: lengths)
    #expect(weights.count == lengths.reduce(0, +))
    #expect(abs(weights.doubles.reduce(0, +) - 1) < 1e-7 * Double(weights.count))
  }
}
