// The parameters of a decoder: one allocation, and the map of what lies where in it. Optimiser, checkpoint and average
// are each one loop over it.

import RandomStreams
package import Tensors

/// Where each tensor lies in the one allocation: every matrix first, then every norm vector, so that weight decay,
/// which matrices get and vectors do not, is a matter of two runs.
///
/// Names and shapes are Hugging Face's (rows = outputs). Projections that are multiplied together lie together:
/// q, k, v, and gate, up.
package struct ParameterLayout: Sendable, Equatable {
  /// One tensor of the allocation.
  package struct Entry: Sendable, Equatable {
    /// The Hugging Face name.
    package let name: String
    /// Outputs × inputs of a matrix, or the length of a vector.
    package let shape: [Int]
    /// Its place in the allocation.
    package let range: Range<Int>
  }

  /// Ranges of one layer's tensors.
  struct Layer: Sendable, Equatable {
    var attentionNorm = 0..<0
    var queryKeyValue = 0..<0
    var queryNorm = 0..<0
    var keyNorm = 0..<0
    var output = 0..<0
    var feedForwardNorm = 0..<0
    var gateUp = 0..<0
    var down = 0..<0
  }

  /// Every tensor, in the order of the allocation.
  package private(set) var entries: [Entry] = []
  /// How many parameters there are in all.
  package private(set) var count = 0
  /// How many of them, at the front, belong to matrices.
  package private(set) var matrixCount = 0

  private(set) var embedding = 0..<0
  private(set) var head = 0..<0
  private(set) var finalNorm = 0..<0
  private(set) var layers: [Layer]

  package init(_ shape: DecoderConfiguration) {
    layers = Array(repeating: Layer(), count: shape.layers)
    let queries = shape.heads * shape.headWidth
    let keys = shape.keyValueHeads * shape.headWidth
    embedding = place("model.embed_tokens.weight", [shape.vocabulary, shape.width])
    for index in 0..<shape.layers {
      let prefix = "model.layers.\(index)."
      let q = place(prefix + "self_attn.q_proj.weight", [queries, shape.width])
      _ = place(prefix + "self_attn.k_proj.weight", [keys, shape.width])
      let v = place(prefix + "self_attn.v_proj.weight", [keys, shape.width])
      layers[index].queryKeyValue = q.lowerBound..<v.upperBound
      layers[index].output = place(prefix + "self_attn.o_proj.weight", [shape.width, queries])
      let gate = place(prefix + "mlp.gate_proj.weight", [shape.feedForward, shape.width])
      let up = place(prefix + "mlp.up_proj.weight", [shape.feedForward, shape.width])
      layers[index].gateUp = gate.lowerBound..<up.upperBound
      layers[index].down = place(prefix + "mlp.down_proj.weight", [shape.width, shape.feedForward])
    }
    head = shape.hasTiedHead ? embedding : place("lm_head.weight", [shape.vocabulary, shape.width])
    matrixCount = count
    for index in 0..<shape.layers {
      let prefix = "model.layers.\(index)."
      layers[index].attentionNorm = place(prefix + "input_layernorm.weight", [shape.width])
      layers[index].queryNorm = place(prefix + "self_attn.q_norm.weight", [shape.headWidth])
      layers[index].keyNorm = place(prefix + "self_attn.k_norm.weight", [shape.headWidth])
      layers[index].feedForwardNorm = place(prefix + "post_attention_layernorm.weight", [shape.width])
    }
    finalNorm = place("model.norm.weight", [shape.width])
  }

  private mutating func place(_ name: String, _ shape: [Int]) -> Range<Int> {
    let range = count..<count + shape.reduce(1, *)
    entries.append(Entry(name: name, shape: shape, range: range))
    count = range.upperBound
    return range
  }
}

/// The parameters of one decoder, or anything of the same layout: a gradient, a moment of the optimiser.
///
/// A model's parameters are not written to once it has been made: training copies them first.
package struct Parameters: Sendable {
  /// The decoder's shape.
  package let configuration: DecoderConfiguration
  /// What lies where.
  package let layout: ParameterLayout
  /// The one allocation.
  package let values: Floats

  /// All zeros.
  ///
  /// The configuration must have been validated.
  package init(zeros configuration: DecoderConfiguration) {
    self.configuration = configuration
    layout = ParameterLayout(configuration)
    values = Floats(zeros: layout.count)
  }

  private init(_ configuration: DecoderConfiguration, _ layout: ParameterLayout, _ values: Floats) {
    self.configuration = configuration
    self.layout = layout
    self.values = values
  }

  /// Fresh parameters: matrices normal with deviation 1/√D, those that write to the residual stream divided by √(2L)
  /// (Radford et al., 2019), norms 1.
  ///
  /// For small decoders a deviation that shrinks with the width learns faster than GPT-2's fixed 0.02: the base of the
  /// addition task then reaches in 500 steps what takes 1000 otherwise.
  package init(randomly configuration: DecoderConfiguration, seed: UInt64) {
    self.init(zeros: configuration)
    for index in layout.entries.indices { _ = fillRandomly(entry: index, seed: seed) { _ in false } }
  }

  /// The same, for who may have to stop: nil soon after `isInterrupted` holds, which is told how many numbers are there.
  package init?(randomly configuration: DecoderConfiguration, seed: UInt64, isInterrupted: (_ filled: Int) -> Bool) {
    self.init(zeros: configuration)
    for index in layout.entries.indices where !fillRandomly(entry: index, seed: seed, isInterrupted) { return nil }
  }

  /// Fills one tensor; false when that was interrupted.
  private func fillRandomly(entry index: Int, seed: UInt64, _ isInterrupted: (Int) -> Bool) -> Bool {
    let entry = layout.entries[index]
    let part = values[entry.range]
    if entry.shape.count == 1 {
      part.fill(1)
      return true
    }
    let writesResidual = entry.name.hasSuffix("o_proj.weight") || entry.name.hasSuffix("down_proj.weight")
    let deviation = 1 / Double(configuration.width * (writesResidual ? 2 * configuration.layers : 1)).squareRoot()
    var stream = RandomStream(seed: seed, purpose: .parameters, index)
    for place in stride(from: 0, to: part.count, by: 2) {
      if place % (1 << 18) == 0, isInterrupted(entry.range.lowerBound + place) { return false }
      let (first, second) = stream.normals()
      part[place] = Float(deviation * first)
      if place + 1 < part.count { part[place + 1] = Float(deviation * second) }
    }
    return true
  }

  /// The same numbers in new memory.
  package func copy() -> Parameters { Parameters(configuration, layout, values.copy()) }

  /// Zeros of the same layout.
  package func zerosLike() -> Parameters { Parameters(configuration, layout, Floats(zeros: layout.count)) }

  /// The head's weights: V × D.
  package var head: Floats { values[layout.head] }
  /// The embedding: V × D.
  package var embedding: Floats { values[layout.embedding] }
  var finalNorm: Floats { values[layout.finalNorm] }

  func part(_ layer: Int, _ path: KeyPath<ParameterLayout.Layer, Range<Int>>) -> Floats {
    values[layout.layers[layer][keyPath: path]]
  }

  /// The weights of a map: outputs × inputs.
  func matrix(_ layer: Int, _ map: LinearMap) -> Matrix {
    Matrix(
      part(layer, map.weights), rows: configuration.outputs(of: map), columns: configuration.inputs(of: map))
  }
}

extension RandomStream {
  /// Two independent standard normal numbers (Box and Muller, 1958).
  mutating func normals() -> (Double, Double) {
    let radius = (-2 * logarithm(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    return (radius * cosine(angle), radius * sine(angle))
  }
}
