// The three faces of a table. The HTML carries its alignment in inline styles that JupyterLab's sanitiser lets through
// and says nothing about colours of text, so it reads on light and dark pages, and without any style at all.

extension Table {
  /// What is shown in one line of the body.
  enum Line: Equatable {
    case row(Int)
    case omitted(Int)
  }

  /// The shown rows, top and bottom of the table, and what is left out between them.
  var lines: [Line] {
    let limit = max(rowLimit, 2)
    guard rows.count > limit else { return rows.indices.map { .row($0) } }
    let top = (limit + 1) / 2
    let bottom = limit - top
    return (0..<top).map { .row($0) } + [.omitted(rows.count - limit)]
      + (rows.count - bottom..<rows.count).map { .row($0) }
  }

  private func text(_ row: Int, _ column: Int) -> String {
    rows[row].indices.contains(column) ? TextLayout.singleLine(rows[row][column].text) : NumberFormat.missing
  }

  private func isHighlighted(_ row: Int, _ column: Int) -> Bool {
    highlighted.contains(Position(row: row, column: column))
  }

  private func note(omitted count: Int) -> String {
    "… \(NumberFormat.count().text(Double(count))) \(count == 1 ? "row" : "rows") not shown …"
  }

  private var showsHighlights: Bool {
    highlighted.contains { rows.indices.contains($0.row) && columns.indices.contains($0.column) }
  }

  // MARK: Plain text

  func plainText() -> String {
    let lines = lines
    let headings = columns.map { TextLayout.singleLine($0.heading) }
    let body = lines.map { line -> [String]? in
      guard case .row(let row) = line else { return nil }
      return columns.indices.map { text(row, $0) }
    }
    // A column with a highlighted cell has one more place, so that the stars do not disturb the alignment.
    let stars = columns.indices.map { column in highlighted.contains { $0.column == column } }
    let widths = columns.indices.map { column in
      body.reduce(TextLayout.width(headings[column])) { max($0, TextLayout.width($1?[column] ?? "")) }
    }
    func joined(_ cells: [String], star: (Int) -> Bool) -> String {
      cells.indices.map { column in
        TextLayout.pad(cells[column], to: widths[column], columns[column].alignment)
          + (stars[column] ? (star(column) ? "*" : " ") : "")
      }.joined(separator: "  ")
    }
    var result: [String] = []
    result += [caption, subtitle].compactMap(\.self).map(TextLayout.singleLine)
    result.append(joined(headings, star: { _ in false }))
    result.append(
      columns.indices.map { String(repeating: "─", count: widths[$0] + (stars[$0] ? 1 : 0)) }.joined(separator: "  "))
    for (line, cells) in zip(lines, body) {
      switch line {
      case .row(let row): result.append(joined(cells ?? [], star: { isHighlighted(row, $0) }))
      case .omitted(let count): result.append(note(omitted: count))
      }
    }
    if let highlightMeaning, showsHighlights { result.append("* \(TextLayout.singleLine(highlightMeaning))") }
    let meanings = columns.filter { $0.meaning != nil }
    let titleWidth = meanings.map { TextLayout.width($0.title) }.max() ?? 0
    if !meanings.isEmpty { result.append("") }
    for column in meanings {
      let title = TextLayout.pad(column.title, to: titleWidth, .leading)
      result.append("\(title)  \(TextLayout.singleLine(column.meaning ?? ""))")
    }
    return TextLayout.trimmingLineEnds(result)
  }

  // MARK: Markdown

  func markdown() -> String {
    guard !columns.isEmpty else { return caption.map(Markup.markdown) ?? "" }
    var result: [String] = []
    if let caption { result += ["**\(Markup.markdown(caption))**", ""] }
    if let subtitle { result += [Markup.markdown(subtitle), ""] }
    let headings = columns.map { Markup.markdown($0.heading) }
    let rows = lines.map { line -> [String] in
      switch line {
      case .row(let row):
        columns.indices.map { column in
          let text = Markup.markdown(text(row, column))
          return isHighlighted(row, column) && !text.isEmpty ? "**\(text)**" : text
        }
      case .omitted(let count):
        ["*\(note(omitted: count))*"] + repeatElement("", count: columns.count - 1)
      }
    }
    result += ([headings, markdownRule([headings] + rows)] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
    var notes: [String] = []
    if let highlightMeaning, showsHighlights { notes.append("- **bold**: \(Markup.markdown(highlightMeaning))") }
    for column in columns {
      if let meaning = column.meaning {
        notes.append("- \(Markup.markdown(column.title)): \(Markup.markdown(meaning))")
      }
    }
    if !notes.isEmpty { result += [""] + notes }
    return result.joined(separator: "\n")
  }

  /// The line below the headings.
  ///
  /// Where a row is too long for one line of a page, its dashes say how wide the columns are to be: pandoc, which makes PDF
  /// files, wraps the cells accordingly.
  private func markdownRule(_ rows: [[String]]) -> [String] {
    let isLong = rows.contains { $0.reduce(0) { $0 + TextLayout.width($1) + 3 } > 70 }
    return columns.indices.map { column in
      let widest = rows.map { TextLayout.width($0[column]) }.max() ?? 0
      let dashes = String(repeating: "-", count: isLong ? min(max(widest, 3), 60) : 3)
      return switch columns[column].alignment {
      case .leading: ":" + dashes
      case .center: ":" + dashes + ":"
      case .trailing: dashes + ":"
      }
    }
  }

  // MARK: HTML

  func html() -> String {
    var result = "<table>\n"
    if caption != nil || subtitle != nil {
      let title = caption.map { "<strong>\(Markup.html($0))</strong>" }
      let lines = [title, subtitle.map(Markup.html)].compactMap(\.self)
      result +=
        "<caption style=\"text-align: left; font-weight: normal; padding: 4px 0\">"
        + "\(lines.joined(separator: "<br>"))</caption>\n"
    }
    result += "<thead>\n<tr>"
    for column in columns {
      let title = column.meaning.map { " title=\"\(Markup.html($0))\"" } ?? ""
      let unit = column.unit.map { " <small style=\"font-weight: normal\">(\(Markup.html($0)))</small>" } ?? ""
      result +=
        "<th scope=\"col\" style=\"text-align: \(column.alignment.css)\"\(title)>"
        + "\(Markup.html(column.title))\(unit)</th>"
    }
    result += "</tr>\n</thead>\n<tbody>\n"
    for line in lines {
      switch line {
      case .row(let row): result += "<tr>" + columns.indices.map { htmlCell(row, $0) }.joined() + "</tr>\n"
      case .omitted(let count):
        result +=
          "<tr><td colspan=\"\(max(columns.count, 1))\" style=\"text-align: center\">"
          + "<em>\(note(omitted: count))</em></td></tr>\n"
      }
    }
    result += "</tbody>\n</table>"
    return result + htmlNotes()
  }

  private func htmlCell(_ row: Int, _ column: Int) -> String {
    let text = Markup.html(text(row, column))
    // What is aligned at its end is a number or an interval, which is read in one piece.
    let wrap = columns[column].alignment == .trailing ? "; white-space: nowrap" : ""
    let align = "text-align: \(columns[column].alignment.css)\(wrap)"
    guard isHighlighted(row, column) else { return "<td style=\"\(align)\">\(text)</td>" }
    let tint = Color.highlight.css(alpha: 0.25)
    return "<td style=\"\(align); background-color: \(tint)\"><strong>\(text)</strong></td>"
  }

  /// What the columns mean, folded away: the same words as the tool tips, for readers and viewers without those.
  private func htmlNotes() -> String {
    var result = ""
    if let highlightMeaning, showsHighlights {
      result += "\n<p><small><strong>Bold</strong>: \(Markup.html(highlightMeaning))</small></p>"
    }
    let meanings = columns.filter { $0.meaning != nil }
    guard !meanings.isEmpty else { return result }
    result += "\n<details><summary><small>What the columns mean</small></summary>\n<ul>"
    for column in meanings {
      result += "<li><strong>\(Markup.html(column.title))</strong>: \(Markup.html(column.meaning ?? ""))</li>"
    }
    return result + "</ul>\n</details>"
  }
}

extension Table.Alignment {
  var css: String {
    switch self {
    case .leading: "left"
    case .center: "center"
    case .trailing: "right"
    }
  }
}
