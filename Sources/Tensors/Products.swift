// Matrix products. Every element of a result is one chain of multiply-adds over the depth, in order (CKernels), so that
// it has the same bits whatever rows stand beside it and however the work is cut up for the threads.

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

/// The weights of a linear layer y = x · wᵀ, laid out as they are multiplied.
///
/// Panels of sixteen outputs: in each of them, for every input, the sixteen weights from it (panel, input, output). The
/// last panel is filled up with zeros.
package struct Panels: Sendable {
  package let values: Floats
  package let outputs: Int
  package let inputs: Int

  /// Panels of sixteen.
  package static let width = 16
  /// The numbers of a matrix of this shape, the filling included.
  package static func count(outputs: Int, inputs: Int) -> Int { (outputs + width - 1) / width * width * inputs }

  package init(_ values: Floats, outputs: Int, inputs: Int) {
    self.values = values
    self.outputs = outputs
    self.inputs = inputs
    precondition(
      values.count >= Self.count(outputs: outputs, inputs: inputs),
      "panels of \(outputs) × \(inputs) do not fit \(values.count) numbers")
  }

  /// Some of the outputs, from a multiple of sixteen on.
  package func outputs(_ range: Range<Int>) -> Panels {
    precondition(range.lowerBound % Self.width == 0 && range.upperBound <= outputs)
    let count = Self.count(outputs: range.count, inputs: inputs)
    let first = range.lowerBound * inputs
    return Panels(values[first..<first + count], outputs: range.count, inputs: inputs)
  }

  var stride: Int { Self.width * inputs }
  var panels: Int { (outputs + Self.width - 1) / Self.width }

  /// Writes rows of the matrix, inputs numbers each, from output `first` on.
  package func store(_ rows: Floats, first: Int) {
    let count = rows.count / max(1, inputs)
    precondition(rows.count == count * inputs && first >= 0 && first + count <= outputs)
    if first % Self.width == 0, count % Self.width == 0 || first + count == outputs {
      unsafe opsd_panels_of_rows(
        rows.base, Int64(inputs), Int64(count), Int64(inputs), values.base + first * inputs, Int64(stride))
    } else {
      for row in 0..<count {
        let start = place(first + row)
        for input in 0..<inputs { values[start + input * Self.width] = rows[row * inputs + input] }
      }
    }
  }

  /// Reads as many rows of the matrix as `rows` holds, from output `first` on.
  package func load(into rows: Floats, first: Int) {
    let count = rows.count / max(1, inputs)
    precondition(rows.count == count * inputs && first >= 0 && first + count <= outputs)
    if first % Self.width == 0 {
      unsafe opsd_rows_of_panels(
        values.base + first * inputs, Int64(stride), Int64(count), Int64(inputs), rows.base, Int64(inputs))
    } else {
      for row in 0..<count {
        let start = place(first + row)
        for input in 0..<inputs { rows[row * inputs + input] = values[start + input * Self.width] }
      }
    }
  }

  /// Where the weight of input 0 for an output lies; the next input's lies one panel width further.
  func place(_ output: Int) -> Int { output / Self.width * stride + output % Self.width }
}

/// y (+)= x · wᵀ; x: rows × inputs, y: rows × outputs.
///
/// On the calling thread alone unless `parallel`; weights that are shared among the threads for three to eight rows are
/// read as from memory: one row or two have too few chains for that, and more rows are worth their arithmetic.
package func linear(
  _ x: Matrix, _ w: Panels, into y: Matrix, accumulate: Bool = false, parallel: Bool = true
) {
  check(x.columns == w.inputs && y.columns == w.outputs && x.rows == y.rows, x, w, y)
  let isStream = parallel && (3...8).contains(x.rows)
  forEachBlock(rows: x.rows, panels: w.panels, depth: w.inputs, parallel: parallel) { rows, panels in
    let columns = panels.lowerBound * Panels.width..<min(w.outputs, panels.upperBound * Panels.width)
    if isStream {
      return unsafe opsd_product_streaming(
        x.values.base + rows.lowerBound * x.stride, Int64(x.stride), w.values.base + panels.lowerBound * w.stride,
        Int64(w.stride), y.values.base + rows.lowerBound * y.stride + columns.lowerBound, Int64(y.stride),
        Int64(rows.count), Int64(columns.count), Int64(w.inputs), accumulate ? 1 : 0)
    }
    unsafe opsd_product(
      x.values.base + rows.lowerBound * x.stride, Int64(x.stride), w.values.base + panels.lowerBound * w.stride,
      Int64(w.stride), Int64(Panels.width), y.values.base + rows.lowerBound * y.stride + columns.lowerBound,
      Int64(y.stride), Int64(Panels.width), Int64(rows.count), Int64(columns.count), Int64(w.inputs),
      accumulate ? 1 : 0)
  }
}

/// The gradient of `linear` by its input: dx (+)= dy · w.
package func linearInputGradient(_ dy: Matrix, _ w: Panels, into dx: Matrix, accumulate: Bool = false) {
  check(dx.columns == w.inputs && dy.columns == w.outputs && dx.rows == dy.rows, dx, w, dy)
  let panels = (w.inputs + Panels.width - 1) / Panels.width
  forEachDepthBlock(w.outputs) { depth in
    // The transpose of a block of panels: panels of sixteen inputs over the outputs `depth`.
    ScratchPool.shared.lend(panels * Panels.width * depth.count) { packed in
      let stride = Panels.width * depth.count
      inParts(panels) { parts in
        for panel in parts {
          let inputs = panel * Panels.width..<min(w.inputs, (panel + 1) * Panels.width)
          let to = packed[panel * stride..<(panel + 1) * stride]
          // Sixteen outputs × some inputs of the weights are consecutive, and so are the columns that they become.
          for output in panelStarts(depth) {
            let some = min(Panels.width, depth.upperBound - output)
            unsafe opsd_rows_of_panels(
              w.values.base + w.place(output) + inputs.lowerBound * Panels.width, 0, Int64(some), Int64(inputs.count),
              to.base + (output - depth.lowerBound) * Panels.width, Int64(Panels.width))
          }
        }
      }
      forEachBlock(rows: dx.rows, panels: panels, depth: depth.count, parallel: true) { rows, panels in
        let columns = panels.lowerBound * Panels.width..<min(w.inputs, panels.upperBound * Panels.width)
        unsafe opsd_product(
          dy.values.base + rows.lowerBound * dy.stride + depth.lowerBound, Int64(dy.stride),
          packed.base + panels.lowerBound * stride, Int64(stride), Int64(Panels.width),
          dx.values.base + rows.lowerBound * dx.stride + columns.lowerBound, Int64(dx.stride), Int64(Panels.width),
          Int64(rows.count), Int64(columns.count), Int64(depth.count), accumulate || depth.lowerBound > 0 ? 1 : 0)
      }
    }
  }
}

/// The gradient of `linear` by its weights, added to dw: dw += dyᵀ · x.
package func linearWeightGradient(_ dy: Matrix, _ x: Matrix, addingTo dw: Panels) {
  check(x.columns == dw.inputs && dy.columns == dw.outputs && x.rows == dy.rows, x, dw, dy)
  let tileHeight = 8
  let tiles = (dw.inputs + tileHeight - 1) / tileHeight
  // Transposed, (input, output), the result's panels are the panels of the weights, and its depth is the rows.
  forEachDepthBlock(x.rows) { depth in
    let tile = tileHeight * depth.count
    let panel = Panels.width * depth.count
    ScratchPool.shared.lend(tiles * tile + dw.panels * panel) { packed in
      let left = packed[0..<tiles * tile]
      let right = packed[tiles * tile..<packed.count]
      inParts(tiles + dw.panels) { parts in
        let inputs = parts.clamped(to: 0..<tiles)
        if !inputs.isEmpty {
          unsafe opsd_tiles_of_columns(
            x.values.base + depth.lowerBound * x.stride + inputs.lowerBound * tileHeight, Int64(x.stride),
            Int64(min(dw.inputs, inputs.upperBound * tileHeight) - inputs.lowerBound * tileHeight), Int64(depth.count),
            left.base + inputs.lowerBound * tile, Int64(tile))
        }
        if parts.upperBound > tiles {
          let outputs = max(0, parts.lowerBound - tiles)..<parts.upperBound - tiles
          unsafe opsd_panels_of_columns(
            dy.values.base + depth.lowerBound * dy.stride + outputs.lowerBound * Panels.width, Int64(dy.stride),
            Int64(min(dw.outputs, outputs.upperBound * Panels.width) - outputs.lowerBound * Panels.width),
            Int64(depth.count), right.base + outputs.lowerBound * panel, Int64(panel))
        }
      }
      forEachBlock(rows: dw.inputs, panels: dw.panels, depth: depth.count, parallel: true) { inputs, panels in
        unsafe opsd_product_packed(
          left.base + inputs.lowerBound / tileHeight * tile, Int64(tile), right.base + panels.lowerBound * panel,
          Int64(panel), Int64(Panels.width),
          dw.values.base + panels.lowerBound * dw.stride + inputs.lowerBound * Panels.width, Int64(Panels.width),
          Int64(dw.stride), Int64(inputs.count), Int64(panels.count * Panels.width), Int64(depth.count), 1)
      }
    }
  }
}

private func check(_ fits: Bool, _ x: Matrix, _ w: Panels, _ y: Matrix) {
  precondition(
    fits, "shapes do not match: \(x.rows)×\(x.columns), weights \(w.outputs)×\(w.inputs), \(y.rows)×\(y.columns)")
}

// MARK: Cutting up

private func panelStarts(_ range: Range<Int>) -> StrideTo<Int> {
  Swift.stride(from: range.lowerBound, to: range.upperBound, by: Panels.width)
}

/// Blocks of the depth, so that what is packed for one stays in the second cache.
private func forEachDepthBlock(_ depth: Int, _ body: (Range<Int>) -> Void) {
  let blocks = max(1, (depth + 255) / 256)
  let size = ((depth + blocks - 1) / blocks + 15) & ~15
  for block in 0..<blocks { body(min(depth, block * size)..<min(depth, (block + 1) * size)) }
}

/// Cuts `count` like pieces for the threads.
private func inParts(_ count: Int, _ body: (Range<Int>) -> Void) {
  let parts = min(count, 2 * Workers.shared.threadsInUse)
  Workers.shared.loop(parts) { body($0 * count / parts..<($0 + 1) * count / parts) }
}

/// Cuts a result into blocks of rows (multiples of eight) and panels (multiples of three): at most so large that the
/// panels of a block stay in the second cache, and so many that the threads are done at about the same time.
private func forEachBlock(
  rows: Int, panels: Int, depth: Int, parallel: Bool, _ body: (_ rows: Range<Int>, _ panels: Range<Int>) -> Void
) {
  if rows == 0 || panels == 0 { return }
  let threads = parallel ? Workers.shared.threadsInUse : 1
  var height = rows > 128 ? 128 : rows
  // Where each weight is read for a few rows, a thread reads its share as one stream.
  let share = (panels + threads - 1) / threads
  var width = min(panels, rows > 16 ? 12 : rows > 8 ? (share + 2) / 3 * 3 : share)
  func count(_ all: Int, _ size: Int) -> Int { (all + size - 1) / size }
  // A block should be worth more than handing it out: some 2¹⁶ multiply-adds.
  while threads > 1, rows > 16, count(rows, height) * count(panels, width) < 4 * threads,
    height * width * Panels.width * depth > 1 << 17
  {
    if height > 32 || (height > 8 && width <= 3) {
      height = (height / 2 + 7) & ~7
    } else if width > 3 {
      width = max(3, (width / 2 + 2) / 3 * 3)
    } else {
      break
    }
  }
  let across = count(panels, width)
  let blocks = across * count(rows, height)
  func block(_ index: Int) {
    let row = index / across * height
    let panel = index % across * width
    body(row..<min(rows, row + height), panel..<min(panels, panel + width))
  }
  if threads > 1 { Workers.shared.loop(blocks, block) } else { for index in 0..<blocks { block(index) } }
}
