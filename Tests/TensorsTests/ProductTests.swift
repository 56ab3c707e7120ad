// The three products of a linear layer against plain loops, against OpenBLAS, and the bits of rows among other rows.

import COpenBLAS
import Evidence
import Tensors
import Testing

/// Rows × inputs × outputs: ragged, around panels (16), tiles (8 × 48), and blocks of the depth (256, 320).
private let sizes = [
  [1, 1, 1], [1, 7, 5], [3, 16, 1], [2, 5, 300], [63, 17, 33], [64, 3, 64], [65, 33, 17], [129, 10, 20], [257, 8, 65],
  [30, 12, 301], [300, 5, 299], [4, 40, 33], [8, 330, 70], [9, 700, 50], [17, 321, 16], [700, 20, 330],
].map { (rows: $0[0], inputs: $0[1], outputs: $0[2]) }

@Suite struct ProductTests {
  /// A matrix in the middle of a larger one, with NaN around it: what lies between rows must not be read.
  private func embedded(_ rows: [[Float]], gap: Int) -> Matrix {
    let stride = rows[0].count + gap
    let values = Floats(rows.flatMap { $0 + [Float](repeating: .nan, count: gap) })
    return Matrix(values, rows: rows.count, columns: rows[0].count, stride: stride)
  }

  private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> [[Float]] {
    let numbers = randomNumbers(rows * columns, seed: seed)
    return (0..<rows).map { Array(numbers[$0 * columns..<($0 + 1) * columns]) }
  }

  private func panels(_ rows: [[Float]]) -> Panels {
    let inputs = rows[0].count
    let panels = Panels(
      Floats(zeros: Panels.count(outputs: rows.count, inputs: inputs)), outputs: rows.count, inputs: inputs)
    panels.store(Floats(rows.flatMap(\.self)), first: 0)
    return panels
  }

  private func numbers(_ matrix: Matrix) -> [Double] {
    (0..<matrix.rows).flatMap { row in
      (0..<matrix.columns).map { Double(matrix.values[row * matrix.stride + $0]) }
    }
  }

  /// Sums of `depth` products: √depth · 2⁻²⁴ of their size, with room for any order of the sum.
  private func bound(_ depth: Int) -> Double { 2e-7 * (1 + Double(depth).squareRoot()) }

  @Test(arguments: sizes, [0, 5])
  func theForwardProductEqualsPlainLoops(size: (rows: Int, inputs: Int, outputs: Int), gap: Int) {
    let x = random(size.rows, size.inputs, seed: 1)
    let w = random(size.outputs, size.inputs, seed: 2)
    let product = naiveProduct(x.map(\.doubles), transposed(w.map(\.doubles)))
    for accumulate in [false, true] {
      for parallel in [false, true] {
        let before: Float = accumulate ? 0.5 : .nan  // assigned where it is not added to, whatever was there
        let y = embedded(
          [[Float]](repeating: [Float](repeating: before, count: size.outputs), count: size.rows), gap: gap)
        linear(embedded(x, gap: gap), panels(w), into: y, accumulate: accumulate, parallel: parallel)
        let expected = product.flatMap { $0.map { accumulate ? $0 + 0.5 : $0 } }
        #expect(relativeError(numbers(y), expected) < bound(size.inputs))
        for row in 0..<size.rows - 1 where gap > 0 {
          #expect(y.values[row * y.stride + size.outputs].isNaN, "a number between the rows changed")
        }
      }
    }
  }

  @Test(arguments: sizes, [0, 5])
  func bothGradientsEqualPlainLoops(size: (rows: Int, inputs: Int, outputs: Int), gap: Int) {
    let x = random(size.rows, size.inputs, seed: 1)
    let w = random(size.outputs, size.inputs, seed: 2)
    let dy = random(size.rows, size.outputs, seed: 3)
    let dx = embedded([[Float]](repeating: [Float](repeating: .nan, count: size.inputs), count: size.rows), gap: gap)
    linearInputGradient(embedded(dy, gap: gap), panels(w), into: dx)
    #expect(
      relativeError(numbers(dx), naiveProduct(dy.map(\.doubles), w.map(\.doubles)).flatMap(\.self))
        < bound(size.outputs))

    let start = random(size.outputs, size.inputs, seed: 4)
    let dw = panels(start)
    linearWeightGradient(embedded(dy, gap: gap), embedded(x, gap: gap), addingTo: dw)
    let found = Floats(zeros: size.outputs * size.inputs)
    dw.load(into: found, first: 0)
    let product = naiveProduct(transposed(dy.map(\.doubles)), x.map(\.doubles))
    let expected = zip(start, product).flatMap { zip($0, $1).map { Double($0) + $1 } }
    #expect(relativeError(found.doubles, expected) < bound(size.rows))
    let filling = dw.values.array.count { $0 == 0 }
    #expect(filling >= dw.values.count - found.count, "what fills up the last panel must stay 0")
  }

  /// Somebody else's product of the same matrices.
  @Test func theForwardProductEqualsOpenBLAS() {
    let (rows, inputs, outputs) = (200, 384, 500)
    let x = randomNumbers(rows * inputs, seed: 1)
    let w = randomNumbers(outputs * inputs, seed: 2)
    var expected = [Float](repeating: 0, count: rows * outputs)
    unsafe cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs), 1, x, Int32(inputs), w,
      Int32(inputs), 0, &expected, Int32(outputs))
    let y = Matrix(Floats(zeros: rows * outputs), rows: rows, columns: outputs)
    linear(
      Matrix(Floats(x), rows: rows, columns: inputs),
      panels((0..<outputs).map { Array(w[$0 * inputs..<($0 + 1) * inputs]) }), into: y)
    #expect(relativeError(y.values.doubles, expected.map(Double.init)) < bound(inputs))
  }

  /// A number of the result is one chain of fused multiply-adds, in order: its definition, and why nothing else matters.
  @Test(arguments: sizes)
  func everyNumberIsOneChain(size: (rows: Int, inputs: Int, outputs: Int)) {
    let x = random(size.rows, size.inputs, seed: 1)
    let w = random(size.outputs, size.inputs, seed: 2)
    let y = Matrix(Floats(zeros: size.rows * size.outputs), rows: size.rows, columns: size.outputs)
    linear(embedded(x, gap: 0), panels(w), into: y)
    for row in stride(from: 0, to: size.rows, by: 7) {
      for output in stride(from: 0, to: size.outputs, by: 5) {
        var sum: Float = 0
        for k in 0..<size.inputs { sum.addProduct(x[row][k], w[output][k]) }
        #expect(y.values[row * size.outputs + output].bitPattern == sum.bitPattern)
      }
    }
  }

  @Test(arguments: sizes)
  func rowsDoNotDependOnTheRowsBesideThemNorOnThreads(size: (rows: Int, inputs: Int, outputs: Int)) {
    let x = Floats(randomNumbers(size.rows * size.inputs, seed: 1))
    let w = panels(random(size.outputs, size.inputs, seed: 2))
    func product(_ rows: Range<Int>) -> [UInt32] {
      let y = Matrix(Floats(zeros: rows.count * size.outputs), rows: rows.count, columns: size.outputs)
      linear(Matrix(x, rows: size.rows, columns: size.inputs).rows(rows), w, into: y)
      return y.values.array.bits
    }
    let together = product(0..<size.rows)
    for rows in [0..<1, size.rows / 2..<size.rows, size.rows - 1..<size.rows] {
      #expect(product(rows)[...] == together[rows.lowerBound * size.outputs..<rows.upperBound * size.outputs])
    }
    let dy = Matrix(Floats(randomNumbers(size.rows * size.outputs, seed: 3)), rows: size.rows, columns: size.outputs)
    let results = [1, 2, 4].map { threads in
      withThreads(threads) {
        let dx = Matrix(Floats(zeros: x.count), rows: size.rows, columns: size.inputs)
        linearInputGradient(dy, w, into: dx)
        let dw = panels([[Float]](repeating: [Float](repeating: 0, count: size.inputs), count: size.outputs))
        linearWeightGradient(dy, Matrix(x, rows: size.rows, columns: size.inputs), addingTo: dw)
        return product(0..<size.rows) + dx.values.array.bits + dw.values.array.bits
      }
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test(arguments: [1, 15, 16, 40], [1, 16, 33])
  func panelsGiveBackWhatWasStored(outputs: Int, inputs: Int) {
    let rows = random(outputs, inputs, seed: 1)
    let panels = panels(rows)
    for first in 0..<outputs {
      let some = Floats(zeros: (outputs - first) * inputs)
      panels.load(into: some, first: first)
      #expect(some.array == rows[first...].flatMap(\.self))
      panels.store(some, first: first)
    }
    let all = Floats(zeros: outputs * inputs)
    panels.load(into: all, first: 0)
    #expect(all.array == rows.flatMap(\.self))
  }
}

@Suite struct ScratchPoolTests {
  @Test func memoryIsLentOnceAtATimeAndLentAgain() {
    let pool = ScratchPool.shared
    pool.lend(5000) { outer in
      outer.fill(1)
      pool.lend(5000) { inner in
        inner.fill(2)
        #expect(inner.count == 5000)
      }
      #expect(outer.array.allSatisfy { $0 == 1 })
    }
  }
}

@Suite struct FloatsTests {
  @Test func viewsShareMemoryAndCopiesDoNot() {
    let numbers = Floats((0..<10).map { Float($0) })
    let part = numbers[2..<5]
    let copy = numbers.copy()
    part[0] = 20
    #expect(numbers[2] == 20 && copy[2] == 2 && part.array == [20, 3, 4])
    #expect(numbers.row(1, width: 4).array == [4, 5, 6, 7])
    part.fill(1)
    #expect(numbers.array == [0, 1, 1, 1, 1, 5, 6, 7, 8, 9])
    let bytes = unsafe numbers.withBytes { bytes in bytes.count }
    #expect(bytes == 40)
    #expect(Floats(zeros: 0).array.isEmpty)
  }

  /// Past 4 MiB memory comes in large pages.
  @Test(arguments: [1, 15, 17, (1 << 20) + 3])
  func newMemoryIsZero(count: Int) {
    let numbers = Floats(zeros: count)
    #expect(numbers.count == count && numbers.array.allSatisfy { $0 == 0 })
  }
}
