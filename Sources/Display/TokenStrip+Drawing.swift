// The strip as a picture: tokens flow in lines as they do in the page, over their tints, and a ramp names the values.

extension TokenStrips {
  /// The widest picture of strips above each other, and of strips side by side.
  private static let widest = (stacked: 640.0, beside: 960.0)
  private static let gap = 28.0
  private static let rowGap = 8.0
  /// Strips that take more, in points, are cut in lines.
  private static let tallest = 11_000.0

  func drawing(_ tint: Tint) -> Drawing {
    let columns = arrangement == .beside ? min(max(strips.count, 1), 3) : 1
    let limit = (columns == 1 ? Self.widest.stacked : Self.widest.beside) - 2 * Chart.padding
    let room = (limit - Double(columns - 1) * Self.gap) / Double(columns)
    var rows = laid(tint, width: room, columns: columns, lines: TokenStrip.lineLimit)
    if Self.height(of: rows) > Self.tallest {
      let share = TokenStrip.lineLimit * columns / max(parts.count, 1)
      rows = laid(tint, width: room, columns: columns, lines: max(share, 5))
    }
    let legend = Canvas.measuring { canvas in
      TokenStrip.rampWidth + 12 + canvas.width(of: tint.heading, Chart.axisStyle)
    }
    let column = min(max(rows.joined().map(\.width).max() ?? room, columns == 1 ? 320 : 120), room)
    let across = Double(columns) * column + Double(columns - 1) * Self.gap
    let inner = min(max(across, legend ?? 0, 320), limit)
    let height = Chart.padding * 2 + Self.height(of: rows) + 44
    return Drawing(width: inner + 2 * Chart.padding, height: height) { canvas in
      var y = Chart.padding
      for row in rows {
        for (place, strip) in row.enumerated() {
          TokenStrip.draw(canvas, strip, at: Place(Chart.padding + Double(place) * (column + Self.gap), y))
        }
        y += Self.height(of: row) + Self.rowGap
      }
      TokenStrip.drawLegend(canvas, tint, top: y, width: inner)
    }
  }

  /// The shown strips in rows of so many, each of at most so many lines; a note about others has a row of its own.
  private func laid(_ tint: Tint, width room: Double, columns: Int, lines: Int) -> [[TokenStrip.Laid]] {
    let laid = Canvas.measuring { canvas in
      parts.map { part in
        switch part {
        case .strip(let strip): strip.laid(canvas, tint, width: room, lines: lines)
        case .omitted(let count): TokenStrip.laid(note: Self.note(omitted: count))
        }
      }
    }
    var rows: [[TokenStrip.Laid]] = []
    for strip in laid ?? [] {
      if let row = rows.last, row.count < columns, !row[0].isNote, !strip.isNote {
        rows[rows.count - 1].append(strip)
      } else {
        rows.append([strip])
      }
    }
    return rows
  }

  private static func height(of row: [TokenStrip.Laid]) -> Double { row.map(\.height).max() ?? 0 }

  private static func height(of rows: [[TokenStrip.Laid]]) -> Double {
    rows.reduce(0) { $0 + height(of: $1) } + Double(max(rows.count - 1, 0)) * rowGap
  }
}

extension TokenStrip {
  private static let textStyle = Canvas.Style(size: 12, face: .mono)
  private static let signStyle = Canvas.Style(size: 12, color: Color(0xA0A6AD), face: .mono)
  private static let markStyle = Canvas.Style(size: 8.5, isBold: true, color: .quiet)
  private static let lineHeight = 23.0
  fileprivate static let rampWidth = 200.0
  /// A picture of more lines would be too tall to look at.
  fileprivate static let lineLimit = 300

  /// A token, or a part of one, at its place in a line.
  fileprivate struct Run {
    var text: String
    var left: Double
    var width: Double
    var tint: (color: Color, alpha: Double)?
    var mark: Mark?
    var isNote = false
  }

  /// A strip with its title in lines and its runs in lines, and how much room they take.
  struct Laid {
    fileprivate var title: [String]
    fileprivate var lines: [[Run]]
    fileprivate var width: Double
    fileprivate var isNote = false
    fileprivate var height: Double {
      (title.isEmpty ? 0 : Double(title.count) * 17 + 5) + Double(lines.count) * lineHeight
    }
  }

  fileprivate func laid(_ canvas: borrowing Canvas, _ tint: Tint, width limit: Double, lines count: Int) -> Laid {
    let lines = layout(canvas, tint, width: limit, lines: count)
    let title = canvas.wrap(title ?? "", width: limit, Chart.titleStyle)
    let widths = title.map { canvas.width(of: $0, Chart.titleStyle) } + lines.joined().map { $0.left + $0.width }
    return Laid(title: title, lines: lines, width: widths.max() ?? 0)
  }

  /// A line about what is not shown.
  fileprivate static func laid(note: String) -> Laid {
    Laid(title: [], lines: [[Run(text: note, left: 0, width: 0, isNote: true)]], width: 0, isNote: true)
  }

  fileprivate static func draw(_ canvas: borrowing Canvas, _ laid: Laid, at corner: Place) {
    var y = corner.y
    for line in laid.title {
      canvas.text(line, at: Place(corner.x, y + 13), Chart.titleStyle)
      y += 17
    }
    if !laid.title.isEmpty { y += 5 }
    for line in laid.lines {
      for run in line { draw(canvas, run, left: corner.x, top: y) }
      y += lineHeight
    }
  }

  private func layout(_ canvas: borrowing Canvas, _ tint: Tint, width limit: Double, lines most: Int) -> [[Run]] {
    var lines: [[Run]] = []
    var line: [Run] = []
    var x = 0.0
    func flush() {
      if !line.isEmpty { lines.append(line) }
      line = []
      x = 0
    }
    let markWidth = 8.0
    for piece in pieces {
      switch piece {
      case .omitted(let count):
        flush()
        lines.append([Run(text: Self.note(omitted: count), left: 0, width: 0, isNote: true)])
      case .token(let token):
        let color = tint.color(value(of: token))
        var rest = Substring(token.text.isEmpty ? "∅" : TextLayout.visible(token.text))
        let whole = canvas.width(of: String(rest), Self.textStyle) + (token.mark == nil ? 0 : markWidth)
        if x > 0, x + whole > limit { flush() }
        // A token longer than a line goes on in the next one.
        while !rest.isEmpty {
          let part = whole <= limit ? String(rest) : Self.head(of: rest, canvas, width: limit)
          rest = rest.dropFirst(part.count)
          let mark = rest.isEmpty ? token.mark : nil
          let width = canvas.width(of: part, Self.textStyle) + (mark == nil ? 0 : markWidth)
          line.append(Run(text: part, left: x, width: width, tint: color, mark: mark))
          x += width + 1.5
          if !rest.isEmpty { flush() }
        }
        if Self.breaksLine(token.text) { flush() }
      }
    }
    flush()
    guard lines.count > most else { return lines }
    let note = Run(text: "… \(lines.count - most / 2 * 2) lines not shown …", left: 0, width: 0, isNote: true)
    return Array(lines.prefix(most / 2)) + [[note]] + Array(lines.suffix(most / 2))
  }

  private static func head(of text: Substring, _ canvas: borrowing Canvas, width: Double) -> String {
    let character = max(canvas.width(of: "m", textStyle), 1)
    var count = max(Int(width / character), 1)
    while count > 1, canvas.width(of: String(text.prefix(count)), textStyle) > width { count -= 1 }
    return String(text.prefix(count))
  }

  private static func draw(_ canvas: borrowing Canvas, _ run: Run, left: Double, top: Double) {
    let left = left + run.left
    if run.isNote {
      canvas.text(run.text, at: Place(left, top + 15), Chart.labelStyle)
      return
    }
    if let tint = run.tint {
      // On white the tint may be a little stronger than on a page whose ground is not known.
      canvas.fill(
        tint.color, alpha: tint.alpha * 1.25, Rectangle(left, top + 2, width: run.width, height: lineHeight - 4),
        radius: 3)
    }
    var x = left
    // Signs for white space are fainter than text: draw stretches of one kind together.
    for stretch in stretches(run.text) {
      canvas.text(stretch.text, at: Place(x, top + 15.5), stretch.isSign ? signStyle : textStyle)
      x += canvas.width(of: stretch.text, textStyle)
    }
    if let mark = run.mark { canvas.text(mark.sign, at: Place(x + 0.5, top + 10), markStyle) }
  }

  private static func stretches(_ text: String) -> [(text: String, isSign: Bool)] {
    var result: [(text: String, isSign: Bool)] = []
    for character in text {
      let isSign = "␣↵⇥⍽∅".contains(character)
      if result.last?.isSign == isSign {
        result[result.count - 1].text.append(character)
      } else {
        result.append((String(character), isSign))
      }
    }
    return result
  }

  fileprivate static func drawLegend(_ canvas: borrowing Canvas, _ tint: Tint, top: Double, width: Double) {
    guard tint.hasValues else {
      let words = "\(tint.heading): \(Tint.noValues)"
      return canvas.text(
        canvas.fit(words, width: width, Chart.axisStyle), at: Place(Chart.padding, top + 20), Chart.axisStyle)
    }
    let ramp = Rectangle(Chart.padding, top + 10, width: rampWidth, height: 10)
    let lowest = tint.isDiverging ? -tint.limit : 0
    for step in 0..<50 {
      let share = (Double(step) + 0.5) / 50
      let value = lowest * (1 - share) + tint.limit * share
      guard let (color, alpha) = tint.color(value) else { continue }
      canvas.fill(
        color, alpha: alpha * 1.25, Rectangle(ramp.left + Double(step) * 4, ramp.top, width: 4, height: ramp.height))
    }
    canvas.stroke(
      .grid,
      [
        Place(ramp.left, ramp.top), Place(ramp.right, ramp.top), Place(ramp.right, ramp.bottom),
        Place(ramp.left, ramp.bottom), Place(ramp.left, ramp.top),
      ])
    let ends: [(Double, Double, Canvas.Anchor)] = [
      (ramp.left, lowest, .start), (ramp.left + 100, lowest / 2 + tint.limit / 2, .middle),
      (ramp.right, tint.limit, .end),
    ]
    for (x, value, anchor) in ends {
      canvas.text(tint.format.text(value), at: Place(x, ramp.bottom + 14), Chart.labelStyle, anchor: anchor)
    }
    let room = width - rampWidth - 12
    canvas.text(
      canvas.fit(tint.heading, width: room, Chart.axisStyle), at: Place(ramp.right + 12, ramp.bottom), Chart.axisStyle)
  }
}
