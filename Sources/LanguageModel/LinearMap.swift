// The linear maps of a layer as they are multiplied: matrices that read the same rows are one product.

/// A linear map of every layer.
enum LinearMap: Int, CaseIterable {
  /// Queries, keys and values, side by side.
  case queryKeyValue
  /// From the attended values to the residual stream.
  case output
  /// Gate and up, side by side.
  case gateUp
  /// From the hidden numbers of the feed-forward part to the residual stream.
  case down

  /// The matrices it consists of, in the order of its outputs.
  var targets: [AdapterTarget] {
    switch self {
    case .queryKeyValue: [.q, .k, .v]
    case .output: [.o]
    case .gateUp: [.gate, .up]
    case .down: [.down]
    }
  }

  /// Its weights among what a layer consists of.
  var weights: KeyPath<ParameterLayout.Layer, ParameterLayout.Block> {
    switch self {
    case .queryKeyValue: \.queryKeyValue
    case .output: \.output
    case .gateUp: \.gateUp
    case .down: \.down
    }
  }
}

extension DecoderConfiguration {
  /// Columns of one matrix of a layer.
  func inputs(of target: AdapterTarget) -> Int {
    switch target {
    case .q, .k, .v, .gate, .up: width
    case .o: heads * headWidth
    case .down: feedForward
    }
  }

  /// Rows of one matrix of a layer.
  func outputs(of target: AdapterTarget) -> Int {
    switch target {
    case .q: heads * headWidth
    case .k, .v: keyValueHeads * headWidth
    case .o, .down: width
    case .gate, .up: feedForward
    }
  }

  /// Columns of a map.
  func inputs(of map: LinearMap) -> Int { inputs(of: map.targets[0]) }

  /// Rows of a map.
  func outputs(of map: LinearMap) -> Int { map.targets.reduce(0) { $0 + outputs(of: $1) } }

  /// Where the outputs of a matrix lie among those of its map.
  func outputs(of target: AdapterTarget, in map: LinearMap) -> Range<Int> {
    let first = map.targets.prefix { $0 != target }.reduce(0) { $0 + outputs(of: $1) }
    return first..<first + outputs(of: target)
  }
}
