// The chart in characters: dots of Braille cells for one line, a sign for each of several, blocks for bars.

extension Chart {
  private static let columns = 60
  private static let rows = 12
  private static let signs: [Character] = ["*", "o", "+", "x", "#", "@", "%", "&"]

  func plainText() -> String {
    var lines: [String] = []
    lines += [title, shownSubtitle].compactMap(\.self).map(TextLayout.singleLine)
    switch content {
    case .lines: lines += plotLines()
    case .bars: lines += barLines()
    }
    return TextLayout.trimmingLineEnds(lines)
  }

  // MARK: Lines

  private func plotLines() -> [String] {
    let lines = drawnLines(points: 2000)
    let scales = lineScales()
    guard lines.contains(where: { !$0.runs.isEmpty }) else {
      return [y.heading, "(no values to show)"].filter { !$0.isEmpty }
    }
    var result: [String] = []
    if lines.count > 1, frame.hasLegend { result.append(Self.plainLegend(lines.map(\.name))) }
    if !y.heading.isEmpty { result.append(TextLayout.singleLine(y.heading)) }
    let body = lines.count > 1 ? signRows(lines, scales.x, scales.y) : brailleRows(lines, scales.x, scales.y)
    result += labelled(body, scales.y) + horizontalAxis(scales.x)
    for line in referenceLines where line.value.isFinite {
      result.append("reference: \(NumberFormat.significant(3).text(line.value)) \(TextLayout.singleLine(line.label))")
    }
    return result
  }

  /// The sign of each line and its name.
  static func plainLegend(_ names: [String]) -> String {
    names.enumerated().map { "\(signs[$0 % signs.count]) \(TextLayout.singleLine($1))" }.joined(separator: "   ")
  }

  private var labelWidth: Int { 8 }

  private func labelled(_ rows: [String], _ scale: AxisScale) -> [String] {
    var labels = [String](repeating: "", count: rows.count)
    for tick in scale.ticks(count: 4) {
      guard let up = scale.position(tick.value), (-0.001...1.001).contains(up) else { continue }
      labels[min(max(Int(((1 - up) * Double(rows.count - 1)).rounded()), 0), rows.count - 1)] = tick.label
    }
    return zip(labels, rows).map { label, row in
      TextLayout.pad(label, to: labelWidth, .trailing) + (label.isEmpty ? " │" : " ┤") + row
    }
  }

  private func horizontalAxis(_ scale: AxisScale) -> [String] {
    var rule = [Character](repeating: "─", count: Self.columns)
    var names = [Character](repeating: " ", count: Self.columns + 8)
    var free = 0
    for tick in scale.ticks(count: 5) {
      guard let across = scale.position(tick.value), (-0.001...1.001).contains(across) else { continue }
      let column = min(max(Int((across * Double(Self.columns - 1)).rounded()), 0), Self.columns - 1)
      rule[column] = "┬"
      let start = max(column - tick.label.count / 2, 0)
      guard start >= free, start + tick.label.count <= names.count else { continue }
      names.replaceSubrange(start..<start + tick.label.count, with: Array(tick.label))
      free = start + tick.label.count + 2
    }
    let indent = String(repeating: " ", count: labelWidth + 2)
    let title = TextLayout.pad(TextLayout.singleLine(x.heading), to: Self.columns, .center)
    return [String(repeating: " ", count: labelWidth) + " └" + String(rule), indent + String(names)]
      + (x.heading.isEmpty ? [] : [indent + title])
  }

  /// Every dot that the lines pass through, on a grid of this many dots.
  private static func trace(
    _ line: ChartLine, _ x: AxisScale, _ y: AxisScale, width: Int, height: Int, _ visit: (Int, Int) -> Void
  ) {
    func dot(_ point: Point) -> (Int, Int)? {
      guard let across = x.position(point.x), let up = y.position(point.y) else { return nil }
      // Far beyond the edge is beyond the edge; lines keep their direction well enough.
      let limited = (min(max(across, -2), 3), min(max(up, -2), 3))
      return (Int((limited.0 * Double(width - 1)).rounded()), Int(((1 - limited.1) * Double(height - 1)).rounded()))
    }
    for run in line.runs {
      let dots = run.compactMap(dot)
      for index in dots.indices {
        let (toX, toY) = dots[index]
        let (fromX, fromY) = dots[max(index - 1, 0)]
        let steps = max(abs(toX - fromX), abs(toY - fromY), 1)
        for step in 0...steps {
          let column = fromX + ((toX - fromX) * step * 2 + steps) / (2 * steps)
          let row = fromY + ((toY - fromY) * step * 2 + steps) / (2 * steps)
          if (0..<width).contains(column), (0..<height).contains(row) { visit(column, row) }
        }
      }
    }
  }

  private func brailleRows(_ lines: [ChartLine], _ x: AxisScale, _ y: AxisScale) -> [String] {
    var cells = [[UInt32]](repeating: [UInt32](repeating: 0, count: Self.columns), count: Self.rows)
    let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    for line in lines {
      Self.trace(line, x, y, width: Self.columns * 2, height: Self.rows * 4) { column, row in
        cells[row / 4][column / 2] |= bits[row % 4][column % 2]
      }
    }
    return cells.map { row in
      String(row.map { $0 == 0 ? " " : Character(Unicode.Scalar(0x2800 + $0) ?? " ") })
    }
  }

  private func signRows(_ lines: [ChartLine], _ x: AxisScale, _ y: AxisScale) -> [String] {
    var cells = [[Character]](repeating: [Character](repeating: " ", count: Self.columns), count: Self.rows)
    for (index, line) in lines.enumerated() {
      Self.trace(line, x, y, width: Self.columns, height: Self.rows) { column, row in
        cells[row][column] = Self.signs[index % Self.signs.count]
      }
    }
    return cells.map { String($0) }
  }

  // MARK: Bars

  private func barLines() -> [String] {
    guard let bars = ChartBars(self), bars.groups.contains(where: { !$0.bars.isEmpty }) else {
      return [y.heading, "(no values to show)"].filter { !$0.isEmpty }
    }
    let format = NumberFormat.significant(3)
    let names = bars.names.map { TextLayout.truncate(TextLayout.singleLine($0), to: 24) }
    let categories = bars.groups.map { TextLayout.truncate(TextLayout.singleLine($0.category), to: 32) }
    let nameWidth = names.count > 1 ? names.map(TextLayout.width).max() ?? 0 : 0
    let categoryWidth = categories.map(TextLayout.width).max() ?? 0
    var result: [String] = []
    if !y.heading.isEmpty { result.append(TextLayout.singleLine(y.heading)) }
    for (index, group) in bars.groups.enumerated() {
      if index == bars.resumesAt { result.append("… \(bars.omitted) not shown …") }
      for (place, bar) in group.bars.enumerated() {
        let category = TextLayout.pad(place == 0 ? categories[index] : "", to: categoryWidth, .leading)
        let name = nameWidth > 0 ? " " + TextLayout.pad(names[bar.series], to: nameWidth, .leading) : ""
        let from = bars.scale.position(bars.base) ?? 0
        let to = bars.scale.position(bar.value) ?? 0
        var line = "\(category)\(name) │\(Blocks.bar(from: from, to: to, columns: 30))│ \(format.text(bar.value))"
        if let lower = bar.lower, let upper = bar.upper {
          line += " (\(format.text(lower))…\(format.text(upper)))"
        }
        result.append(line)
      }
    }
    for line in referenceLines where line.value.isFinite {
      result.append("reference: \(format.text(line.value)) \(TextLayout.singleLine(line.label))")
    }
    return result
  }
}

/// Bars made of block characters.
enum Blocks {
  /// A bar between two places in 0…1, on this many columns, exact to an eighth of a column at its right end.
  static func bar(from: Double, to: Double, columns: Int) -> String {
    let low = min(max(min(from, to), 0), 1) * Double(columns)
    let high = min(max(max(from, to), 0), 1) * Double(columns)
    let start = Int(low.rounded())
    let eighths = max(Int(((high - Double(start)) * 8).rounded()), high > low ? 1 : 0)
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    let text = String(repeating: " ", count: start) + String(repeating: "█", count: eighths / 8) + partial
    return TextLayout.pad(TextLayout.truncate(text, to: columns), to: columns, .leading)
  }
}
