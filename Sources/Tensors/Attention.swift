// Causal grouped-query attention over packed sequences, forward and backward, and over a cache, one token at a time.
// Sequences and key-value heads are independent: each pair is one part of a parallel loop.

import CKernels

/// The shape of attention.
package struct AttentionShape: Sendable, Equatable {
  /// Query heads; a multiple of `keyValueHeads`.
  package let heads: Int
  package let keyValueHeads: Int
  /// Numbers in a head.
  package let width: Int

  package init(heads: Int, keyValueHeads: Int, width: Int) {
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.width = width
  }

  /// Query heads that share one key-value head.
  package var group: Int { heads / keyValueHeads }
  /// 1/√width, the scale of the scores.
  var scale: Float { 1 / Float(width).squareRoot() }
}

/// What attention reads: queries and keys after rotation, values where the projection left them.
package struct AttentionInput: Sendable {
  /// tokens × heads × width.
  package let queries: Floats
  /// tokens × keyValueHeads × width.
  package let keys: Floats
  /// tokens × stride, the value heads from `valueOffset` in each row.
  package let values: Floats
  package let valueOffset: Int
  package let valueStride: Int

  package init(queries: Floats, keys: Floats, values: Floats, valueOffset: Int, valueStride: Int) {
    self.queries = queries
    self.keys = keys
    self.values = values
    self.valueOffset = valueOffset
    self.valueStride = valueStride
  }

  func query(_ head: Int, _ tokens: Range<Int>, _ shape: AttentionShape) -> Matrix {
    headMatrix(queries, head * shape.width, tokens, stride: shape.heads * shape.width, shape)
  }
  func key(_ head: Int, _ tokens: Range<Int>, _ shape: AttentionShape) -> Matrix {
    headMatrix(keys, head * shape.width, tokens, stride: shape.keyValueHeads * shape.width, shape)
  }
  func value(_ head: Int, _ tokens: Range<Int>, _ shape: AttentionShape) -> Matrix {
    headMatrix(values, valueOffset + head * shape.width, tokens, stride: valueStride, shape)
  }
}

private func headMatrix(
  _ values: Floats, _ offset: Int, _ tokens: Range<Int>, stride: Int, _ shape: AttentionShape
) -> Matrix {
  let first = tokens.lowerBound * stride + offset
  return Matrix(
    values[first..<first + (tokens.count - 1) * stride + shape.width], rows: tokens.count, columns: shape.width,
    stride: stride)
}

/// Queries are taken this many at a time, so that scores stay in the cache and the part above the diagonal is skipped.
private let queryBlock = 64

/// out = softmax(q · kᵀ / √width, causal) · v.
///
/// out: tokens × heads × width; logSums: tokens × heads, the logarithm of each softmax's denominator.
package func attention(
  _ input: AttentionInput, sequences: [Range<Int>], _ shape: AttentionShape, into out: Floats, logSums: Floats
) {
  let longest = sequences.lazy.map(\.count).max() ?? 0
  Workers.shared.loop(sequences.count * shape.keyValueHeads) { part in
    let tokens = sequences[part / shape.keyValueHeads]
    let keyHead = part % shape.keyValueHeads
    if tokens.isEmpty { return }
    let scratch = Floats(zeros: queryBlock * longest)
    for head in keyHead * shape.group..<(keyHead + 1) * shape.group {
      forEachQueryBlock(tokens) { queries, seen in
        let scores = Matrix(scratch, rows: queries.count, columns: seen.count)
        MatrixProduct.rowsByRows.single(
          input.query(head, queries, shape), input.key(keyHead, seen, shape), into: scores)
        unsafe opsd_causal_softmax(
          scratch.base, Int64(seen.count), Int64(queries.count), Int64(seen.count),
          Int64(queries.lowerBound - tokens.lowerBound), shape.scale,
          logSums.base + queries.lowerBound * shape.heads + head, Int64(shape.heads))
        MatrixProduct.plain.single(
          scores, input.value(keyHead, seen, shape),
          into: headMatrix(out, head * shape.width, queries, stride: shape.heads * shape.width, shape))
      }
    }
  }
}

/// Backward of `attention`: all three gradients are assigned; dValues has the layout of the input's values.
package func attentionBackward(
  _ dOut: Floats, _ input: AttentionInput, sequences: [Range<Int>], _ shape: AttentionShape, logSums: Floats,
  dQueries: Floats, dKeys: Floats, dValues: Floats
) {
  let longest = sequences.lazy.map(\.count).max() ?? 0
  let gradient = AttentionInput(
    queries: dQueries, keys: dKeys, values: dValues, valueOffset: input.valueOffset, valueStride: input.valueStride)
  Workers.shared.loop(sequences.count * shape.keyValueHeads) { part in
    let tokens = sequences[part / shape.keyValueHeads]
    let keyHead = part % shape.keyValueHeads
    if tokens.isEmpty { return }
    let scratch = Floats(zeros: 2 * queryBlock * longest)
    let half = queryBlock * longest
    var isFirst = true
    for head in keyHead * shape.group..<(keyHead + 1) * shape.group {
      // From the end: the last block of queries sees every key, so it assigns and the others add.
      forEachQueryBlock(tokens, reversed: true) { queries, seen in
        let p = Matrix(scratch[0..<half], rows: queries.count, columns: seen.count)
        let dP = Matrix(scratch[half..<2 * half], rows: queries.count, columns: seen.count)
        let q = input.query(head, queries, shape)
        let k = input.key(keyHead, seen, shape)
        let d = headMatrix(dOut, head * shape.width, queries, stride: shape.heads * shape.width, shape)
        MatrixProduct.rowsByRows.single(q, k, into: p)
        unsafe opsd_causal_probabilities(
          p.values.base, Int64(seen.count), Int64(queries.count), Int64(seen.count),
          Int64(queries.lowerBound - tokens.lowerBound), shape.scale,
          logSums.base + queries.lowerBound * shape.heads + head, Int64(shape.heads))
        MatrixProduct.columnsByColumns.single(
          p, d, into: gradient.value(keyHead, seen, shape), accumulate: !isFirst)
        MatrixProduct.rowsByRows.single(d, input.value(keyHead, seen, shape), into: dP)
        unsafe opsd_softmax_backward(
          p.values.base, dP.values.base, Int64(seen.count), Int64(queries.count), Int64(seen.count), shape.scale)
        MatrixProduct.plain.single(dP, k, into: gradient.query(head, queries, shape))
        MatrixProduct.columnsByColumns.single(
          dP, q, into: gradient.key(keyHead, seen, shape), accumulate: !isFirst)
        isFirst = false
      }
    }
  }
}

private func forEachQueryBlock(
  _ tokens: Range<Int>, reversed: Bool = false, _ body: (_ queries: Range<Int>, _ seen: Range<Int>) -> Void
) {
  let blocks = (tokens.count + queryBlock - 1) / queryBlock
  for index in 0..<blocks {
    let block = reversed ? blocks - 1 - index : index
    let first = tokens.lowerBound + block * queryBlock
    let last = min(tokens.upperBound, first + queryBlock)
    body(first..<last, tokens.lowerBound..<last)
  }
}

/// Attention of one token over a cache, on the calling thread.
///
/// q: heads × width; keys: keyValueHeads × width × capacity; values: keyValueHeads × capacity × width; the token sees
/// the first `count` entries; out: heads × width; scratch: capacity, a multiple of 16.
package func attendCached(
  _ q: Floats, keys: Floats, values: Floats, into out: Floats, scratch: Floats, _ shape: AttentionShape, count: Int,
  capacity: Int
) {
  let span = shape.group * shape.width
  precondition(q.count == shape.heads * shape.width && out.count == q.count && scratch.count >= capacity)
  precondition(keys.count == shape.keyValueHeads * shape.width * capacity && values.count == keys.count)
  for head in 0..<shape.keyValueHeads {
    unsafe opsd_attend(
      q.base + head * span, keys.base + head * shape.width * capacity, values.base + head * shape.width * capacity,
      out.base + head * span, scratch.base, Int64(shape.group), Int64(shape.width), Int64(count), Int64(capacity),
      shape.scale)
  }
}

/// Writes one token's keys and values into the cache that `attendCached` reads.
package func cacheRow(
  keys: Floats, values: Floats, intoKeys keyCache: Floats, intoValues valueCache: Floats, _ shape: AttentionShape,
  position: Int, capacity: Int
) {
  precondition(position < capacity && keys.count == shape.keyValueHeads * shape.width && values.count == keys.count)
  for index in 0..<keys.count {
    let head = index / shape.width
    keyCache[index * capacity + position] = keys[index]
    valueCache[(head * capacity + position) * shape.width + index % shape.width] = values[index]
  }
}
