// The map as a picture: title, the cells between the names of rows and columns, and a ramp that names the colours.

/// How large the cells of a map are, in points and in Vega-Lite's pixels.
struct HeatLayout {
  static let labelStyle = Canvas.Style(size: 10.5, color: .quiet)
  static let tokenStyle = Canvas.Style(size: 10, color: .ink, face: .mono)

  let cellWidth: Double
  let cellHeight: Double
  /// Names of columns read upwards, because they are wider than a column.
  let turnsColumnLabels: Bool
  /// The size of what is written into cells.
  let textSize: Double
  /// The room beside and below the cells.
  let rowLabelWidth: Double
  let columnLabelHeight: Double

  init(_ map: HeatMap, _ grid: HeatGrid) {
    let rowStyle = Self.style(map.rows)
    let columnStyle = Self.style(map.columns)
    func widest(_ labels: some Sequence<String>, _ style: Canvas.Style) -> Double {
      Canvas.measuring { canvas in labels.reduce(0) { max($0, canvas.width(of: $1, style)) } } ?? 0
    }
    let count = Double(max(grid.columns.count, 1))
    var width = min(max(600 / count, 8), 46)
    let texts = grid.rows.indices.lazy.flatMap { row in grid.columns.indices.lazy.map { grid.text(row, $0) } }
    let written = grid.hasTexts ? widest(texts, Canvas.Style(size: 10.5, face: .mono)) : 0
    if written > 0 { width = max(width, min(written + 6, 64)) }
    let labels = widest(grid.columnLabels, columnStyle)
    if count <= 12 { width = max(width, min(labels + 6, 64)) }
    // Whole points, so that no seam shows between cells.
    cellWidth = width.rounded()
    let height = min(max(480 / Double(max(grid.rows.count, 1)), 10), 24)
    cellHeight = (written > 0 ? max(height, 14) : height).rounded()
    textSize = min(10.5, cellHeight - 3)
    turnsColumnLabels = labels > cellWidth
    columnLabelHeight = turnsColumnLabels ? min(labels, 150) + 6 : 15
    rowLabelWidth = (min(widest(grid.rowLabels, rowStyle), 180) + 7).rounded(.up)
  }

  static func style(_ axis: HeatMap.Axis) -> Canvas.Style { axis.holdsTokens ? tokenStyle : labelStyle }
}

extension HeatMap {
  private static let rampWidth = 200.0
  private static let lineHeight = 16.0

  func drawing(_ grid: HeatGrid) -> Drawing {
    let size = HeatLayout(self, grid)
    let cells = Rectangle(
      0, 0, width: size.cellWidth * Double(grid.columns.count), height: size.cellHeight * Double(grid.rows.count))
    let left = Chart.padding + size.rowLabelWidth
    let width = max(left + cells.width, 320 + Chart.padding) + Chart.padding
    let inner = width - 2 * Chart.padding
    let header =
      Canvas.measuring { canvas in
        (
          title: canvas.wrap(title ?? "", width: inner, Chart.titleStyle),
          notes: grid.notes.flatMap { canvas.wrap($0, width: inner, Chart.labelStyle) }
        )
      } ?? (title: [], notes: [])
    let top =
      Chart.padding + Double(header.title.count) * 17 + Double(header.notes.count) * Self.lineHeight
      + (header.title.isEmpty && header.notes.isEmpty ? 0 : 6) + (rows.title.isEmpty ? 0 : 18)
    let least = grid.isEmpty ? 120.0 : 0
    let plot = Rectangle(left, top, width: max(cells.width, least), height: max(cells.height, least / 3))
    let below = plot.bottom + (grid.columns.isEmpty ? 0 : size.columnLabelHeight)
    let ramp = below + (columns.title.isEmpty ? 6 : 22)
    return Drawing(width: width, height: ramp + 36 + Chart.padding) { canvas in
      drawHeader(canvas, header.title, header.notes, plot, inner)
      drawCells(canvas, grid, size, plot)
      drawLabels(canvas, grid, size, plot)
      if !columns.title.isEmpty {
        canvas.text(
          canvas.fit(columns.title, width: width - left - Chart.padding, Chart.axisStyle),
          at: Place(plot.left, below + 12), Chart.axisStyle)
      }
      drawLegend(canvas, grid.shade, top: ramp, width: inner)
    }
  }

  private func drawHeader(
    _ canvas: borrowing Canvas, _ title: [String], _ notes: [String], _ plot: Rectangle, _ width: Double
  ) {
    var y = Chart.padding
    for line in title {
      canvas.text(line, at: Place(Chart.padding, y + 12), Chart.titleStyle)
      y += 17
    }
    for line in notes {
      canvas.text(line, at: Place(Chart.padding, y + 12), Chart.labelStyle)
      y += Self.lineHeight
    }
    if !rows.title.isEmpty {
      canvas.text(
        canvas.fit(rows.title, width: width, Chart.axisStyle), at: Place(Chart.padding, plot.top - 7), Chart.axisStyle)
    }
  }

  private func drawCells(_ canvas: borrowing Canvas, _ grid: HeatGrid, _ size: HeatLayout, _ plot: Rectangle) {
    let style = Canvas.Style(size: size.textSize, face: .mono)
    for row in grid.rows.indices {
      for column in grid.columns.indices {
        guard let value = grid.value(row, column), let share = grid.shade.share(value) else { continue }
        let cell = Rectangle(
          plot.left + Double(column) * size.cellWidth, plot.top + Double(row) * size.cellHeight,
          width: size.cellWidth, height: size.cellHeight)
        canvas.fill(grid.shade.color(at: share), cell)
        let text = TextLayout.visible(grid.text(row, column))
        guard !text.isEmpty else { continue }
        var ink = style
        ink.color = grid.shade.ink(at: share)
        canvas.text(
          canvas.fit(text, width: cell.width - 2, style),
          at: Place(cell.left + cell.width / 2, cell.bottom - (cell.height - size.textSize * 0.72) / 2), ink,
          anchor: .middle)
      }
    }
    // A faint frame, so that rows and columns without any value are seen to be there.
    let corners = [
      Place(plot.left, plot.top), Place(plot.right, plot.top), Place(plot.right, plot.bottom),
      Place(plot.left, plot.bottom), Place(plot.left, plot.top),
    ]
    canvas.stroke(.grid, corners)
    if grid.isEmpty {
      canvas.text("no values to show", at: Place(plot.left + 4, plot.top + 24), Chart.axisStyle)
    }
  }

  private func drawLabels(_ canvas: borrowing Canvas, _ grid: HeatGrid, _ size: HeatLayout, _ plot: Rectangle) {
    let rowStyle = HeatLayout.style(rows)
    for (row, label) in grid.rowLabels.enumerated() {
      let middle = plot.top + (Double(row) + 0.5) * size.cellHeight
      canvas.text(
        canvas.fit(label, width: size.rowLabelWidth - 6, rowStyle), at: Place(plot.left - 5, middle + 3.4), rowStyle,
        anchor: .end)
    }
    let style = HeatLayout.style(columns)
    // Names that read upwards need the height of a line each: of columns that are narrower, some go without.
    let every = size.turnsColumnLabels ? max(Int((11 / size.cellWidth).rounded(.up)), 1) : 1
    for (column, label) in grid.columnLabels.enumerated() where column % every == 0 {
      let middle = plot.left + (Double(column) + 0.5) * size.cellWidth
      if size.turnsColumnLabels {
        canvas.upwardText(
          canvas.fit(label, width: size.columnLabelHeight - 6, style), endingAt: Place(middle + 3.4, plot.bottom + 4),
          style)
      } else {
        canvas.text(label, at: Place(middle, plot.bottom + 11), style, anchor: .middle)
      }
    }
  }

  private func drawLegend(_ canvas: borrowing Canvas, _ shade: HeatShade, top: Double, width: Double) {
    let ramp = Rectangle(Chart.padding, top + 8, width: Self.rampWidth, height: 10)
    for step in 0..<100 {
      let strip = Rectangle(ramp.left + Double(step) * 2, ramp.top, width: 2, height: ramp.height)
      canvas.fill(shade.color(at: (Double(step) + 0.5) / 100), strip)
    }
    let places: [(Double, Canvas.Anchor)] = [(0, .start), (0.5, .middle), (1, .end)]
    for (share, anchor) in places {
      let text = format.bareText(shade.value(at: share))
      canvas.text(
        text, at: Place(ramp.left + share * ramp.width, ramp.bottom + 13), Chart.labelStyle, anchor: anchor)
    }
    canvas.text(
      canvas.fit(heading, width: width - Self.rampWidth - 12, Chart.axisStyle),
      at: Place(ramp.right + 12, ramp.bottom - 1), Chart.axisStyle)
  }
}
