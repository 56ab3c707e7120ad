// The low-rank half of an adapted map, s·(x·aᵀ)·bᵀ (Hu et al., 2021, arXiv 2106.09685, equation 3), forward, backward and
// in decoding; and its sum with the weights. The thin product x·aᵀ is not kept for the backward pass: computing it again
// costs rank / outputs of the map's own product, which is next to nothing.
//
// Of a block with k adapted parts, rank r: x is N × inputs, a (k·r) × inputs, u = s·x·aᵀ N × (k·r), and of each part b is
// outputs × r and reads its own r columns of u.

import Tensors

/// Memory for the thin matrices between a and b; it grows to the largest.
final class LowRankScratch {
  private var memory = Floats(zeros: 0)

  func floats(_ count: Int) -> Floats {
    if memory.count < count { memory = Floats(zeros: count) }
    return memory[0..<count]
  }
}

extension Adapter {
  /// Bytes of the thin matrices of a training pass, for so many tokens in one batch.
  static func scratchBytes(_ configuration: AdapterConfiguration, tokens: Int) -> Double {
    4 * 2 * 3 * Double(configuration.rank) * Double(tokens)
  }

  private func a(_ block: AdapterLayout.Block, inputs: Int) -> Matrix {
    Matrix(values[block.a], rows: block.parts.count * configuration.rank, columns: inputs)
  }

  private func b(_ part: AdapterLayout.Part) -> Matrix {
    Matrix(values[part.b], rows: part.outputs.count, columns: configuration.rank)
  }

  /// u = s·x·aᵀ.
  private func thin(_ x: Matrix, _ block: AdapterLayout.Block, into u: Matrix) {
    MatrixProduct.rowsByRows(x, a(block, inputs: x.columns), into: u)
    multiply(u.values, by: configuration.scale)
  }

  /// y += s·(x·aᵀ)·bᵀ on the adapted outputs of a map; x: N × inputs, y: N × outputs.
  func forward(_ layer: Int, _ map: LinearMap, _ x: Matrix, addingTo y: Matrix, _ scratch: LowRankScratch) {
    guard let block = layout.block(layer, map) else { return }
    let ranks = block.parts.count * configuration.rank
    let u = Matrix(scratch.floats(x.rows * ranks), rows: x.rows, columns: ranks)
    thin(x, block, into: u)
    for part in block.parts {
      MatrixProduct.rowsByRows(u.columns(part.ranks), b(part), into: y.columns(part.outputs), accumulate: true)
    }
  }

  /// Backward of `forward`: db += dyᵀ·u and, with du = s·dy·b, da += duᵀ·x; where there is a dx, dx += du·a.
  func backward(
    _ layer: Int, _ map: LinearMap, dy: Matrix, x: Matrix, addingTo dx: Matrix?, into gradient: Adapter,
    _ scratch: LowRankScratch
  ) {
    guard let block = layout.block(layer, map) else { return }
    let ranks = block.parts.count * configuration.rank
    let memory = scratch.floats(2 * x.rows * ranks)
    let u = Matrix(memory.row(0, width: x.rows * ranks), rows: x.rows, columns: ranks)
    let du = Matrix(memory.row(1, width: x.rows * ranks), rows: x.rows, columns: ranks)
    thin(x, block, into: u)
    for part in block.parts {
      let dy = dy.columns(part.outputs)
      MatrixProduct.columnsByColumns(dy, u.columns(part.ranks), into: gradient.b(part), accumulate: true)
      MatrixProduct.plain(dy, b(part), into: du.columns(part.ranks))
    }
    multiply(du.values, by: configuration.scale)
    MatrixProduct.columnsByColumns(du, x, into: gradient.a(block, inputs: x.columns), accumulate: true)
    if let dx { MatrixProduct.plain(du, a(block, inputs: x.columns), into: dx, accumulate: true) }
  }

  /// `forward` for the few rows of decoding: a row's bits do not depend on the rows beside it.
  func decode(
    _ layer: Int, _ map: LinearMap, _ x: Floats, addingTo y: Floats, rows: Int, parallel: Bool,
    _ scratch: LowRankScratch
  ) {
    guard let block = layout.block(layer, map) else { return }
    let rank = configuration.rank
    let inputs = shape.inputs(of: map)
    let outputs = shape.outputs(of: map)
    let widest = block.parts.lazy.map(\.outputs.count).max() ?? 0
    let memory = scratch.floats(rows * (rank + widest))
    let u = memory[0..<rows * rank]
    for part in block.parts {
      let a = values[block.a].row(part.ranks.lowerBound / rank, width: rank * inputs)
      linearRows(x, a, into: u, rows: rows, depth: inputs, outputs: rank, parallel: parallel)
      multiply(u, by: configuration.scale)
      let width = part.outputs.count
      let change = memory[rows * rank..<rows * (rank + width)]
      linearRows(u, values[part.b], into: change, rows: rows, depth: rank, outputs: width, parallel: parallel)
      for row in 0..<rows {
        let start = row * outputs + part.outputs.lowerBound
        add(change.row(row, width: width), to: y[start..<start + width])
      }
    }
  }

  /// w += share·s·b·a for every adapted matrix of some parameters.
  package func merge(into parameters: Parameters, share: Float = 1) {
    precondition(parameters.configuration == shape, "these parameters are of another shape than the adapter's")
    for layer in 0..<shape.layers {
      for map in LinearMap.allCases {
        guard let block = layout.block(layer, map) else { continue }
        let inputs = shape.inputs(of: map)
        let weights = parameters.matrix(layer, map)
        for part in block.parts {
          let scaled = Matrix(values[part.b].copy(), rows: part.outputs.count, columns: configuration.rank)
          multiply(scaled.values, by: share * configuration.scale)
          MatrixProduct.plain(
            scaled, a(block, inputs: inputs).rows(part.ranks), into: weights.rows(part.outputs), accumulate: true)
        }
      }
    }
  }
}
