// A look inside a decoder after its forward pass: everything is read from the activations that a pass for training keeps
// for its backward pass, so that what is seen is what was computed, by the same code.

package import Tensors

extension DecoderPass {
  /// The attention weights of one head in the last `forward`: softmax(q · kᵀ / √W) over the tokens up to each one
  /// (Vaswani et al., 2017, arXiv 1706.03762).
  ///
  /// weights: tokens × tokens of one sequence of the batch; a row is a token that reads, a column one that is read. The
  /// pass must be for training, and no other pass may have come after the forward.
  package func attentionWeights(
    layer: Int, head: Int, sequence: Int, _ batch: PackedBatch, into weights: Floats
  ) {
    checkKept()
    Tensors.attentionWeights(
      layers[layer].attentionInput(shape), tokens: batch.sequences[sequence], head: head, shape.attention,
      into: weights)
  }

  /// What the head would read if the decoder ended after its first `count` layers: the residual stream of every scored
  /// token after them, through the final norm; scored × D, in new memory.
  ///
  /// 0 is the embedding alone; all layers give what `forward` returned, bit for bit. The pass must be for training, and
  /// no other pass may have come after the forward.
  package func hidden(afterLayers count: Int, _ parameters: Parameters, _ batch: PackedBatch) -> Floats {
    checkKept()
    precondition((0...shape.layers).contains(count), "\(count) layers of \(shape.layers)")
    let d = shape.width
    let hidden = Floats(zeros: batch.scored.count * d)
    for (row, token) in batch.scored.enumerated() {
      // After the last attention only the scored tokens go on, each in its own row.
      let stream =
        count < shape.layers ? layers[count].input.row(Int(token), width: d) : finalInput.row(row, width: d)
      hidden.row(row, width: d).assign(stream)
    }
    rmsNorm(
      hidden, parameters.finalNorm, into: hidden, scale: Floats(zeros: batch.scored.count),
      rows: batch.scored.count, width: d, epsilon: shape.normEpsilon)
    return hidden
  }

  private func checkKept() {
    precondition(purpose == .training, "a pass for scoring keeps nothing to look at")
    precondition(isKept, "a look inside follows its forward pass, with no other pass in between")
  }
}
