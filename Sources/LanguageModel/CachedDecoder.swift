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
  private let memory: ActivationMemory
  private let shape: DecoderConfiguration
  private let rotary: RotaryTable
  /// Whether products are cut up for the threads; false where the caller has already divided the sequences.
  private let isParallel: Bool
  private var lengths: [Int]
  private let caches: [AttentionCache]  // by layer

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

  /// Room for `slots` sequences of at most `length` tokens each, borrowed from `memory`.
  package init(
    _ parameters: Parameters, slots: Int, length: Int, isParallel: Bool, memory: ActivationMemory = ActivationMemory()
  ) {
    self.parameters = parameters
    self.memory = memory
    shape = parameters.configuration
    self.slots = slots
    capacity = (length + 15) & ~15
    self.isParallel = isParallel
    rotary = RotaryTable(positions: capacity, width: shape.headWidth, base: shape.rotaryBase)
    lengths = Array(repeating: 0, count: slots)
    let size = AttentionCache.count(slots: slots, capacity: capacity, shape.attention)
    let room = memory.borrow(shape.layers * size)
    let (shape, capacity) = (shape, capacity)
    caches = (0..<shape.layers).map {
      AttentionCache(slots: slots, capacity: capacity, shape.attention, in: room.row($0, width: size))
    }
  }

  private func reserve(_ count: Int) {
    guard count > rows else { return }
    rows = count
    stream = memory.borrow(count * shape.width)
    normalised = memory.borrow(count * shape.width)
    projected = memory.borrow(count * shape.projectedWidth)
    queries = memory.borrow(count * shape.heads * shape.headWidth)
    rotatedKeys = memory.borrow(count * shape.keyValueHeads * shape.headWidth)
    attended = memory.borrow(count * shape.heads * shape.headWidth)
    gateUp = memory.borrow(count * 2 * shape.feedForward)
    hidden = memory.borrow(count * shape.feedForward)
    scale = memory.borrow(count)
    headScale = memory.borrow(count * shape.heads)
    selected = memory.borrow(count * shape.width)
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
    gatherRows(parameters.embedding, tokens, into: stream)
    for layer in 0..<shape.layers { extend(layer, slots: slots, positions: positions) }
  }

  private func extend(_ layer: Int, slots: [Int], positions: [Int32]) {
    let n = positions.count
    let d = shape.width
    let w = shape.headWidth
    let queryWidth = shape.heads * w
    let keyWidth = shape.keyValueHeads * w
    func multiply(
      _ x: Floats, _ path: KeyPath<ParameterLayout.Layer, ParameterLayout.Block>, into y: Floats,
      accumulate: Bool = false
    ) {
      let weights = parameters.matrix(layer, path)
      linear(
        Matrix(x, rows: n, columns: weights.inputs), weights, into: Matrix(y, rows: n, columns: weights.outputs),
        accumulate: accumulate, parallel: isParallel)
    }

    rmsNorm(
      stream, parameters.vector(layer, \.attentionNorm), into: normalised, scale: scale, rows: n, width: d,
      epsilon: shape.normEpsilon)
    multiply(normalised, \.queryKeyValue, into: projected)
    normRotate(
      projected, offset: 0, stride: shape.projectedWidth, parameters.vector(layer, \.queryNorm), rotary,
      positions: positions, into: queries, scale: headScale, heads: shape.heads, epsilon: shape.normEpsilon)
    normRotate(
      projected, offset: queryWidth, stride: shape.projectedWidth, parameters.vector(layer, \.keyNorm), rotary,
      positions: positions, into: rotatedKeys, scale: headScale, heads: shape.keyValueHeads,
      epsilon: shape.normEpsilon)
    let cache = caches[layer]
    for row in 0..<n {
      cache.remember(
        keys: rotatedKeys.row(row, width: keyWidth),
        values: projected[(row * shape.projectedWidth + queryWidth + keyWidth)..<(row + 1) * shape.projectedWidth],
        slot: slots[row], position: Int(positions[row]))
    }
    let attend = { (range: Range<Int>) in
      ScratchPool.shared.lend(self.shape.attention.group * self.capacity) { scratch in
        for row in range {
          cache.attend(
            self.queries.row(row, width: queryWidth), slot: slots[row], count: Int(positions[row]) + 1,
            into: self.attended.row(row, width: queryWidth), scratch: scratch)
        }
      }
    }
    if isParallel { inRowBlocks(n, least: 1) { _, range in attend(range) } } else { attend(0..<n) }
    multiply(attended, \.output, into: stream, accumulate: true)

    rmsNorm(
      stream, parameters.vector(layer, \.feedForwardNorm), into: normalised, scale: scale, rows: n, width: d,
      epsilon: shape.normEpsilon)
    multiply(normalised, \.gateUp, into: gateUp)
    swiglu(gateUp, into: hidden, rows: n, width: shape.feedForward)
    multiply(hidden, \.down, into: stream, accumulate: true)
  }

  /// Logits of the next token after the given rows of the last `extend`: rows × V, into the front of `logits`.
  package func logits(ofRows chosen: [Int], into logits: Floats) {
    for (index, row) in chosen.enumerated() {
      selected.row(index, width: shape.width).assign(stream.row(row, width: shape.width))
    }
    rmsNorm(
      selected, parameters.finalNorm, into: normalised, scale: scale, rows: chosen.count, width: shape.width,
      epsilon: shape.normEpsilon)
    linear(
      Matrix(normalised, rows: chosen.count, columns: shape.width), parameters.head,
      into: Matrix(logits, rows: chosen.count, columns: shape.vocabulary), parallel: isParallel)
  }
}
