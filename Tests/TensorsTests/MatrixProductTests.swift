// The three products and the product of few rows against plain loops, and the bits of rows among other rows.

import Evidence
@testable import Tensors
import Testing

/// Rows × depth × columns: ragged, and around the bounds of the blocks (64, 128, 256, and more than 4 · 64).
private let sizes = [
  [1, 1, 1], [1, 7, 5], [3, 16, 1], [2, 5, 300], [63, 17, 33], [64, 3, 64], [65, 33, 17], [129, 10, 20], [257, 8, 65],
  [30, 12, 301], [300, 5, 299],
].map { (rows: $0[0], depth: $0[1], columns: $0[2]) }

@Suite struct MatrixProductTests {
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

  @Test(arguments: sizes, [0, 5])
  func allThreeEqualPlainLoops(size: (rows: Int, depth: Int, columns: Int), gap: Int) {
    let a = random(size.rows, size.depth, seed: 1)
    let b = random(size.depth, size.columns, seed: 2)
    let product = naiveProduct(a.map(\.doubles), b.map(\.doubles))
    for (form, left, right) in [
      (MatrixProduct.rowsByRows, a, transposed(b)), (.plain, a, b), (.columnsByColumns, transposed(a), b),
    ] {
      for accumulate in [false, true] {
        let before: Float = accumulate ? 0.5 : .nan  // assigned where it is not added to, whatever was there
        let c = embedded(
          [[Float]](repeating: [Float](repeating: before, count: size.columns), count: size.rows), gap: gap)
        form(embedded(left, gap: gap), embedded(right, gap: gap), into: c, accumulate: accumulate)
        let expected = product.flatMap { $0.map { accumulate ? $0 + 0.5 : $0 } }
        let got = (0..<size.rows).flatMap { c.rows($0..<$0 + 1).values.doubles }
        // Sums of `depth` products: √depth · 2⁻²⁴ of their size, with room for any order of the sum.
        #expect(relativeError(got, expected) < 2e-7 * (1 + Double(size.depth).squareRoot()), "\(form) \(accumulate)")
        for row in 0..<size.rows - 1 where gap > 0 {
          #expect(c.values[row * c.stride + size.columns].isNaN, "a number between the rows changed")
        }
      }
    }
  }

  @Test func aScaleMultipliesTheProduct() {
    let a = random(3, 4, seed: 1)
    let b = random(4, 5, seed: 2)
    let c = Matrix(Floats(zeros: 15), rows: 3, columns: 5)
    MatrixProduct.plain.single(embedded(a, gap: 0), embedded(b, gap: 0), into: c, scale: -2)
    #expect(
      relativeError(c.values, naiveProduct(a.map(\.doubles), b.map(\.doubles)).flatMap { $0.map { -2 * $0 } }) < 4e-7)
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() {
    let a = Matrix(Floats(randomNumbers(301 * 70, seed: 1)), rows: 301, columns: 70)
    let b = Matrix(Floats(randomNumbers(200 * 70, seed: 2)), rows: 200, columns: 70)
    let results = [1, 2, 4].map { threads in
      withThreads(threads) {
        let c = Matrix(Floats(zeros: 301 * 200), rows: 301, columns: 200)
        MatrixProduct.rowsByRows(a, b, into: c)
        return c.values.array.bits
      }
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }
}

@Suite struct LinearRowsTests {
  @Test(arguments: [1, 7, 16, 17, 33, 96], [1, 3, 4, 5, 127, 128, 131, 300])
  func rowsEqualPlainLoopsAndDoNotDependOnTheRowsBeside(depth: Int, outputs: Int) {
    let most = 9
    let x = Floats(randomNumbers(most * depth, seed: 1))
    let w = Floats(randomNumbers(outputs * depth, seed: 2))
    let start = Floats(randomNumbers(most * outputs, seed: 3))
    let alone = start.copy()
    for row in 0..<most {
      linearRows(
        x.row(row, width: depth), w, into: alone.row(row, width: outputs), rows: 1, depth: depth, outputs: outputs,
        accumulate: true)
    }
    for row in 0..<most {
      for output in 0..<outputs {
        let terms = (0..<depth).map { Double(x[row * depth + $0]) * Double(w[output * depth + $0]) }
        let sum = terms.reduce(Double(start[row * outputs + output]), +)
        // Sixteen running sums and a fold: at most depth / 16 + 5 roundings of what is at most the sum of sizes.
        let size = terms.reduce(1) { $0 + abs($1) }
        #expect(abs(Double(alone[row * outputs + output]) - sum) < 4e-7 * size)
      }
    }
    for rows in 2...most {
      for parallel in [false, true] {
        let together = start.copy()
        linearRows(
          x, w, into: together, rows: rows, depth: depth, outputs: outputs, accumulate: true, parallel: parallel)
        #expect(together.array.prefix(rows * outputs).elementsEqual(alone.array.prefix(rows * outputs)))
        #expect(together.array.suffix((most - rows) * outputs) == start.array.suffix((most - rows) * outputs))
      }
    }
    let assigned = Floats([Float](repeating: .nan, count: outputs))
    linearRows(x, w, into: assigned, rows: 1, depth: depth, outputs: outputs)
    #expect(assigned.array.isFinite)
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
