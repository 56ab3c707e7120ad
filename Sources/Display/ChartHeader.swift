// What stands above a plot: its title, the legend in one or more rows, the name of the axis.

/// The lines of text above a plot.
struct ChartHeader {
  var title: String?
  var subtitle: String?
  var legend: [String]
  var axis: String

  private static let rowHeight = 17.0
  private static let sample = 24.0

  /// Points that this header needs in a picture of this inner width.
  func height(width: Double) -> Double {
    let rows = Canvas.measuring { canvas in
      (
        titleLines(canvas, width).count + subtitleLines(canvas, width).count,
        legendRows(canvas, width, sample: Self.sample).count
      )
    }
    let (titles, legends) = rows ?? (1, 1)
    var height = 0.0
    if titles > 0 { height += Double(titles) * Self.rowHeight + 5 }
    if legends > 0 { height += Double(legends) * Self.rowHeight + 5 }
    if !axis.isEmpty { height += Self.rowHeight }
    return height + 6
  }

  /// Draws from the top left; `markers` says which series mark their points, `swatches` that the series are bars.
  func draw(_ canvas: borrowing Canvas, width: Double, markers: [Bool] = [], swatches: Bool = false) {
    var y = Chart.padding
    let titles = titleLines(canvas, width).map { ($0, Chart.titleStyle) }
    let lines = titles + subtitleLines(canvas, width).map { ($0, Chart.axisStyle) }
    for (line, style) in lines {
      canvas.text(line, at: Place(Chart.padding, y + 12), style)
      y += Self.rowHeight
    }
    if !lines.isEmpty { y += 5 }
    let sample = swatches ? 10.0 : Self.sample
    let rows = legendRows(canvas, width, sample: sample)
    for row in rows {
      for entry in row {
        let x = Chart.padding + entry.left
        let color = Color.category(entry.index)
        if swatches {
          canvas.fill(color, alpha: 0.85, Rectangle(x, y + 2, width: 11, height: 11), radius: 2)
        } else {
          let ends = [Place(x, y + 7.5), Place(x + Self.sample, y + 7.5)]
          canvas.stroke(color, width: 2, dash: Dash.pattern(entry.index), ends)
          if markers.indices.contains(entry.index), markers[entry.index] {
            canvas.marker(entry.index, color, at: Place(x + Self.sample / 2, y + 7.5))
          }
        }
        canvas.text(entry.name, at: Place(x + sample + 6, y + 11.5), Chart.legendStyle)
      }
      y += Self.rowHeight
    }
    if !rows.isEmpty { y += 5 }
    canvas.text(canvas.fit(axis, width: width, Chart.axisStyle), at: Place(Chart.padding, y + 11), Chart.axisStyle)
  }

  private struct Entry {
    var index: Int
    var name: String
    var left: Double
  }

  private func titleLines(_ canvas: borrowing Canvas, _ width: Double) -> [String] {
    canvas.wrap(title ?? "", width: width, Chart.titleStyle)
  }

  private func subtitleLines(_ canvas: borrowing Canvas, _ width: Double) -> [String] {
    canvas.wrap(subtitle ?? "", width: width, Chart.axisStyle)
  }

  private func legendRows(_ canvas: borrowing Canvas, _ width: Double, sample: Double) -> [[Entry]] {
    var rows: [[Entry]] = []
    var left = 0.0
    for (index, name) in legend.enumerated() {
      let name = canvas.fit(name, width: width - sample - 6, Chart.legendStyle)
      let size = sample + 6 + canvas.width(of: name, Chart.legendStyle)
      if rows.isEmpty || left + size > width {
        rows.append([])
        left = 0
      }
      rows[rows.count - 1].append(Entry(index: index, name: name, left: left))
      left += size + 18
    }
    return rows
  }
}
