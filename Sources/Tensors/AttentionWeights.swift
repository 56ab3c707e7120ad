// The weights of attention themselves, for looking at. Training never has them all at once: `attention` makes those of
// some queries, uses them and forgets them; here the same kernels make them again and they stay.

import CKernels

/// weights = softmax(q · kᵀ / √width, causal) of one head over one sequence: the numbers that `attention` multiplies the
/// values with.
///
/// tokens: where the sequence lies among those of the input; weights: tokens × tokens, one row for each token that reads,
/// 0 for what comes after it. Each row sums to 1 within float32's rounding.
package func attentionWeights(
  _ input: AttentionInput, tokens: Range<Int>, head: Int, _ shape: AttentionShape, into weights: Floats
) {
  input.check([tokens], shape)
  precondition((0..<shape.heads).contains(head), "there is no head \(head) among \(shape.heads)")
  precondition(weights.count >= tokens.count * tokens.count)
  if tokens.isEmpty { return }
  let width = shape.width
  let depth = Int64(width)
  let columns = filled(tokens.count)
  ScratchPool.shared.lend(columns * width + queryBlock * columns + queryBlock) { scratch in
    let keys = scratch[0..<columns * width]
    let scores = scratch[keys.count..<keys.count + queryBlock * columns]
    let logSums = scratch[keys.count + scores.count..<scratch.count]
    unsafe opsd_panels_of_rows(
      input.keys.base + input.key(head / shape.group, tokens.lowerBound, shape),
      Int64(shape.keyValueHeads * width), Int64(tokens.count), depth, keys.base, panel * depth)
    forEachQueryBlock(tokens) { queries, seen in
      let first = queries.lowerBound - tokens.lowerBound
      unsafe opsd_product(
        input.queries.base + input.query(head, queries.lowerBound, shape), Int64(shape.heads * width), keys.base,
        panel * depth, panel, scores.base, Int64(columns), panel, Int64(queries.count), Int64(seen.count), depth, 0)
      unsafe opsd_causal_softmax(
        scores.base, Int64(columns), Int64(queries.count), Int64(seen.count), Int64(first), shape.scale, logSums.base,
        1)
      for row in 0..<queries.count {
        let target = weights.row(first + row, width: tokens.count)
        target[0..<seen.count].assign(scores.row(row, width: columns)[0..<seen.count])
        target[seen.count..<tokens.count].fill(0)
      }
    }
  }
}
