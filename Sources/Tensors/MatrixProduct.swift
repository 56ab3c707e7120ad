// Matrix products on OpenBLAS. Each is cut into blocks whose sizes depend on the shapes alone, and each block is one
// single-threaded product, so that a result has the same bits with any number of threads.

import COpenBLAS
import CKernels

/// A row-major matrix inside a view: `rows` × `columns`, its rows `stride` numbers apart.
package struct Matrix: Sendable {
  package let values: Floats
  package let rows: Int
  package let columns: Int
  package let stride: Int

  /// A matrix whose rows lie `stride` apart (default: without gaps).
  package init(_ values: Floats, rows: Int, columns: Int, stride: Int? = nil) {
    self.values = values
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
    precondition(
      rows == 0 || (rows - 1) * self.stride + columns <= values.count,
      "a matrix of \(rows) × \(columns), stride \(self.stride), does not fit \(values.count) numbers")
  }

  /// Some of the rows.
  package func rows(_ range: Range<Int>) -> Matrix {
    Matrix(
      values[
        range.lowerBound
          * stride..<(range.isEmpty ? range.lowerBound * stride : (range.upperBound - 1) * stride + columns)],
      rows: range.count, columns: columns, stride: stride)
  }

  /// Some of the columns.
  package func columns(_ range: Range<Int>) -> Matrix {
    let end = rows == 0 ? range.lowerBound : (rows - 1) * stride + range.upperBound
    return Matrix(values[range.lowerBound..<end], rows: rows, columns: range.count, stride: stride)
  }
}

/// Which of the three products of a linear layer y = x · wᵀ.
package enum MatrixProduct {
  /// c = a · bᵀ, the forward product; a: M × K, b: N × K, c: M × N.
  case rowsByRows
  /// c = a · b, the gradient of the input; a: M × K, b: K × N, c: M × N.
  case plain
  /// c = aᵀ · b, the gradient of the weights; a: K × M, b: K × N, c: M × N.
  case columnsByColumns

  /// Computes c (assigned, or added to where `accumulate`), times `scale`, on the calling thread alone.
  package func single(_ a: Matrix, _ b: Matrix, into c: Matrix, accumulate: Bool = false, scale: Float = 1) {
    let depth = self == .columnsByColumns ? a.rows : a.columns
    precondition(
      (self == .columnsByColumns ? a.columns : a.rows) == c.rows
        && (self == .rowsByRows ? b.rows : b.columns) == c.columns
        && (self == .rowsByRows ? b.columns : b.rows) == depth,
      "shapes do not match: \(a.rows)×\(a.columns), \(b.rows)×\(b.columns) into \(c.rows)×\(c.columns), \(self)")
    if c.rows == 0 || c.columns == 0 { return }
    _ = oneThreadInBLAS
    unsafe cblas_sgemm(
      CblasRowMajor, self == .columnsByColumns ? CblasTrans : CblasNoTrans,
      self == .rowsByRows ? CblasTrans : CblasNoTrans,
      Int32(c.rows), Int32(c.columns), Int32(depth), scale, a.values.base, Int32(a.stride), b.values.base,
      Int32(b.stride), accumulate ? 1 : 0, c.values.base, Int32(c.stride))
  }

  /// The same on all threads: the longer side of c is cut into at most four blocks of at least 64.
  package func callAsFunction(_ a: Matrix, _ b: Matrix, into c: Matrix, accumulate: Bool = false) {
    let byRows = c.rows >= c.columns
    let side = byRows ? c.rows : c.columns
    let block = max(64, (side + 3) / 4 + 15 & ~15)
    Workers.shared.loop((side + block - 1) / block) { index in
      let range = index * block..<min(side, (index + 1) * block)
      if byRows {
        single(
          self == .columnsByColumns ? a.columns(range) : a.rows(range), b, into: c.rows(range), accumulate: accumulate)
      } else {
        single(
          a, self == .rowsByRows ? b.rows(range) : b.columns(range), into: c.columns(range), accumulate: accumulate)
      }
    }
  }
}

/// y (+)= x · wᵀ for few rows, on the calling thread or on all (`parallel`).
///
/// x: rows × depth, w: outputs × depth, y: rows × outputs. A row's bits do not depend on the rows beside it.
package func linearRows(
  _ x: Floats, _ w: Floats, into y: Floats, rows: Int, depth: Int, outputs: Int, accumulate: Bool = false,
  parallel: Bool = false
) {
  precondition(
    x.count >= rows * depth && w.count >= outputs * depth && y.count >= rows * outputs,
    "linear rows: \(x.count), \(w.count), \(y.count) numbers for \(rows) rows, \(depth) → \(outputs)")
  func block(_ first: Int, _ last: Int) {
    unsafe opsd_linear_rows(
      x.base, w.base, y.base, Int64(rows), Int64(depth), Int64(outputs), Int64(first), Int64(last), accumulate ? 1 : 0)
  }
  guard parallel, outputs >= 128 else { return block(0, outputs) }
  let size = max(32, (outputs + 15) / 16 + 3 & ~3)
  Workers.shared.loop((outputs + size - 1) / size) { block($0 * size, min(outputs, ($0 + 1) * size)) }
}

/// Keeps OpenBLAS from starting threads of its own, once, before the first product: parallel work is cut up above it,
/// and how OpenBLAS would cut a product, and so its bits, depends on the number of processors.
private let oneThreadInBLAS: Void = openblas_set_num_threads(1)

extension MatrixProduct {
  /// The library behind the products, with its version and the kernels that it chose for this processor.
  package static var library: String {
    let words = unsafe String(cString: openblas_get_config()).split(separator: " ")
    let version = words.prefix(2).joined(separator: " ")
    return unsafe "\(version) (\(String(cString: openblas_get_corename())))"
  }
}
