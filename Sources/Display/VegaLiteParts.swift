// The parts that the specifications of lines and of bars share.

import JSONValues

extension Chart {
  /// A quantitative position with the range and the axis of the picture.
  static func channel(_ field: String, _ axis: Axis, _ scale: AxisScale, grid: Bool, isVertical: Bool = false) -> JSON {
    var shape: [String: JSON] = [
      "domain": [.double(scale.lower), .double(scale.upper)], "nice": false, "zero": false,
    ]
    if scale.isLogarithmic { shape["type"] = "log" }
    let ticks = scale.ticks(count: isVertical ? 5 : 6)
    var extra: [String: JSON] = ["values": .array(ticks.map { number($0.value, significant: 15) })]
    let largest = ticks.reduce(0) { max($0, $1.value.magnitude) }
    if largest >= 1e15 || largest < 1e-3 || (scale.isLogarithmic && scale.lower < 1e-3) {
      extra["labelExpr"] = "datum.value == 0 ? '0' : format(datum.value, '~e')"
    } else if largest >= 1e4 {
      extra["labelExpr"] = "format(datum.value, '~s')"
    }
    return [
      "field": .string(field), "type": "quantitative", "scale": .object(shape),
      "axis": Self.axis(axis.heading, grid: grid, isVertical: isVertical, extra: extra),
    ]
  }

  /// An axis; a vertical one has its title above, upright.
  static func axis(_ heading: String, grid: Bool, isVertical: Bool, extra: [String: JSON]) -> JSON {
    var axis = extra
    axis["grid"] = .bool(grid)
    if grid { axis["gridOpacity"] = 0.5 }
    axis["title"] = heading.isEmpty ? nil : .string(heading)
    if heading.isEmpty { axis["title"] = .null }
    if isVertical, !heading.isEmpty {
      axis["titleAngle"] = 0
      axis["titleAlign"] = "left"
      axis["titleAnchor"] = "end"
      axis["titleBaseline"] = "bottom"
      axis["titleX"] = -30
      axis["titleY"] = -8
    }
    return .object(axis)
  }

  /// Colours by name, with a legend above the plot where there is more than one name.
  static func seriesColor(_ names: [String], symbol: String = "stroke") -> JSON {
    bySeries(names, range: names.indices.map { .string(Color.categoryOnAnyGround($0).hex) }, symbol: symbol)
  }

  /// The points that are marked, a layer for each of the picture's markers.
  ///
  /// A channel for the shape would take the dashes' place in the legend.
  static func markerLayers(_ names: [String], clip: JSON) -> [JSON] {
    ["circle", "square", "diamond", "triangle-up"].enumerated().compactMap { place, shape in
      let own = names.indices.filter { $0 % 4 == place }.map { JSON.string(names[$0]) }
      guard !own.isEmpty else { return nil }
      return [
        "transform": [["filter": "datum.p"], ["filter": ["field": "s", "oneOf": .array(own)]]],
        "mark": [
          "type": "point", "shape": .string(shape), "filled": true, "size": 45, "opacity": 1, "clip": clip,
        ],
      ]
    }
  }

  /// What stands above a view.
  static func heading(_ title: String?, _ subtitle: String?) -> JSON {
    var heading: [String: JSON] = ["text": .string(title ?? ""), "anchor": "start", "offset": 10]
    if let subtitle { heading["subtitle"] = .string(subtitle) }
    return .object(heading)
  }

  /// Any property by name.
  ///
  /// Equal fields, domains and legends let Vega-Lite merge colour, dash and shape into one legend.
  static func bySeries(_ names: [String], range: [JSON], symbol: String = "stroke") -> JSON {
    var legend: [String: JSON] = [
      "title": nil, "orient": "top", "direction": "horizontal", "columns": 4, "labelLimit": 300, "offset": 28,
      "symbolType": .string(symbol), "symbolOpacity": 1,
    ]
    if symbol == "stroke" { legend["symbolSize"] = 500 }
    return [
      "field": "s", "type": "nominal",
      "scale": ["domain": .array(names.map { .string($0) }), "range": .array(range)],
      "legend": names.count > 1 ? .object(legend) : nil,
    ]
  }

  /// A line and its label for each reference value.
  ///
  /// Both take a grey that shows on light and on dark.
  func referenceLayers(channel: String, valuesAreAcross: Bool) -> [JSON] {
    let lines = referenceLines.filter { $0.value.isFinite && (y.scale == .linear || $0.value > 0) }
    guard !lines.isEmpty else { return [] }
    let values: JSON = .array(lines.map { ["v": Self.number($0.value, significant: 7), "label": .string($0.label)] })
    let position: JSON = ["field": "v", "type": "quantitative"]
    var place: [String: JSON] = [channel: position, "text": ["field": "label", "type": "nominal"]]
    var text: [String: JSON] = ["type": "text", "color": .string(Color.middle.hex), "fontSize": 11]
    if valuesAreAcross {
      place["y"] = ["value": 0]
      text["baseline"] = "bottom"
      text["dy"] = -3
    } else {
      place["x"] = ["value": .int(Int(frame.width))]
      text["align"] = "right"
      text["baseline"] = "bottom"
      text["dy"] = -2
    }
    let none: [String: JSON] = ["color": nil, "tooltip": nil]
    let keep = valuesAreAcross ? [:] : none.merging(["x": nil]) { $1 }
    return [
      [
        "data": ["values": values],
        "mark": ["type": "rule", "color": .string(Color.middle.hex), "strokeDash": [3, 3]],
        "encoding": .object(keep.merging([channel: position]) { $1 }),
      ],
      [
        "data": ["values": values], "mark": .object(text), "encoding": .object(keep.merging(place) { $1 }),
      ],
    ]
  }

  /// A number with no more digits than a reader can see, so that the notebook stays small.
  static func number(_ value: Double, significant: Int) -> JSON {
    guard value.isFinite else { return .null }
    let value = min(max(value, -AxisScale.limit), AxisScale.limit)
    return .double(
      Double(DecimalDigits(value).rounded(significant: significant).scientific(significant: significant)) ?? value)
  }
}

extension JSON {
  /// Sets a member of an object; leaves any other value alone.
  mutating func set(_ key: String, _ value: JSON) {
    guard case .object(var members) = self else { return }
    members[key] = value
    self = .object(members)
  }
}
