// Row kernels over views: shapes checked here, rows cut into blocks for the threads, the arithmetic in CKernels, where
// each formula stands. Forward and backward adjacent. Gradients of parameters accumulate, those of activations are
// assigned, unless a label says `adding`.

import CKernels
import Synchronization

/// Cuts rows into at most eight blocks, of at least `least` rows; a block's bounds depend on the number of rows alone.
package func inRowBlocks(_ rows: Int, least: Int = 32, _ body: (Int, Range<Int>) -> Void) {
  let size = rowBlockSize(rows, least: least)
  Workers.shared.loop((rows + size - 1) / size) { body($0, $0 * size..<min(rows, ($0 + 1) * size)) }
}

private func rowBlockSize(_ rows: Int, least: Int) -> Int { max(least, (rows + 7) / 8) }

/// Sums over rows that land in one gradient: each block of rows sums on its own, then the blocks are added in order.
///
/// Where nobody wants that gradient the sums of the blocks are dropped.
private func reducingRows(_ rows: Int, width: Int, into gradient: Floats?, _ body: (Range<Int>, Floats) -> Void) {
  let partial = Floats(zeros: 8 * width)
  inRowBlocks(rows) { index, range in body(range, partial.row(index, width: width)) }
  guard let gradient else { return }
  for index in 0..<8 { add(partial.row(index, width: width), to: gradient) }
}

// MARK: RMSNorm

/// y = x · s · w, s = 1/√(mean(x²) + ε) per row; x, y: rows × width; scale: rows, receives s.
///
/// y may be x. Right for any finite row, also where x² overflows.
package func rmsNorm(
  _ x: Floats, _ w: Floats, into y: Floats, scale: Floats, rows: Int, width: Int, epsilon: Float
) {
  precondition(x.count >= rows * width && y.count >= rows * width && scale.count >= rows && w.count == width)
  inRowBlocks(rows) { _, range in
    unsafe opsd_rms_norm(
      x.base + range.lowerBound * width, w.base, y.base + range.lowerBound * width, scale.base + range.lowerBound,
      Int64(range.count), Int64(width), epsilon)
  }
}

/// Backward of `rmsNorm`: dx assigned, or added to where `adding`; dw, where there is one, accumulates.
package func rmsNormBackward(
  _ dy: Floats, _ x: Floats, _ w: Floats, scale: Floats, dx: Floats, dw: Floats?, rows: Int, width: Int, adding: Bool
) {
  precondition(x.count >= rows * width && dy.count >= rows * width && dx.count >= rows * width && w.count == width)
  precondition(dw == nil || dw?.count == width)
  reducingRows(rows, width: width, into: dw) { range, dw in
    let offset = range.lowerBound * width
    unsafe opsd_rms_norm_backward(
      dy.base + offset, x.base + offset, w.base, scale.base + range.lowerBound, dx.base + offset, dw.base,
      Int64(range.count), Int64(width), adding ? 1 : 0)
  }
}

// MARK: Rotary heads

/// cos and sin of position · base^(−2i/width): positions × width/2 each, computed in double.
package struct RotaryTable: Sendable {
  package let cosines: Floats
  package let sines: Floats
  package let positions: Int
  package let width: Int

  /// Tables that were made before, or new ones, of at least so many positions.
  package static func shared(positions: Int, width: Int, base: Double) -> RotaryTable {
    tables.withLock { tables in
      let key = Key(width: width, base: base)
      if let table = tables[key], table.positions >= positions { return table }
      let table = RotaryTable(positions: positions, width: width, base: base)
      tables[key] = table
      return table
    }
  }

  private struct Key: Hashable {
    let width: Int
    let base: Double
  }
  private static let tables = Mutex<[Key: RotaryTable]>([:])

  /// Tables for positions `0..<positions` and heads of the given (even) width.
  init(positions: Int, width: Int, base: Double) {
    precondition(width % 2 == 0, "a head of width \(width) has no two halves to rotate")
    let half = width / 2
    cosines = Floats(zeros: positions * half)
    sines = Floats(zeros: positions * half)
    self.positions = positions
    self.width = width
    for i in 0..<half {
      // The inverse frequency is rounded to float32 as PyTorch does; the angle too.
      let frequency = Float(1) / Float(power(base, Double(2 * i) / Double(width)))
      for position in 0..<positions {
        let angle = Double(Float(position) * frequency)
        cosines[position * half + i] = Float(cosine(angle))
        sines[position * half + i] = Float(sine(angle))
      }
    }
  }
}

/// Per head: RMSNorm, then rotation by the position.
///
/// x: rows × stride, the heads side by side in each row from `offset`; y: rows × heads × width; scale: rows × heads.
package func normRotate(
  _ x: Floats, offset: Int, stride: Int, _ w: Floats, _ table: RotaryTable, positions: [Int32], into y: Floats,
  scale: Floats, heads: Int, epsilon: Float
) {
  inRowBlocks(positions.count) { _, rows in
    normRotate(
      x, offset: offset, stride: stride, w, table, positions: positions, rows: rows, into: y, scale: scale,
      heads: heads, epsilon: epsilon)
  }
}

/// The same of the given rows, on the calling thread.
package func normRotate(
  _ x: Floats, offset: Int, stride: Int, _ w: Floats, _ table: RotaryTable, positions: [Int32], rows: Range<Int>,
  into y: Floats, scale: Floats, heads: Int, epsilon: Float
) {
  let width = table.width
  let end = rows.upperBound
  precondition(rows.lowerBound >= 0 && end <= positions.count)
  precondition(
    x.count >= end * stride && y.count >= end * heads * width && scale.count >= end * heads && w.count == width)
  checkHeads(offset: offset, stride: stride, heads: heads, table, positions[rows])
  unsafe positions.withUnsafeBufferPointer { positions in
    guard let first = positions.baseAddress else { return }
    unsafe opsd_norm_rotate(
      x.base + rows.lowerBound * stride + offset, Int64(stride), w.base, table.cosines.base, table.sines.base,
      first + rows.lowerBound, y.base + rows.lowerBound * heads * width, scale.base + rows.lowerBound * heads,
      Int64(rows.count), Int64(heads), Int64(width), epsilon)
  }
}

/// Backward of `normRotate`: the heads' part of dx is assigned; dw, where there is one, accumulates.
package func normRotateBackward(
  _ dy: Floats, _ x: Floats, offset: Int, stride: Int, _ w: Floats, _ table: RotaryTable, positions: [Int32],
  scale: Floats, dx: Floats, dw: Floats?, heads: Int
) {
  let rows = positions.count
  let width = table.width
  precondition(x.count >= rows * stride && dx.count >= rows * stride && dy.count >= rows * heads * width)
  precondition(scale.count >= rows * heads && w.count == width)
  precondition(dw == nil || dw?.count == width)
  checkHeads(offset: offset, stride: stride, heads: heads, table, positions[...])
  unsafe positions.withUnsafeBufferPointer { positions in
    guard let first = positions.baseAddress else { return }
    reducingRows(rows, width: width, into: dw) { range, dw in
      unsafe opsd_norm_rotate_backward(
        dy.base + range.lowerBound * heads * width, x.base + range.lowerBound * stride + offset, Int64(stride), w.base,
        table.cosines.base, table.sines.base, first + range.lowerBound, scale.base + range.lowerBound * heads,
        dx.base + range.lowerBound * stride + offset, dw.base, Int64(range.count), Int64(heads), Int64(width))
    }
  }
}

/// Traps where heads would reach past their row or a position past its table.
private func checkHeads(
  offset: Int, stride: Int, heads: Int, _ table: RotaryTable, _ positions: ArraySlice<Int32>
) {
  precondition(
    offset >= 0 && offset + heads * table.width <= stride,
    "\(heads) heads of \(table.width) from \(offset) do not fit a row of \(stride)")
  for position in positions {
    precondition(
      position >= 0 && Int(position) < table.positions, "position \(position) in a table of \(table.positions)")
  }
}

// MARK: SwiGLU

/// h = silu(g) · u; gu: rows × 2·width (g, then u); h: rows × width.
package func swiglu(_ gu: Floats, into h: Floats, rows: Int, width: Int) {
  precondition(gu.count >= rows * 2 * width && h.count >= rows * width)
  // A block should be worth more than handing it out.
  inRowBlocks(rows, least: max(1, 4_096 / max(1, width))) { _, range in
    unsafe opsd_swiglu(
      gu.base + range.lowerBound * 2 * width, h.base + range.lowerBound * width, Int64(range.count), Int64(width))
  }
}

/// Backward of `swiglu`; dgu is assigned and may be gu.
package func swigluBackward(_ dh: Floats, _ gu: Floats, dgu: Floats, rows: Int, width: Int) {
  precondition(gu.count >= rows * 2 * width && dgu.count >= rows * 2 * width && dh.count >= rows * width)
  inRowBlocks(rows) { _, range in
    unsafe opsd_swiglu_backward(
      dh.base + range.lowerBound * width, gu.base + range.lowerBound * 2 * width,
      dgu.base + range.lowerBound * 2 * width, Int64(range.count), Int64(width))
  }
}

// MARK: Embedding

/// y[r] = row tokens[r] of the table (vocabulary × width); y: rows × width.
package func gatherRows(_ table: Panels, _ tokens: [Int32], into y: Floats) {
  precondition(y.count >= tokens.count * table.inputs)
  checkTokens(tokens, below: table.outputs)
  for (row, token) in tokens.enumerated() {
    unsafe opsd_gather(
      table.values.base + table.place(Int(token)), Int64(Panels.width), Int64(table.inputs),
      y.base + row * table.inputs)
  }
}

/// Backward of `gatherRows`: row tokens[r] of the gradient += dy[r], in the order of the rows.
package func scatterRows(_ dy: Floats, _ tokens: [Int32], addingTo gradient: Panels) {
  precondition(dy.count >= tokens.count * gradient.inputs)
  checkTokens(tokens, below: gradient.outputs)
  let parts = min(8, gradient.inputs)
  Workers.shared.loop(parts) { part in
    let range = part * gradient.inputs / parts..<(part + 1) * gradient.inputs / parts
    for (row, token) in tokens.enumerated() {
      unsafe opsd_scatter(
        dy.base + row * gradient.inputs + range.lowerBound, Int64(Panels.width), Int64(range.count),
        gradient.values.base + gradient.place(Int(token)) + range.lowerBound * Panels.width)
    }
  }
}

/// Traps where a token is none of the vocabulary.
func checkTokens(_ tokens: [Int32], below vocabulary: Int) {
  for token in tokens {
    precondition(token >= 0 && Int(token) < vocabulary, "token \(token) in a vocabulary of \(vocabulary)")
  }
}

// MARK: Vectors

/// y += x.
package func add(_ x: Floats, to y: Floats) {
  precondition(x.count == y.count, "cannot add \(x.count) numbers to \(y.count)")
  unsafe opsd_add(x.base, y.base, Int64(x.count))
}

/// x *= factor.
package func multiply(_ x: Floats, by factor: Float) {
  unsafe opsd_multiply(x.base, factor, Int64(x.count))
}

/// y += share · (x − y): a moving average takes in the numbers x.
package func blend(_ x: Floats, into y: Floats, share: Float) {
  precondition(x.count == y.count, "cannot blend \(x.count) numbers into \(y.count)")
  let size = 1 << 15
  Workers.shared.loop((x.count + size - 1) / size) { index in
    let first = index * size
    unsafe opsd_blend(x.base + first, y.base + first, share, Int64(min(size, x.count - first)))
  }
}

/// Σ x², in double: blocks of 65,536 numbers, added in order.
package func sumOfSquares(_ x: Floats) -> Double {
  let size = 1 << 16
  let blocks = (x.count + size - 1) / size
  let partial = SharedDoubles(blocks)
  Workers.shared.loop(blocks) { index in
    let range = index * size..<min(x.count, (index + 1) * size)
    partial[index] = unsafe opsd_sum_of_squares(x.base + range.lowerBound, Int64(range.count))
  }
  return partial.sum
}

/// Doubles that the parts of a loop write, one each.
@safe private final class SharedDoubles: @unchecked Sendable {
  private let values: UnsafeMutableBufferPointer<Double>
  init(_ count: Int) {
    unsafe values = .allocate(capacity: count)
    unsafe values.initialize(repeating: 0)
  }
  deinit { unsafe values.deallocate() }
  subscript(index: Int) -> Double {
    get { unsafe values[index] }
    set { unsafe values[index] = newValue }
  }
  var sum: Double { unsafe values.reduce(0, +) }
}

/// The scalars of one AdamW step; see `adamWStep`.
package struct AdamWStep: Sendable {
  package var rate: Double
  package var beta1: Double
  package var beta2: Double
  package var epsilon: Double
  package var weightDecay: Double
  /// Counted from 1.
  package var step: Int
  /// What gradients are multiplied with first: the clipping of their norm.
  package var gradientScale: Double

  package init(
    rate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, step: Int, gradientScale: Double
  ) {
    self.rate = rate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.step = step
    self.gradientScale = gradientScale
  }
}

/// One step of AdamW over a run of parameters (Loshchilov and Hutter, 2019), as PyTorch computes it.
package func adamWStep(_ w: Floats, _ g: Floats, _ m: Floats, _ v: Floats, _ step: AdamWStep) {
  precondition(w.count == g.count && w.count == m.count && w.count == v.count)
  let correction1 = 1 - power(step.beta1, Double(step.step))
  let correction2 = 1 - power(step.beta2, Double(step.step))
  let size = 1 << 15
  Workers.shared.loop((w.count + size - 1) / size) { index in
    let first = index * size
    unsafe opsd_adamw(
      w.base + first, g.base + first, m.base + first, v.base + first, Int64(min(size, w.count - first)),
      Float(step.gradientScale), Float(1 - step.rate * step.weightDecay), Float(step.rate / correction1),
      Float(1 / correction2.squareRoot()), Float(step.beta1), Float(step.beta2), Float(step.epsilon))
  }
}
