// What a checkpoint holds of a tensor: its numbers row by row, whatever order they lie in where they are worked on.

package import LanguageModel
package import Tensors

/// Float numbers under a name, in memory that somebody works in: they are read there, and put back there.
package struct NamedArray: Sendable {
  /// Its name.
  package let name: String
  /// Its extents, slowest first.
  package let shape: [Int]
  /// Rows that are read and put back together with others.
  let rows: Int
  /// Numbers in a row.
  let width: Int
  private let load: @Sendable (Range<Int>) -> Floats
  /// Puts rows back.
  let store: @Sendable (Range<Int>, Floats) -> Void

  /// An array whose numbers lie row by row in a view.
  package init(_ name: String, shape: [Int], _ values: Floats) {
    precondition(shape.reduce(1, *) == values.count, "\(values.count) numbers do not fill the shape \(shape)")
    self.name = name
    self.shape = shape
    rows = 1
    width = values.count
    load = { _ in values }
    store = { _, numbers in values.assign(numbers) }
  }

  init(_ tensors: any TensorAllocation, _ entry: ParameterLayout.Entry) {
    name = entry.name
    shape = entry.shape
    rows = entry.rows
    width = entry.rowWidth
    load = { tensors[entry, $0] }
    store = { tensors[entry, $0] = $1 }
  }

  /// Rows of about a MiB, some multiples of sixteen at a time, so that little memory is needed beside them.
  var pieces: [Range<Int>] {
    let size = max(16, (1 << 18) / max(1, width) & ~15)
    return stride(from: 0, to: rows, by: size).map { $0..<min($0 + size, rows) }
  }

  /// Passes all numbers on, in pieces of some rows.
  func forEachPiece(_ body: (_ rows: Range<Int>, _ numbers: Floats) throws -> Void) rethrows {
    for piece in pieces { try body(piece, load(piece)) }
  }
}

extension TensorAllocation {
  /// Every tensor under its name.
  package var arrays: [NamedArray] { entries.map { NamedArray(self, $0) } }
}

extension Trainable {
  /// Every tensor under the name of what it belongs to.
  package var arrays: [NamedArray] { tensors.arrays }
}

extension Fingerprint {
  /// Takes in every tensor.
  package mutating func add(_ tensors: any TensorAllocation) {
    for array in tensors.arrays {
      add(array.name)
      array.forEachPiece { _, numbers in unsafe numbers.withBytes { unsafe add($0.bytes) } }
    }
  }
}
