// The strip as HTML. Every tint is an inline background that JupyterLab's sanitiser lets through, translucent so that
// it works on light and dark pages; text keeps the page's own colour. The numbers follow in a table that unfolds.

extension TokenStrips {
  func html(_ tint: Tint) -> String {
    let isBeside = arrangement == .beside && strips.count > 1
    var result = "<div>\n"
    // Side by side as long as each strip has room for a line that reads; without styles they stand above each other.
    if isBeside { result += "<div style=\"display: flex; flex-wrap: wrap\">\n" }
    let parts = parts
    for part in parts {
      switch part {
      case .omitted(let count):
        // Wider than any page, so that it has a line of its own.
        let style = isBeside ? "flex: 1 1 9000px; margin: 6px 0" : "margin: 6px 0"
        result += "<p style=\"\(style)\"><em>\(Self.note(omitted: count))</em></p>\n"
      case .strip(let strip):
        if isBeside { result += "<div style=\"flex: 1 1 320px; margin: 0 24px 0 0\">\n" }
        result += strip.htmlText(tint)
        if isBeside { result += "</div>\n" }
      }
    }
    if isBeside { result += "</div>\n" }
    result += TokenStrip.legendHTML(tint) + "\n"
    for case .strip(let strip) in parts where strip.wholeValue == nil { result += strip.valuesHTML(tint) + "\n" }
    return result + "</div>"
  }
}

extension TokenStrip {
  fileprivate func htmlText(_ tint: Tint) -> String {
    var result = ""
    if let title { result += "<p style=\"margin: 6px 0 2px 0\"><strong>\(Markup.html(title))</strong></p>\n" }
    return result
      + "<div style=\"font-family: monospace; line-height: 1.9; white-space: pre-wrap; word-break: break-all\">"
      + pieces.map { htmlPiece($0, tint) }.joined() + "</div>\n"
  }

  private func htmlPiece(_ piece: Piece, _ tint: Tint) -> String {
    switch piece {
    case .omitted(let count): return "<br><em>\(Self.note(omitted: count))</em><br>"
    case .token(let token):
      var style = "border-radius: 3px; padding: 2px 0; margin-right: 2px"
      if let (color, alpha) = tint.color(value(of: token)) { style += "; background-color: \(color.css(alpha: alpha))" }
      let mark = token.mark.map { "<sup>\($0.sign)</sup>" } ?? ""
      let tip = Markup.html(toolTip(token, tint))
      let text = Self.htmlText(token.text)
      // The break is outside: a tint that ran on to the end of the line would seem to belong to more than the token.
      return
        "<span style=\"\(style)\" title=\"\(tip)\">\(text)\(mark)</span>\(Self.breaksLine(token.text) ? "<br>" : "")"
    }
  }

  /// The text with white space as signs in a fainter grey.
  private static func htmlText(_ text: String) -> String {
    var result = ""
    for character in text {
      let visible = TextLayout.visible(String(character))
      if visible == String(character) {
        result += Markup.html(visible)
      } else {
        result += "<span style=\"color: \(Color.middle.css(alpha: 0.75))\">\(visible)</span>"
      }
    }
    return result.isEmpty ? "<span style=\"color: \(Color.middle.css(alpha: 0.75))\">∅</span>" : result
  }

  private func toolTip(_ token: Token, _ tint: Tint) -> String {
    var lines = ["“\(TextLayout.visible(token.text))”"]
    if let value = value(of: token) {
      lines.append("\(quantity): \(tint.format.text(value))\(unit.map { value.isNaN ? "" : " \($0)" } ?? "")")
    }
    if let mark = token.mark { lines.append(mark == .right ? "✓ right" : "✗ wrong") }
    return (lines + token.details).joined(separator: "\n")
  }

  /// Tinted numbers, from the lowest to the highest.
  fileprivate static func legendHTML(_ tint: Tint) -> String {
    let steps =
      !tint.hasValues
      ? [Tint.noValues]
      : tint.legend.map { value in
        let background = tint.color(value).map { "background-color: \($0.color.css(alpha: $0.alpha)); " } ?? ""
        return
          "<span style=\"\(background)padding: 2px 8px; white-space: nowrap\">\(Markup.html(tint.format.text(value)))</span>"
      }
    return "<p style=\"margin: 6px 0\"><small>\(Markup.html(tint.heading)): \(steps.joined(separator: " "))</small></p>"
  }

  /// Every value as a number, folded away.
  fileprivate func valuesHTML(_ tint: Tint) -> String {
    let hasMarks = tokens.contains { $0.mark != nil }
    let hasDetails = tokens.contains { !$0.details.isEmpty }
    var columns = [
      Table.Column("position"), Table.Column("token", alignment: .leading), Table.Column(quantity, unit: unit),
    ]
    if hasMarks { columns.append(Table.Column("", alignment: .center)) }
    if hasDetails { columns.append(Table.Column("details", alignment: .leading)) }
    var table = Table(columns: columns)
    table.rows = tokens.enumerated().map { index, token in
      var row: [Table.Cell] = [
        .number(Double(index), .count()), .text(TextLayout.visible(token.text)),
        token.value.map { .number($0, tint.format) } ?? .missing,
      ]
      if hasMarks { row.append(.text(token.mark?.sign ?? "")) }
      if hasDetails { row.append(.text(token.details.joined(separator: " · "))) }
      return row
    }
    table.rowLimit = min(200, tokenLimit)
    let name = title.map { "Values: \($0)" } ?? "Values"
    return "<details><summary><small>\(Markup.html(name))</small></summary>\n\(table.html())\n</details>"
  }
}
