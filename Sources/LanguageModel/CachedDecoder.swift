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
  private let shape: DecoderConfiguration
  private let rotary: RotaryTable
  /// Whether products are cut up for the threads; false where the caller has already divided the sequences.
  private let isParallel: Bool
  private var lengths: [Int]
  private let caches: [AttentionCache]  // by layer
  /// What is left of the room that was given; without one, memory on loan.
  private let workRoom: Floats?
  private let cacheMemory: Loan?
  private var workMemory: Loan?

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
  private var queryScale = Floats(zeros: 0)
  private var keyScale = Floats(zeros: 0)
  private var selected = Floats(zeros: 0)

  /// The numbers that such a decoder works in, for at most so many rows at a time.
  package static func roomCount(_ shape: DecoderConfiguration, slots: Int, length: Int, rows: Int) -> Int {
    shape.layers * AttentionCache.count(slots: slots, capacity: (length + 15) & ~15, shape.attention)
      + max(rows, slots) * workWidths(shape).reduce(0, +)
  }

  /// Room for `slots` sequences of at most `length` tokens each, in `room` of any content; without it, in memory on loan.
  package init(
    _ parameters: Parameters, adapter: Adapter? = nil, slots: Int, length: Int, isParallel: Bool, room: Floats? = nil
  ) {
    precondition(adapter == nil || adapter?.shape == parameters.configuration, "this adapter is of another shape")
    self.parameters = parameters
    self.adapter = adapter
    shape = parameters.configuration
    self.slots = slots
    capacity = (length + 15) & ~15
    self.isParallel = isParallel
    rotary = RotaryTable.shared(positions: capacity, width: shape.headWidth, base: shape.rotaryBase)
    lengths = Array(repeating: 0, count: slots)
    let size = AttentionCache.count(slots: slots, capacity: capacity, shape.attention)
    cacheMemory = room == nil ? ScratchPool.shared.loan(shape.layers * size) : nil
    let memory = room ?? cacheMemory?.floats ?? Floats(zeros: 0)
    let (shape, capacity) = (shape, capacity)
    workRoom = room.map { $0[shape.layers * size..<$0.count] }
    caches = (0..<shape.layers).map {
      AttentionCache(slots: slots, capacity: capacity, shape.attention, in: memory.row($0, width: size))
    }
  }

  private func reserve(_ count: Int) {
    guard count > rows else { return }
    rows = count
    let widths = Self.workWidths(shape)
    let size = count * widths.reduce(0, +)
    let memory: Floats
    if let workRoom, size <= workRoom.count {
      memory = workRoom
    } else {
      let loan = ScratchPool.shared.loan(size)
      workMemory = loan
      memory = loan.floats
    }
    var end = 0
    let parts = widths.map { width in
      end += count * width
      return memory[end - count * width..<end]
    }
    stream = parts[0]
    normalised = parts[1]
    projected = parts[2]
    queries = parts[3]
    rotatedKeys = parts[4]
    attended = parts[5]
    gateUp = parts[6]
    hidden = parts[7]
    scale = parts[8]
    queryScale = parts[9]
    keyScale = parts[10]
    selected = parts[11]
  }

  /// Numbers of one row, array by array, as `reserve` lays them out.
  private static func workWidths(_ shape: DecoderConfiguration) -> [Int] {
    [
      shape.width, shape.width, shape.projectedWidth, shape.heads * shape.headWidth,
      shape.keyValueHeads * shape.headWidth, shape.heads * shape.headWidth, 2 * shape.feedForward, shape.feedForward, 1,
      shape.heads, shape.keyValueHeads, shape.width,
    ]
  }

  /// Appends tokens to their slots, in order; afterwards row r of the state belongs to token r.
  ///
  /// Several tokens of one slot may stand in one call, as in a prompt. Traps when a slot is full.
  package func extend(_ tokens: [Int32], slots: [Int]) {
    precondition(tokens.count == slots.count)
    // At least one row for each slot: several may be drawn from one prompt's last row.
    reserve(max(tokens.count, self.slots))
    var positions: [Int32] = []
    for slot in slots {
      precondition(lengths[slot] < capacity, "slot \(slot) is full: it holds \(capacity) tokens")
      positions.append(Int32(lengths[slot]))
      lengths[slot] += 1
    }
    gatherRows(parameters.embedding, tokens, into: stream)
    let isOneOfEach = Set(slots).count == slots.count
    for layer in 0..<shape.layers { extend(layer, slots: slots, positions: positions, isOneOfEach: isOneOfEach) }
  }

  private func extend(_ layer: Int, slots: [Int], positions: [Int32], isOneOfEach: Bool) {
    let n = positions.count
    let d = shape.width
    let w = shape.headWidth
    let queryWidth = shape.heads * w
    let keyWidth = shape.keyValueHeads * w
    func multiply(_ x: Floats, _ map: LinearMap, into y: Floats, accumulate: Bool = false) {
      let weights = parameters.matrix(layer, map)
      let x = Matrix(x, rows: n, columns: weights.inputs)
      let y = Matrix(y, rows: n, columns: weights.outputs)
      linear(x, weights, into: y, accumulate: accumulate, parallel: isParallel)
      adapter?.forward(layer, map, x, addingTo: y, parallel: isParallel)
    }

    rmsNorm(
      stream, parameters.vector(layer, \.attentionNorm), into: normalised, scale: scale, rows: n, width: d,
      epsilon: shape.normEpsilon)
    multiply(normalised, .queryKeyValue, into: projected)
    let cache = caches[layer]
    func remember(_ rows: Range<Int>) {
      normRotate(
        projected, offset: 0, stride: shape.projectedWidth, parameters.vector(layer, \.queryNorm), rotary,
        positions: positions, rows: rows, into: queries, scale: queryScale, heads: shape.heads,
        epsilon: shape.normEpsilon)
      normRotate(
        projected, offset: queryWidth, stride: shape.projectedWidth, parameters.vector(layer, \.keyNorm), rotary,
        positions: positions, rows: rows, into: rotatedKeys, scale: keyScale, heads: shape.keyValueHeads,
        epsilon: shape.normEpsilon)
      cache.remember(
        keys: rotatedKeys, values: projected, offset: queryWidth + keyWidth, stride: shape.projectedWidth,
        rows: rows, slots: slots, positions: positions)
    }
    func attend(_ rows: Range<Int>) {
      cache.attend(queries, rows: rows, slots: slots, positions: positions, into: attended)
    }
    func inParts(_ body: (Range<Int>) -> Void) {
      if isParallel { inRowBlocks(n, least: 1) { _, range in body(range) } } else { body(0..<n) }
    }
    if isOneOfEach {
      // Each row attends to its own slot alone: one loop for both.
      inParts { rows in
        remember(rows)
        attend(rows)
      }
    } else {
      inParts(remember)
      inParts(attend)
    }
    multiply(attended, .output, into: stream, accumulate: true)

    rmsNorm(
      stream, parameters.vector(layer, \.feedForwardNorm), into: normalised, scale: scale, rows: n, width: d,
      epsilon: shape.normEpsilon)
    multiply(normalised, .gateUp, into: gateUp)
    swiglu(gateUp, into: hidden, rows: n, width: shape.feedForward)
    multiply(hidden, .down, into: stream, accumulate: true)
  }

  /// Lets a slot hold what another holds, as if it had read the same tokens.
  package func copy(slot source: Int, to target: Int) {
    for cache in caches { cache.copy(lengths[source], from: source, to: target) }
    lengths[target] = lengths[source]
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
