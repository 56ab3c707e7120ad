// Small multiples: several line charts over one horizontal axis, with one legend for all.

public import JSONValues

/// Charts as the panels of one figure, in rows of two.
///
/// The panels share the range of their horizontal axis, and their lines are those of the same names.
public struct ChartPanels: Figure, Equatable {
  /// What the panels show, one line above them.
  public var title: String?
  private let panels: [Chart]

  /// Panels in a row.
  private static let columns = 2

  /// Charts of lines over the same horizontal axis.
  public init(_ charts: [Chart], title: String? = nil) {
    self.title = title
    let ranges = charts.map { $0.lineScales().x }
    let low = ranges.map(\.lower).min()
    let high = ranges.map(\.upper).max()
    panels = charts.enumerated().map { index, chart in
      var chart = chart
      chart.frame.width = 330
      chart.frame.height = 190
      chart.frame.hasLegend = false
      if let low, let high { chart.x.domain = low...high }
      // The lowest panel of each column names the axis for those above it.
      if index + Self.columns < charts.count { (chart.x.title, chart.x.unit) = ("", nil) }
      return chart
    }
  }

  /// The panels for the notebook: Vega-Lite, PNG and plain text.
  public func bundle() -> MIMEBundle {
    var bundle = MIMEBundle(plain: plainText(), ["application/vnd.vegalite.v5+json": vegaLite()])
    drawing().addPNG(to: &bundle)
    return bundle
  }

  /// The panels as a PNG file; empty where they cannot be drawn.
  public func png() -> [UInt8] { drawing().png() }

  /// The panels as an SVG file.
  public func svg() -> [UInt8] { drawing().svg() }

  /// The panels as a PDF file of one page.
  public func pdf() -> [UInt8] { drawing().pdf() }

  /// The panels' Vega-Lite 5 description.
  public func vega() -> JSON? { vegaLite() }

  private var names: [String] { panels.first?.drawnLines(points: 8).map(\.name) ?? [] }

  private func vegaLite() -> JSON {
    let points = max(600 / max(panels.count, 1), 60)
    var spec: [String: JSON] = [
      "$schema": "https://vega.github.io/schema/vega-lite/v5.json", "columns": .int(Self.columns),
      "concat": .array(panels.map { $0.view(points: points) }), "spacing": 28,
      "resolve": [
        "scale": ["color": "shared", "strokeDash": "shared"], "legend": ["color": "shared", "strokeDash": "shared"],
      ],
    ]
    if let title { spec["title"] = Chart.heading(title, nil) }
    return .object(spec)
  }

  private func plainText() -> String {
    let parts = panels.map { panel in
      var panel = panel
      // Below each other, so each names its axis.
      if let last = panels.last { (panel.x.title, panel.x.unit) = (last.x.title, last.x.unit) }
      return panel.plainText()
    }
    let names = names
    let head = [title.map(TextLayout.singleLine), names.count > 1 ? Chart.plainLegend(names) : nil].compactMap(\.self)
    return (head + parts).joined(separator: "\n\n")
  }

  private func drawing() -> Drawing {
    let placed = panels.enumerated().map { index, panel in
      var panel = panel
      let column = stride(from: index % Self.columns, to: panels.count, by: Self.columns)
      panel.frame.left = column.map { panels[$0].lineLabelWidth() }.max()
      return panel.drawing()
    }
    let header = ChartHeader(title: title, legend: names.count > 1 ? names : [], axis: "")
    let widths = (0..<Self.columns).map { column in
      stride(from: column, to: placed.count, by: Self.columns).map { placed[$0].width }.max() ?? 0
    }
    let width = max(widths.reduce(0, +), 360)
    let top = header.height(width: width - 2 * Chart.padding)
    let rows = stride(from: 0, to: placed.count, by: Self.columns).map {
      Array($0..<min($0 + Self.columns, placed.count))
    }
    let heights = rows.map { row in row.map { placed[$0].height }.max() ?? 0 }
    return Drawing(width: width, height: top + heights.reduce(Chart.padding, +)) { canvas in
      header.draw(canvas, width: width - 2 * Chart.padding, markers: names.indices.map { _ in false })
      var y = top
      for (row, height) in zip(rows, heights) {
        var x = 0.0
        for (column, index) in row.enumerated() {
          canvas.shifted(by: Place(x, y)) { placed[index].draw($0) }
          x += widths[column]
        }
        y += height
      }
    }
  }
}
