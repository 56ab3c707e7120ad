// The forward pass over a packed batch and, after it, the backward pass. Hand-derived: the backward of each part stands
// below its forward and reads in the opposite order. Gradients of parameters accumulate; those of activations are
// assigned, except where a residual stream joins ("adding").

package import Tensors

/// Forward and backward passes of one decoder, with the memory that they need.
///
/// The memory is kept from batch to batch and grows to the largest. One pass at a time, and one of all that share their
/// memory: a training pass has its turn from `forward` to the end of `backward`, a scoring pass during `forward`.
package final class DecoderPass {
  /// Whether a backward pass will follow.
  package enum Purpose: Sendable {
    /// Keeps every activation that the backward pass reads.
    case training
    /// Keeps nothing: the layers share their memory.
    case scoring
  }

  /// Bytes of activations, and of their gradients where there is a backward pass, for so many tokens in one batch.
  ///
  /// An upper bound: it counts every token as scored. In double, since what is asked for may be past all bounds.
  package static func bytes(
    _ shape: DecoderConfiguration, adapter: AdapterConfiguration? = nil, tokens: Int, for purpose: Purpose
  ) -> Double {
    let queries = shape.heads * shape.headWidth
    let keys = shape.keyValueHeads * shape.headWidth
    let layer =
      4 * shape.width + shape.projectedWidth + 2 * queries + keys + 3 * shape.feedForward + 2 + 2 * shape.heads
      + shape.keyValueHeads
    let gradients = 2 * shape.width + shape.projectedWidth + 2 * queries + keys + 3 * shape.feedForward
    let ends = 2 * shape.width + 1
    let isTraining = purpose == .training
    let numbers = isTraining ? shape.layers * layer + gradients + ends : layer + ends
    let thin = adapter.map { Adapter.scratchBytes($0, tokens: tokens) } ?? 0
    // Each array begins at a multiple of 64 bytes.
    return 4 * Double(tokens) * Double(numbers) + 64 * Double(isTraining ? 15 * shape.layers + 11 : 18) + thin
  }

  let shape: DecoderConfiguration
  let purpose: Purpose
  private let rotary: RotaryTable
  private let memory: ActivationMemory
  private var turn = 0
  private(set) var layers: [LayerActivations] = []
  private(set) var finalInput = Floats(zeros: 0)  // scored × D, the residual stream after the last layer
  private var finalScale = Floats(zeros: 0)
  private var finalNormalised = Floats(zeros: 0)

  private let shouldStop: () -> Bool

  /// A pass for decoders of the given shape.
  ///
  /// Passes that are given one `memory` take turns in it. `shouldStop` is asked several times in each layer; when it
  /// holds, the pass ends early and what it leaves means nothing. Who gives it asks it again before using a result.
  package init(
    _ configuration: DecoderConfiguration, for purpose: Purpose, memory: ActivationMemory = ActivationMemory(),
    shouldStop: @escaping () -> Bool = { false }
  ) {
    shape = configuration
    self.purpose = purpose
    self.memory = memory
    self.shouldStop = shouldStop
    rotary = RotaryTable.shared(
      positions: configuration.contextLength, width: configuration.headWidth, base: configuration.rotaryBase)
  }

  /// What one layer keeps; N rows each.
  struct LayerActivations {
    let input: Floats  // N × D, the residual stream on entry
    let inputScale: Floats  // N
    let normalised: Floats  // N × D
    let projected: Floats  // N × (H + 2K)·W: queries, keys, values as projected
    let queries: Floats  // N × H·W, normalised and rotated
    let keys: Floats  // N × K·W
    let queryScale: Floats  // N × H
    let keyScale: Floats  // N × K
    let logSums: Floats  // N × H
    let attended: Floats  // N × H·W
    let middle: Floats  // N × D, the residual stream between the two parts
    let middleScale: Floats  // N
    let middleNormalised: Floats  // N × D
    let gateUp: Floats  // N × 2F
    let hidden: Floats  // N × F

    init(_ shape: DecoderConfiguration, tokens n: Int, from memory: ActivationMemory) {
      input = memory.take(n * shape.width)
      inputScale = memory.take(n)
      normalised = memory.take(n * shape.width)
      projected = memory.take(n * shape.projectedWidth)
      queries = memory.take(n * shape.heads * shape.headWidth)
      keys = memory.take(n * shape.keyValueHeads * shape.headWidth)
      queryScale = memory.take(n * shape.heads)
      keyScale = memory.take(n * shape.keyValueHeads)
      logSums = memory.take(n * shape.heads)
      attended = memory.take(n * shape.heads * shape.headWidth)
      middle = memory.take(n * shape.width)
      middleScale = memory.take(n)
      middleNormalised = memory.take(n * shape.width)
      gateUp = memory.take(n * 2 * shape.feedForward)
      hidden = memory.take(n * shape.feedForward)
    }

    func attentionInput(_ shape: DecoderConfiguration) -> AttentionInput {
      AttentionInput(
        queries: queries, keys: keys, values: projected,
        valueOffset: (shape.heads + shape.keyValueHeads) * shape.headWidth, valueStride: shape.projectedWidth)
    }
  }

  /// Gradients of activations; all layers share them.
  private struct GradientActivations {
    let stream: Floats  // N × D
    let width: Floats  // N × D
    let projected: Floats  // N × (H + 2K)·W
    let queries: Floats  // N × H·W
    let keys: Floats  // N × K·W
    let attended: Floats  // N × H·W
    let gateUp: Floats  // N × 2F
    let hidden: Floats  // N × F

    init(_ shape: DecoderConfiguration, tokens n: Int, from memory: ActivationMemory) {
      stream = memory.take(n * shape.width)
      width = memory.take(n * shape.width)
      projected = memory.take(n * shape.projectedWidth)
      queries = memory.take(n * shape.heads * shape.headWidth)
      keys = memory.take(n * shape.keyValueHeads * shape.headWidth)
      attended = memory.take(n * shape.heads * shape.headWidth)
      gateUp = memory.take(n * 2 * shape.feedForward)
      hidden = memory.take(n * shape.feedForward)
    }
  }

  private func reserve(tokens: Int, scored: Int) {
    release()
    turn = memory.beginTurn(expecting: Int(Self.bytes(shape, tokens: tokens, for: purpose) / 4))
    func layer() -> LayerActivations { LayerActivations(shape, tokens: tokens, from: memory) }
    if purpose == .scoring {
      layers = Array(repeating: layer(), count: shape.layers)
      // Read while other passes have their turn.
      if finalNormalised.count < scored * shape.width { finalNormalised = Floats(zeros: scored * shape.width) }
    } else {
      layers = (0..<shape.layers).map { _ in layer() }
      finalNormalised = memory.take(scored * shape.width)
    }
    finalInput = memory.take(scored * shape.width)
    finalScale = memory.take(scored)
  }

  /// Gives the memory back to whoever has the next turn.
  private func release() {
    layers = []
    finalInput = Floats(zeros: 0)
    finalScale = finalInput
    if purpose == .training { finalNormalised = finalInput }
  }

  /// Whether what the last forward pass left behind is still there.
  var isKept: Bool { !layers.isEmpty && memory.turn == turn }

  // MARK: Forward

  /// The hidden state of every scored token after the final norm: scored × D, valid until the next pass.
  ///
  /// Logits are `hidden · headᵀ`. Traps if a sequence is longer than the context.
  package func forward(_ parameters: Parameters, adapter: Adapter? = nil, _ batch: PackedBatch) -> Floats {
    precondition(parameters.configuration == shape, "these parameters are of another shape")
    precondition(adapter == nil || adapter?.shape == shape, "this adapter is of another shape")
    precondition(!batch.tokens.isEmpty, "a batch of no tokens has no hidden states")
    precondition(
      batch.longest <= shape.contextLength,
      "a sequence of \(batch.longest) tokens does not fit a context of \(shape.contextLength)")
    reserve(tokens: batch.tokens.count, scored: batch.scored.count)
    gatherRows(parameters.embedding, batch.tokens, into: layers[0].input)
    for index in 0..<shape.layers where !shouldStop() {
      let isLast = index + 1 == shape.layers
      attentionForward(index, parameters, adapter, batch)
      // After the last attention only the scored tokens go on.
      residual(index, batch, onlyScored: isLast)
      feedForwardForward(
        index, parameters, adapter, rows: isLast ? batch.scored.count : batch.tokens.count,
        output: isLast ? finalInput : layers[index + 1].input)
    }
    rmsNorm(
      finalInput, parameters.finalNorm, into: finalNormalised, scale: finalScale, rows: batch.scored.count,
      width: shape.width, epsilon: shape.normEpsilon)
    if purpose == .scoring { release() }
    return finalNormalised[0..<batch.scored.count * shape.width]
  }

  private func linearForward(
    _ index: Int, _ map: LinearMap, _ parameters: Parameters, _ adapter: Adapter?, input: Matrix, output: Matrix,
    accumulate: Bool = false
  ) {
    guard !shouldStop() else { return }
    linear(input, parameters.matrix(index, map), into: output, accumulate: accumulate)
    adapter?.forward(index, map, input, addingTo: output)
  }

  /// input → attended.
  private func attentionForward(_ index: Int, _ parameters: Parameters, _ adapter: Adapter?, _ batch: PackedBatch) {
    let n = batch.tokens.count
    let layer = layers[index]
    let queries = shape.heads * shape.headWidth
    rmsNorm(
      layer.input, parameters.vector(index, \.attentionNorm), into: layer.normalised, scale: layer.inputScale, rows: n,
      width: shape.width, epsilon: shape.normEpsilon)
    linearForward(
      index, .queryKeyValue, parameters, adapter, input: Matrix(layer.normalised, rows: n, columns: shape.width),
      output: Matrix(layer.projected, rows: n, columns: shape.projectedWidth))
    normRotate(
      layer.projected, offset: 0, stride: shape.projectedWidth, parameters.vector(index, \.queryNorm), rotary,
      positions: batch.positions, into: layer.queries, scale: layer.queryScale, heads: shape.heads,
      epsilon: shape.normEpsilon)
    normRotate(
      layer.projected, offset: queries, stride: shape.projectedWidth, parameters.vector(index, \.keyNorm), rotary,
      positions: batch.positions, into: layer.keys, scale: layer.keyScale, heads: shape.keyValueHeads,
      epsilon: shape.normEpsilon)
    guard !shouldStop() else { return }
    attention(
      layer.attentionInput(shape), sequences: batch.sequences, shape.attention, into: layer.attended,
      logSums: layer.logSums)
  }

  /// middle ← input, of all tokens, or of the scored ones alone, whose rows of `attended` move to the front too.
  private func residual(_ index: Int, _ batch: PackedBatch, onlyScored: Bool) {
    let layer = layers[index]
    let d = shape.width
    guard onlyScored else {
      layer.middle[0..<batch.tokens.count * d].assign(layer.input[0..<batch.tokens.count * d])
      return
    }
    for (row, token) in batch.scored.enumerated() {
      layer.middle.row(row, width: d).assign(layer.input.row(Int(token), width: d))
      // Scored tokens ascend: no row is written before it was read.
      let queries = shape.heads * shape.headWidth
      if row != Int(token) {
        layer.attended.row(row, width: queries).assign(layer.attended.row(Int(token), width: queries))
      }
    }
  }

  /// attended, middle → output.
  private func feedForwardForward(
    _ index: Int, _ parameters: Parameters, _ adapter: Adapter?, rows n: Int, output: Floats
  ) {
    let d = shape.width
    let layer = layers[index]
    func matrix(_ values: Floats, _ columns: Int) -> Matrix { Matrix(values, rows: n, columns: columns) }
    linearForward(
      index, .output, parameters, adapter, input: matrix(layer.attended, shape.heads * shape.headWidth),
      output: matrix(layer.middle, d), accumulate: true)
    rmsNorm(
      layer.middle, parameters.vector(index, \.feedForwardNorm), into: layer.middleNormalised,
      scale: layer.middleScale, rows: n, width: d, epsilon: shape.normEpsilon)
    linearForward(
      index, .gateUp, parameters, adapter, input: matrix(layer.middleNormalised, d),
      output: matrix(layer.gateUp, 2 * shape.feedForward))
    swiglu(layer.gateUp, into: layer.hidden, rows: n, width: shape.feedForward)
    output[0..<n * d].assign(layer.middle[0..<n * d])
    linearForward(
      index, .down, parameters, adapter, input: matrix(layer.hidden, shape.feedForward), output: matrix(output, d),
      accumulate: true)
  }

  // MARK: Backward

  /// Adds the gradients of all parameters but the head to `gradient`, given the gradient by the hidden states that the
  /// last `forward` of the same batch and parameters returned; with an adapter, the adapter's gradient and no other.
  ///
  /// The head's own gradient belongs to whoever computed the logits.
  package func backward(
    _ dHidden: Floats, _ parameters: Parameters, adapter: Adapter? = nil, _ batch: PackedBatch, into gradient: Trainable
  ) {
    precondition(purpose == .training, "a pass for scoring keeps nothing to go back through")
    precondition((adapter == nil) == (gradient.parameters != nil), "a gradient of something else than what is trained")
    let d = shape.width
    precondition(isKept, "a backward pass follows its forward pass, with no other pass in between")
    defer { release() }
    let work = GradientActivations(shape, tokens: batch.tokens.count, from: memory)
    rmsNormBackward(
      dHidden, finalInput, parameters.finalNorm, scale: finalScale, dx: work.stream, dw: gradient.parameters?.finalNorm,
      rows: batch.scored.count, width: d, adding: false)
    for index in (0..<shape.layers).reversed() where !shouldStop() {
      let isLast = index + 1 == shape.layers
      feedForwardBackward(
        index, parameters, adapter, rows: isLast ? batch.scored.count : batch.tokens.count, into: gradient, work)
      if isLast {
        spread(work.stream, batch, width: d)
        spread(work.attended, batch, width: shape.heads * shape.headWidth)
      }
      attentionBackward(index, parameters, adapter, batch, into: gradient, work)
    }
    if let gradient = gradient.parameters { scatterRows(work.stream, batch.tokens, addingTo: gradient.embedding) }
  }

  /// Rows of scored tokens, at the front, go to their places among all tokens; the others become 0.
  private func spread(_ values: Floats, _ batch: PackedBatch, width: Int) {
    var next = batch.tokens.count
    for (row, token) in batch.scored.enumerated().reversed() {
      let token = Int(token)
      if token != row { values.row(token, width: width).assign(values.row(row, width: width)) }
      values[(token + 1) * width..<next * width].fill(0)
      next = token
    }
    values[0..<next * width].fill(0)
  }

  private func linearBackward(
    _ index: Int, _ map: LinearMap, _ parameters: Parameters, _ adapter: Adapter?, into gradient: Trainable,
    dOutput: Matrix, input: Matrix, dInput: Matrix?
  ) {
    guard !shouldStop() else { return }
    if let dInput { linearInputGradient(dOutput, parameters.matrix(index, map), into: dInput) }
    guard !shouldStop() else { return }
    switch gradient {
    case .parameters(let gradient): linearWeightGradient(dOutput, input, addingTo: gradient.matrix(index, map))
    case .adapter(let gradient):
      adapter?.backward(index, map, dy: dOutput, x: input, addingTo: dInput, into: gradient)
    }
  }

  private func feedForwardBackward(
    _ index: Int, _ parameters: Parameters, _ adapter: Adapter?, rows n: Int, into gradient: Trainable,
    _ work: GradientActivations
  ) {
    let d = shape.width
    let layer = layers[index]
    let queries = shape.heads * shape.headWidth
    func matrix(_ values: Floats, _ columns: Int) -> Matrix { Matrix(values, rows: n, columns: columns) }
    linearBackward(
      index, .down, parameters, adapter, into: gradient, dOutput: matrix(work.stream, d),
      input: matrix(layer.hidden, shape.feedForward), dInput: matrix(work.hidden, shape.feedForward))
    swigluBackward(work.hidden, layer.gateUp, dgu: work.gateUp, rows: n, width: shape.feedForward)
    linearBackward(
      index, .gateUp, parameters, adapter, into: gradient, dOutput: matrix(work.gateUp, 2 * shape.feedForward),
      input: matrix(layer.middleNormalised, d), dInput: matrix(work.width, d))
    rmsNormBackward(
      work.width, layer.middle, parameters.vector(index, \.feedForwardNorm), scale: layer.middleScale,
      dx: work.stream, dw: gradient.parameters?.vector(index, \.feedForwardNorm), rows: n, width: d, adding: true)
    linearBackward(
      index, .output, parameters, adapter, into: gradient, dOutput: matrix(work.stream, d),
      input: matrix(layer.attended, queries), dInput: matrix(work.attended, queries))
  }

  private func attentionBackward(
    _ index: Int, _ parameters: Parameters, _ adapter: Adapter?, _ batch: PackedBatch, into gradient: Trainable,
    _ work: GradientActivations
  ) {
    let n = batch.tokens.count
    let d = shape.width
    let layer = layers[index]
    let queries = shape.heads * shape.headWidth
    guard !shouldStop() else { return }
    Tensors.attentionBackward(
      work.attended, layer.attentionInput(shape), sequences: batch.sequences, shape.attention, logSums: layer.logSums,
      dQueries: work.queries, dKeys: work.keys, dValues: work.projected)
    normRotateBackward(
      work.queries, layer.projected, offset: 0, stride: shape.projectedWidth, parameters.vector(index, \.queryNorm),
      rotary, positions: batch.positions, scale: layer.queryScale, dx: work.projected,
      dw: gradient.parameters?.vector(index, \.queryNorm), heads: shape.heads)
    normRotateBackward(
      work.keys, layer.projected, offset: queries, stride: shape.projectedWidth, parameters.vector(index, \.keyNorm),
      rotary, positions: batch.positions, scale: layer.keyScale, dx: work.projected,
      dw: gradient.parameters?.vector(index, \.keyNorm), heads: shape.keyValueHeads)
    // Below the first layer nothing is trained but the embedding.
    let isLowest = index == 0 && adapter != nil
    linearBackward(
      index, .queryKeyValue, parameters, adapter, into: gradient,
      dOutput: Matrix(work.projected, rows: n, columns: shape.projectedWidth),
      input: Matrix(layer.normalised, rows: n, columns: d),
      dInput: isLowest ? nil : Matrix(work.width, rows: n, columns: d))
    if isLowest { return }
    rmsNormBackward(
      work.width, layer.input, parameters.vector(index, \.attentionNorm), scale: layer.inputScale, dx: work.stream,
      dw: gradient.parameters?.vector(index, \.attentionNorm), rows: n, width: d, adding: true)
  }
}
