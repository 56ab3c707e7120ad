// The three faces of a pair of distributions: a table with bars in HTML, the same drawn, the same in block characters.

extension DistributionPair {
  // MARK: HTML

  func html() -> String {
    let rows = rows
    var result = "<table>\n"
    if let title {
      result +=
        "<caption style=\"text-align: left; font-weight: bold; padding: 4px 0\">\(Markup.html(title))</caption>\n"
    }
    result += "<thead>\n<tr><th scope=\"col\" style=\"text-align: left\">token</th>"
    for heading in headings {
      result += "<th scope=\"col\" colspan=\"2\" style=\"text-align: left\">\(Markup.html(heading))</th>"
    }
    result += "</tr>\n</thead>\n<tbody>\n"
    for row in rows {
      let label = row.isRest ? "<em>\(Markup.html(row.label))</em>" : "<code>\(Markup.html(row.label))</code>"
      let name = row.isChosen ? "<strong>\(label) ◂</strong>" : label
      result += "<tr><td style=\"text-align: left\">\(name)</td>"
      for cell in row.cells {
        result += "<td style=\"text-align: right\">\(Markup.html(cell.text))</td>"
        result += "<td style=\"text-align: left; width: 110px; min-width: 24px\">\(Self.htmlBar(cell))</td>"
      }
      result += "</tr>\n"
    }
    result += "</tbody>\n</table>"
    let notes = [rows.contains(where: \.isChosen) ? Self.chosenNote : nil, totalLine].compactMap { $0 }
    for note in notes { result += "\n<p style=\"margin: 2px 0\"><small>\(Markup.html(note))</small></p>" }
    return result
  }

  /// A bar; a negative value has the same length in another colour, and its sign stands before its number.
  private static func htmlBar(_ cell: Cell) -> String {
    guard let length = cell.length, length != 0 else { return "" }
    let width = NumberFormat.fixed(1).text(max(length.magnitude * 100, 0.5))
    let color = (cell.barColor == .blueTone ? Color.below : cell.barColor).css(alpha: 0.75)
    return "<div style=\"width: \(width)%; height: 11px; border-radius: 2px; background-color: \(color)\"></div>"
  }

  // MARK: Plain text

  func plainText() -> String {
    let rows = rows
    let barWidth = 16
    let labels = rows.map { TextLayout.truncate($0.label, to: 24) + ($0.isChosen ? " ◂" : "") }
    let labelWidth = labels.reduce(TextLayout.width("token")) { max($0, TextLayout.width($1)) }
    let numberWidths = headings.indices.map { column in rows.map { TextLayout.width($0.cells[column].text) }.max() ?? 0
    }
    let widths = headings.indices.map { max(numberWidths[$0] + 1 + barWidth, TextLayout.width(headings[$0])) }
    var lines: [String] = []
    if let title { lines.append(TextLayout.singleLine(title)) }
    let names = headings.indices.map { TextLayout.pad(TextLayout.singleLine(headings[$0]), to: widths[$0], .leading) }
    lines.append(([TextLayout.pad("token", to: labelWidth, .leading)] + names).joined(separator: "  "))
    lines.append(([labelWidth] + widths).map { String(repeating: "─", count: $0) }.joined(separator: "  "))
    for (row, label) in zip(rows, labels) {
      let cells = row.cells.enumerated().map { column, cell in
        let number = TextLayout.pad(cell.text, to: numberWidths[column], .trailing)
        let length = cell.length?.magnitude ?? 0
        let bar = length > 0 ? Blocks.bar(from: 0, to: length, columns: barWidth) : ""
        return TextLayout.pad("\(number) \(bar)", to: widths[column], .leading)
      }
      lines.append(([TextLayout.pad(label, to: labelWidth, .leading)] + cells).joined(separator: "  "))
    }
    if rows.contains(where: \.isChosen) { lines.append(Self.chosenNote) }
    if let totalLine { lines.append(TextLayout.singleLine(totalLine)) }
    return TextLayout.trimmingLineEnds(lines)
  }

  // MARK: Picture

  func drawing() -> Drawing {
    let rows = rows
    let rowHeight = 21.0
    let labelStyle = Canvas.Style(size: 11.5, face: .mono)
    let restStyle = Canvas.Style(size: 11, color: .quiet)
    let numberStyle = Canvas.Style(size: 10.5, color: .quiet)
    let chosenStyle = Canvas.Style(size: 11.5, isBold: true, face: .mono)
    let notes = [rows.contains(where: \.isChosen) ? Self.chosenNote : nil, totalLine].compactMap { $0 }
    func style(_ row: Row) -> Canvas.Style { row.isRest ? restStyle : row.isChosen ? chosenStyle : labelStyle }
    func text(_ row: Row) -> String { row.isChosen ? row.label + " ◂" : row.label }
    let labelWidth = Canvas.measuring { canvas in rows.map { canvas.width(of: text($0), style($0)) }.max() ?? 0 } ?? 0
    let left = Chart.padding + min(max(labelWidth, 60), 240) + 16
    let numberWidth = 50.0
    let barWidth = 112.0
    let pitch = numberWidth + 6 + barWidth + 18
    let width = left + Double(headings.count) * pitch + Chart.padding
    let top = Chart.padding + (title == nil ? 0 : 24)
    let height = top + 24 + Double(rows.count) * rowHeight + 8 + Double(notes.count) * 17 + Chart.padding
    return Drawing(width: width, height: height) { canvas in
      let inner = width - 2 * Chart.padding
      if let title {
        canvas.text(
          canvas.fit(title, width: inner, Chart.titleStyle), at: Place(Chart.padding, Chart.padding + 13),
          Chart.titleStyle)
      }
      canvas.text("token", at: Place(Chart.padding, top + 13), Chart.axisStyle)
      for (column, heading) in headings.enumerated() {
        let x = left + Double(column) * pitch + 12
        canvas.text(canvas.fit(heading, width: pitch - 16, Chart.axisStyle), at: Place(x, top + 13), Chart.axisStyle)
      }
      canvas.stroke(.axis, [Place(Chart.padding, top + 20), Place(width - Chart.padding, top + 20)])
      for (index, row) in rows.enumerated() {
        let y = top + 24 + Double(index) * rowHeight
        let base = y + 14
        canvas.text(
          canvas.fit(text(row), width: left - Chart.padding - 10, style(row)), at: Place(Chart.padding, base),
          style(row))
        for (column, cell) in row.cells.enumerated() {
          let x = left + Double(column) * pitch
          canvas.text(cell.text, at: Place(x + numberWidth, base), numberStyle, anchor: .end)
          let length = cell.length ?? 0
          canvas.fill(
            cell.barColor, alpha: 0.75,
            Rectangle(x + numberWidth + 6, y + 4.5, width: length.magnitude * barWidth, height: 12), radius: 2)
        }
        canvas.stroke(.grid, [Place(Chart.padding, y + rowHeight), Place(width - Chart.padding, y + rowHeight)])
      }
      for (index, note) in notes.enumerated() {
        let y = top + 24 + Double(rows.count) * rowHeight + 20 + Double(index) * 17
        canvas.text(canvas.fit(note, width: inner, Chart.axisStyle), at: Place(Chart.padding, y), Chart.axisStyle)
      }
    }
  }
}
