// A formula over rows of log-probabilities.

import Tensors

extension Expression {
  /// As `limitedDivergenceRows`.
  func limitedRows(
    limit: Float, rowLimit: Float, teacher: Floats, student: Floats, weights: Floats, into results: LimitedRows,
    rows: Int, width: Int, temperature: Float
  ) {
    let formula =
      limit < .infinity ? summand.map { Expression.minimum($0, .constant(Double(limit))).sum } ?? self : self
    inRowBlocks(rows, least: 4) { _, range in
      for row in range {
        func doubles(_ values: Floats) -> [Double] {
          values.row(row, width: width).array.map { Tensors.exponential(Double($0)) }
        }
        let (p, q) = (doubles(teacher), doubles(student))
        let value = formula.value(teacher: p, student: q)
        let isCut = value > Double(rowLimit)
        results.losses[row] = isCut ? rowLimit : Float(value)
        let terms = limit < .infinity ? summands(teacher: p, student: q) : [0]
        results.clipped[row] = isCut ? 1 : Float(terms.count { $0 > Double(limit) }) / Float(terms.count)
        results.kept[row] =
          isCut ? 0 : Float(zip(p, terms).reduce(0) { $0 + ($1.1 > Double(limit) ? 0 : $1.0) })
        let scale = isCut ? 0 : Double(weights[row] / temperature)
        let g = (0..<width).map { token in
          var (ahead, behind) = (q, q)
          let step = 1e-6 * q[token]
          ahead[token] += step
          behind[token] -= step
          return q[token] == 0
            ? 0
            : (formula.value(teacher: p, student: ahead) - formula.value(teacher: p, student: behind)) / 2e-6
        }
        let total = g.reduce(0, +)
        results.outside[row] = Float(-scale * total)
        for token in 0..<width { student[row * width + token] = Float(scale * (g[token] - q[token] * total)) }
      }
    }
  }
}
