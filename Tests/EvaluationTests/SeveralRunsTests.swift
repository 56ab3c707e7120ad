// Several seeds and paired differences, against numbers that were worked by hand or by SciPy.

import Testing
@testable import Evaluation

@Suite struct SeveralRunsTests {
  private func result(_ correct: [Int], samples: Int = 4, majority: [Bool]? = nil) -> EvaluationResult {
    EvaluationResult(
      correct: correct, majority: majority ?? correct.map { 2 * $0 > samples }, samples: samples, formatted: 0,
      tokens: 10, ended: 3)
  }

  @Test func whatAllSeedsDidIsTakenTogether() {
    let runs = SeveralRuns([result([4, 0, 2]), result([2, 0, 4])])
    #expect(runs.pooled.correct == [6, 0, 6] && runs.pooled.samples == 8 && runs.pooled.tokens == 20)
    #expect(runs.accuracy == 0.5 && runs.pooled.majority == [false, false, false])
  }

  /// scipy.stats.t.ppf(0.975, n).
  @Test(arguments: [(1, 12.7062), (2, 4.3027), (10, 2.2281), (11, 2.2010), (20, 2.0860), (60, 2.0003), (1000, 1.9623)])
  func theQuantilesOfStudentsT(freedom: Int, quantile: Double) {
    #expect(abs(studentT95(freedom: freedom) - quantile) < 2e-4)
  }

  @Test func theIntervalOverSeedsIsThatOfStudentsT() throws {
    // 0.5, 0.6, 0.7: mean 0.6, standard deviation 0.1, half width 4.3027 · 0.1 / √3.
    let found = meanAndInterval(of: [0.5, 0.6, 0.7])
    let interval = try #require(found.interval)
    #expect(abs(found.mean - 0.6) < 1e-12 && abs(interval.upperBound - 0.6 - 0.248416) < 1e-5)
    #expect(meanAndInterval(of: [0.3]).interval == nil)
    #expect(SeveralRuns([result([4, 4])]).seedInterval == nil)
    #expect(SeveralRuns([result([4, 4]), result([0, 0])]).seedInterval == 0...1)
  }

  @Test func aPairedDifferenceIsNarrowerThanTheTwoIntervals() {
    let weak = SeveralRuns([result([0, 1, 2, 3, 0, 1, 2, 3])])
    let strong = SeveralRuns([result([1, 2, 3, 4, 1, 2, 3, 4])])
    let found = strong.difference(from: weak)
    #expect(abs(found.mean - 0.25) < 1e-12 && found.interval.upperBound - found.interval.lowerBound < 1e-9)
    let other = SeveralRuns([result([4, 0, 4, 0, 4, 0, 4, 0])])
    let wide = other.difference(from: weak)
    // Differences 1, −1/4, 1/2, −3/4, and the same again: mean 0.125, standard error 0.254425.
    #expect(abs(wide.mean - 0.125) < 1e-12)
    #expect(abs(wide.interval.upperBound - 0.125 - 1.959964 * 0.254425) < 1e-5)
  }

  @Test func theMostFrequentAnswerDecides() {
    #expect(result([4, 0], majority: [true, false]).majorityAccuracy == 0.5)
    #expect(abs(result([4, 0]).truncationRate - (1 - 3.0 / 8)) < 1e-12)
  }
}
