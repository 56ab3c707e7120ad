// What every drawn display can do: be shown, and be written as a file.

public import JSONValues

/// Something drawn, for the notebook and for a paper.
public protocol Figure: Sendable {
  /// The figure for the notebook.
  func bundle() -> MIMEBundle
  /// The figure as a PNG file; empty where it cannot be drawn.
  func png() -> [UInt8]
  /// The figure as an SVG file; empty where it cannot be drawn.
  func svg() -> [UInt8]
  /// The figure as a PDF file of one page; empty where it cannot be drawn.
  func pdf() -> [UInt8]
  /// The Vega-Lite 5 description; nil for what is no chart.
  func vega() -> JSON?
}

extension Figure {
  /// Nothing: most figures are no charts.
  public func vega() -> JSON? { nil }
}
