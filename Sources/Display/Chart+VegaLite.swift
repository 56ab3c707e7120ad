// The chart as a Vega-Lite 5 specification, the version that JupyterLab and VS Code draw. It names no background and no
// colour of text, so that the front end's theme decides; ranges are those of the picture, so that both show the same.

import JSONValues

extension Chart {
  /// The whole specification, with at most about this many points inside.
  func vegaLite(points: Int) -> JSON {
    var spec = view(points: points)
    spec.set("$schema", "https://vega.github.io/schema/vega-lite/v5.json")
    return spec
  }

  /// The specification as a part of another.
  func view(points: Int) -> JSON {
    var spec: [String: JSON] = ["width": .int(Int(frame.width))]
    if title != nil || shownSubtitle != nil { spec["title"] = Self.heading(title, shownSubtitle) }
    switch content {
    case .lines: addLines(to: &spec, points: points)
    case .bars: addBars(to: &spec)
    }
    return .object(spec)
  }

  // MARK: Lines

  private func addLines(to spec: inout [String: JSON], points: Int) {
    let lines = drawnLines(points: points)
    let scales = lineScales()
    spec["height"] = .int(Int(frame.height))
    spec["data"] = ["values": .array(Self.rows(lines))]
    let names = lines.map(\.name)
    var encoding: [String: JSON] = [
      "x": Self.channel("x", x, scales.x, grid: false),
      "y": Self.channel("y", y, scales.y, grid: true, isVertical: true),
      "color": Self.seriesColor(names),
      "tooltip": .array(tooltips(names)),
    ]
    if !Self.isOrdered(lines) { encoding["order"] = ["field": "i", "type": "quantitative"] }
    spec["encoding"] = .object(encoding)
    spec["layer"] = .array(lineLayers(lines, names))
  }

  private func lineLayers(_ lines: [ChartLine], _ names: [String]) -> [JSON] {
    let run: JSON = ["field": "g", "type": "nominal"]
    let dash = Self.bySeries(names, range: names.indices.map { .array(Dash.pattern($0).map { .double($0) }) })
    let clip: JSON = .bool(exceedsRange(lines))
    var layers: [JSON] = []
    if lines.contains(where: { $0.runs.joined().contains { $0.lower != nil && $0.upper != nil } }) {
      layers.append([
        "transform": [["filter": "isValid(datum.lower) && isValid(datum.upper)"]],
        "mark": ["type": "area", "opacity": 0.18, "clip": clip],
        "encoding": ["y": ["field": "lower", "type": "quantitative"], "y2": ["field": "upper"], "detail": run],
      ])
    }
    layers.append([
      "mark": ["type": "line", "strokeWidth": 2, "clip": clip], "encoding": ["detail": run, "strokeDash": dash],
    ])
    if lines.contains(where: { line in line.runs.contains { line.marksPoints(of: $0) } }) {
      layers += Self.markerLayers(names, clip: clip)
    }
    // Nothing to see, something to point at: a tool tip near every point.
    layers.append(["mark": ["type": "point", "opacity": 0, "size": 120, "clip": clip]])
    return layers + referenceLayers(channel: "y", valuesAreAcross: false)
  }

  /// Whether something lies outside the plot, which only a given range can cause; at its edge nothing is cut.
  private func exceedsRange(_ lines: [ChartLine]) -> Bool {
    let scales = lineScales()
    func isOutside(_ place: Double?) -> Bool { place.map { !(-1e-9...1 + 1e-9).contains($0) } ?? false }
    return lines.contains { line in
      line.runs.joined().contains { point in
        isOutside(scales.x.position(point.x))
          || [point.y, point.lower, point.upper].contains { isOutside($0.flatMap(scales.y.position)) }
      }
    }
  }

  private func tooltips(_ names: [String]) -> [JSON] {
    var result: [JSON] = [
      ["field": "x", "type": "quantitative", "title": .string(x.heading.isEmpty ? "x" : x.heading)],
      ["field": "y", "type": "quantitative", "title": .string(y.heading.isEmpty ? "y" : y.heading)],
    ]
    if names.count > 1 { result.insert(["field": "s", "type": "nominal", "title": "line"], at: 0) }
    return result
  }

  private static func rows(_ lines: [ChartLine]) -> [JSON] {
    var rows: [JSON] = []
    var group = 0
    for line in lines {
      for run in line.runs {
        for point in run {
          var row: [String: JSON] = [
            "s": .string(line.name), "g": .int(group), "i": .int(rows.count),
            "x": number(point.x, significant: 12), "y": number(point.y, significant: 7),
          ]
          if let lower = point.lower { row["lower"] = number(lower, significant: 7) }
          if let upper = point.upper { row["upper"] = number(upper, significant: 7) }
          if line.marksPoints(of: run) { row["p"] = true }
          rows.append(.object(row))
        }
        group += 1
      }
    }
    return rows
  }

  /// Whether every line goes from left to right, which is the order that Vega-Lite draws in by itself.
  private static func isOrdered(_ lines: [ChartLine]) -> Bool {
    lines.allSatisfy { $0.runs.allSatisfy { run in zip(run, run.dropFirst()).allSatisfy { $0.x <= $1.x } } }
  }

  // MARK: Bars

  private func addBars(to spec: inout [String: JSON]) {
    guard let bars = ChartBars(self) else { return }
    let isGrouped = bars.names.count > 1
    spec["height"] = isGrouped ? ["step": 14, "for": "offset"] : ["step": 28]
    spec["data"] = ["values": .array(Self.rows(bars))]
    var category: [String: JSON] = [
      "field": "c", "type": "nominal", "scale": ["domain": .array(bars.groups.map { .string($0.category) })],
      "axis": Self.axis(x.heading, grid: false, isVertical: true, extra: ["labelLimit": 220]),
    ]
    if isGrouped { category["scale"]?.set("paddingInner", 0.25) }
    let names: [JSON] = bars.names.map { .string($0) }
    let offset: JSON = ["field": "s", "type": "nominal", "scale": ["domain": .array(names)]]
    var encoding: [String: JSON] = ["y": .object(category), "color": Self.seriesColor(bars.names, symbol: "square")]
    if isGrouped { encoding["yOffset"] = offset }
    let tooltip: [JSON] = [
      ["field": "c", "type": "nominal", "title": .string(x.heading.isEmpty ? "category" : x.heading)],
      ["field": "s", "type": "nominal", "title": "series"],
      ["field": "v", "type": "quantitative", "title": .string(y.heading.isEmpty ? "value" : y.heading)],
    ]
    let value = Self.channel("v", y, bars.scale, grid: true)
    let start: JSON = ["datum": .double(bars.base)]
    var layers: [JSON] = [
      [
        "mark": ["type": "bar", "opacity": 0.85, "clip": true],
        "encoding": .object(encoding.merging(["x": value, "x2": start, "tooltip": .array(tooltip)]) { $1 }),
      ]
    ]
    if bars.groups.contains(where: { $0.bars.contains { $0.lower != nil && $0.upper != nil } }) {
      var range: [String: JSON] = ["y": .object(category), "x": ["field": "lower", "type": "quantitative"]]
      range["x2"] = ["field": "upper"]
      if isGrouped { range["yOffset"] = offset }
      layers.append([
        "transform": [["filter": "isValid(datum.lower) && isValid(datum.upper)"]],
        "mark": ["type": "rule", "color": .string(Color.middle.hex), "strokeWidth": 1.5], "encoding": .object(range),
      ])
    }
    spec["layer"] = .array(layers + referenceLayers(channel: "x", valuesAreAcross: true))
  }

  private static func rows(_ bars: ChartBars) -> [JSON] {
    bars.groups.flatMap { group in
      group.bars.map { bar in
        var row: [String: JSON] = [
          "c": .string(group.category), "s": .string(bars.names[bar.series]), "v": number(bar.value, significant: 7),
        ]
        if let lower = bar.lower { row["lower"] = number(lower, significant: 7) }
        if let upper = bar.upper { row["upper"] = number(upper, significant: 7) }
        return .object(row)
      }
    }
  }
}
