// The strip in characters: tokens in columns, each value under its token.

extension TokenStrips {
  func plainText(_ tint: Tint) -> String {
    var lines: [String] = []
    for part in parts {
      switch part {
      case .omitted(let count): lines += [Self.note(omitted: count), ""]
      case .strip(let strip):
        if let title = strip.title { lines.append(TextLayout.singleLine(title)) }
        lines += strip.plainLines(tint)
      }
    }
    let ends = "tinted \(tint.format.text(tint.isDiverging ? -tint.limit : 0)) … \(tint.format.text(tint.limit))"
    let places = strips.contains { $0.wholeValue != nil } ? "after each text" : "under each token"
    let scale = tint.hasValues ? ends : Tint.noValues
    lines.append("\(places): \(TextLayout.singleLine(tint.heading)), \(scale)")
    return TextLayout.trimmingLineEnds(lines)
  }
}

extension TokenStrip {
  private static let lineWidth = 96
  private static let cellLimit = 24

  private struct Column {
    var token: String
    var value: String
    var width: Int { max(TextLayout.width(token), TextLayout.width(value)) }
  }

  fileprivate func plainLines(_ tint: Tint) -> [String] {
    if let wholeValue { return wholeLines(tint.format.bareText(wholeValue)) }
    var lines: [String] = []
    var columns: [Column] = []
    var used = 0
    func flush() {
      guard !columns.isEmpty else { return }
      lines.append(columns.map { TextLayout.pad($0.token, to: $0.width, .leading) }.joined(separator: "  "))
      if columns.contains(where: { !$0.value.isEmpty }) {
        lines.append(columns.map { TextLayout.pad($0.value, to: $0.width, .leading) }.joined(separator: "  "))
      }
      lines.append("")
      columns = []
      used = 0
    }
    for piece in pieces {
      switch piece {
      case .omitted(let count):
        flush()
        lines += [Self.note(omitted: count), ""]
      case .token(let token):
        let text = token.text.isEmpty ? "∅" : TextLayout.truncate(TextLayout.visible(token.text), to: Self.cellLimit)
        let value = token.value.map(tint.format.bareText) ?? ""
        let mark = token.mark?.sign ?? ""
        let column = Column(token: text, value: [value, mark].filter { !$0.isEmpty }.joined(separator: " "))
        if used + column.width > Self.lineWidth { flush() }
        columns.append(column)
        used += column.width + 2
        if Self.breaksLine(token.text) { flush() }
      }
    }
    flush()
    return lines
  }
  /// The text as it runs, and its one value.
  private func wholeLines(_ value: String) -> [String] {
    var lines = [""]
    for piece in pieces {
      let text =
        switch piece {
        case .omitted(let count): Self.note(omitted: count)
        case .token(let token):
          TextLayout.truncate(TextLayout.visible(token.text), to: Self.lineWidth) + (token.mark.map(\.sign) ?? "")
        }
      if TextLayout.width(lines[lines.count - 1] + text) > Self.lineWidth { lines.append("") }
      lines[lines.count - 1] += text
    }
    lines[lines.count - 1] += "  \(value)"
    return lines + [""]
  }
}
