// The map as a Vega-Lite 5 specification. The data is a row of numbers for each row of the map, which the front end takes
// apart: a cell costs a few bytes. Names stand in the specification once, and rows and columns are known by their place,
// since tokens repeat.

import JSONValues

extension HeatMap {
  /// The whole specification.
  func vegaLite(_ grid: HeatGrid) -> JSON {
    let size = HeatLayout(self, grid)
    var spec: [String: JSON] = [
      "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
      "width": ["step": Chart.number(size.cellWidth, significant: 4)],
      "height": ["step": Chart.number(size.cellHeight, significant: 4)],
      "data": ["values": .array(Self.rows(grid))],
      "transform": .array(transforms(grid)),
      // The darkest cells would not be seen on a dark page.
      "view": ["fill": "#ffffff"],
    ]
    if let title { spec["title"] = ["text": .string(TextLayout.singleLine(title)), "anchor": "start", "offset": 10] }
    if !grid.notes.isEmpty {
      if title == nil { spec["title"] = ["text": "", "anchor": "start", "offset": 10] }
      spec["title"]?.set("subtitle", .array(grid.notes.map { .string(TextLayout.singleLine($0)) }))
    }
    spec["encoding"] = [
      "x": axis(columns, grid.columnLabels, isVertical: false, isTurned: size.turnsColumnLabels),
      "y": axis(rows, grid.rowLabels, isVertical: true, isTurned: false),
    ]
    var layers: [JSON] = [["mark": ["type": "rect"], "encoding": ["color": color(grid), "tooltip": tooltips(grid)]]]
    if grid.hasTexts {
      let beyond = grid.shade.whiteBeyond
      func number(_ share: Double) -> String { Chart.number(grid.shade.value(at: share), significant: 5).text() }
      let test = (beyond.lower.map { "datum.v < \(number($0)) || " } ?? "") + "datum.v > \(number(beyond.upper))"
      layers.append([
        "mark": [
          "type": "text", "font": "DejaVu Sans Mono, monospace",
          "fontSize": Chart.number(size.textSize, significant: 3),
        ],
        "encoding": [
          "text": ["field": "t", "type": "nominal"],
          "color": ["condition": ["test": .string(test), "value": "#ffffff"], "value": "#000000"],
          "tooltip": tooltips(grid),
        ],
      ])
    }
    spec["layer"] = .array(layers)
    return .object(spec)
  }

  /// A row of values, and of texts, for each slot that has any; null is no value.
  private static func rows(_ grid: HeatGrid) -> [JSON] {
    grid.rows.indices.compactMap { row in
      let values = grid.columns.indices.map { grid.value(row, $0) }
      guard let last = values.lastIndex(where: { $0 != nil }) else { return nil }
      let bound = values[...last].map { value in
        value.map { Chart.number(min(max($0, -AxisScale.limit), AxisScale.limit), significant: 4) } ?? .null
      }
      var data: [String: JSON] = ["r": .int(row), "v": .array(bound)]
      if grid.hasTexts { data["t"] = .array((0...last).map { .string(grid.text(row, $0)) }) }
      return .object(data)
    }
  }

  private func transforms(_ grid: HeatGrid) -> [JSON] {
    let fields: JSON = grid.hasTexts ? ["v", "t"] : ["v"]
    return [
      ["flatten": fields], ["window": [["op": "row_number", "as": "k"]], "groupby": ["r"]],
      ["filter": "isValid(datum.v)"], ["calculate": "datum.k - 1", "as": "c"],
      ["calculate": .string("\(Self.list(grid.rowNames))[datum.r]"), "as": "row"],
      ["calculate": .string("\(Self.list(grid.columnNames))[datum.c]"), "as": "column"],
      [
        "calculate": "abs(datum.v) < 1e300 ? format(datum.v, '.4~g') : datum.v > 0 ? '∞' : '-∞'", "as": "value",
      ],
    ]
  }

  /// Names as an expression of Vega.
  private static func list(_ labels: [String]) -> String {
    JSON.array(labels.map { .string(TextLayout.truncate($0, to: 40)) }).text()
  }

  private func axis(_ axis: Axis, _ labels: [String], isVertical: Bool, isTurned: Bool) -> JSON {
    var shape: [String: JSON] = [
      "labelExpr": .string("\(Self.list(labels))[datum.value]"), "labelAngle": isTurned ? -90 : 0, "labelLimit": 180,
      "ticks": false, "domain": false, "labelPadding": 4, "title": axis.title.isEmpty ? nil : .string(axis.title),
      "labelOverlap": true,
    ]
    if axis.holdsTokens { shape["labelFont"] = "DejaVu Sans Mono, monospace" }
    return [
      "field": .string(isVertical ? "r" : "c"), "type": "ordinal",
      "scale": ["domain": .array(labels.indices.map { .int($0) })], "axis": .object(shape),
    ]
  }

  private func color(_ grid: HeatGrid) -> JSON {
    let stops = grid.shade.stops
    return [
      "field": "v", "type": "quantitative",
      "scale": [
        "type": grid.shade.isLogarithmic ? "log" : "linear", "interpolate": "rgb", "clamp": true, "zero": false,
        "domain": .array(stops.map { Chart.number($0.value, significant: 6) }),
        "range": .array(stops.map { .string($0.color.hex) }),
      ],
      "legend": [
        "title": .string(heading), "titleLimit": 260, "orient": "bottom", "gradientLength": 200,
        "gradientStrokeColor": "#888888", "gradientStrokeWidth": 1,
      ],
    ]
  }

  private func tooltips(_ grid: HeatGrid) -> JSON {
    var result: [JSON] = [
      ["field": "row", "type": "nominal", "title": .string(rows.title.isEmpty ? "row" : rows.title)],
      ["field": "column", "type": "nominal", "title": .string(columns.title.isEmpty ? "column" : columns.title)],
      ["field": "value", "type": "nominal", "title": .string(heading)],
    ]
    if grid.hasTexts { result.append(["field": "t", "type": "nominal", "title": .string(textMeaning)]) }
    return .array(result)
  }
}
