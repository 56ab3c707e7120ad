// Is a formula fit to train with? Its gradient, as rows compute it in float32, is compared with differences of its value
// in double precision.

import Tensors

extension Expression {
  /// Throws where the value at some pair of distributions is no finite number, or its gradient by the student's logits is
  /// not the slope of the value.
  ///
  /// Pairs of 2, 7 and 600 tokens whose logits look random; one in which both are the same is not among them, so that
  /// formulas with a kink there, such as total variation, pass.
  package func checkGradient() throws(ObjectiveError) {
    try validate()
    for (number, width) in [2, 7, 7, 600].enumerated() {
      let teacher = (0..<width).map { 2 * sine(12.9898 * Double($0 + 100 * number) + 1) }
      let student = (0..<width).map { 2 * sine(78.233 * Double($0 + 100 * number) + 2) }
      try checkGradient(teacher: teacher, student: student)
    }
  }

  private func checkGradient(teacher: [Double], student: [Double]) throws(ObjectiveError) {
    let width = teacher.count
    let p = softmaxOf(teacher)
    func value(_ logits: [Double]) -> Double { self.value(teacher: p, student: softmaxOf(logits)) }
    let exact = value(student)
    let (lp, lq) = (Floats(teacher.map { Float($0) }), Floats(student.map { Float($0) }))
    logSoftmax(lp, rows: 1, width: width, parallel: false)
    logSoftmax(lq, rows: 1, width: width, parallel: false)
    let results = LimitedRows(rows: 1)
    limitedRows(
      limit: .infinity, rowLimit: .infinity, teacher: lp, student: lq, weights: Floats([1]), into: results, rows: 1,
      width: width, temperature: 1)
    guard exact.isFinite, results.losses[0].isFinite else {
      throw ObjectiveError(
        what: "\(self) has no value", why: "at two distributions over \(width) tokens it is \(exact)",
        fix: "keep logarithms and roots of what may be negative, and quotients by 0, out of it")
    }
    // In all directions where there are few; else in those that change each eighth of the logits.
    let parts = min(width, 8)
    var largest = (distance: 0.0, found: 0.0, slope: 0.0)
    var norm = 0.0
    for part in 0..<parts {
      let way = (0..<width).map { $0 % parts == part ? 1.0 : 0 }
      let ahead = value(zip(student, way).map { $0 + 1e-5 * $1 })
      let behind = value(zip(student, way).map { $0 - 1e-5 * $1 })
      let slope = (ahead - behind) / 2e-5
      let found = way.enumerated().reduce(0) { $0 + $1.element * Double(lq[$1.offset]) }
      norm = max(norm, abs(slope))
      if !(abs(found - slope) <= largest.distance) { largest = (abs(found - slope), found, slope) }
    }
    // Float32 of sums that cancel: a thousandth of the largest slope, or of the value.
    guard largest.distance <= 1e-3 * max(norm, 0.01 * abs(exact)) + 1e-6 else {
      throw ObjectiveError(
        what: "the gradient of \(self) is not its slope",
        why: "at two distributions over \(width) tokens they differ by \(largest.distance): the gradient is "
          + "\(largest.found), the slope \(largest.slope)",
        fix: "keep steps, and powers that leave the range of float32, out of it")
    }
  }
}

private func softmaxOf(_ logits: [Double]) -> [Double] {
  let top = logits.max() ?? 0
  let sum = logits.reduce(0) { $0 + exponential($1 - top) }
  return logits.map { exponential($0 - top) / sum }
}
