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

  /// Where a head's query, key and value of a token begin.
  func query(_ head: Int, _ token: Int, _ shape: AttentionShape) -> Int { (token * shape.heads + head) * shape.width }
  func key(_ head: Int, _ token: Int, _ shape: AttentionShape) -> Int {
    (token * shape.keyValueHeads + head) * shape.width
  }
  func value(_ head: Int, _ token: Int, _ shape: AttentionShape) -> Int {
    token * valueStride + valueOffset + head * shape.width
  }

  func check(_ sequences: [Range<Int>], _ shape: AttentionShape) {
    let tokens = sequences.last?.upperBound ?? 0
    precondition(
      queries.count >= tokens * shape.heads * shape.width && keys.count >= tokens * shape.keyValueHeads * shape.width
        && values.count >= tokens * valueStride
        && valueOffset + shape.keyValueHeads * shape.width <= valueStride,
      "attention over \(tokens) tokens: \(queries.count), \(keys.count), \(values.count) numbers")
  }
}

/// Queries are taken this many at a time, so that scores stay in the cache and the part above the diagonal is skipped.
let queryBlock = 32

let panel = Int64(Panels.width)

/// The panels that so many columns need.
func filled(_ count: Int) -> Int { (count + Panels.width - 1) / Panels.width * Panels.width }

/// out = softmax(q · kᵀ / √width, causal) · v.
///
/// out: tokens × heads × width; logSums: tokens × heads, the logarithm of each softmax's denominator.
package func attention(
  _ input: AttentionInput, sequences: [Range<Int>], _ shape: AttentionShape, into out: Floats, logSums: Floats
) {
  input.check(sequences, shape)
  let width = shape.width
  precondition(out.count >= (sequences.last?.upperBound ?? 0) * shape.heads * width)
  Workers.shared.loop(sequences.count * shape.keyValueHeads) { part in
    let tokens = sequences[part / shape.keyValueHeads]
    let keyHead = part % shape.keyValueHeads
    if tokens.isEmpty { return }
    let columns = filled(tokens.count)
    let depth = Int64(width)
    ScratchPool.shared.lend(columns * width + filled(width) * tokens.count + queryBlock * columns) { scratch in
      let keys = scratch[0..<columns * width]
      let values = scratch[keys.count..<keys.count + filled(width) * tokens.count]
      let scores = scratch[keys.count + values.count..<scratch.count]
      unsafe opsd_panels_of_rows(
        input.keys.base + input.key(keyHead, tokens.lowerBound, shape), Int64(shape.keyValueHeads * width),
        Int64(tokens.count), depth, keys.base, panel * depth)
      unsafe opsd_panels_of_columns(
        input.values.base + input.value(keyHead, tokens.lowerBound, shape), Int64(input.valueStride), depth,
        Int64(tokens.count), values.base, panel * Int64(tokens.count))
      for head in keyHead * shape.group..<(keyHead + 1) * shape.group {
        forEachQueryBlock(tokens) { queries, seen in
          let rows = Int64(queries.count)
          let start = input.query(head, queries.lowerBound, shape)
          unsafe opsd_product(
            input.queries.base + start, Int64(shape.heads * width), keys.base, panel * depth, panel, scores.base,
            Int64(columns), panel, rows, Int64(seen.count), depth, 0)
          unsafe opsd_causal_softmax(
            scores.base, Int64(columns), rows, Int64(seen.count), Int64(queries.lowerBound - tokens.lowerBound),
            shape.scale, logSums.base + queries.lowerBound * shape.heads + head, Int64(shape.heads))
          unsafe opsd_product(
            scores.base, Int64(columns), values.base, panel * Int64(tokens.count), panel, out.base + start,
            Int64(shape.heads * width), panel, rows, depth, Int64(seen.count), 0)
        }
      }
    }
  }
}

/// Backward of `attention`: all three gradients are assigned; dValues has the layout of the input's values.
package func attentionBackward(
  _ dOut: Floats, _ input: AttentionInput, sequences: [Range<Int>], _ shape: AttentionShape, logSums: Floats,
  dQueries: Floats, dKeys: Floats, dValues: Floats
) {
  let gradient = AttentionInput(
    queries: dQueries, keys: dKeys, values: dValues, valueOffset: input.valueOffset, valueStride: input.valueStride)
  input.check(sequences, shape)
  gradient.check(sequences, shape)
  precondition(dOut.count >= (sequences.last?.upperBound ?? 0) * shape.heads * shape.width)
  Workers.shared.loop(sequences.count * shape.keyValueHeads) { part in
    let tokens = sequences[part / shape.keyValueHeads]
    if tokens.isEmpty { return }
    let work = AttentionBackwardWork(tokens.count, shape.width)
    ScratchPool.shared.lend(work.count) { scratch in
      attentionBackward(
        dOut, input, tokens, keyHead: part % shape.keyValueHeads, shape, logSums: logSums, into: gradient,
        work, scratch)
    }
  }
}

/// Where what the backward of one sequence and key-value head needs lies in its scratch.
private struct AttentionBackwardWork {
  let keyPanels: Range<Int>  // columns: tokens, depth: width
  let valuePanels: Range<Int>  // columns: tokens, depth: width
  let keyColumns: Range<Int>  // columns: width, depth: tokens
  let probabilities: Range<Int>  // block × tokens
  let dScores: Range<Int>  // block × tokens
  let queryTiles: Range<Int>  // rows: width, depth: block
  let dOutTiles: Range<Int>  // rows: width, depth: block
  let dKeys: Range<Int>  // width × tokens
  let dValues: Range<Int>  // width × tokens
  let count: Int

  init(_ tokens: Int, _ width: Int) {
    var end = 0
    func place(_ count: Int) -> Range<Int> {
      defer { end += count }
      return end..<end + count
    }
    let columns = filled(tokens)
    keyPanels = place(columns * width)
    valuePanels = place(columns * width)
    keyColumns = place(filled(width) * tokens)
    probabilities = place(queryBlock * columns)
    dScores = place(queryBlock * columns)
    queryTiles = place(filled(width) * queryBlock)
    dOutTiles = place(filled(width) * queryBlock)
    dKeys = place(width * columns)
    dValues = place(width * columns)
    count = end
  }
}

private func attentionBackward(
  _ dOut: Floats, _ input: AttentionInput, _ tokens: Range<Int>, keyHead: Int, _ shape: AttentionShape,
  logSums: Floats, into gradient: AttentionInput, _ work: AttentionBackwardWork, _ scratch: Floats
) {
  let width = Int64(shape.width)
  let columns = Int64(filled(tokens.count))
  let queryStride = Int64(shape.heads * shape.width)
  let keyStride = Int64(shape.keyValueHeads * shape.width)
  let keys = unsafe input.keys.base + input.key(keyHead, tokens.lowerBound, shape)
  let values = unsafe input.values.base + input.value(keyHead, tokens.lowerBound, shape)
  let keyPanels = scratch[work.keyPanels]
  let valuePanels = scratch[work.valuePanels]
  let keyColumns = scratch[work.keyColumns]
  let p = scratch[work.probabilities]
  let dS = scratch[work.dScores]
  let queryTiles = scratch[work.queryTiles]
  let dOutTiles = scratch[work.dOutTiles]
  let dK = scratch[work.dKeys]  // transposed: width × tokens
  let dV = scratch[work.dValues]
  let count = Int64(tokens.count)
  unsafe opsd_panels_of_rows(keys, keyStride, count, width, keyPanels.base, panel * width)
  unsafe opsd_panels_of_rows(values, Int64(input.valueStride), count, width, valuePanels.base, panel * width)
  unsafe opsd_panels_of_columns(keys, keyStride, width, count, keyColumns.base, panel * count)
  dK.fill(0)
  dV.fill(0)
  for head in keyHead * shape.group..<(keyHead + 1) * shape.group {
    forEachQueryBlock(tokens) { queries, seen in
      let rows = Int64(queries.count)
      let seen = Int64(seen.count)
      let start = input.query(head, queries.lowerBound, shape)
      let q = unsafe input.queries.base + start
      let d = unsafe dOut.base + start
      unsafe opsd_product(
        q, queryStride, keyPanels.base, panel * width, panel, p.base, columns, panel, rows, seen, width, 0)
      unsafe opsd_causal_probabilities(
        p.base, columns, rows, seen, Int64(queries.lowerBound - tokens.lowerBound), shape.scale,
        logSums.base + queries.lowerBound * shape.heads + head, Int64(shape.heads))
      // dVᵀ += dOᵀ · P
      unsafe opsd_tiles_of_columns(d, queryStride, width, rows, dOutTiles.base, 8 * rows)
      unsafe opsd_product_packed(
        dOutTiles.base, 8 * rows, p.base, panel, columns, dV.base, columns, panel, width, seen, rows, 1)
      // dP = dO · Vᵀ, then dS
      unsafe opsd_product(
        d, queryStride, valuePanels.base, panel * width, panel, dS.base, columns, panel, rows, seen, width, 0)
      unsafe opsd_softmax_backward(p.base, dS.base, columns, rows, seen, shape.scale)
      // dQ = dS · K, dKᵀ += Qᵀ · dS
      unsafe opsd_product(
        dS.base, columns, keyColumns.base, panel * count, panel, gradient.queries.base + start, queryStride, panel,
        rows, width, seen, 0)
      unsafe opsd_tiles_of_columns(q, queryStride, width, rows, queryTiles.base, 8 * rows)
      unsafe opsd_product_packed(
        queryTiles.base, 8 * rows, dS.base, panel, columns, dK.base, columns, panel, width, seen, rows, 1)
    }
  }
  unsafe opsd_transpose(
    dK.base, columns, width, count, gradient.keys.base + gradient.key(keyHead, tokens.lowerBound, shape), keyStride)
  unsafe opsd_transpose(
    dV.base, columns, width, count, gradient.values.base + gradient.value(keyHead, tokens.lowerBound, shape),
    Int64(gradient.valueStride))
}

func forEachQueryBlock(_ tokens: Range<Int>, _ body: (_ queries: Range<Int>, _ seen: Range<Int>) -> Void) {
  for first in stride(from: tokens.lowerBound, to: tokens.upperBound, by: queryBlock) {
    let last = min(tokens.upperBound, first + queryBlock)
    body(first..<last, tokens.lowerBound..<last)
  }
}

/// The keys and values of some sequences ("slots"), laid out for attention of one token over them.
package struct AttentionCache: Sendable {
  /// Tokens that fit into a slot; a multiple of 16.
  package let capacity: Int
  private let slots: Int
  private let shape: AttentionShape
  private let keys: Floats
  private let values: Floats

  /// Room for `slots` sequences of `capacity` (rounded up to 16) tokens in given memory of any content.
  package init(slots: Int, capacity: Int, _ shape: AttentionShape, in memory: Floats) {
    self.slots = slots
    self.capacity = filled(capacity)
    self.shape = shape
    let count = slots * Self.keyCount(capacity, shape)
    keys = memory[0..<count]
    values = memory[count..<count + slots * Self.valueCount(capacity, shape)]
  }

  /// The numbers that the cache of so many sequences takes.
  package static func count(slots: Int, capacity: Int, _ shape: AttentionShape) -> Int {
    slots * (keyCount(capacity, shape) + valueCount(capacity, shape))
  }

  private static func keyCount(_ capacity: Int, _ shape: AttentionShape) -> Int {
    shape.keyValueHeads * shape.width * filled(capacity)
  }
  private static func valueCount(_ capacity: Int, _ shape: AttentionShape) -> Int {
    shape.keyValueHeads * filled(shape.width) * filled(capacity)
  }

  /// Stores tokens' keys and values: token r of the given rows as number `positions[r]` of slot `slots[r]`.
  ///
  /// newKeys: tokens × keyValueHeads × width; values: in rows of `stride`, from `offset` on.
  package func remember(
    keys newKeys: Floats, values newValues: Floats, offset: Int, stride: Int, rows: Range<Int>, slots: [Int],
    positions: [Int32]
  ) {
    let width = shape.keyValueHeads * shape.width
    check(slots, positions)
    precondition(rows.lowerBound >= 0 && rows.upperBound <= slots.count && offset + width <= stride)
    precondition(newKeys.count >= slots.count * width && newValues.count >= slots.count * stride)
    for row in rows {
      let slot = slots[row]
      unsafe opsd_remember(
        newKeys.base + row * width, newValues.base + row * stride + offset,
        keys.base + slot * Self.keyCount(capacity, shape), values.base + slot * Self.valueCount(capacity, shape),
        Int64(shape.keyValueHeads), Int64(shape.width), Int64(positions[row]), Int64(capacity))
    }
  }

  /// Copies the first `count` tokens of a slot to another.
  package func copy(_ count: Int, from source: Int, to target: Int) {
    precondition(max(source, target) < slots && min(source, target) >= 0 && count <= capacity)
    func copy(_ memory: Floats, _ slotSize: Int, _ piece: Int, _ used: Int) {
      let from = memory.row(source, width: slotSize)
      let to = memory.row(target, width: slotSize)
      for start in stride(from: 0, to: slotSize, by: piece) {
        to[start..<start + used].assign(from[start..<start + used])
      }
    }
    // A head's keys begin with those of the first tokens, and so does each panel of its values.
    copy(keys, Self.keyCount(capacity, shape), shape.width * capacity, filled(count) * shape.width)
    copy(values, Self.valueCount(capacity, shape), Panels.width * capacity, Panels.width * count)
  }

  /// Attention of tokens over their slots up to their own positions, on the calling thread.
  ///
  /// queries, out: tokens × heads × width, of which the given rows are taken.
  package func attend(_ queries: Floats, rows: Range<Int>, slots: [Int], positions: [Int32], into out: Floats) {
    let width = shape.heads * shape.width
    check(slots, positions)
    precondition(rows.upperBound <= slots.count && queries.count >= rows.upperBound * width)
    precondition(out.count >= rows.upperBound * width)
    ScratchPool.shared.lend(2 * shape.group * capacity) { scratch in
      for row in rows {
        unsafe opsd_attend(
          queries.base + row * width, keys.base + slots[row] * Self.keyCount(capacity, shape),
          values.base + slots[row] * Self.valueCount(capacity, shape), out.base + row * width, scratch.base,
          Int64(shape.keyValueHeads), Int64(shape.group), Int64(shape.width), Int64(positions[row]) + 1,
          Int64(capacity), shape.scale)
      }
    }
  }

  private func check(_ slots: [Int], _ positions: [Int32]) {
    precondition(slots.count == positions.count)
    for (slot, position) in zip(slots, positions) {
      precondition(
        slot >= 0 && slot < self.slots && position >= 0 && Int(position) < capacity,
        "token \(position) of slot \(slot) in a cache of \(self.slots) slots of \(capacity)")
    }
  }
}
