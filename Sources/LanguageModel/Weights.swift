// What a decoder computes with, and what training moves of it: all parameters, or the adapter alone.

package import Tensors

/// A decoder's parameters and, where it has one, the adapter that stands beside them.
package struct Weights: Sendable {
  /// The parameters; with an adapter, those of the model that is adapted, which never change.
  package let base: Parameters
  /// The low-rank change on top of them.
  package let adapter: Adapter?

  /// Traps if the adapter belongs to a decoder of another shape.
  package init(_ base: Parameters, adapter: Adapter? = nil) {
    precondition(adapter == nil || adapter?.shape == base.configuration, "this adapter is of another shape")
    self.base = base
    self.adapter = adapter
  }

  /// The decoder's shape.
  package var configuration: DecoderConfiguration { base.configuration }

  /// How many parameters there are in all.
  package var parameterCount: Int { base.layout.parameterCount + (adapter?.layout.parameterCount ?? 0) }

  /// One set of parameters that computes the same, in new memory: w + s·b·a in place of w.
  package func merged() -> Parameters {
    let parameters = base.copy()
    adapter?.merge(into: parameters)
    return parameters
  }

  // MARK: Training

  /// What training moves: the adapter's numbers, or all parameters where there is none.
  package var trained: Floats { adapter?.values ?? base.values }

  /// The same, tensor by tensor.
  package var trainedTensors: any TensorAllocation {
    if let adapter { adapter } else { base }
  }

  /// How many of the trained numbers, at the front, belong to matrices, which decay.
  package var trainedMatrixCount: Int { adapter?.layout.count ?? base.layout.matrixCount }

  /// The same with what training moves in new memory; the rest is shared.
  package func copyOfTrained() -> Weights {
    adapter.map { Weights(base, adapter: $0.copy()) } ?? Weights(base.copy())
  }

  /// A gradient of what training moves, all zeros.
  package func zeroGradient() -> Gradient {
    adapter.map { .ofAdapter($0.zerosLike()) } ?? .ofParameters(base.zerosLike())
  }
}

/// Where a backward pass adds the gradient: that of all parameters, or that of the adapter and nothing else.
package enum Gradient: Sendable {
  case ofParameters(Parameters)
  case ofAdapter(Adapter)

  /// Its tensors.
  package var tensors: any TensorAllocation {
    switch self {
    case .ofParameters(let parameters): parameters
    case .ofAdapter(let adapter): adapter
    }
  }

  /// Its numbers, in the order of `Weights.trained`.
  package var values: Floats { tensors.values }

  /// The gradient of the parameters; nil where only an adapter is trained.
  package var parameters: Parameters? { if case .ofParameters(let parameters) = self { parameters } else { nil } }
}
