// The forward pass over a packed batch and, after it, the backward pass. Hand-derived: the backward of each part stands
// below its forward and reads in the opposite order. Gradients of parameters accumulate; those of activations are
// assigned, except where a residual stream joins ("adding").

package import Tensors

/// Forward and backward passes of one decoder, with the memory that they need.
///
/// The memory is kept from batch to batch and grows to the largest. One pass at a time.
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
    let ends = 5 * shape.width + 1
    let numbers = purpose == .training ? shape.layers * layer + gradients + ends : layer + ends
    let thin = adapter.map { Adapter.scratchBytes($0, tokens: tokens) } ?? 0
    return 4 * Double(tokens) * Double(numbers) + thin
  }

  private let shape: DecoderConfiguration
  private let purpose: Purpose
  private let rotary: RotaryTable
  private var capacity = 0
  private var scoredCapacity = 0
  private var layers: [LayerActivations] = []
  private var finalInput = Floats(zeros: 0)
  private var gathered = Floats(zeros: 0)
  private var finalScale = Floats(zeros: 0)
  private var normalised = Floats(zeros: 0)
  private var gradients: GradientActivations?
  private let lowRank = LowRankScratch()

  private let shouldStop: () -> Bool

  /// A pass for decoders of the given shape.
  ///
  /// `shouldStop` is asked once for each layer; when it holds, the pass ends early and what it leaves means nothing. Who
  /// gives it asks it again before using a result.
  package init(
    _ configuration: DecoderConfiguration, for purpose: Purpose, shouldStop: @escaping () -> Bool = { false }
  ) {
    shape = configuration
    self.purpose = purpose
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

    init(_ shape: DecoderConfiguration, tokens n: Int, input: Floats) {
      self.input = input
      inputScale = Floats(zeros: n)
      normalised = Floats(zeros: n * shape.width)
      projected = Floats(zeros: n * shape.projectedWidth)
      queries = Floats(zeros: n * shape.heads * shape.headWidth)
      keys = Floats(zeros: n * shape.keyValueHeads * shape.headWidth)
      queryScale = Floats(zeros: n * shape.heads)
      keyScale = Floats(zeros: n * shape.keyValueHeads)
      logSums = Floats(zeros: n * shape.heads)
      attended = Floats(zeros: n * shape.heads * shape.headWidth)
      middle = Floats(zeros: n * shape.width)
      middleScale = Floats(zeros: n)
      middleNormalised = Floats(zeros: n * shape.width)
      gateUp = Floats(zeros: n * 2 * shape.feedForward)
      hidden = Floats(zeros: n * shape.feedForward)
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

    init(_ shape: DecoderConfiguration, tokens n: Int) {
      stream = Floats(zeros: n * shape.width)
      width = Floats(zeros: n * shape.width)
      projected = Floats(zeros: n * shape.projectedWidth)
      queries = Floats(zeros: n * shape.heads * shape.headWidth)
      keys = Floats(zeros: n * shape.keyValueHeads * shape.headWidth)
      attended = Floats(zeros: n * shape.heads * shape.headWidth)
      gateUp = Floats(zeros: n * 2 * shape.feedForward)
      hidden = Floats(zeros: n * shape.feedForward)
    }
  }

  private func reserve(tokens: Int, scored: Int) {
    if tokens > capacity {
      capacity = tokens
      layers = []
      gradients = nil
      let first = LayerActivations(shape, tokens: tokens, input: Floats(zeros: tokens * shape.width))
      for index in 0..<shape.layers {
        layers.append(
          purpose == .scoring || index == 0
            ? first : LayerActivations(shape, tokens: tokens, input: Floats(zeros: tokens * shape.width)))
      }
      finalInput = purpose == .scoring ? first.input : Floats(zeros: tokens * shape.width)
    }
    if scored > scoredCapacity {
      scoredCapacity = scored
      gathered = Floats(zeros: scored * shape.width)
      finalScale = Floats(zeros: scored)
      normalised = Floats(zeros: scored * shape.width)
    }
  }

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
    gatherRows(parameters.embedding, batch.tokens, into: layers[0].input, width: shape.width)
    for index in 0..<shape.layers where !shouldStop() {
      let output = index + 1 < shape.layers ? layers[index + 1].input : finalInput
      forwardLayer(index, parameters, adapter, batch, output: output)
    }
    for (row, token) in batch.scored.enumerated() {
      gathered.row(row, width: shape.width).assign(finalInput.row(Int(token), width: shape.width))
    }
    rmsNorm(
      gathered, parameters.finalNorm, into: normalised, scale: finalScale, rows: batch.scored.count,
      width: shape.width, epsilon: shape.normEpsilon)
    return normalised[0..<batch.scored.count * shape.width]
  }

  private func forwardLayer(
    _ index: Int, _ parameters: Parameters, _ adapter: Adapter?, _ batch: PackedBatch, output: Floats
  ) {
    let n = batch.tokens.count
    let d = shape.width
    let layer = layers[index]
    let queries = shape.heads * shape.headWidth
    func linear(_ map: LinearMap, _ input: Floats, into output: Floats, accumulate: Bool = false) {
      let input = Matrix(input, rows: n, columns: shape.inputs(of: map))
      let output = Matrix(output, rows: n, columns: shape.outputs(of: map))
      MatrixProduct.rowsByRows(input, parameters.matrix(index, map), into: output, accumulate: accumulate)
      adapter?.forward(index, map, input, addingTo: output, lowRank)
    }

    rmsNorm(
      layer.input, parameters.part(index, \.attentionNorm), into: layer.normalised, scale: layer.inputScale, rows: n,
      width: d, epsilon: shape.normEpsilon)
    linear(.queryKeyValue, layer.normalised, into: layer.projected)
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
    linear(.output, layer.attended, into: layer.middle, accumulate: true)

    rmsNorm(
      layer.middle, parameters.part(index, \.feedForwardNorm), into: layer.middleNormalised,
      scale: layer.middleScale, rows: n, width: d, epsilon: shape.normEpsilon)
    linear(.gateUp, layer.middleNormalised, into: layer.gateUp)
    swiglu(layer.gateUp, into: layer.hidden, rows: n, width: shape.feedForward)
    output[0..<n * d].assign(layer.middle[0..<n * d])
    linear(.down, layer.hidden, into: output, accumulate: true)
  }

  // MARK: Backward

  /// Adds the gradients of all parameters but the head to `gradient`, given the gradient by the hidden states that the
  /// last `forward` of the same batch and parameters returned; with an adapter, the adapter's gradient and no other.
  ///
  /// The head's own gradient belongs to whoever computed the logits.
  package func backward(
    _ dHidden: Floats, _ parameters: Parameters, adapter: Adapter? = nil, _ batch: PackedBatch, into gradient: Gradient
  ) {
    precondition(purpose == .training, "a pass for scoring keeps nothing to go back through")
    precondition((adapter == nil) == (gradient.parameters != nil), "a gradient of something else than what is trained")
    let n = batch.tokens.count
    let d = shape.width
    if gradients == nil { gradients = GradientActivations(shape, tokens: capacity) }
    guard let work = gradients else { return }
    let dGathered = work.width[0..<batch.scored.count * d]
    rmsNormBackward(
      dHidden, gathered, parameters.finalNorm, scale: finalScale, dx: dGathered, dw: gradient.parameters?.finalNorm,
      rows: batch.scored.count, width: d, adding: false)
    work.stream.fill(0)
    for (row, token) in batch.scored.enumerated() {
      add(dGathered.row(row, width: d), to: work.stream.row(Int(token), width: d))
    }
    for index in (0..<shape.layers).reversed() where !shouldStop() {
      backwardLayer(index, parameters, adapter, batch, into: gradient, work)
    }
    if let embedding = gradient.parameters?.embedding {
      scatterRows(work.stream[0..<n * d], batch.tokens, addingTo: embedding, width: d)
    }
  }

  private func backwardLayer(
    _ index: Int, _ parameters: Parameters, _ adapter: Adapter?, _ batch: PackedBatch, into gradient: Gradient,
    _ work: GradientActivations
  ) {
    let n = batch.tokens.count
    let d = shape.width
    let layer = layers[index]
    let queries = shape.heads * shape.headWidth
    func linearBackward(_ map: LinearMap, dOutput: Floats, input: Floats, dInput: Floats?) {
      let dOutput = Matrix(dOutput, rows: n, columns: shape.outputs(of: map))
      let input = Matrix(input, rows: n, columns: shape.inputs(of: map))
      let dInput = dInput.map { Matrix($0, rows: n, columns: shape.inputs(of: map)) }
      if let dWeights = gradient.parameters?.matrix(index, map) {
        MatrixProduct.columnsByColumns(dOutput, input, into: dWeights, accumulate: true)
      }
      if let dInput { MatrixProduct.plain(dOutput, parameters.matrix(index, map), into: dInput) }
      if let adapter, case .ofAdapter(let gradient) = gradient {
        adapter.backward(index, map, dy: dOutput, x: input, addingTo: dInput, into: gradient, lowRank)
      }
    }
    func norm(_ path: KeyPath<ParameterLayout.Layer, Range<Int>>) -> Floats? { gradient.parameters?.part(index, path) }

    linearBackward(.down, dOutput: work.stream, input: layer.hidden, dInput: work.hidden)
    swigluBackward(work.hidden, layer.gateUp, dgu: work.gateUp, rows: n, width: shape.feedForward)
    linearBackward(.gateUp, dOutput: work.gateUp, input: layer.middleNormalised, dInput: work.width)
    rmsNormBackward(
      work.width, layer.middle, parameters.part(index, \.feedForwardNorm), scale: layer.middleScale, dx: work.stream,
      dw: norm(\.feedForwardNorm), rows: n, width: d, adding: true)

    linearBackward(.output, dOutput: work.stream, input: layer.attended, dInput: work.attended)
    attentionBackward(
      work.attended, layer.attentionInput(shape), sequences: batch.sequences, shape.attention, logSums: layer.logSums,
      dQueries: work.queries, dKeys: work.keys, dValues: work.projected)
    normRotateBackward(
      work.queries, layer.projected, offset: 0, stride: shape.projectedWidth, parameters.part(index, \.queryNorm),
      rotary, positions: batch.positions, scale: layer.queryScale, dx: work.projected,
      dw: norm(\.queryNorm), heads: shape.heads)
    normRotateBackward(
      work.keys, layer.projected, offset: queries, stride: shape.projectedWidth, parameters.part(index, \.keyNorm),
      rotary, positions: batch.positions, scale: layer.keyScale, dx: work.projected,
      dw: norm(\.keyNorm), heads: shape.keyValueHeads)
    // Below the first layer nothing is trained but the embedding.
    let isLowest = index == 0 && adapter != nil
    linearBackward(
      .queryKeyValue, dOutput: work.projected, input: layer.normalised, dInput: isLowest ? nil : work.width)
    if isLowest { return }
    rmsNormBackward(
      work.width, layer.input, parameters.part(index, \.attentionNorm), scale: layer.inputScale, dx: work.stream,
      dw: norm(\.attentionNorm), rows: n, width: d, adding: true)
  }
}
