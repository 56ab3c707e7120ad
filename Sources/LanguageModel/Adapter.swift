// Low-rank adaptation (LoRA; Hu et al., 2021, arXiv 2106.09685): beside some matrices w of a decoder stand two thin ones,
// and y = x·wᵀ + s·(x·aᵀ)·bᵀ with s = alpha / rank. Training moves a and b alone. The products are in LowRank.swift.

import RandomStreams
package import Tensors

/// A matrix of every layer that can be adapted.
package enum AdapterTarget: String, Sendable, CaseIterable {
  case q, k, v, o, gate, up, down

  /// Its name inside a layer, as Hugging Face has it.
  package var module: String {
    switch self {
    case .q, .k, .v, .o: "self_attn.\(rawValue)_proj"
    case .gate, .up, .down: "mlp.\(rawValue)_proj"
    }
  }
}

/// The shape of an adapter.
package struct AdapterConfiguration: Sendable, Equatable {
  /// Rows of a and columns of b.
  package var rank: Int
  /// α: the low-rank product is multiplied by alpha / rank.
  package var alpha: Double
  /// The matrices that are adapted, in every layer.
  package var targets: Set<AdapterTarget>

  /// A configuration; check it with `validate(for:)` before use.
  package init(rank: Int = 8, alpha: Double = 16, targets: Set<AdapterTarget> = Set(AdapterTarget.allCases)) {
    self.rank = rank
    self.alpha = alpha
    self.targets = targets
  }

  /// s, what the low-rank product is multiplied by.
  package var scale: Float { Float(alpha / Double(rank)) }

  /// The targets in the order of a layer.
  package var orderedTargets: [AdapterTarget] { AdapterTarget.allCases.filter(targets.contains) }

  /// What it is, in a few words: `LoRA r=8 on q, v`.
  package var name: String {
    let isWhole = targets.count == AdapterTarget.allCases.count
    return "LoRA r=\(rank)" + (isWhole ? "" : " on " + orderedTargets.map(\.rawValue).joined(separator: ", "))
  }

  /// All of it, the same in every process.
  package var description: String { "\(name), alpha \(alpha)" }

  /// Throws `ConfigurationError` for an adapter that a decoder of this shape cannot have.
  package func validate(for shape: DecoderConfiguration) throws {
    func refused(_ why: String) -> ConfigurationError { ConfigurationError(why, of: "adapter") }
    if targets.isEmpty { throw refused("it has no targets: name at least one of q, k, v, o, gate, up, down") }
    if !(1...65_536).contains(rank) { throw refused("its rank is \(rank), but must lie between 1 and 65536") }
    if !(alpha > 0 && alpha <= 1e6) {
      throw refused("its alpha is \(alpha), but must be greater than 0 and at most 1000000: alpha / rank scales it")
    }
    let count = orderedTargets.reduce(0) { $0 + rank * (shape.inputs(of: $1) + shape.outputs(of: $1)) } * shape.layers
    if count > 2_000_000_000 {
      throw refused(
        "it has \(count) numbers, of which training keeps four float32 each, more than 32 GB: choose a lower rank")
    }
  }
}

/// Where each matrix of an adapter lies in the one allocation.
///
/// Names and shapes are those of the peft library. Matrices a that read the same rows are one matrix, since they are
/// multiplied together. All lie in `Panels`.
package struct AdapterLayout: Sendable, Equatable {
  /// The adapted part of one map: s·(x·aᵀ)·bᵀ is added to some of its outputs.
  struct Part: Sendable, Equatable {
    /// Where its outputs lie among those of the map.
    let outputs: Range<Int>
    /// Where its rows of a lie among those of all parts.
    let ranks: Range<Int>
    /// b: outputs × rank.
    let b: ParameterLayout.Block
  }

  /// What is adapted of one linear map of one layer.
  struct Adapted: Sendable, Equatable {
    /// The matrices a of all parts, one below the other: (parts · rank) × inputs.
    let a: ParameterLayout.Block
    let parts: [Part]
  }

  /// Every matrix, in the order of the allocation.
  package private(set) var entries: [ParameterLayout.Entry] = []
  /// How many numbers the allocation has, those that fill up panels included.
  package private(set) var count = 0
  /// How many parameters there are.
  package var parameterCount: Int { entries.reduce(0) { $0 + $1.count } }

  private var maps: [Adapted?] = []

  package init(_ configuration: AdapterConfiguration, for shape: DecoderConfiguration) {
    let rank = configuration.rank
    for layer in 0..<shape.layers {
      for map in LinearMap.allCases {
        let targets = map.targets.filter(configuration.targets.contains)
        guard !targets.isEmpty else {
          maps.append(nil)
          continue
        }
        let a = place(
          targets.map { (Self.name(layer: layer, $0, "A"), rank) }, inputs: shape.inputs(of: map))
        let parts = targets.enumerated().map { index, target in
          Part(
            outputs: shape.outputs(of: target, in: map), ranks: index * rank..<(index + 1) * rank,
            b: place([(Self.name(layer: layer, target, "B"), shape.outputs(of: target))], inputs: rank))
        }
        maps.append(Adapted(a: a, parts: parts))
      }
    }
  }

  private mutating func place(_ parts: [(name: String, outputs: Int)], inputs: Int) -> ParameterLayout.Block {
    let (block, placed) = ParameterLayout.block(of: parts, inputs: inputs, at: count)
    entries += placed
    count = block.range.upperBound
    return block
  }

  /// What is adapted of a map; nil where nothing is.
  func adapted(_ layer: Int, _ map: LinearMap) -> Adapted? { maps[layer * LinearMap.allCases.count + map.rawValue] }

  /// The peft library's name of one matrix; `letter` is A or B.
  package static func name(layer: Int, _ target: AdapterTarget, _ letter: String) -> String {
    "base_model.model.model.layers.\(layer).\(target.module).lora_\(letter).weight"
  }
}

/// An adapter, or anything of the same layout: its gradient.
///
/// As with a model's parameters, its numbers are not written to once it has been made: training copies them first.
package struct Adapter: TensorAllocation {
  /// Rank, alpha and targets.
  package let configuration: AdapterConfiguration
  /// The shape of the decoder that it belongs to.
  package let shape: DecoderConfiguration
  /// What lies where.
  package let layout: AdapterLayout
  /// The one allocation.
  package let values: Floats

  /// All zeros: an adapter that changes nothing and cannot learn.
  ///
  /// Both configurations must have been validated.
  package init(zeros configuration: AdapterConfiguration, for shape: DecoderConfiguration) {
    self.configuration = configuration
    self.shape = shape
    layout = AdapterLayout(configuration, for: shape)
    values = Floats(zeros: layout.count)
  }

  private init(_ other: Adapter, _ values: Floats) {
    configuration = other.configuration
    shape = other.shape
    layout = other.layout
    self.values = values
  }

  /// A fresh adapter, which changes nothing yet: a uniform in ±1/√inputs, as the peft library draws it, and b 0.
  ///
  /// a of one target in one layer depends on the seed, the layer, the target and its shape alone, whatever else is
  /// adapted. Nil soon after `isInterrupted` holds.
  package init?(
    randomly configuration: AdapterConfiguration, for shape: DecoderConfiguration, seed: UInt64,
    isInterrupted: () -> Bool
  ) {
    self.init(zeros: configuration, for: shape)
    let entries = Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.name, $0) })
    for layer in 0..<shape.layers {
      for (place, target) in AdapterTarget.allCases.enumerated() {
        guard let entry = entries[AdapterLayout.name(layer: layer, target, "A")] else { continue }
        let bound = 1 / Double(shape.inputs(of: target)).squareRoot()
        var random = RandomStream(seed: seed, purpose: .adapter, layer, place)
        let a = Floats(zeros: entry.count)
        for index in 0..<a.count {
          if index % (1 << 18) == 0, isInterrupted() { return nil }
          a[index] = Float(bound * (2 * random.uniform() - 1))
        }
        self[entry] = a
      }
    }
  }

  package var entries: [ParameterLayout.Entry] { layout.entries }

  /// The same numbers in new memory.
  package func copy() -> Adapter { Adapter(self, values.copy()) }

  /// Zeros of the same layout.
  package func zerosLike() -> Adapter { Adapter(self, Floats(zeros: layout.count)) }
}
