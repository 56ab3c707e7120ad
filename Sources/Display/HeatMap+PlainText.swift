// The map in characters: numbers where they fit, shades where they do not.

extension HeatMap {
  private static let widest = 110
  private static let labelWidth = 24
  /// From light to dark; the first stands for less than a twentieth of the scale.
  private static let magnitudes: [Character] = ["·", "░", "▒", "▓", "█"]
  /// From far below zero to far above.
  private static let signs: [Character] = ["◄", "‹", "·", "›", "►"]

  func plainText(_ grid: HeatGrid) -> String {
    var lines = title.map { [TextLayout.singleLine($0)] } ?? []
    lines.append(
      TextLayout.singleLine(heading)
        + [("rows", rows.title), ("columns", columns.title)].filter { !$0.1.isEmpty }
        .map { "; \($0.0): \(TextLayout.singleLine($0.1))" }.joined())
    lines += grid.notes.map(TextLayout.singleLine)
    if grid.isEmpty { return TextLayout.trimmingLineEnds(lines + ["(no values to show)"]) }
    lines += numbers(grid) ?? shades(grid)
    return TextLayout.trimmingLineEnds(lines.map { TextLayout.truncate($0, to: 150) })
  }

  private func labels(_ grid: HeatGrid) -> [String] {
    let labels = grid.rowLabels.map { TextLayout.truncate($0, to: Self.labelWidth) }
    let width = labels.map(TextLayout.width).max() ?? 0
    return labels.map { TextLayout.pad($0, to: width, .leading) }
  }

  /// A number for each cell, after what is written there; nil where that is too wide or too tall.
  private func numbers(_ grid: HeatGrid) -> [String]? {
    guard grid.columns.count <= 20, grid.rows.count <= 40 else { return nil }
    let cells = grid.rows.indices.map { row in
      grid.columns.indices.map { column -> String in
        guard let value = grid.value(row, column) else { return "" }
        let text = TextLayout.visible(grid.text(row, column))
        return (text.isEmpty ? "" : text + " ") + format.bareText(value)
      }
    }
    let names = grid.columnLabels.map { TextLayout.truncate($0, to: Self.labelWidth) }
    let widths = names.indices.map { column in
      cells.reduce(TextLayout.width(names[column])) { max($0, TextLayout.width($1[column])) }
    }
    let labels = labels(grid)
    let labelWidth = TextLayout.width(labels.first ?? "")
    guard labelWidth + widths.reduce(0, { $0 + $1 + 2 }) <= Self.widest else { return nil }
    func line(_ label: String, _ cells: [String]) -> String {
      label + zip(cells, widths).map { "  " + TextLayout.pad($0, to: $1, .trailing) }.joined()
    }
    return [line(String(repeating: " ", count: labelWidth), names)] + zip(labels, cells).map(line)
  }

  /// A character for each cell; with texts, a line of their first characters above the line of shades.
  private func shades(_ grid: HeatGrid) -> [String] {
    let signs = grid.shade.isDiverging ? Self.signs : Self.magnitudes
    func sign(_ row: Int, _ column: Int) -> Character {
      if grid.columns[column] == nil || grid.rows[row] == nil { return "⋯" }
      guard let value = grid.value(row, column), let share = grid.shade.share(value) else { return " " }
      if grid.shade.isDiverging { return signs[min(Int(share * 5), 4)] }
      return signs[share < 0.05 ? 0 : min(1 + Int((share - 0.05) / 0.95 * 4), 4)]
    }
    let labels = labels(grid)
    let blank = String(repeating: " ", count: TextLayout.width(labels.first ?? ""))
    var lines: [String] = []
    if grid.columnLabels.allSatisfy({ TextLayout.width($0) == 1 }) {
      lines.append(blank + "  " + grid.columnLabels.joined())
    }
    let showsTexts = grid.hasTexts && grid.rows.count <= 40
    for row in grid.rows.indices {
      if showsTexts {
        let texts = grid.columns.indices.map { TextLayout.visible(grid.text(row, $0)).first ?? " " }
        lines.append(labels[row] + "  " + String(texts))
      }
      let shades = String(grid.columns.indices.map { sign(row, $0) })
      lines.append((showsTexts ? blank : labels[row]) + " │" + shades + "│")
    }
    let ends = [grid.shade.lower, grid.shade.upper].map { format.bareText($0) }
    return lines + ["\(String(signs)) from \(ends[0]) to \(ends[1])"]
  }
}
