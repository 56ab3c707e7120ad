// A distillation objective over rows of log-probabilities: losses, gradients, and what the clip and the support left out.

package import Tensors

/// What an objective did to each row besides its loss, one number a row each.
package struct DistillationStatistics: Sendable {
  /// The share of the summands that were cut off; 1 where the whole position was.
  package let clipFraction: Floats
  /// The teacher's mass at the summands that were not cut off, of that which it has on the support.
  package let keptMass: Floats
  /// The teacher's mass on the support.
  package let teacherCoverage: Floats
  /// The student's mass on the support.
  package let studentCoverage: Floats

  package init(rows: Int) {
    (clipFraction, keptMass) = (Floats(zeros: rows), Floats(zeros: rows))
    (teacherCoverage, studentCoverage) = (Floats(zeros: rows), Floats(zeros: rows))
  }
}

extension DistillationObjective {
  /// The loss of each row, and the gradient by the student's logits in place of its log-probabilities.
  ///
  /// The settings must be valid for this vocabulary; see `validate`.
  ///
  /// - Parameters:
  ///   - teacher: log-probabilities at the temperature, rows × vocabulary; detached.
  ///   - student: log-probabilities at the temperature, rows × vocabulary; becomes weight · ∂D/∂z.
  ///   - weights: what each row counts in the loss; masking, the normaliser and importance weights are in it.
  ///   - losses: receives D of each row in nats, not weighted.
  ///   - temperature: T, by which the logits were divided; the gradient carries 1/T, as the loss is not rescaled by T².
  ///   - statistics: receives what was cut off and what the support covers.
  package func lossAndGradient(
    teacher: Floats, student: Floats, weights: Floats, losses: Floats, rows: Int, vocabulary: Int,
    temperature: Double = 1, statistics: DistillationStatistics? = nil
  ) {
    if support == .full, clip == .none, let kernel = divergence.kernel {
      statistics?.clipFraction.fill(0)
      statistics?.keptMass.fill(1)
      statistics?.coverAll()
      return divergenceRows(
        kernel.kind, parameter: kernel.parameter, teacher: teacher, student: student, weights: weights,
        losses: losses, rows: rows, width: vocabulary, temperature: Float(temperature))
    }
    let results = LimitedRows(rows: rows)
    switch support {
    case .full:
      limitedRows(
        teacher: teacher, student: student, weights: weights, into: results, rows: rows, width: vocabulary,
        temperature: temperature)
      statistics?.coverAll()
    case .topK(let count, let side, let normalisation):
      let tokens = topTokens(side == .teacher ? teacher : student, count: count, rows: rows, width: vocabulary)
      let masses = statistics ?? DistillationStatistics(rows: rows)
      let p = takeTokens(teacher, tokens, normalisation, masses: masses.teacherCoverage, rows: rows, width: vocabulary)
      let q = takeTokens(student, tokens, normalisation, masses: masses.studentCoverage, rows: rows, width: vocabulary)
      let width = normalisation == .tail ? count + 1 : count
      let (factors, shifts) = (Floats(zeros: rows), Floats(zeros: rows))
      if normalisation == .tail { for row in 0..<rows { shifts[row] = q[row * width + count] } }
      limitedRows(
        teacher: p, student: q, weights: weights, into: results, rows: rows, width: width, temperature: temperature)
      switch normalisation {
      case .renormalised: break
      case .full: factors.assign(results.outside[0..<rows])
      case .tail:
        // A token of the tail has its share, q / q_tail, of the tail's gradient.
        for row in 0..<rows where shifts[row] > -.infinity { factors[row] = q[row * width + count] }
      }
      spreadTokens(q, tokens, into: student, factors: factors, shifts: shifts, rows: rows, width: vocabulary)
    }
    losses[0..<rows].assign(results.losses)
    statistics?.clipFraction[0..<rows].assign(results.clipped)
    statistics?.keptMass[0..<rows].assign(results.kept)
  }

  /// The same over rows that hold the support and nothing else.
  private func limitedRows(
    teacher: Floats, student: Floats, weights: Floats, into results: LimitedRows, rows: Int, width: Int,
    temperature: Double
  ) {
    var limits = (entry: Float.infinity, row: Float.infinity)
    switch clip {
    case .none: break
    case .pointwise(let threshold): limits.entry = Float(threshold)
    case .perToken(let threshold): limits.row = Float(threshold)
    }
    if let kernel = divergence.kernel {
      limitedDivergenceRows(
        kernel.kind, parameter: kernel.parameter, limit: limits.entry, rowLimit: limits.row, teacher: teacher,
        student: student, weights: weights, into: results, rows: rows, width: width, temperature: Float(temperature))
    } else if case .custom(let expression) = divergence {
      expression.limitedRows(
        limit: limits.entry, rowLimit: limits.row, teacher: teacher, student: student, weights: weights,
        into: results, rows: rows, width: width, temperature: Float(temperature))
    }
  }
}

extension DistillationStatistics {
  /// The support is the whole vocabulary.
  fileprivate func coverAll() {
    teacherCoverage.fill(1)
    studentCoverage.fill(1)
  }
}
