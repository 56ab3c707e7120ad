// A chart as a value: what is plotted, not how. One description becomes a Vega-Lite specification for front ends that
// draw, a PNG for those that only show, and a plot in characters for those that only print.

public import JSONValues

/// A line chart or a bar chart.
///
/// Values that are not finite are gaps; so are values that are not positive on a logarithmic axis. There is no HTML
/// among the media types of a chart, because front ends would prefer it to the interactive one.
public struct Chart: Figure, Equatable {
  /// One axis: its title, unit, scale and range.
  public struct Axis: Sendable, Equatable {
    /// How distances on the axis relate to values.
    public enum Scale: Sendable, Equatable {
      case linear, logarithmic
    }

    /// What is measured along the axis.
    public var title: String
    /// In what it is measured.
    public var unit: String?
    /// Linear unless said otherwise.
    public var scale: Scale
    /// The shown range; nil fits the values.
    public var domain: ClosedRange<Double>?

    /// An axis.
    public init(_ title: String, unit: String? = nil, scale: Scale = .linear, domain: ClosedRange<Double>? = nil) {
      self.title = title
      self.unit = unit
      self.scale = scale
      self.domain = domain
    }

    var heading: String { unit.map { "\(title) (\($0))" } ?? title }
  }

  /// One place on a line, with the ends of its band where there is one.
  public struct Point: Sendable, Equatable {
    /// Along the horizontal axis.
    public var x: Double
    /// Along the vertical axis.
    public var y: Double
    /// The lower end of the band around `y`.
    public var lower: Double?
    /// The upper end of the band around `y`.
    public var upper: Double?

    /// A point, with or without a band.
    public init(x: Double, y: Double, lower: Double? = nil, upper: Double? = nil) {
      self.x = x
      self.y = y
      self.lower = lower
      self.upper = upper
    }
  }

  /// One line.
  public struct Series: Sendable, Equatable {
    /// Its name in the legend.
    public var name: String
    /// Its points, in the order in which the line visits them.
    public var points: [Point]
    /// Whether every point is marked, as for few measurements.
    public var showsPoints: Bool

    /// A line through points.
    public init(_ name: String, points: [Point], showsPoints: Bool = false) {
      self.name = name
      self.points = points
      self.showsPoints = showsPoints
    }

    /// A line through values at these places; without places they count from one.
    ///
    /// What has no partner in the shorter of the two arrays is left out.
    public init(_ name: String, x: [Double]? = nil, y: [Double], showsPoints: Bool = false) {
      let places = x ?? y.indices.map { Double($0 + 1) }
      self.init(name, points: zip(places, y).map { Point(x: $0, y: $1) }, showsPoints: showsPoints)
    }
  }

  /// The bars of one name, one for each category.
  public struct BarSeries: Sendable, Equatable {
    /// Its name in the legend.
    public var name: String
    /// One value for each category; a missing one has no bar.
    public var values: [Double]
    /// The lower ends of the intervals, where they are known.
    public var lower: [Double]?
    /// The upper ends of the intervals, where they are known.
    public var upper: [Double]?

    /// Bars of these heights.
    public init(_ name: String, _ values: [Double], lower: [Double]? = nil, upper: [Double]? = nil) {
      self.name = name
      self.values = values
      self.lower = lower
      self.upper = upper
    }
  }

  /// A line across the chart at one value of the vertical (bars: the value) axis.
  public struct ReferenceLine: Sendable, Equatable {
    /// Where the line stands.
    public var value: Double
    /// What it stands for.
    public var label: String

    /// A reference line.
    public init(_ value: Double, label: String) {
      self.value = value
      self.label = label
    }
  }

  /// The place of a chart among others: alone, or a panel of several.
  struct Frame: Sendable, Equatable {
    /// The size of the plot itself, in points and in Vega-Lite's pixels.
    var width = 480.0
    var height = 260.0
    /// Whether the lines are named above it.
    var hasLegend = true
    /// Room to the left of the plot for the numbers of the axis; nil: as much as they take.
    var left: Double?
  }

  enum Content: Sendable, Equatable {
    case lines([Series])
    case bars([String], [BarSeries])
  }

  /// What the chart shows, one line above it.
  public var title: String?
  /// A line below the title in a quieter hand, such as a formula.
  public var subtitle: String?
  /// The horizontal axis of lines; the categories of bars.
  public var x: Axis
  /// The vertical axis of lines; the values of bars.
  public var y: Axis
  /// Values to compare with.
  public var referenceLines: [ReferenceLine] = []
  let content: Content
  /// Where the chart stands.
  var frame = Frame()

  /// Lines over a common horizontal axis.
  public static func lines(
    _ series: [Series], title: String? = nil, subtitle: String? = nil, x: Axis, y: Axis
  ) -> Chart {
    Chart(title: title, subtitle: subtitle, x: x, y: y, content: .lines(series))
  }

  /// Bars that grow to the right, so that category names of any length stand beside them; series are grouped by
  /// category.
  ///
  /// At most 40 categories are drawn; the middle of a longer list is left out.
  public static func bars(
    _ categories: [String], _ series: [BarSeries], title: String? = nil, x: Axis, y: Axis
  ) -> Chart {
    Chart(title: title, x: x, y: y, content: .bars(categories, series))
  }

  /// Points of a line in the notebook, at most.
  private static let shownPoints = 300

  /// The chart for the notebook: Vega-Lite, PNG and plain text.
  public func bundle() -> MIMEBundle {
    var bundle = liveBundle(points: Self.shownPoints)
    drawing().addPNG(to: &bundle)
    return bundle
  }

  /// The subtitle, with a word about values that are too large for any axis.
  var shownSubtitle: String? {
    let isCut =
      switch content {
      case .lines(let series): series.contains { $0.points.contains { Self.isBeyond($0.x) || Self.isBeyond($0.y) } }
      case .bars(_, let series): series.contains { $0.values.contains(where: Self.isBeyond) }
      }
    guard isCut else { return subtitle }
    let note = "values beyond ±\(NumberFormat.significant(1).text(AxisScale.limit)) are drawn at the edge"
    return [subtitle, note].compactMap(\.self).joined(separator: "; ")
  }

  private static func isBeyond(_ value: Double) -> Bool { value.isFinite && value.magnitude > AxisScale.limit }

  /// The chart while it still grows, to be sent again and again: Vega-Lite of at most 200 points, and plain text.
  public func liveBundle() -> MIMEBundle { liveBundle(points: 200) }

  private func liveBundle(points: Int) -> MIMEBundle {
    MIMEBundle(plain: plainText(), ["application/vnd.vegalite.v5+json": vegaLite(points: points)])
  }

  /// The chart as a PNG file; empty where it cannot be drawn.
  public func png() -> [UInt8] { drawing().png() }

  /// The chart as an SVG file, for a paper or a page.
  public func svg() -> [UInt8] { drawing().svg() }

  /// The chart as a PDF file of one page, for a paper.
  public func pdf() -> [UInt8] { drawing().pdf() }

  /// The chart's Vega-Lite 5 description, with the points that the notebook has.
  public func vega() -> JSON? { vegaLite(points: Self.shownPoints) }
}
