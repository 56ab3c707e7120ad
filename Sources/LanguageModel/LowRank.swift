// The low-rank half of an adapted map, s·(x·aᵀ)·bᵀ (Hu et al., 2021, arXiv 2106.09685, equation 3), forward and backward;
// and its sum with the weights. The thin product x·aᵀ is not kept for the backward pass: computing it again costs
// rank / outputs of the map's own product, which is next to nothing.
//
// Of a map with k adapted parts, rank r: x is N × inputs, a (k·r) × inputs, u = s·x·aᵀ N × (k·r), and of each part b is
// outputs × r and reads its own r columns of u.

import Tensors

extension Adapter {
  /// Bytes of the thin matrices of a training pass, for so many tokens in one batch.
  static func scratchBytes(_ configuration: AdapterConfiguration, tokens: Int) -> Double {
    4 * 2 * 3 * Double(configuration.rank) * Double(tokens)
  }

  /// u = s·x·aᵀ.
  private func thin(_ x: Matrix, _ adapted: AdapterLayout.Adapted, into u: Matrix, parallel: Bool = true) {
    linear(x, panels(adapted.a), into: u, parallel: parallel)
    multiply(u.values, by: configuration.scale)
  }

  /// y += s·(x·aᵀ)·bᵀ on the adapted outputs of a map; x: N × inputs, y: N × outputs.
  ///
  /// On the calling thread alone unless `parallel`. A row's bits do not depend on the rows beside it.
  func forward(_ layer: Int, _ map: LinearMap, _ x: Matrix, addingTo y: Matrix, parallel: Bool = true) {
    guard let adapted = layout.adapted(layer, map) else { return }
    let ranks = adapted.a.outputs
    ScratchPool.shared.lend(x.rows * ranks) { memory in
      let u = Matrix(memory, rows: x.rows, columns: ranks)
      thin(x, adapted, into: u, parallel: parallel)
      for part in adapted.parts {
        linear(
          u.columns(part.ranks), panels(part.b), into: y.columns(part.outputs), accumulate: true, parallel: parallel)
      }
    }
  }

  /// Backward of `forward`: db += dyᵀ·u and, with du = s·dy·b, da += duᵀ·x; where there is a dx, dx += du·a.
  func backward(
    _ layer: Int, _ map: LinearMap, dy: Matrix, x: Matrix, addingTo dx: Matrix?, into gradient: Adapter
  ) {
    guard let adapted = layout.adapted(layer, map) else { return }
    let ranks = adapted.a.outputs
    ScratchPool.shared.lend(2 * x.rows * ranks) { memory in
      let u = Matrix(memory.row(0, width: x.rows * ranks), rows: x.rows, columns: ranks)
      let du = Matrix(memory.row(1, width: x.rows * ranks), rows: x.rows, columns: ranks)
      thin(x, adapted, into: u)
      for part in adapted.parts {
        let dy = dy.columns(part.outputs)
        linearWeightGradient(dy, u.columns(part.ranks), addingTo: gradient.panels(part.b))
        linearInputGradient(dy, panels(part.b), into: du.columns(part.ranks))
      }
      multiply(du.values, by: configuration.scale)
      linearWeightGradient(du, x, addingTo: gradient.panels(adapted.a))
      if let dx { linearInputGradient(du, panels(adapted.a), into: dx, accumulate: true) }
    }
  }

  /// w += share·s·b·a for every adapted matrix of some parameters.
  package func merge(into parameters: Parameters, share: Float = 1) {
    precondition(parameters.configuration == shape, "these parameters are of another shape than the adapter's")
    for layer in 0..<shape.layers {
      for map in LinearMap.allCases {
        guard let adapted = layout.adapted(layer, map) else { continue }
        let weights = parameters.matrix(layer, map)
        let ranks = adapted.a.outputs
        let a = Floats(zeros: ranks * weights.inputs)
        panels(adapted.a).load(into: a, first: 0)
        // bᵀ of every part in its own rows and columns: what is not adapted gets 0.
        let b = Floats(zeros: ranks * weights.outputs)
        for part in adapted.parts {
          let rows = Floats(zeros: part.outputs.count * configuration.rank)
          panels(part.b).load(into: rows, first: 0)
          multiply(rows, by: share * configuration.scale)
          for (row, output) in part.outputs.enumerated() {
            for (column, rank) in part.ranks.enumerated() {
              b[rank * weights.outputs + output] = rows[row * configuration.rank + column]
            }
          }
        }
        linearWeightGradient(
          Matrix(b, rows: ranks, columns: weights.outputs), Matrix(a, rows: ranks, columns: weights.inputs),
          addingTo: weights)
      }
    }
  }
}
