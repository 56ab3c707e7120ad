// pass@k and the error of decoding, against published values and against counting.

@testable import Evaluation
import Testing

@Suite struct StatisticsTests {
  private func result(_ correct: [Int], samples: Int) -> EvaluationResult {
    EvaluationResult(
      correct: correct, majority: correct.map { _ in false }, samples: samples, formatted: 0, tokens: 0, ended: 0)
  }

  @Test(arguments: [(12, 3, 1, 0.25), (12, 3, 4, 0.74545455), (12, 3, 8, 0.98181818), (16, 1, 8, 0.5)])
  func goldenPassRates(n: Int, c: Int, k: Int, value: Double) {
    #expect(abs(passAtK(samples: n, correct: c, k: k) - value) < 5e-9)
  }

  /// Every choice of k among n attempts, of which the first c are right.
  @Test(arguments: 1...7, 0...7)
  func passRatesAreTheShareOfChoices(n: Int, c: Int) {
    guard c <= n else { return }
    for k in 1...n {
      let choices = (0..<1 << n).filter { $0.nonzeroBitCount == k }
      let share = Double(choices.count { $0 & ((1 << c) - 1) != 0 }) / Double(choices.count)
      #expect(abs(passAtK(samples: n, correct: c, k: k) - share) < 1e-14)
    }
  }

  @Test func passRatesAreMeansOverProblems() {
    let found = result([3, 0, 12], samples: 12)
    let (four, one) = (found.passRate(4) ?? .nan, found.passRate(1) ?? .nan)
    let expected: Double = 1.745454545454 / 3
    #expect(abs(four - expected) < 1e-10)
    #expect(abs(one - found.accuracy) < 1e-14)
    #expect(found.passRate(0) == nil && found.passRate(13) == nil && result([], samples: 4).passRate(1) == nil)
  }

  @Test func goldenDecodingError() {
    let found = result([3, 0, 12, 7], samples: 12)
    #expect(abs(100 * found.accuracy - 45.8333) < 5e-5 && abs(100 * (found.decodingError ?? .nan) - 4.9460) < 5e-5)
    #expect(result([1, 0], samples: 1).decodingError == nil && result([], samples: 3).decodingError == nil)
    #expect(result([4, 0], samples: 4).decodingError == 0)
  }
}
