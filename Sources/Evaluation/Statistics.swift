// What attempts at a problem say beyond their mean: the chance that one of k is right, and how far another draw of the
// same number of attempts would fall.

extension EvaluationResult {
  /// pass@k: the chance that at least one of k attempts is right, without bias from n attempts of which c were right
  /// (Chen and others 2021): 1 − C(n−c, k)/C(n, k), the mean over problems.
  ///
  /// nil unless 1 ≤ k ≤ n, and of no problems.
  package func passRate(_ k: Int) -> Double? {
    guard k >= 1, k <= samples, !correct.isEmpty else { return nil }
    return correct.reduce(0) { $0 + passAtK(samples: samples, correct: $1, k: k) } / Double(correct.count)
  }

  /// The standard error of `accuracy` over draws of the attempts, the problems and the policy held fixed:
  /// √(Σ p(1−p)/(n−1)) / problems.
  ///
  /// nil of fewer than two attempts at each problem. It does not cover the draw of the problems, as `interval` does.
  package var decodingError: Double? {
    guard samples > 1, !correct.isEmpty else { return nil }
    let variance = correct.reduce(0.0) { sum, count in
      let share = Double(count) / Double(samples)
      return sum + share * (1 - share) / Double(samples - 1)
    }
    return variance.squareRoot() / Double(correct.count)
  }
}

/// The chance that k of n attempts, drawn without putting any back, hold at least one of the c that were right.
package func passAtK(samples n: Int, correct c: Int, k: Int) -> Double {
  precondition(k >= 1 && k <= n && c >= 0 && c <= n, "pass@\(k) of \(c) right in \(n)")
  if n - c < k { return 1 }
  var noneRight = 1.0
  for count in n - c + 1..<n + 1 { noneRight *= 1 - Double(k) / Double(count) }
  return 1 - noneRight
}
