// What every drawn display can do: be shown, and be written as a file.

public import JSONValues

/// Something drawn, for the notebook and for a paper.
public protocol Figure: Sendable {
  /// The figure for the notebook.
  func bundle() -> MIMEBundle
  /// The figure as a PNG file; empty where it cannot be drawn.
  func png() -> [UInt8]
  /// The figure as an SVG file.
  func svg() -> [UInt8]
  /// The figure as a PDF file of one page.
  func pdf() -> [UInt8]
}

extension Figure {
  /// The Vega-Lite 5 description; nil for what is no chart.
  public func vega() -> JSON? { bundle().data["application/vnd.vegalite.v5+json"] }
}
