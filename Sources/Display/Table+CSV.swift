// A table for other programs: every row, numbers in full.

extension Table {
  /// Comma-separated values (RFC 4180): a line of headings, then every row, also those that are not shown; numbers as
  /// precise as they are, empty fields where nothing is known.
  public func csv() -> String {
    let body = rows.map { row in
      columns.indices.map { row.indices.contains($0) ? Self.field(row[$0]) : "" }
    }
    let lines = [columns.map { Self.quoted($0.heading) }] + body
    return lines.map { $0.joined(separator: ",") + "\r\n" }.joined()
  }

  private static func field(_ cell: Cell) -> String {
    switch cell {
    case .text(let words): quoted(words)
    case .number(let value, _): "\(value)"
    case .missing: ""
    }
  }

  /// Words in quotes where they hold a comma, a quote or a line break.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
