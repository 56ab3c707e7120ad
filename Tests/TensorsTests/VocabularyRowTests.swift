// Divergence and cross-entropy rows: the loss against the twin, the gradient against the slope of the twin by the logits.

import Evidence
import Glibc
import Tensors
import Testing

private let widths = [2, 7, 16, 17, 33, 96]
/// The divergences, those with a weight at several.
private let kinds: [(kind: DivergenceKind, parameter: Double)] = [
  (.forwardKL, 0), (.reverseKL, 0), (.jsd, 0.1), (.jsd, 0.5), (.jsd, 0.9), (.totalVariation, 0), (.skewKL, 0.1),
  (.skewKL, 0.6), (.skewReverseKL, 0.1), (.skewReverseKL, 0.6),
]

@Suite struct DivergenceRowTests {
  @Test(arguments: widths, kinds)
  func lossAndGradientEqualTheTwin(width: Int, kind: (kind: DivergenceKind, parameter: Double)) {
    for (rows, temperature) in [(1, 1.0), (5, 0.7), (37, 1.5)] {
      let teacherLogits = randomNumbers(rows * width, seed: 1, scale: 4)
      let studentLogits = randomNumbers(rows * width, seed: 2, scale: 4)
      let weights = randomNumbers(rows, seed: 3)
      let (teacher, student, losses) = (Floats(teacherLogits), Floats(studentLogits), Floats(zeros: rows))
      logSoftmax(teacher, rows: rows, width: width, temperature: Float(temperature))
      logSoftmax(student, rows: rows, width: width, temperature: Float(temperature))
      divergenceRows(
        kind.kind, parameter: Float(kind.parameter), teacher: teacher, student: student, weights: Floats(weights),
        losses: losses, rows: rows, width: width, temperature: Float(temperature))

      func twin(_ logits: [Double]) -> Double {
        naiveDivergence(
          kind.kind, parameter: kind.parameter, teacher: teacherLogits.doubles, student: logits,
          weights: weights.doubles, width: width, temperature: temperature)
      }
      let loss = dot(losses.doubles, weights.doubles)
      // Log-probabilities of up to 15 carry an absolute error of 10⁻⁶, which the terms take on in proportion to p and q.
      #expect(abs(loss - twin(studentLogits.doubles)) < 3e-6 * Double(rows).squareRoot())
      let way = randomNumbers(rows * width, seed: 4).doubles
      let slope = directionalDifference(studentLogits.doubles, way, twin)
      #expect(abs(dot(student.doubles, way) - slope) < 3e-6 * Double(rows).squareRoot() / temperature)
      for row in 0..<rows {
        // Adding a constant to all logits changes nothing.
        #expect(abs(student.row(row, width: width).doubles.reduce(0, +)) < 3e-6 / temperature)
      }
    }
  }

  /// A token that is impossible to one side or to both counts as the definition says: 0 · log 0 = 0.
  @Test(arguments: [7, 16, 19])
  func impossibleTokensCountAsTheDefinitionSays(width: Int) {
    func row(_ shares: [Double]) -> Floats {
      Floats((shares + [Double](repeating: 0, count: width - shares.count)).map { Float(log($0)) })
    }
    func run(_ kind: DivergenceKind, _ p: [Double], _ q: [Double]) -> (loss: Double, gradient: [Float]) {
      let (student, losses) = (row(q), Floats(zeros: 1))
      divergenceRows(
        kind, parameter: 0.5, teacher: row(p), student: student, weights: Floats([1] as [Float]), losses: losses,
        rows: 1, width: width, temperature: 1)
      return (Double(losses[0]), student.array)
    }
    let (narrow, wide) = ([0.25, 0.75, 0], [0.5, 0.25, 0.25])
    #expect(abs(run(.forwardKL, narrow, wide).loss - (0.25 * log(0.5) + 0.75 * log(3))) < 1e-6)
    #expect(abs(run(.reverseKL, wide, narrow).loss - (0.25 * log(0.5) + 0.75 * log(3))) < 1e-6)
    #expect(run(.forwardKL, wide, narrow).loss == .infinity && run(.reverseKL, narrow, wide).loss == .infinity)
    #expect(abs(run(.jsd, [1, 0], [0, 1]).loss - log(2)) < 1e-6)
    #expect(abs(run(.skewKL, [1, 0], [0, 1]).loss - log(2)) < 1e-6)
    #expect(abs(run(.skewReverseKL, [1, 0], [0, 1]).loss - log(2)) < 1e-6)
    #expect(abs(run(.totalVariation, [1, 0], [0, 1]).loss - 1) < 1e-6)
    #expect(run(.forwardKL, narrow, wide).gradient.isFinite && run(.reverseKL, wide, narrow).gradient.isFinite)
    for kind in [DivergenceKind.jsd, .totalVariation, .skewKL, .skewReverseKL] {
      #expect(run(kind, narrow, wide).gradient.isFinite && run(kind, wide, narrow).gradient.isFinite)
    }
  }
}

@Suite struct CrossEntropyRowTests {
  @Test(arguments: [2, 7, 16, 17, 33, 96], [1, 5, 37])
  func lossAndGradientEqualTheTwin(width: Int, rows: Int) {
    let logits = randomNumbers(rows * width, seed: 1, scale: 4)
    let targets = randomTokens(rows, below: width, seed: 2)
    let weights = randomNumbers(rows, seed: 3)
    let (z, losses) = (Floats(logits), Floats(zeros: rows))
    logSoftmax(z, rows: rows, width: width)
    crossEntropyRows(z, targets: targets, weights: Floats(weights), losses: losses, width: width)
    func twin(_ logits: [Double]) -> [Double] {
      let logProbabilities = naiveLogSoftmax(logits, width: width)
      return (0..<rows).map { -logProbabilities[$0 * width + Int(targets[$0])] }
    }
    // Losses of up to 12, rounded once as logits and once as log-probabilities.
    #expect(zip(losses.doubles, twin(logits.doubles)).allSatisfy { abs($0 - $1) < 2e-6 })
    let expected = naiveLogSoftmax(logits.doubles, width: width).enumerated().map { place, value in
      Double(weights[place / width]) * (exp(value) - (place % width == Int(targets[place / width]) ? 1 : 0))
    }
    // Where 1 − q is small it takes on the error of q, which is that of its log-probability.
    for (place, value) in z.doubles.enumerated() {
      #expect(abs(value - expected[place]) < 1e-6 * abs(Double(weights[place / width])))
    }
    let way = randomNumbers(rows * width, seed: 4).doubles
    let slope = directionalDifference(logits.doubles, way) { dot(twin($0), weights.doubles) }
    #expect(abs(dot(z.doubles, way) - slope) < 3e-6 * Double(rows).squareRoot())
  }
}
