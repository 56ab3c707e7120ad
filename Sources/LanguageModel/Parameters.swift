// The parameters of a decoder: one allocation, and the map of what lies where in it. Optimiser, checkpoint and average
// are each one loop over it.

import RandomStreams
package import Tensors

/// Where each tensor lies in the one allocation: every matrix first, then every norm vector, so that weight decay,
/// which matrices get and vectors do not, is a matter of two runs.
///
/// Names and shapes are Hugging Face's (rows = outputs). Projections that are multiplied together are one matrix:
/// q, k, v, and gate, up. Matrices lie in `Panels`, as they are multiplied; the numbers that fill up a matrix's last
/// panel are 0 and stay so, since their gradient is 0.
package struct ParameterLayout: Sendable, Equatable {
  /// One tensor.
  package struct Entry: Sendable, Equatable {
    /// The Hugging Face name.
    package let name: String
    /// Outputs × inputs of a matrix, or the length of a vector.
    package let shape: [Int]
    /// How many numbers it has.
    package var count: Int { shape.reduce(1, *) }
    /// The outputs of a matrix; 1 for a vector.
    package var rows: Int { shape.count == 1 ? 1 : shape[0] }
    /// Numbers in a row.
    package var rowWidth: Int { shape[shape.count - 1] }
    /// The vector, or the whole matrix of which it is a part.
    let block: Block
    /// The first of its outputs in that matrix.
    let firstOutput: Int
  }

  /// A vector or a matrix in the allocation.
  struct Block: Sendable, Equatable {
    var range = 0..<0
    var outputs = 0
    /// 0 for a vector.
    var inputs = 0
  }

  /// What one layer consists of.
  struct Layer: Sendable, Equatable {
    var attentionNorm = Block()
    var queryKeyValue = Block()
    var queryNorm = Block()
    var keyNorm = Block()
    var output = Block()
    var feedForwardNorm = Block()
    var gateUp = Block()
    var down = Block()
  }

  /// Every tensor, in the order of the allocation.
  package private(set) var entries: [Entry] = []
  /// How many numbers the allocation has, those that fill up panels included.
  package private(set) var count = 0
  /// How many of them, at the front, belong to matrices.
  package private(set) var matrixCount = 0
  /// How many parameters there are.
  package var parameterCount: Int { entries.reduce(0) { $0 + $1.count } }

  private(set) var embedding = Block()
  private(set) var head = Block()
  private(set) var finalNorm = Block()
  private(set) var layers: [Layer]

  package init(_ shape: DecoderConfiguration) {
    layers = Array(repeating: Layer(), count: shape.layers)
    let queries = shape.heads * shape.headWidth
    let keys = shape.keyValueHeads * shape.headWidth
    embedding = place([("model.embed_tokens.weight", shape.vocabulary)], inputs: shape.width)
    for index in 0..<shape.layers {
      let prefix = "model.layers.\(index)."
      let attention = prefix + "self_attn."
      let feedForward = prefix + "mlp."
      layers[index].queryKeyValue = place(
        [
          (attention + "q_proj.weight", queries), (attention + "k_proj.weight", keys),
          (attention + "v_proj.weight", keys),
        ], inputs: shape.width)
      layers[index].output = place([(attention + "o_proj.weight", shape.width)], inputs: queries)
      layers[index].gateUp = place(
        [
          (feedForward + "gate_proj.weight", shape.feedForward), (feedForward + "up_proj.weight", shape.feedForward),
        ], inputs: shape.width)
      layers[index].down = place([(feedForward + "down_proj.weight", shape.width)], inputs: shape.feedForward)
    }
    head = shape.hasTiedHead ? embedding : place([("lm_head.weight", shape.vocabulary)], inputs: shape.width)
    matrixCount = count
    for index in 0..<shape.layers {
      let prefix = "model.layers.\(index)."
      layers[index].attentionNorm = place(prefix + "input_layernorm.weight", shape.width)
      layers[index].queryNorm = place(prefix + "self_attn.q_norm.weight", shape.headWidth)
      layers[index].keyNorm = place(prefix + "self_attn.k_norm.weight", shape.headWidth)
      layers[index].feedForwardNorm = place(prefix + "post_attention_layernorm.weight", shape.width)
    }
    finalNorm = place("model.norm.weight", shape.width)
  }

  /// A matrix of parts that lie output after output, from a place in the allocation on.
  static func block(
    of parts: [(name: String, outputs: Int)], inputs: Int, at start: Int
  ) -> (Block, [Entry]) {
    let outputs = parts.reduce(0) { $0 + $1.outputs }
    let block = Block(
      range: start..<start + Panels.count(outputs: outputs, inputs: inputs), outputs: outputs, inputs: inputs)
    var first = 0
    let entries = parts.map { name, outputs in
      first += outputs
      return Entry(name: name, shape: [outputs, inputs], block: block, firstOutput: first - outputs)
    }
    return (block, entries)
  }

  private mutating func place(_ parts: [(name: String, outputs: Int)], inputs: Int) -> Block {
    let (block, placed) = Self.block(of: parts, inputs: inputs, at: count)
    entries += placed
    count = block.range.upperBound
    return block
  }

  private mutating func place(_ name: String, _ length: Int) -> Block {
    let block = Block(range: count..<count + length, outputs: length)
    entries.append(Entry(name: name, shape: [length], block: block, firstOutput: 0))
    count += length
    return block
  }
}

/// The parameters of one decoder, or anything of the same layout: a gradient, a moment of the optimiser.
///
/// A model's parameters are not written to once it has been made: training copies them first.
package struct Parameters: TensorAllocation {
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
    let part = Floats(zeros: entry.count)
    if entry.shape.count == 1 {
      part.fill(1)
      self[entry] = part
      return true
    }
    let writesResidual = entry.name.hasSuffix("o_proj.weight") || entry.name.hasSuffix("down_proj.weight")
    let deviation = 1 / Double(configuration.width * (writesResidual ? 2 * configuration.layers : 1)).squareRoot()
    var stream = RandomStream(seed: seed, purpose: .parameters, index)
    for place in stride(from: 0, to: part.count, by: 2) {
      if place % (1 << 18) == 0, isInterrupted(entry.block.range.lowerBound + place) { return false }
      let (first, second) = stream.normals()
      part[place] = Float(deviation * first)
      if place + 1 < part.count { part[place + 1] = Float(deviation * second) }
    }
    self[entry] = part
    return true
  }

  package var entries: [ParameterLayout.Entry] { layout.entries }

  /// The same numbers in new memory.
  package func copy() -> Parameters { Parameters(configuration, layout, values.copy()) }

  /// Zeros of the same layout.
  package func zerosLike() -> Parameters { Parameters(configuration, layout, Floats(zeros: layout.count)) }

  /// The head's weights: V × D.
  package var head: Panels { panels(layout.head) }
  /// The embedding: V × D.
  package var embedding: Panels { panels(layout.embedding) }
  var finalNorm: Floats { values[layout.finalNorm.range] }

  /// A norm vector of a layer.
  func vector(_ layer: Int, _ path: KeyPath<ParameterLayout.Layer, ParameterLayout.Block>) -> Floats {
    values[layout.layers[layer][keyPath: path].range]
  }

  /// The weights of a map of a layer.
  func matrix(_ layer: Int, _ map: LinearMap) -> Panels { panels(layout.layers[layer][keyPath: map.weights]) }
}

/// Tensors in one allocation, matrices in `Panels`: the parameters of a decoder, an adapter.
package protocol TensorAllocation: Sendable {
  /// The one allocation.
  var values: Floats { get }
  /// What lies in it.
  var entries: [ParameterLayout.Entry] { get }
}

extension TensorAllocation {
  /// One tensor in the order of Hugging Face: a copy, outputs × inputs or the vector.
  package subscript(entry: ParameterLayout.Entry) -> Floats {
    get { self[entry, 0..<entry.rows] }
    nonmutating set { self[entry, 0..<entry.rows] = newValue }
  }

  /// Some rows of a tensor, of which a vector has one: a copy.
  package subscript(entry: ParameterLayout.Entry, rows: Range<Int>) -> Floats {
    get {
      let tensor = Floats(zeros: rows.count * entry.rowWidth)
      if entry.shape.count == 1 {
        tensor.assign(values[entry.block.range])
      } else {
        panels(entry.block).load(into: tensor, first: entry.firstOutput + rows.lowerBound)
      }
      return tensor
    }
    nonmutating set {
      let count = rows.count * entry.rowWidth
      precondition(newValue.count == count, "these rows of \(entry.name) have \(count) numbers, not \(newValue.count)")
      if entry.shape.count == 1 {
        values[entry.block.range].assign(newValue)
      } else {
        panels(entry.block).store(newValue, first: entry.firstOutput + rows.lowerBound)
      }
    }
  }

  func panels(_ block: ParameterLayout.Block) -> Panels {
    Panels(values[block.range], outputs: block.outputs, inputs: block.inputs)
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
