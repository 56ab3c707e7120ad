// The interval of an evaluation, against values computed by hand from Wilson's formula at z = 1.959964.

@testable import Evaluation
import Testing

@Suite struct IntervalTests {
  private func result(_ correct: [Int], samples: Int) -> EvaluationResult {
    EvaluationResult(
      correct: correct, majority: correct.map { $0 > 0 }, samples: samples, formatted: 0, tokens: 0, ended: 0)
  }

  /// correct, samples, and the two ends.
  static let byHand: [([Int], Int, Double, Double)] = [
    // One attempt at each problem: the textbook's interval of 7 in 10, of all and of none.
    ([1, 1, 1, 0, 1, 0, 1, 1, 0, 1], 1, 0.396778, 0.892209),
    ([Int](repeating: 1, count: 10), 1, 0.722467, 1), ([Int](repeating: 0, count: 10), 1, 0, 0.277533),
    // Shares 1, 0, ½, ¾: the variance of their mean is .546875/3/4, so 16 attempts count as 5.4.
    ([4, 0, 2, 3], 4, 0.215630, 0.857410),
    // Every problem half right: the problems say nothing about each other, and there are four of them.
    ([2, 2, 2, 2], 4, 0.150039, 0.849961),
    // Problems more alike than chance would have them: never more than the 16 attempts there were.
    ([2, 2, 2, 1], 4, 0.230987, 0.668214),
    // One problem, however often: one.
    ([5], 5, 0.206549, 1),
  ]

  @Test(arguments: byHand)
  func endsAreWilsons(correct: [Int], samples: Int, lower: Double, upper: Double) {
    let interval = result(correct, samples: samples).interval
    #expect(abs(interval.lowerBound - lower) < 1e-6 && abs(interval.upperBound - upper) < 1e-6, "\(interval)")
  }

  @Test(arguments: 1...6, 1...4)
  func theIntervalHoldsTheAccuracyAndStaysInside(problems: Int, samples: Int) {
    for first in 0...samples {
      for rest in 0...samples {
        let found = result([first] + [Int](repeating: rest, count: problems - 1), samples: samples)
        #expect((0...1).contains(found.interval.lowerBound) && (0...1).contains(found.interval.upperBound))
        #expect(found.interval.contains(found.accuracy))
      }
    }
  }

  @Test func moreProblemsNarrowIt() {
    let widths = [4, 16, 64, 256].map { count in
      let interval = result((0..<count).map { $0 % 2 }, samples: 1).interval
      return interval.upperBound - interval.lowerBound
    }
    #expect(zip(widths, widths.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test func noAttemptsSayNothing() {
    for empty in [result([], samples: 3), result([0, 0], samples: 0)] {
      #expect(empty.interval == 0...1 && empty.accuracy.isNaN && empty.formatRate.isNaN && empty.meanLength.isNaN)
    }
  }

  @Test func ratesAreShares() {
    let found = EvaluationResult(
      correct: [3, 1], majority: [true, false], samples: 4, formatted: 6, tokens: 40, ended: 7)
    #expect(found.accuracy == 0.5 && found.formatRate == 0.75 && found.meanLength == 5)
  }
}
