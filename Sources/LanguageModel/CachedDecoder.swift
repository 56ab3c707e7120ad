// Decoding with a cache of keys and values. One code path serves prompts (many tokens of a sequence at once) and
// sampling (one token of each): every row is computed by the same sequence of operations whatever stands beside it, so
// that batched, ragged and single decoding give the same bits.

package import Tensors

/// A decoder that remembers the keys and values of the sequences it has read.
package final class CachedDecoder {
  /// The sequences it holds, by slot.
  package let slots: Int
  /// Tokens that fit into each slot; a multiple of 16.
  package let capacity: Int

  private let parameters: Parameters
  private let adapter: Adapter?
  private let lowRank = LowRankScratch()
  private let shape: DecoderConfiguration
  private let rotary: RotaryTable
  /// Whether products are cut up for the threads; false where the caller has already divided the sequences.
  private let isParallel: Bool
  private var lengths: [Int]
  private let keys: [Floats]  // by layer: slots × K × W × capacity
  private let values: [Floats]  // by layer: slots × K × capacity × W

  private var rows = 0
  private var stream = Floats(zeros: 0)
  private var normalised = Floats(zeros: 0)
  private var projected = Floats(zeros: 0)
  private var queries = Floats(zeros: 0)
  private var rotatedKeys = Floats(zeros: 0)
  private var attended = Floats(zeros: 0)
  private var gateUp = Floats(zeros: 0)
  private var hidden = Floats(zeros: 0)
  private var scale = Floats(zeros: 0)
  private var headScale = Floats(zeros: 0)
  private var selected = Floats(zeros: 0)

  /// Room for `slots` sequences of at most `length` tokens each.
  package init(_ parameters: Parameters, adapter: Adapter? = nil, slots: Int, length: Int, isParallel: Bool) {
    precondition(adapter == nil || adapter?.shape == parameters.configuration, "this adapter is of another shape")
    self.parameters = parameters
    self.adapter = adapter
    shape = parameters.configuration
    self.slots = slots
    capacity = (length + 15) & ~15
    self.isParallel = isParallel
    rotary = RotaryTable(positions: capacity, width: shape.headWidth, base: shape.rotaryBase)
    lengths = Array(repeating: 0, count: slots)
    let size = slots * shape.keyValueHeads * shape.headWidth * capacity
    keys = (0..<shape.layers).map { _ in Floats(zeros: size) }
    values = (0..<shape.layers).map { _ in Floats(zeros: size) }
  }

  private func reserve(_ count: Int) {
    guard count > rows else { return }
    rows = count
    stream = Floats(zeros: count * shape.width)
    normalised = Floats(zeros: count * shape.width)
    projected = Floats(zeros: count * shape.projectedWidth)
    queries = Floats(zeros: count * shape.heads * shape.headWidth)
    rotatedKeys = Floats(zeros: count * shape.keyValueHeads * shape.headWidth)
    attended = Floats(zeros: count * shape.heads * shape.headWidth)
    gateUp = Floats(zeros: count * 2 * shape.feedForward)
    hidden = Floats(zeros: count * shape.feedForward)
    scale = Floats(zeros: count)
    headScale = Floats(zeros: count * shape.heads)
    selected = Floats(zeros: count * shape.width)
  }

  /// Appends tokens to their slots, in order; afterwards row r of the state belongs to token r.
  ///
  /// Several tokens of one slot may stand in one call, as in a prompt. Traps when a slot is full.
  package func extend(_ tokens: [Int32], slots: [Int]) {
    precondition(tokens.count == slots.count)
    reserve(tokens.count)
    var positions: [Int32] = []
    for slot in slots {
      precondition(lengths[slot] < capacity, "slot \(slot) is full: it holds \(capacity) tokens")
      positions.append(Int32(lengths[slot]))
      lengths[slot] += 1
    }
    gatherRows(parameters.embedding, tokens, into: stream, width: shape.width)
    for layer in 0..<shape.layers { extend(layer, slots: slots, positions: positions) }
  }

  private func extend(_ layer: Int, slots: [Int], positions: [Int32]) {
    let n = positions.count
    let d = shape.width
    let w = shape.headWidth
    let queryWidth = shape.heads * w
    let keyWidth = shape.keyValueHeads * w
    func linear(_ map: LinearMap, _ x: Floats, into y: Floats, accumulate: Bool = false) {
      linearRows(
        x, parameters.part(layer, map.weights), into: y, rows: n, depth: shape.inputs(of: map),
        outputs: shape.outputs(of: map), accumulate: accumulate, parallel: isParallel)
      adapter?.decode(layer, map, x, addingTo: y, rows: n, parallel: isParallel, lowRank)
    }

    rmsNorm(
      stream, parameters.part(layer, \.attentionNorm), into: normalised, scale: scale, rows: n, width: d,
      epsilon: shape.normEpsilon)
    linear(.queryKeyValue, normalised, into: projected)
    normRotate(
      projected, offset: 0, stride: shape.projectedWidth, parameters.part(layer, \.queryNorm), rotary,
      positions: positions, into: queries, scale: headScale, heads: shape.heads, epsilon: shape.normEpsilon)
    normRotate(
      projected, offset: queryWidth, stride: shape.projectedWidth, parameters.part(layer, \.keyNorm), rotary,
      positions: positions, into: rotatedKeys, scale: headScale, heads: shape.keyValueHeads,
      epsilon: shape.normEpsilon)
    let size = keyWidth * capacity
    for row in 0..<n {
      cacheRow(
        keys: rotatedKeys.row(row, width: keyWidth),
        values: projected[(row * shape.projectedWidth + queryWidth + keyWidth)..<(row + 1) * shape.projectedWidth],
        intoKeys: keys[layer].row(slots[row], width: size), intoValues: values[layer].row(slots[row], width: size),
        shape.attention, position: Int(positions[row]), capacity: capacity)
    }
    let attend = { (range: Range<Int>) in
      let scratch = Floats(zeros: self.capacity)
      for row in range {
        attendCached(
          self.queries.row(row, width: queryWidth), keys: self.keys[layer].row(slots[row], width: size),
          values: self.values[layer].row(slots[row], width: size), into: self.attended.row(row, width: queryWidth),
          scratch: scratch, self.shape.attention, count: Int(positions[row]) + 1, capacity: self.capacity)
      }
    }
    if isParallel { inRowBlocks(n, least: 1) { _, range in attend(range) } } else { attend(0..<n) }
    linear(.output, attended, into: stream, accumulate: true)

    rmsNorm(
      stream, parameters.part(layer, \.feedForwardNorm), into: normalised, scale: scale, rows: n, width: d,
      epsilon: shape.normEpsilon)
    linear(.gateUp, normalised, into: gateUp)
    swiglu(gateUp, into: hidden, rows: n, width: shape.feedForward)
    linear(.down, hidden, into: stream, accumulate: true)
  }

  /// Logits of the next token after the given rows of the last `extend`: rows × V, into the front of `logits`.
  package func logits(ofRows chosen: [Int], into logits: Floats) {
    for (index, row) in chosen.enumerated() {
      selected.row(index, width: shape.width).assign(stream.row(row, width: shape.width))
    }
    rmsNorm(
      selected, parameters.finalNorm, into: normalised, scale: scale, rows: chosen.count, width: shape.width,
      epsilon: shape.normEpsilon)
    linearRows(
      normalised, parameters.head, into: logits, rows: chosen.count, depth: shape.width, outputs: shape.vocabulary,
      parallel: isParallel)
  }
}
