// Formulas of one's own: how they read, what they are worth, their gradient against the built-in divergences and against
// differences, and rows at the edge of the numbers.

import Evidence
import Glibc
import Objectives
import Tensors
import Testing

private let (p, q) = (Expression.teacher, Expression.student)
private func number(_ value: Double) -> Expression { .constant(value) }

/// The built-in divergences, written as formulas.
private let copies: [(divergence: Divergence, formula: Expression)] = [
  (.forwardKL, (p * (p / q).logarithm).sum),
  (.reverseKL, (q * (q / p).logarithm).sum),
  (.jsd(beta: 0.3), jsd(0.3)), (.jsd(beta: 0.5), jsd(0.5)),
  (.totalVariation, number(0.5) * (p - q).magnitude.sum),
  (.skewKL(alpha: 0.1), (p * (p / (number(0.1) * p + number(0.9) * q)).logarithm).sum),
  (.skewReverseKL(alpha: 0.1), (q * (q / (number(0.1) * q + number(0.9) * p)).logarithm).sum),
]

private func jsd(_ beta: Double) -> Expression {
  let m = number(beta) * p + number(1 - beta) * q
  return number(beta) * (p * (p / m).logarithm).sum + number(1 - beta) * (q * (q / m).logarithm).sum
}

/// Formulas without a built-in twin; each uses other operations.
private let others: [(text: String, formula: Expression)] = [
  ("sum((p − q)^2)", (p - q).power(2).sum),
  ("sum(abs(p − q)^1.5)", (p - q).magnitude.power(1.5).sum),
  ("1 − sum(sqrt(p · q))", number(1) - (p * q).squareRoot.sum),
  ("sum(p^2 / q) − 1", (p.power(2) / q).sum - number(1)),
  ("log(sum(q^2 / p))", (q.power(2) / p).sum.logarithm),
  ("−log(sum(sqrt(p · q)))", -(p * q).squareRoot.sum.logarithm),
  ("max(abs(p − q))", (p - q).magnitude.maximum),
  ("max(p) − max(q) + sum(q^3)", p.maximum - q.maximum + q.power(3).sum),
  ("mean(exp(q − p))", (q - p).exponential.mean),
  ("sum(min(q, p)) · sum(max(q, 0.1))", Expression.minimum(q, p).sum * Expression.maximum(q, number(0.1)).sum),
  // Three stages: a softmax of q over its own norm.
  ("softmax", Expression.dot((q / Expression.dot(q, q).squareRoot).softmax, (p - q).magnitude)),
  ("sum(q^(-0.5) · p)", (q.power(-0.5) * p).sum),
  ("sum(p / q · (q − mean(q))^2)", (p / q * (q - q.mean).power(2)).sum),
  ("sum(q^2.5 − q^(-1) · p)", (q.power(2.5) - q.power(-1) * p).sum),
]

/// Loss and gradient of rows of logits, all of weight 1.
private func run(
  _ objective: DistillationObjective, teacher: [Float], student: [Float], width: Int, temperature: Double = 1,
  statistics: DistillationStatistics? = nil
) -> (losses: [Double], gradient: [Double]) {
  let rows = teacher.count / width
  let (p, q, losses) = (Floats(teacher), Floats(student), Floats(zeros: rows))
  logSoftmax(p, rows: rows, width: width, temperature: Float(temperature))
  logSoftmax(q, rows: rows, width: width, temperature: Float(temperature))
  objective.lossAndGradient(
    teacher: p, student: q, weights: Floats([Float](repeating: 1, count: rows)), losses: losses, rows: rows,
    vocabulary: width, temperature: temperature, statistics: statistics)
  return (losses.doubles, q.doubles)
}

@Suite struct ExpressionTests {
  static let widths = [2, 16, 19, 37, 511, 512, 513, 1500]

  @Test(arguments: copies.indices, widths)
  func copiesOfTheBuiltInDivergencesGiveTheSame(index: Int, width: Int) throws {
    let (divergence, formula) = copies[index]
    try formula.checkGradient()
    let rows = 40
    let teacher = randomNumbers(rows * width, seed: 1, scale: 4)
    let student = randomNumbers(rows * width, seed: 2, scale: 4)
    let built = run(.init(divergence), teacher: teacher, student: student, width: width, temperature: 1.3)
    let own = run(.init(.custom(formula)), teacher: teacher, student: student, width: width, temperature: 1.3)
    #expect(relativeError(own.losses, built.losses) < 3e-6)
    #expect(relativeError(own.gradient, built.gradient) < 3e-6)
    let (exactP, exactQ) = (
      softmax(teacher.prefix(width).map(Double.init)), softmax(student.prefix(width).map(Double.init))
    )
    #expect(abs(Divergence.custom(formula)(exactP, exactQ) - divergence(exactP, exactQ)) < 1e-13)
  }

  @Test(arguments: copies.indices, SupportNormalisation.allCases)
  func supportsAndClipsAreThoseOfTheBuiltIn(index: Int, normalisation: SupportNormalisation) {
    let (divergence, formula) = copies[index]
    let (rows, width) = (9, 37)
    let teacher = randomNumbers(rows * width, seed: 3, scale: 3)
    let student = randomNumbers(rows * width, seed: 4, scale: 3)
    for clip in [DistillationObjective.Clip.none, .pointwise(0.05), .perToken(0.2)] {
      // The two sums of the JSD and the half of the total variation stand outside the sum.
      if clip == .pointwise(0.05), (try? DistillationObjective(.custom(formula), clip: clip).validate()) == nil {
        continue
      }
      for support in [DistillationObjective.Support.full, .topK(5, of: .teacher, normalisation)] {
        let (builtRows, ownRows) = (DistillationStatistics(rows: rows), DistillationStatistics(rows: rows))
        let built = run(
          .init(divergence, support: support, clip: clip), teacher: teacher, student: student, width: width,
          statistics: builtRows)
        let own = run(
          .init(.custom(formula), support: support, clip: clip), teacher: teacher, student: student, width: width,
          statistics: ownRows)
        #expect(relativeError(own.losses, built.losses) < 5e-6)
        #expect(relativeError(own.gradient, built.gradient) < 5e-6)
        #expect(ownRows.clipFraction.array == builtRows.clipFraction.array)
        #expect(relativeError(ownRows.keptMass, builtRows.keptMass.doubles) < 1e-6)
      }
    }
  }

  @Test(arguments: others.indices, [2, 19, 513, 1500])
  func gradientsAreSlopes(index: Int, width: Int) throws {
    let formula = others[index].formula
    try formula.checkGradient()
    let rows = 5
    let teacher = randomNumbers(rows * width, seed: 5, scale: 2)
    let student = randomNumbers(rows * width, seed: 6, scale: 2)
    let own = run(.init(.custom(formula)), teacher: teacher, student: student, width: width)
    for row in 0..<rows {
      let places = row * width..<(row + 1) * width
      let exactP = softmax(teacher[places].map(Double.init))
      func value(_ logits: [Double]) -> Double { formula.value(teacher: exactP, student: softmax(logits)) }
      let logits = student[places].map(Double.init)
      #expect(abs(own.losses[row] - value(logits)) < 3e-6 * max(1, abs(value(logits))))
      // Along the gradient, so that the slope is its norm.
      let gradient = Array(own.gradient[places])
      let norm = dot(gradient, gradient).squareRoot()
      let slope = directionalDifference(logits, gradient.map { $0 / norm }, value)
      #expect(abs(slope - norm) < 1e-4 * norm + 1e-7, "\(formula)")
    }
  }

  @Test func rowsDependOnThemselvesAlone() {
    for width in [19, 700] {
      let teacher = randomNumbers(60 * width, seed: 7, scale: 3)
      let student = randomNumbers(60 * width, seed: 8, scale: 3)
      for formula in [jsd(0.5)] + others.map(\.formula) {
        let objective = DistillationObjective(.custom(formula))
        let all = run(objective, teacher: teacher, student: student, width: width)
        let places = 33 * width..<34 * width
        let one = run(objective, teacher: Array(teacher[places]), student: Array(student[places]), width: width)
        #expect(one.losses[0] == all.losses[33] && one.gradient == Array(all.gradient[places]))
      }
    }
  }

  /// Student and teacher each sure of something else, the rest impossible to both.
  @Test(arguments: copies.indices, [80, 20_000])
  func opposedCertaintiesGiveFiniteNumbers(index: Int, gap: Float) {
    let (divergence, formula) = copies[index]
    for width in [2, 19, 600] {
      let rest = [Float](repeating: -gap, count: width - 2)
      let built = run(.init(divergence), teacher: [0, -gap] + rest, student: [-gap, 0] + rest, width: width)
      let own = run(.init(.custom(formula)), teacher: [0, -gap] + rest, student: [-gap, 0] + rest, width: width)
      #expect(abs(own.losses[0] - built.losses[0]) < 1e-5 * built.losses[0])
      #expect(zip(own.gradient, built.gradient).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test func formulasReadAsTheyAreWritten() {
    for (text, formula) in others where text != "softmax" { #expect(formula.description == text) }
    #expect((p - (q - p)).description == "p − (q − p)" && (p / (q * p)).description == "p / (q · p)")
    #expect((number(-2) * q).description == "(-2) · q" && (-(p + q)).description == "−(p + q)")
    #expect(Expression.dot(p, q).description == "sum(p · q)" && q.power(-1).description == "q^(-1)")
    #expect(Divergence.custom(p.sum).formula == "sum(p)")
  }

  @Test func equalPartsAreOne() {
    #expect((p * q + p * q) == (p * q + p * q) && (p * q) != (q * p))
    // m occurs twice and is remembered once: hashing sees the nodes.
    #expect(Set([jsd(0.3), jsd(0.3), jsd(0.5)]).count == 2)
    // Written out it would have 2⁶⁰ parts.
    var chain = q
    for _ in 0..<60 { chain = number(0.5) * (chain + chain) }
    let formula = (p * (p / chain).logarithm).sum
    #expect(formula.description.utf8.count < 2000 && formula.description.contains("…"))
    #expect((try? formula.checkGradient()) != nil)
  }

  @Test func whatIsNoDivergenceIsRefused() {
    func reason(_ formula: Expression) -> String? {
      do throws(ObjectiveError) {
        try formula.checkGradient()
        return nil
      } catch { return error.description }
    }
    #expect(reason(p * q)?.contains("is a vector over the vocabulary") == true)
    #expect(reason(p.sum)?.contains("the student does not occur") == true)
    #expect(reason((0..<500).reduce(q) { ($0 + number(Double($1))).magnitude }.sum)?.contains("1,000") == true)
    #expect(reason((p - q).logarithm.sum)?.contains("has no value") == true)
    #expect(reason((q / (p - p)).sum)?.contains("has no value") == true)
    // So steep that float32 cannot follow.
    #expect(reason((number(1e9) * (q - p)).exponential.sum) != nil)
    #expect((try? DistillationObjective(.custom(jsd(0.5)), clip: .pointwise(0.1)).validate()) == nil)
  }
}
