// The chart as a picture: title, legend, the name of the vertical axis above it where it reads without turning the
// head, then the plot. Sizes are in points; the plot is as large as the one that Vega-Lite draws.

extension Chart {
  static let padding = 14.0
  static let titleStyle = Canvas.Style(size: 13.5, isBold: true)
  static let axisStyle = Canvas.Style(size: 11, color: .quiet)
  static let labelStyle = Canvas.Style(size: 10.5, color: .quiet)
  static let legendStyle = Canvas.Style(size: 11)

  func drawing() -> Drawing {
    switch content {
    case .lines: lineDrawing()
    case .bars: barDrawing()
    }
  }

  private func lineDrawing() -> Drawing {
    let lines = drawnLines(points: 2000)
    let scales = lineScales()
    let xTicks = scales.x.ticks(count: 6)
    let yTicks = scales.y.ticks(count: 5)
    let names = lines.count > 1 && frame.hasLegend ? lines.map(\.name) : []
    let header = ChartHeader(title: title, subtitle: shownSubtitle, legend: names, axis: y.heading)
    let left = Self.padding + (frame.left ?? lineLabelWidth()) + 8
    let width = left + frame.width + 28
    let top = Self.padding + header.height(width: width - 2 * Self.padding)
    let plot = Rectangle(left, top, width: frame.width, height: frame.height)
    let height = plot.bottom + 20 + (x.heading.isEmpty ? 0 : 18) + Self.padding
    return Drawing(width: width, height: height) { canvas in
      header.draw(canvas, width: width - 2 * Self.padding, markers: lines.map { $0.showsPoints })
      func place(_ x: Double, _ y: Double) -> Place? {
        guard let across = scales.x.position(x), let up = scales.y.position(y) else { return nil }
        return Place(plot.left + across * plot.width, plot.bottom - up * plot.height)
      }
      for tick in yTicks {
        guard let up = scales.y.position(tick.value) else { continue }
        let y = plot.bottom - up * plot.height
        canvas.stroke(.grid, [Place(plot.left, y), Place(plot.right, y)])
        canvas.text(tick.label, at: Place(plot.left - 7, y + 3.8), Self.labelStyle, anchor: .end)
      }
      drawHorizontalAxis(canvas, plot, scales.x, xTicks, heading: x.heading)
      canvas.clipped(to: Rectangle(plot.left - 4, plot.top - 4, width: plot.width + 8, height: plot.height + 8)) {
        canvas in
        for (index, line) in lines.enumerated() {
          for run in line.runs {
            let band = run.filter { $0.lower != nil && $0.upper != nil }
            let upper = band.compactMap { place($0.x, $0.upper ?? $0.y) }
            let lower = band.compactMap { place($0.x, $0.lower ?? $0.y) }
            canvas.fillPolygon(.category(index), alpha: 0.18, upper + lower.reversed())
          }
        }
        for (index, line) in lines.enumerated() {
          let color = Color.category(index)
          for run in line.runs {
            let places = run.compactMap { place($0.x, $0.y) }
            canvas.stroke(color, width: 2, dash: Dash.pattern(index), places)
            if line.marksPoints(of: run) { for place in places { canvas.marker(index, color, at: place) } }
          }
        }
      }
      for line in referenceLines {
        guard let up = scales.y.position(line.value), (0...1).contains(up) else { continue }
        let y = plot.bottom - up * plot.height
        canvas.stroke(.middle, width: 1.2, dash: [3, 3], [Place(plot.left, y), Place(plot.right, y)])
        let below = up > 0.93
        canvas.text(
          canvas.fit(line.label, width: plot.width, Self.labelStyle),
          at: Place(plot.right - 2, y + (below ? 12 : -4)), Self.labelStyle, anchor: .end)
      }
      if lines.allSatisfy(\.runs.isEmpty) { Self.drawEmptyNote(canvas, plot) }
    }
  }

  /// Room that the numbers of the vertical axis take, in points.
  func lineLabelWidth() -> Double {
    let ticks = lineScales().y.ticks(count: 5)
    return Canvas.measuring { canvas in ticks.map { canvas.width(of: $0.label, Self.labelStyle) }.max() ?? 0 } ?? 0
  }

  private func barDrawing() -> Drawing {
    guard let bars = ChartBars(self) else { return Drawing(width: 1, height: 1) { _ in } }
    let ticks = bars.scale.ticks(count: 6)
    let thickness = bars.names.count > 1 ? 14.0 : 18.0
    let pitch = Double(max(bars.names.count, 1)) * thickness + 10
    let header = ChartHeader(
      title: title, subtitle: shownSubtitle, legend: bars.names.count > 1 ? bars.names : [], axis: x.heading)
    let labelWidth = Canvas.measuring { canvas in
      bars.groups.map { canvas.width(of: $0.category, Self.legendStyle) }.max() ?? 0
    }
    let left = Self.padding + min(labelWidth ?? 0, 220) + 10
    let width = left + frame.width + 56
    let top = Self.padding + header.height(width: width - 2 * Self.padding)
    let plot = Rectangle(left, top, width: frame.width, height: max(Double(bars.groups.count) * pitch + 6, 60))
    let height = plot.bottom + 20 + (y.heading.isEmpty ? 0 : 18) + Self.padding
    return Drawing(width: width, height: height) { canvas in
      header.draw(canvas, width: width - 2 * Self.padding, swatches: true)
      func across(_ value: Double) -> Double { plot.left + (bars.scale.position(value) ?? 0) * plot.width }
      for tick in ticks {
        canvas.stroke(.grid, [Place(across(tick.value), plot.top), Place(across(tick.value), plot.bottom)])
      }
      for line in referenceLines {
        let x = across(line.value)
        canvas.stroke(.middle, width: 1.2, dash: [3, 3], [Place(x, plot.top - 2), Place(x, plot.bottom)])
        canvas.text(line.label, at: Place(min(x, plot.right - 20), plot.top - 6), Self.labelStyle, anchor: .middle)
      }
      for (index, group) in bars.groups.enumerated() {
        let start = plot.top + 5 + Double(index) * pitch
        let middle = start + (pitch - 10) / 2
        let name = canvas.fit(group.category, width: 220, Self.legendStyle)
        canvas.text(name, at: Place(plot.left - 8, middle + 4), Self.legendStyle, anchor: .end)
        if index == bars.resumesAt {
          canvas.stroke(.middle, dash: [2, 3], [Place(Self.padding, start - 5), Place(plot.right, start - 5)])
        }
        for bar in group.bars {
          drawBar(canvas, bar, top: start + Double(bar.series) * thickness, thickness - 2, plot, bars)
        }
      }
      canvas.stroke(.axis, [Place(across(bars.base), plot.top), Place(across(bars.base), plot.bottom)])
      drawHorizontalAxis(canvas, plot, bars.scale, ticks, heading: y.heading)
      if bars.omitted > 0 {
        canvas.text(
          "\(bars.omitted) not shown", at: Place(plot.right, plot.top + 5 + Double(bars.resumesAt) * pitch - 8),
          Self.labelStyle, anchor: .end)
      }
      if bars.groups.allSatisfy(\.bars.isEmpty) { Self.drawEmptyNote(canvas, plot) }
    }
  }

  private func drawBar(
    _ canvas: borrowing Canvas, _ bar: ChartBars.Bar, top: Double, _ thickness: Double, _ plot: Rectangle,
    _ bars: ChartBars
  ) {
    func across(_ value: Double) -> Double {
      plot.left + min(max(bars.scale.position(value) ?? 0, 0), 1) * plot.width
    }
    let base = across(bars.base)
    let end = across(bar.value)
    canvas.fill(
      .category(bar.series), alpha: 0.85, Rectangle(min(base, end), top, width: abs(end - base), height: thickness))
    var label = max(end, base)
    let middle = top + thickness / 2
    if let lower = bar.lower, let upper = bar.upper {
      let ends = [across(lower), across(upper)]
      canvas.stroke(.ink, width: 1.2, [Place(ends[0], middle), Place(ends[1], middle)])
      for x in ends { canvas.stroke(.ink, width: 1.2, [Place(x, middle - 3), Place(x, middle + 3)]) }
      label = max(label, ends[1])
    }
    let text = AxisScale.trimmed(bar.value, significant: 3)
    let room = canvas.width(of: text, Self.labelStyle)
    canvas.fill(.white, alpha: 0.85, Rectangle(label + 3, top, width: room + 4, height: thickness))
    canvas.text(text, at: Place(label + 5, middle + 3.6), Self.labelStyle)
  }

  private func drawHorizontalAxis(
    _ canvas: borrowing Canvas, _ plot: Rectangle, _ scale: AxisScale, _ ticks: [AxisScale.Tick], heading: String
  ) {
    canvas.stroke(.axis, [Place(plot.left, plot.bottom), Place(plot.right, plot.bottom)])
    var free = -Double.infinity
    for tick in ticks {
      guard let across = scale.position(tick.value) else { continue }
      let x = plot.left + across * plot.width
      canvas.stroke(.axis, [Place(x, plot.bottom), Place(x, plot.bottom + 4)])
      let half = canvas.width(of: tick.label, Self.labelStyle) / 2
      guard x - half >= free else { continue }
      canvas.text(tick.label, at: Place(x, plot.bottom + 16), Self.labelStyle, anchor: .middle)
      free = x + half + 8
    }
    canvas.text(
      canvas.fit(heading, width: plot.width, Self.axisStyle),
      at: Place(plot.left + plot.width / 2, plot.bottom + 34), Self.axisStyle, anchor: .middle)
  }

  private static func drawEmptyNote(_ canvas: borrowing Canvas, _ plot: Rectangle) {
    canvas.text(
      "no values to show", at: Place(plot.left + plot.width / 2, plot.top + plot.height / 2), axisStyle, anchor: .middle
    )
  }
}
