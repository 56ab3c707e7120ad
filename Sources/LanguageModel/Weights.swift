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

  /// What training moves: the adapter, or all parameters where there is none.
  package var trained: Trainable { adapter.map { .adapter($0) } ?? .parameters(base) }

  /// The same with what training moves in new memory; the rest is shared.
  package func copyOfTrained() -> Weights {
    adapter.map { Weights(base, adapter: $0.copy()) } ?? Weights(base.copy())
  }
}

/// What training moves, or anything of the same layout: its gradient, a moment of the optimiser.
package enum Trainable: Sendable {
  case parameters(Parameters)
  case adapter(Adapter)

  /// Its tensors.
  package var tensors: any TensorAllocation {
    switch self {
    case .parameters(let parameters): parameters
    case .adapter(let adapter): adapter
    }
  }

  /// The one allocation.
  package var values: Floats { tensors.values }

  /// How many of the numbers, at the front, belong to matrices, which decay; both matrices of an adapter do.
  package var matrixCount: Int {
    switch self {
    case .parameters(let parameters): parameters.layout.matrixCount
    case .adapter(let adapter): adapter.layout.count
    }
  }

  /// The parameters; nil where only an adapter is trained.
  package var parameters: Parameters? { if case .parameters(let parameters) = self { parameters } else { nil } }

  /// Zeros of the same layout.
  package func zerosLike() -> Trainable {
    switch self {
    case .parameters(let parameters): .parameters(parameters.zerosLike())
    case .adapter(let adapter): .adapter(adapter.zerosLike())
    }
  }
}
