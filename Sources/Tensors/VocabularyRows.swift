// Rows over the vocabulary: shapes checked here, rows cut into blocks for the threads, the arithmetic in CKernels.
// What the divergences mean stands in Objectives.

import CKernels
import Synchronization

/// In place: logits → log softmax(z / temperature); z: rows × width.
package func logSoftmax(_ z: Floats, rows: Int, width: Int, temperature: Float = 1, parallel: Bool = true) {
  precondition(z.count >= rows * width)
  func block(_ range: Range<Int>) {
    unsafe opsd_log_softmax(z.base + range.lowerBound * width, Int64(range.count), Int64(width), 1 / temperature)
  }
  guard parallel else { return block(0..<rows) }
  inRowBlocks(rows, least: 4) { _, range in block(range) }
}

/// The token at which the cumulated probability of a row of log-probabilities passes `uniform`, which is below 1.
package func drawToken(_ logProbabilities: Floats, _ uniform: Double) -> Int {
  unsafe Int(opsd_draw(logProbabilities.base, Int64(logProbabilities.count), uniform))
}

/// Entropy in nats of each row of log-probabilities; entropies: rows.
package func entropy(_ logProbabilities: Floats, into entropies: Floats, rows: Int, width: Int) {
  precondition(logProbabilities.count >= rows * width && entropies.count >= rows)
  inRowBlocks(rows, least: 4) { _, range in
    unsafe opsd_entropy(
      logProbabilities.base + range.lowerBound * width, entropies.base + range.lowerBound, Int64(range.count),
      Int64(width))
  }
}

/// Which divergence the rows compute; `parameter` is β of a JSD and α of a skew divergence.
package enum DivergenceKind: Sendable {
  case forwardKL
  case reverseKL
  case jsd
  case totalVariation
  case skewKL
  case skewReverseKL

  fileprivate var code: Int32 {
    let kind =
      switch self {
      case .forwardKL: OPSD_FORWARD_KL
      case .reverseKL: OPSD_REVERSE_KL
      case .jsd: OPSD_JSD
      case .totalVariation: OPSD_TOTAL_VARIATION
      case .skewKL: OPSD_SKEW_KL
      case .skewReverseKL: OPSD_SKEW_REVERSE_KL
      }
    return Int32(kind.rawValue)
  }
}

/// The divergence of each row, and weight · ∂D/∂z in place of the student's log-probabilities; losses: rows, in nats.
package func divergenceRows(
  _ kind: DivergenceKind, parameter: Float, teacher: Floats, student: Floats, weights: Floats, losses: Floats,
  rows: Int, width: Int, temperature: Float
) {
  precondition(teacher.count >= rows * width && student.count >= rows * width)
  precondition(weights.count >= rows && losses.count >= rows)
  inRowBlocks(rows, least: 4) { _, range in
    let offset = range.lowerBound * width
    unsafe opsd_divergence(
      kind.code, parameter, teacher.base + offset, student.base + offset, weights.base + range.lowerBound,
      losses.base + range.lowerBound, Int64(range.count), Int64(width), 1 / temperature)
  }
}

/// What limited rows say of themselves, one number a row each.
package struct LimitedRows: Sendable {
  /// The sum of the summands, each and then all together cut off at their limits; in nats.
  package let losses: Floats
  /// The share of the summands that were cut off; 1 where the whole row was.
  package let clipped: Floats
  /// The teacher's mass at the summands that were not.
  package let kept: Floats
  /// c, where the gradient by the logit of a token that is not in the row is c · q.
  package let outside: Floats

  package init(rows: Int) {
    (losses, clipped) = (Floats(zeros: rows), Floats(zeros: rows))
    (kept, outside) = (Floats(zeros: rows), Floats(zeros: rows))
  }
}

/// `divergenceRows` with every summand cut off at `limit` and then each row at `rowLimit`; what is cut off has no
/// gradient.
///
/// The rows need not hold a whole distribution.
package func limitedDivergenceRows(
  _ kind: DivergenceKind, parameter: Float, limit: Float, rowLimit: Float, teacher: Floats, student: Floats,
  weights: Floats, into results: LimitedRows, rows: Int, width: Int, temperature: Float
) {
  precondition(teacher.count >= rows * width && student.count >= rows * width)
  precondition(weights.count >= rows && results.losses.count >= rows)
  inRowBlocks(rows, least: 4) { _, range in
    let (first, offset) = (range.lowerBound, range.lowerBound * width)
    let out = unsafe opsd_limited_results(
      loss: results.losses.base + first, clipped: results.clipped.base + first, kept: results.kept.base + first,
      outside: results.outside.base + first)
    unsafe opsd_limited_divergence(
      kind.code, parameter, limit, rowLimit, teacher.base + offset, student.base + offset, weights.base + first, out,
      Int64(range.count), Int64(width), 1 / temperature)
  }
}

/// Five numbers of each row in nats: H(p), H(q), KL(p‖q), KL(q‖p) and the JSD at ½; numbers: rows × 5.
package func compareRows(teacher: Floats, student: Floats, into numbers: Floats, rows: Int, width: Int) {
  precondition(teacher.count >= rows * width && student.count >= rows * width && numbers.count >= rows * 5)
  inRowBlocks(rows, least: 4) { _, range in
    let offset = range.lowerBound * width
    unsafe opsd_compare(
      teacher.base + offset, student.base + offset, numbers.base + 5 * range.lowerBound, Int64(range.count),
      Int64(width))
  }
}

// MARK: A part of the vocabulary

/// What becomes of the probabilities of chosen tokens.
package enum SupportNormalisation: String, Sendable, CaseIterable {
  /// They stay as they are; their sum is less than 1.
  case full
  /// They are divided by their sum.
  case renormalised
  /// They stay, and one more token holds what is left of 1.
  case tail

  fileprivate var code: Int32 {
    let normalisation =
      switch self {
      case .full: OPSD_FULL
      case .renormalised: OPSD_RENORMALISED
      case .tail: OPSD_TAIL
      }
    return Int32(normalisation.rawValue)
  }
}

/// The `count` likeliest tokens of each row, by their number; of equal ones those with smaller numbers.
package func topTokens(_ logProbabilities: Floats, count: Int, rows: Int, width: Int) -> [Int32] {
  precondition(logProbabilities.count >= rows * width && count >= 1 && count <= width, "the \(count) of \(width)")
  let blocks = Mutex<[Int: [Int32]]>([:])
  inRowBlocks(rows, least: 4) { index, range in
    var tokens = [Int32](repeating: 0, count: range.count * count)
    unsafe tokens.withUnsafeMutableBufferPointer { tokens in
      guard let first = tokens.baseAddress else { return }
      unsafe opsd_top(
        logProbabilities.base + range.lowerBound * width, first, Int64(range.count), Int64(width), Int64(count))
    }
    blocks.withLock { [tokens] in $0[index] = tokens }
  }
  return blocks.withLock { blocks in blocks.keys.sorted().flatMap { blocks[$0] ?? [] } }
}

/// The log-probabilities of chosen tokens as rows of their own, and their probability together.
///
/// tokens: rows × count; the result has rows of count, or of count + 1 with the tail; masses: rows.
package func takeTokens(
  _ logProbabilities: Floats, _ tokens: [Int32], _ normalisation: SupportNormalisation, masses: Floats, rows: Int,
  width: Int
) -> Floats {
  guard rows > 0 else { return Floats(zeros: 0) }
  let count = tokens.count / rows
  precondition(logProbabilities.count >= rows * width && tokens.count == rows * count && masses.count >= rows)
  checkTokens(tokens, below: width)
  let stride = normalisation == .tail ? count + 1 : count
  let taken = Floats(zeros: rows * stride)
  unsafe tokens.withUnsafeBufferPointer { tokens in
    guard let first = tokens.baseAddress else { return }
    inRowBlocks(rows, least: 4) { _, range in
      unsafe opsd_take(
        logProbabilities.base + range.lowerBound * width, first + range.lowerBound * count,
        taken.base + range.lowerBound * stride, masses.base + range.lowerBound, Int64(range.count), Int64(width),
        Int64(count), normalisation.code)
    }
  }
  return taken
}

/// The way back of a gradient by chosen tokens, in place of the student's log-probabilities.
///
/// Elsewhere the gradient is factor · e^(log q − shift). taken: rows of at least so many numbers as there are tokens.
package func spreadTokens(
  _ taken: Floats, _ tokens: [Int32], into student: Floats, factors: Floats, shifts: Floats, rows: Int, width: Int
) {
  guard rows > 0 else { return }
  let (count, stride) = (tokens.count / rows, taken.count / rows)
  precondition(student.count >= rows * width && tokens.count == rows * count && stride >= count)
  precondition(factors.count >= rows && shifts.count >= rows)
  checkTokens(tokens, below: width)
  unsafe tokens.withUnsafeBufferPointer { tokens in
    guard let first = tokens.baseAddress else { return }
    inRowBlocks(rows, least: 4) { _, range in
      unsafe opsd_spread(
        student.base + range.lowerBound * width, first + range.lowerBound * count,
        taken.base + range.lowerBound * stride, Int64(stride), factors.base + range.lowerBound,
        shifts.base + range.lowerBound, Int64(range.count), Int64(width), Int64(count))
    }
  }
}

// MARK: Targets

/// Cross-entropy of each row of log-probabilities with its target, and its gradient in place of the row.
///
/// The gradient is that by the logits, weight / temperature · (q − 1[target]). losses: rows, unweighted, in nats.
package func crossEntropyRows(
  _ logProbabilities: Floats, targets: [Int32], weights: Floats, losses: Floats, width: Int, temperature: Float = 1
) {
  let rows = targets.count
  precondition(logProbabilities.count >= rows * width && weights.count >= rows && losses.count >= rows)
  checkTokens(targets, below: width)
  unsafe targets.withUnsafeBufferPointer { targets in
    guard let first = targets.baseAddress else { return }
    inRowBlocks(rows, least: 4) { _, range in
      unsafe opsd_cross_entropy(
        logProbabilities.base + range.lowerBound * width, first + range.lowerBound, weights.base + range.lowerBound,
        losses.base + range.lowerBound, Int64(range.count), Int64(width), 1 / temperature)
    }
  }
}
