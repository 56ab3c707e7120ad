// What several runs come to that differ in their seed alone, and how two methods differ on the same problems.

/// The same examination of runs with several seeds.
package struct SeveralRuns: Sendable, Equatable {
  /// One result for each seed, all of the same problems.
  package let results: [EvaluationResult]

  /// Traps unless there is a result and all are of equally many problems.
  package init(_ results: [EvaluationResult]) {
    precondition(!results.isEmpty && results.allSatisfy { $0.correct.count == results[0].correct.count })
    self.results = results
  }

  /// Everything taken together: as many attempts at each problem as all seeds made.
  package var pooled: EvaluationResult {
    let problems = results[0].correct.indices
    return EvaluationResult(
      correct: problems.map { problem in results.reduce(0) { $0 + $1.correct[problem] } },
      majority: problems.map { problem in 2 * results.count { $0.majority[problem] } > results.count },
      samples: results.reduce(0) { $0 + $1.samples }, formatted: results.reduce(0) { $0 + $1.formatted },
      tokens: results.reduce(0) { $0 + $1.tokens }, ended: results.reduce(0) { $0 + $1.ended })
  }

  /// The mean accuracy over seeds and problems.
  package var accuracy: Double { pooled.accuracy }

  /// A 95 % interval of the mean accuracy over seeds, by Student's t; nil of one seed.
  ///
  /// It says how far another set of seeds would fall on the same problems.
  package var seedInterval: ClosedRange<Double>? {
    meanAndInterval(of: results.map(\.accuracy)).interval.map { interval in
      max(0, min(1, interval.lowerBound))...max(0, min(1, interval.upperBound))
    }
  }

  /// How much better these runs are than others on the same problems: the mean difference, and its 95 % interval over the
  /// draw of problems; the attempts of all seeds count as attempts at their problem.
  package func difference(from other: SeveralRuns) -> (mean: Double, interval: ClosedRange<Double>) {
    let (mine, others) = (pooled, other.pooled)
    precondition(mine.correct.count == others.correct.count, "the two were examined on different problems")
    let differences = mine.correct.indices.map {
      Double(mine.correct[$0]) / Double(mine.samples) - Double(others.correct[$0]) / Double(others.samples)
    }
    let count = Double(max(1, differences.count))
    let mean = differences.reduce(0, +) / count
    // One problem says nothing about others: the interval is all that a difference can be.
    return (mean, meanAndInterval(of: differences).interval ?? -1...1)
  }
}

/// The mean of some numbers, and its 95 % interval by Student's t, of two and more.
package func meanAndInterval(of values: [Double]) -> (mean: Double, interval: ClosedRange<Double>?) {
  let mean = values.reduce(0, +) / Double(max(1, values.count))
  guard values.count > 1 else { return (mean, nil) }
  let half = studentT95(freedom: values.count - 1) * (sampleVariance(values) / Double(values.count)).squareRoot()
  return (mean, mean - half...mean + half)
}

/// The unbiased variance; 0 of fewer than two numbers.
private func sampleVariance(_ values: [Double]) -> Double {
  guard values.count > 1 else { return 0 }
  let mean = values.reduce(0, +) / Double(values.count)
  return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
}

/// The 97.5 % quantile of Student's t: tabled up to ten degrees of freedom, Cornish and Fisher's expansion (1937) beyond.
func studentT95(freedom: Int) -> Double {
  let table = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281]
  precondition(freedom >= 1, "no quantile of \(freedom) degrees of freedom")
  if freedom <= table.count { return table[freedom - 1] }
  let (z, n) = (1.959964, Double(freedom))
  let (z2, n2) = (z * z, n * n)
  let first = z * (z2 + 1) / 4
  let second = z * ((5 * z2 + 16) * z2 + 3) / 96
  let third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384
  return z + first / n + second / n2 + third / (n2 * n)
}
