// What of a line chart is really drawn: unbroken runs of points, few enough to travel inside a notebook.

/// One series, cut at its gaps and thinned.
struct ChartLine {
  /// Unique among the lines of the chart.
  var name: String
  var runs: [[Chart.Point]]
  var showsPoints: Bool

  /// A run of one point is no line, so it is always marked.
  func marksPoints(of run: [Chart.Point]) -> Bool { showsPoints || run.count == 1 }
}

extension Chart {
  /// The drawable lines with about this many points in all.
  func drawnLines(points limit: Int) -> [ChartLine] {
    guard case .lines(let series) = content else { return [] }
    let names = Self.unique(series.map(\.name))
    let share = max(limit / max(series.count, 1), 8)
    return zip(series, names).map { one, name in
      ChartLine(name: name, runs: Self.thin(runs(of: one), to: share), showsPoints: one.showsPoints)
    }
  }

  /// Names with a number after each that was there before, since names tell the lines of a chart apart.
  static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.map { name in
      var result = name
      var number = 2
      while !seen.insert(result).inserted {
        result = "\(name) (\(number))"
        number += 1
      }
      return result
    }
  }

  private func runs(of series: Series) -> [[Point]] {
    var runs: [[Point]] = []
    var run: [Point] = []
    for point in series.points {
      if isDrawable(point.x, x) && isDrawable(point.y, y) {
        var point = point
        if let lower = point.lower, !isDrawable(lower, y) { point.lower = nil }
        if let upper = point.upper, !isDrawable(upper, y) { point.upper = nil }
        run.append(point)
      } else if !run.isEmpty {
        runs.append(run)
        run = []
      }
    }
    if !run.isEmpty { runs.append(run) }
    return runs
  }

  private func isDrawable(_ value: Double, _ axis: Axis) -> Bool {
    value.isFinite && (axis.scale == .linear || value > 0)
  }

  /// Fewer points of the same look: of each stretch the lowest and the highest, of each run its ends.
  private static func thin(_ runs: [[Point]], to limit: Int) -> [[Point]] {
    let total = runs.reduce(0) { $0 + $1.count }
    guard total > limit else { return runs }
    guard runs.count * 4 <= limit else {
      // More gaps than can be told apart: single points, thinned as one run.
      return thin(runs.flatMap { $0 }, to: limit).map { [$0] }
    }
    return runs.map { thin($0, to: max(4, limit * $0.count / total)) }
  }

  private static func thin(_ run: [Point], to limit: Int) -> [Point] {
    guard run.count > limit, run.count > 3 else { return run }
    let stretches = max((limit - 2) / 2, 1)
    let inner = run.count - 2
    var kept = [run[0]]
    for stretch in 0..<stretches {
      let from = 1 + inner * stretch / stretches
      let to = 1 + inner * (stretch + 1) / stretches
      guard from < to else { continue }
      var lowest = from
      var highest = from
      for index in from..<to {
        if run[index].y < run[lowest].y { lowest = index }
        if run[index].y > run[highest].y { highest = index }
      }
      kept.append(run[min(lowest, highest)])
      if lowest != highest { kept.append(run[max(lowest, highest)]) }
    }
    kept.append(run[run.count - 1])
    return kept
  }

  /// The scales of both axes, from all values and not only the drawn ones.
  func lineScales() -> (x: AxisScale, y: AxisScale) {
    guard case .lines(let series) = content else {
      return (AxisScale(x, values: [], roundsOutward: false), AxisScale(y, values: [], roundsOutward: true))
    }
    let drawn = series.flatMap { runs(of: $0).joined() }
    let heights = drawn.flatMap { [$0.y, $0.lower ?? $0.y, $0.upper ?? $0.y] } + referenceLines.map(\.value)
    return (
      AxisScale(x, values: drawn.map(\.x), roundsOutward: false), AxisScale(y, values: heights, roundsOutward: true)
    )
  }
}

/// The bars of a chart: one row of the picture for each category that is shown.
struct ChartBars {
  struct Bar {
    var series: Int
    var value: Double
    var lower: Double?
    var upper: Double?
  }

  struct Group {
    var category: String
    var bars: [Bar]
  }

  var names: [String]
  var groups: [Group]
  /// Categories left out of the middle.
  var omitted: Int
  /// The index in `groups` after the omitted ones.
  var resumesAt: Int
  var scale: AxisScale

  /// More categories than this are cut in the middle.
  static let limit = 40

  init?(_ chart: Chart) {
    guard case .bars(let categories, let series) = chart.content else { return nil }
    names = Chart.unique(series.map(\.name))
    let all = Chart.unique(categories)
    omitted = max(all.count - Self.limit, 0)
    resumesAt = omitted > 0 ? Self.limit / 2 : all.count
    let shown =
      omitted > 0 ? Array(0..<Self.limit / 2) + Array(all.count - Self.limit / 2..<all.count) : Array(all.indices)
    func finite(_ values: [Double]?, _ index: Int) -> Double? {
      guard let values, values.indices.contains(index), values[index].isFinite else { return nil }
      return chart.y.scale == .linear || values[index] > 0 ? values[index] : nil
    }
    groups = shown.map { index in
      Group(
        category: all[index],
        bars: series.indices.compactMap { one in
          finite(series[one].values, index).map {
            Bar(
              series: one, value: $0, lower: finite(series[one].lower, index), upper: finite(series[one].upper, index))
          }
        })
    }
    let values = groups.flatMap(\.bars).flatMap { [$0.value, $0.lower ?? $0.value, $0.upper ?? $0.value] }
    scale = AxisScale(
      chart.y, values: values + chart.referenceLines.map(\.value), roundsOutward: true, includesZero: true)
  }

  /// Where bars start: at zero, or at the edge where zero is not on the axis.
  var base: Double { scale.isLogarithmic ? scale.lower : min(max(0, scale.lower), scale.upper) }
}
