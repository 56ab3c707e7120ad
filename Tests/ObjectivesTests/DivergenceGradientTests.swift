// The divergence of rows in float32 with its gradient by the student's logits: golden values from PyTorch and from the
// formulas, the Double function, and rows at the edge of the numbers.

import Evidence
import Glibc
import JSONValues
import Objectives
import Tensors
import Testing

/// Loss and gradient of rows of logits, all of weight 1.
private func run(
  _ divergence: Divergence, teacher: [Double], student: [Double], width: Int, temperature: Double = 1
) -> (losses: [Double], gradient: [Double]) {
  let rows = teacher.count / width
  let (p, q) = (Floats(teacher.map { Float($0) }), Floats(student.map { Float($0) }))
  logSoftmax(p, rows: rows, width: width, temperature: Float(temperature))
  logSoftmax(q, rows: rows, width: width, temperature: Float(temperature))
  let losses = Floats(zeros: rows)
  divergence.lossAndGradient(
    teacher: p, student: q, weights: Floats([Float](repeating: 1, count: rows)), losses: losses, rows: rows,
    vocabulary: width, temperature: temperature)
  return (losses.doubles, q.doubles)
}

@Suite struct DivergenceGradientTests {
  @Test(
    arguments: zip(
      [Divergence.forwardKL, .reverseKL, .jsd(beta: 0.5)],
      [
        [-0.35959646, 0.09535219, -0.03080644, 0.34584193, -0.05079123],
        [-0.29995047, 0.12652925, -0.04423289, 0.29058183, -0.07292771],
        [-0.07496086, 0.02373614, -0.00898392, 0.07502064, -0.01481199],
      ]))
  func goldenGradients(divergence: Divergence, expected: [Double]) {
    // Log-probabilities of up to 4 are rounded to 2⁻²², and probabilities take that on.
    #expect(
      relativeError(run(divergence, teacher: goldenTeacher, student: goldenStudent, width: 5).gradient, expected) < 1e-6
    )
  }

  @Test func casesOfPyTorch() throws {
    let golden = try goldenJSON("divergences")
    let (teacher, student) = (try golden.at("teacher").rows, try golden.at("student").rows)
    let cases = try #require(try golden.at("cases").array)
    #expect(cases.count == 10 && teacher.count == 5 * 37)
    for entry in cases {
      let divergence: Divergence =
        switch try entry.at("name").string {
        case "forward": .forwardKL
        case "reverse": .reverseKL
        default: .jsd(beta: try #require(entry["beta"]?.double))
        }
      let temperature = try #require(entry["temperature"]?.double)
      let (losses, gradient) = run(
        divergence, teacher: teacher, student: student, width: 37, temperature: temperature)
      // The logits are rounded to float32 first; near 10 that is 5 · 10⁻⁷ of each probability.
      #expect(relativeError(losses, try entry.at("losses").numbers) < 2e-6, "\(divergence.name) T=\(temperature)")
      #expect(relativeError(gradient, try entry.at("gradients").rows) < 2e-6, "\(divergence.name) T=\(temperature)")
    }
  }

  @Test(arguments: DivergenceTests.every, [2, 7, 16, 37])
  func lossesEqualTheDoubleFunctionAndGradientsSumToZero(divergence: Divergence, width: Int) {
    let rows = 12
    let teacher = randomNumbers(rows * width, seed: 1, scale: 5).doubles
    let student = randomNumbers(rows * width, seed: 2, scale: 5).doubles
    let (losses, gradient) = run(divergence, teacher: teacher, student: student, width: width)
    for row in 0..<rows {
      let range = row * width..<(row + 1) * width
      let expected = divergence(softmax(Array(teacher[range])), softmax(Array(student[range])))
      #expect(abs(losses[row] - expected) < 3e-6 * (0.1 + expected))
      #expect(abs(gradient[range].reduce(0, +)) < 2e-6)
    }
  }

  @Test(arguments: DivergenceTests.every)
  func bothTheSameGivesNothing(divergence: Divergence) {
    let logits = randomNumbers(4 * 33, seed: 1, scale: 5).doubles
    let (losses, gradient) = run(divergence, teacher: logits, student: logits, width: 33)
    // For the mixture β·1 + (1 − β)·1 is 1 only to rounding.
    #expect(losses.allSatisfy { abs($0) < 3e-7 } && gradient.allSatisfy { abs($0) < 3e-7 })
  }

  /// Student and teacher each sure of something else: log-probabilities of −80 and of −2 · 10⁴.
  @Test(arguments: DivergenceTests.every, [80, 20_000])
  func opposedCertaintiesGiveFiniteNumbers(divergence: Divergence, gap: Double) {
    for width in [2, 16, 19] {
      let rest = [Double](repeating: -gap, count: width - 2)
      let (losses, gradient) = run(divergence, teacher: [0, -gap] + rest, student: [-gap, 0] + rest, width: width)
      let expected: Double =
        switch divergence {
        case .forwardKL, .reverseKL: gap
        default: divergence.largestValue ?? .nan
        }
      #expect(abs(losses[0] - expected) < 1e-6 * expected)
      #expect(gradient.allSatisfy { $0.isFinite && abs($0) <= 1.000001 })
      // Forward KL is the only one that still pulls: the others have lost the token from sight.
      #expect(divergence == .forwardKL ? abs(gradient[0] + 1) < 1e-6 : abs(gradient[0]) < 1e-6)
    }
  }

  @Test(arguments: DivergenceTests.every)
  func weightsScaleGradientsAndNotLosses(divergence: Divergence) {
    let width = 19
    let (teacher, student) = (randomNumbers(2 * width, seed: 1), randomNumbers(2 * width, seed: 2))
    let whole = run(divergence, teacher: teacher.doubles, student: student.doubles, width: width)
    let (p, q, losses) = (Floats(teacher), Floats(student), Floats(zeros: 2))
    logSoftmax(p, rows: 2, width: width)
    logSoftmax(q, rows: 2, width: width)
    divergence.lossAndGradient(
      teacher: p, student: q, weights: Floats([0.25, 0] as [Float]), losses: losses, rows: 2, vocabulary: width)
    #expect(losses.doubles == whole.losses)
    #expect(q.doubles.prefix(width).elementsEqual(whole.gradient.prefix(width).map { $0 / 4 }))
    #expect(q.doubles.suffix(width).allSatisfy { $0 == 0 })
  }
}
