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
  package static func bytes(_ shape: DecoderConfiguration, tokens: Int, for purpose: Purpose) -> Double {
    let queries = shape.heads * shape.headWidth
    let keys = shape.keyValueHeads * shape.headWidth
    let layer =
      4 * shape.width + shape.projectedWidth + 2 * queries + keys + 3 * shape.feedForward + 2 + 2 * shape.heads
      + shape.keyValueHeads
    let gradients = 2 * shape.width + shape.projectedWidth + 2 * queries + keys + 3 * shape.feedForward
    let numbers: Int
    let arrays: Int
    switch purpose {
    case .training:
      (numbers, arrays) = (shape.layers * layer + gradients + 3 * shape.width + 1, 15 * shape.layers + 12)
    case .scoring: (numbers, arrays) = (layer + 2 * shape.width + 1, 18)
    }
    // Each array begins at a multiple of 64 bytes.
    return 4 * Double(tokens) * Double(numbers) + 64 * Double(arrays)
  }

  private let shape: DecoderConfiguration
  private let purpose: Purpose
  private let rotary: RotaryTable
  private let memory: ActivationMemory
  private var turn = 0
  private var layers: [LayerActivations] = []
  private var finalInput = Floats(zeros: 0)
  private var gathered = Floats(zeros: 0)
  private var finalScale = Floats(zeros: 0)
  private var normalised = Floats(zeros: 0)

  private let shouldStop: () -> Bool

  /// A pass for decoders of the given shape.
  ///
  /// Passes that are given one `memory` take turns in it. `shouldStop` is asked once for each layer; when it holds, the
  /// pass ends early and what it leaves means nothing. Who gives it asks it again before using a result.
  package init(
    _ configuration: DecoderConfiguration, for purpose: Purpose, memory: ActivationMemory = ActivationMemory(),
    shouldStop: @escaping () -> Bool = { false }
  ) {
    shape = configuration
    self.purpose = purpose
    self.memory = memory
    self.shouldStop = shouldStop
    rotary = RotaryTable(
      positions: configuration.contextLength, width: configuration.headWidth, base: configuration.rotaryBase)
  }

  /// What one layer keeps; N rows each.
  private struct LayerActivations {
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

    init(_ shape: DecoderConfiguration, tokens n: Int, input: Floats, from memory: ActivationMemory) {
      self.input = input
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
    func layer() -> LayerActivations {
      LayerActivations(shape, tokens: tokens, input: memory.take(tokens * shape.width), from: memory)
    }
    if purpose == .scoring {
      layers = Array(repeating: layer(), count: shape.layers)
      finalInput = layers[0].input
      // Read while other passes have their turn.
      if normalised.count < scored * shape.width { normalised = Floats(zeros: scored * shape.width) }
    } else {
      layers = (0..<shape.layers).map { _ in layer() }
      finalInput = memory.take(tokens * shape.width)
      normalised = memory.take(scored * shape.width)
    }
    gathered = memory.take(scored * shape.width)
    finalScale = memory.take(scored)
  }

  /// Gives the memory back to whoever has the next turn.
  private func release() {
    layers = []
    finalInput = Floats(zeros: 0)
    gathered = finalInput
    finalScale = finalInput
    if purpose == .training { normalised = finalInput }
  }

  // MARK: Forward

  /// The hidden state of every scored token after the final norm: scored × D, valid until the next pass.
  ///
  /// Logits are `hidden · headᵀ`. Traps if a sequence is longer than the context.
  package func forward(_ parameters: Parameters, _ batch: PackedBatch) -> Floats {
    precondition(parameters.configuration == shape, "these parameters are of another shape")
    precondition(!batch.tokens.isEmpty, "a batch of no tokens has no hidden states")
    precondition(
      batch.longest <= shape.contextLength,
      "a sequence of \(batch.longest) tokens does not fit a context of \(shape.contextLength)")
    reserve(tokens: batch.tokens.count, scored: batch.scored.count)
    gatherRows(parameters.embedding, batch.tokens, into: layers[0].input, width: shape.width)
    for index in 0..<shape.layers where !shouldStop() {
      let output = index + 1 < shape.layers ? layers[index + 1].input : finalInput
      forwardLayer(index, parameters, batch, output: output)
    }
    for (row, token) in batch.scored.enumerated() {
      gathered.row(row, width: shape.width).assign(finalInput.row(Int(token), width: shape.width))
    }
    rmsNorm(
      gathered, parameters.finalNorm, into: normalised, scale: finalScale, rows: batch.scored.count,
      width: shape.width, epsilon: shape.normEpsilon)
    if purpose == .scoring { release() }
    return normalised[0..<batch.scored.count * shape.width]
  }

  private func forwardLayer(_ index: Int, _ parameters: Parameters, _ batch: PackedBatch, output: Floats) {
    let n = batch.tokens.count
    let d = shape.width
    let layer = layers[index]
    let queries = shape.heads * shape.headWidth
    func matrix(_ values: Floats, _ columns: Int) -> Matrix { Matrix(values, rows: n, columns: columns) }
    func weights(_ path: KeyPath<ParameterLayout.Layer, Range<Int>>, _ rows: Int, _ columns: Int) -> Matrix {
      Matrix(parameters.part(index, path), rows: rows, columns: columns)
    }

    rmsNorm(
      layer.input, parameters.part(index, \.attentionNorm), into: layer.normalised, scale: layer.inputScale, rows: n,
      width: d, epsilon: shape.normEpsilon)
    MatrixProduct.rowsByRows(
      matrix(layer.normalised, d), weights(\.queryKeyValue, shape.projectedWidth, d),
      into: matrix(layer.projected, shape.projectedWidth))
    normRotate(
      layer.projected, offset: 0, stride: shape.projectedWidth, parameters.part(index, \.queryNorm), rotary,
      positions: batch.positions, into: layer.queries, scale: layer.queryScale, heads: shape.heads,
      epsilon: shape.normEpsilon)
    normRotate(
      layer.projected, offset: queries, stride: shape.projectedWidth, parameters.part(index, \.keyNorm), rotary,
      positions: batch.positions, into: layer.keys, scale: layer.keyScale, heads: shape.keyValueHeads,
      epsilon: shape.normEpsilon)
    attention(
      layer.attentionInput(shape), sequences: batch.sequences, shape.attention, into: layer.attended,
      logSums: layer.logSums)
    layer.middle[0..<n * d].assign(layer.input[0..<n * d])
    MatrixProduct.rowsByRows(
      matrix(layer.attended, queries), weights(\.output, d, queries), into: matrix(layer.middle, d), accumulate: true)

    rmsNorm(
      layer.middle, parameters.part(index, \.feedForwardNorm), into: layer.middleNormalised,
      scale: layer.middleScale, rows: n, width: d, epsilon: shape.normEpsilon)
    MatrixProduct.rowsByRows(
      matrix(layer.middleNormalised, d), weights(\.gateUp, 2 * shape.feedForward, d),
      into: matrix(layer.gateUp, 2 * shape.feedForward))
    swiglu(layer.gateUp, into: layer.hidden, rows: n, width: shape.feedForward)
    output[0..<n * d].assign(layer.middle[0..<n * d])
    MatrixProduct.rowsByRows(
      matrix(layer.hidden, shape.feedForward), weights(\.down, d, shape.feedForward), into: matrix(output, d),
      accumulate: true)
  }

  // MARK: Backward

  /// Adds the gradients of all parameters but the head to `gradient`, given the gradient by the hidden states that the
  /// last `forward` of the same batch and parameters returned.
  ///
  /// The head's own gradient belongs to whoever computed the logits.
  package func backward(_ dHidden: Floats, _ parameters: Parameters, _ batch: PackedBatch, into gradient: Parameters) {
    precondition(purpose == .training, "a pass for scoring keeps nothing to go back through")
    let n = batch.tokens.count
    let d = shape.width
    precondition(
      !layers.isEmpty && memory.turn == turn, "a backward pass follows its forward pass, with no other pass in between")
    defer { release() }
    let work = GradientActivations(shape, tokens: n, from: memory)
    let dGathered = work.width[0..<batch.scored.count * d]
    rmsNormBackward(
      dHidden, gathered, parameters.finalNorm, scale: finalScale, dx: dGathered, dw: gradient.finalNorm,
      rows: batch.scored.count, width: d, adding: false)
    work.stream.fill(0)
    for (row, token) in batch.scored.enumerated() {
      add(dGathered.row(row, width: d), to: work.stream.row(Int(token), width: d))
    }
    for index in (0..<shape.layers).reversed() where !shouldStop() {
      backwardLayer(index, parameters, batch, into: gradient, work)
    }
    scatterRows(work.stream[0..<n * d], batch.tokens, addingTo: gradient.embedding, width: d)
  }

  private func backwardLayer(
    _ index: Int, _ parameters: Parameters, _ batch: PackedBatch, into gradient: Parameters, _ work: GradientActivations
  ) {
    let n = batch.tokens.count
    let d = shape.width
    let layer = layers[index]
    let queries = shape.heads * shape.headWidth
    func matrix(_ values: Floats, _ columns: Int) -> Matrix { Matrix(values, rows: n, columns: columns) }
    func linearBackward(
      _ path: KeyPath<ParameterLayout.Layer, Range<Int>>, dOutput: Matrix, input: Matrix, dInput: Matrix
    ) {
      let weights = Matrix(parameters.part(index, path), rows: dOutput.columns, columns: input.columns)
      let dWeights = Matrix(gradient.part(index, path), rows: dOutput.columns, columns: input.columns)
      MatrixProduct.columnsByColumns(dOutput, input, into: dWeights, accumulate: true)
      MatrixProduct.plain(dOutput, weights, into: dInput)
    }

    linearBackward(
      \.down, dOutput: matrix(work.stream, d), input: matrix(layer.hidden, shape.feedForward),
      dInput: matrix(work.hidden, shape.feedForward))
    swigluBackward(work.hidden, layer.gateUp, dgu: work.gateUp, rows: n, width: shape.feedForward)
    linearBackward(
      \.gateUp, dOutput: matrix(work.gateUp, 2 * shape.feedForward), input: matrix(layer.middleNormalised, d),
      dInput: matrix(work.width, d))
    rmsNormBackward(
      work.width, layer.middle, parameters.part(index, \.feedForwardNorm), scale: layer.middleScale, dx: work.stream,
      dw: gradient.part(index, \.feedForwardNorm), rows: n, width: d, adding: true)

    linearBackward(
      \.output, dOutput: matrix(work.stream, d), input: matrix(layer.attended, queries),
      dInput: matrix(work.attended, queries))
    attentionBackward(
      work.attended, layer.attentionInput(shape), sequences: batch.sequences, shape.attention, logSums: layer.logSums,
      dQueries: work.queries, dKeys: work.keys, dValues: work.projected)
    normRotateBackward(
      work.queries, layer.projected, offset: 0, stride: shape.projectedWidth, parameters.part(index, \.queryNorm),
      rotary, positions: batch.positions, scale: layer.queryScale, dx: work.projected,
      dw: gradient.part(index, \.queryNorm), heads: shape.heads)
    normRotateBackward(
      work.keys, layer.projected, offset: queries, stride: shape.projectedWidth, parameters.part(index, \.keyNorm),
      rotary, positions: batch.positions, scale: layer.keyScale, dx: work.projected,
      dw: gradient.part(index, \.keyNorm), heads: shape.keyValueHeads)
    linearBackward(
      \.queryKeyValue, dOutput: matrix(work.projected, shape.projectedWidth), input: matrix(layer.normalised, d),
      dInput: matrix(work.width, d))
    rmsNormBackward(
      work.width, layer.input, parameters.part(index, \.attentionNorm), scale: layer.inputScale, dx: work.stream,
      dw: gradient.part(index, \.attentionNorm), rows: n, width: d, adding: true)
  }
}
