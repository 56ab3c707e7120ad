// Naive twins of the row kernels: the formulas in double precision and plain loops, written from the papers and not from
// the kernels. Each takes and gives rows laid end to end.

import Glibc
import Tensors

/// y = x · w / √(mean(x²) + ε).
func naiveRMSNorm(_ x: [Double], _ w: [Double], epsilon: Double) -> [Double] {
  let width = w.count
  return x.indices.map { place in
    let row = x[place / width * width..<(place / width + 1) * width]
    let mean = row.reduce(0) { $0 + $1 * $1 } / Double(width)
    return x[place] / (mean + epsilon).squareRoot() * w[place % width]
  }
}

/// RMSNorm of each head, then the turn of (a_i, a_{i + width/2}) by position · base^(−2i/width).
func naiveNormRotate(_ x: [Double], _ w: [Double], positions: [Int], heads: Int, base: Double, epsilon: Double)
  -> [Double]
{
  let width = w.count
  var y = naiveRMSNorm(x, w, epsilon: epsilon)
  for row in positions.indices {
    for head in 0..<heads {
      for i in 0..<width / 2 {
        let first = (row * heads + head) * width + i
        let second = first + width / 2
        let angle = Double(positions[row]) * pow(base, -2 * Double(i) / Double(width))
        (y[first], y[second]) = (
          y[first] * cos(angle) - y[second] * sin(angle), y[second] * cos(angle) + y[first] * sin(angle)
        )
      }
    }
  }
  return y
}

/// silu(g) · u for rows of g and u side by side.
func naiveSwiGLU(_ gu: [Double], width: Int) -> [Double] {
  (0..<gu.count / 2).map { place in
    let row = place / width * 2 * width
    let g = gu[row + place % width]
    return g / (1 + exp(-g)) * gu[row + width + place % width]
  }
}

/// log softmax(z / T) of each row.
func naiveLogSoftmax(_ z: [Double], width: Int, temperature: Double = 1) -> [Double] {
  stride(from: 0, to: z.count, by: width).flatMap { start in
    let row = z[start..<start + width].map { $0 / temperature }
    let top = row.max() ?? 0
    let sum = row.reduce(0) { $0 + exp($1 - top) }
    return row.map { $0 - top - log(sum) }
  }
}

/// Causal attention of packed sequences; q: tokens × heads × width, k and v: tokens × keyValueHeads × width.
func naiveAttention(
  _ q: [Double], _ k: [Double], _ v: [Double], sequences: [Range<Int>], heads: Int, keyValueHeads: Int, width: Int
) -> [Double] {
  var out = [Double](repeating: 0, count: q.count)
  for tokens in sequences {
    for token in tokens {
      for head in 0..<heads {
        let query = (token * heads + head) * width
        func place(_ seen: Int) -> Int { (seen * keyValueHeads + head * keyValueHeads / heads) * width }
        let scores = (tokens.lowerBound...token).map { seen in
          (0..<width).reduce(0) { $0 + q[query + $1] * k[place(seen) + $1] } / Double(width).squareRoot()
        }
        let shares = naiveLogSoftmax(scores, width: scores.count).map { exp($0) }
        for (index, seen) in (tokens.lowerBound...token).enumerated() {
          for i in 0..<width { out[query + i] += shares[index] * v[place(seen) + i] }
        }
      }
    }
  }
  return out
}

/// The summand of one token; `parameter` is the β of a JSD and the α of a skew divergence.
func naiveSummand(_ kind: DivergenceKind, _ parameter: Double, logP: Double, logQ: Double) -> Double {
  let (p, q) = (exp(logP), exp(logQ))
  switch kind {
  case .forwardKL: return p * (logP - logQ)
  case .reverseKL: return q * (logQ - logP)
  case .jsd:
    let m = log(parameter * p + (1 - parameter) * q)
    return parameter * p * (logP - m) + (1 - parameter) * q * (logQ - m)
  case .totalVariation: return abs(p - q) / 2
  case .skewKL: return p * (logP - log(parameter * p + (1 - parameter) * q))
  case .skewReverseKL: return q * (logQ - log(parameter * q + (1 - parameter) * p))
  }
}

/// The weighted sum of the divergences of rows of logits.
func naiveDivergence(
  _ kind: DivergenceKind, parameter: Double, teacher: [Double], student: [Double], weights: [Double], width: Int,
  temperature: Double
) -> Double {
  let lp = naiveLogSoftmax(teacher, width: width, temperature: temperature)
  let lq = naiveLogSoftmax(student, width: width, temperature: temperature)
  return lp.indices.reduce(0) { sum, place in
    sum + weights[place / width] * naiveSummand(kind, parameter, logP: lp[place], logQ: lq[place])
  }
}

/// c = a · b or, with either transposed first, the other two products; a and b row by row.
func naiveProduct(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
  a.map { row in b[0].indices.map { column in row.indices.reduce(0) { $0 + row[$1] * b[$1][column] } } }
}

func transposed<Number>(_ a: [[Number]]) -> [[Number]] { a[0].indices.map { column in a.map { $0[column] } } }
