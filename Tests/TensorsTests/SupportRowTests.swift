// A part of the vocabulary: the likeliest tokens against sorting, what is taken and what is left against sums in double,
// and rows that are cut off against the twin.

import Evidence
import Glibc
import Tensors
import Testing

private let shapes = [(rows: 1, width: 2), (5, 7), (9, 16), (5, 17), (3, 96), (2, 1000)]

@Suite struct SupportRowTests {
  @Test(arguments: shapes, [1, 2, 5, 1000])
  func topTokensAreTheFirstOfTheSortedRow(shape: (rows: Int, width: Int), most: Int) {
    let (rows, width) = shape
    let count = min(most, width)
    // Whole numbers, so that many are equal.
    for scale in [3, 1000] as [Float] {
      let values = randomNumbers(rows * width, seed: 1, scale: scale).map { $0.rounded() }
      let tokens = topTokens(Floats(values), count: count, rows: rows, width: width)
      for row in 0..<rows {
        let sorted = (0..<width).sorted { (values[row * width + $0], $1) > (values[row * width + $1], $0) }
        #expect(tokens[row * count..<(row + 1) * count].map(Int.init) == sorted.prefix(count).sorted())
      }
    }
  }

  @Test(arguments: shapes, SupportNormalisation.allCases)
  func takenRowsAreLogProbabilities(shape: (rows: Int, width: Int), normalisation: SupportNormalisation) {
    let (rows, width) = shape
    let count = min(5, width - 1)
    let logits = randomNumbers(rows * width, seed: 2, scale: 4)
    let values = Floats(logits)
    logSoftmax(values, rows: rows, width: width)
    let exact = naiveLogSoftmax(logits.doubles, width: width)
    // Tokens that have nothing to do with the row's order.
    let tokens = (0..<rows).flatMap { row in (0..<width).shuffledBy(row).prefix(count).sorted().map(Int32.init) }
    let masses = Floats(zeros: rows)
    let taken = takeTokens(values, tokens, normalisation, masses: masses, rows: rows, width: width)
    let stride = normalisation == .tail ? count + 1 : count
    #expect(taken.count == rows * stride)
    for row in 0..<rows {
      let chosen = tokens[row * count..<(row + 1) * count].map { exact[row * width + Int($0)] }
      let mass = chosen.reduce(0) { $0 + exp($1) }
      let shift = normalisation == .renormalised ? log(mass) : 0
      let rest = (0..<width).filter { !tokens[row * count..<(row + 1) * count].contains(Int32($0)) }
      let tail = log(rest.reduce(0) { $0 + exp(exact[row * width + $1]) })
      let expected = chosen.map { $0 - shift } + (normalisation == .tail ? [tail] : [])
      #expect(abs(Double(masses[row]) - mass) < 1e-6)
      for (place, value) in expected.enumerated() {
        #expect(abs(Double(taken[row * stride + place]) - value) < 3e-6)
      }
    }
  }

  @Test func theTailOfCertaintyKeepsItsPlace() {
    // −50 and −20,000 are far below what is left of 1 − 1 in float32, or in double.
    for (rest, expected) in [(-50.0, -50 + log(18.0)), (-20_000, -20_000 + log(18.0)), (-.infinity, -.infinity)] {
      let row = Floats([0] + [Float](repeating: Float(rest), count: 18))
      let taken = takeTokens(row, [0], .tail, masses: Floats(zeros: 1), rows: 1, width: 19)
      #expect(rest.isInfinite ? taken[1] == -.infinity : abs(Double(taken[1]) - expected) < 2e-7 * abs(expected))
    }
    #expect(takeTokens(Floats([0, -1]), [0, 1], .tail, masses: Floats(zeros: 1), rows: 1, width: 2)[2] == -.infinity)
  }

  @Test(arguments: [7, 16, 37])
  func spreadingPutsEveryNumberInItsPlace(width: Int) {
    let student = Floats(randomNumbers(2 * width, seed: 3).map { $0 - 2 })
    let before = student.doubles
    let (factors, shifts) = (Floats([0, 1.5]), Floats([0, -0.5]))
    let taken = Floats([1, 2, 3, 4, 5, 6])
    spreadTokens(taken, [0, 5, 1, 6], into: student, factors: factors, shifts: shifts, rows: 2, width: width)
    for token in 0..<width {
      let first = token == 0 ? 1.0 : token == 5 ? 2 : 0
      #expect(student.doubles[token] == first)
      let elsewhere = 1.5 * exp(min(0, before[width + token] + 0.5))
      let second = token == 1 ? 4 : token == 6 ? 5 : elsewhere
      #expect(abs(student.doubles[width + token] - second) < 3e-7 * second)
    }
  }
}

@Suite struct LimitedRowTests {
  static let kinds: [(kind: DivergenceKind, parameter: Double)] = [
    (.forwardKL, 0), (.reverseKL, 0), (.jsd, 0.3), (.totalVariation, 0), (.skewKL, 0.1), (.skewReverseKL, 0.1),
  ]

  /// Rows that hold a whole distribution, and rows that hold less than one.
  @Test(arguments: [2, 7, 16, 37], kinds)
  func lossAndGradientEqualTheTwin(width: Int, kind: (kind: DivergenceKind, parameter: Double)) {
    let rows = 9
    let whole = width + 4
    let teacherLogits = randomNumbers(rows * whole, seed: 1, scale: 3)
    let studentLogits = randomNumbers(rows * whole, seed: 2, scale: 3)
    let (limit, rowLimit) = (0.04, 0.15)
    func part(_ values: [Double]) -> [Double] {
      (0..<rows).flatMap { row in values[row * whole..<row * whole + width] }
    }
    let p = part(naiveLogSoftmax(teacherLogits.doubles, width: whole))
    /// The loss of each row of the part, by all of the student's logits.
    func twin(_ logits: [Double]) -> [(loss: Double, over: Int, kept: Double, isCut: Bool)] {
      let q = part(naiveLogSoftmax(logits, width: whole))
      return (0..<rows).map { row in
        let places = row * width..<(row + 1) * width
        let terms = places.map { naiveSummand(kind.kind, kind.parameter, logP: p[$0], logQ: q[$0]) }
        let sum = terms.reduce(0) { $0 + min($1, limit) }
        let kept = zip(places, terms).reduce(0) { $0 + ($1.1 > limit ? 0 : exp(p[$1.0])) }
        return (min(sum, rowLimit), terms.count { $0 > limit }, kept, sum > rowLimit)
      }
    }
    let weights = randomNumbers(rows, seed: 3)
    let student = Floats(part(naiveLogSoftmax(studentLogits.doubles, width: whole)).map { Float($0) })
    let results = LimitedRows(rows: rows)
    limitedDivergenceRows(
      kind.kind, parameter: Float(kind.parameter), limit: Float(limit), rowLimit: Float(rowLimit),
      teacher: Floats(p.map { Float($0) }), student: student, weights: Floats(weights), into: results, rows: rows,
      width: width, temperature: 1)
    for (row, expected) in twin(studentLogits.doubles).enumerated() {
      #expect(abs(Double(results.losses[row]) - expected.loss) < 2e-6)
      #expect(results.clipped[row] == (expected.isCut ? 1 : Float(expected.over) / Float(width)))
      #expect(abs(Double(results.kept[row]) - (expected.isCut ? 0 : expected.kept)) < 1e-6)
    }
    // The gradient by the tokens of the part stands in the row; by the others it is outside · q.
    let exactQ = naiveLogSoftmax(studentLogits.doubles, width: whole)
    let way = randomNumbers(rows * whole, seed: 4).doubles
    let slope = directionalDifference(studentLogits.doubles, way) { logits in
      zip(twin(logits), weights).reduce(0) { $0 + $1.0.loss * Double($1.1) }
    }
    var found = 0.0
    for row in 0..<rows {
      for token in 0..<whole {
        let gradient =
          token < width
          ? student.doubles[row * width + token] : Double(results.outside[row]) * exp(exactQ[row * whole + token])
        found += gradient * way[row * whole + token]
      }
    }
    #expect(abs(found - slope) < 1e-5)
  }
}

extension Range<Int> {
  /// The same numbers in another order, which depends on a number alone.
  fileprivate func shuffledBy(_ number: Int) -> [Int] {
    sorted { ($0 * 7919 + number * 31) % 1009 < ($1 * 7919 + number * 31) % 1009 }
  }
}
