// A table for other programs: every row, numbers in full.

extension Table {
  /// Comma-separated values (RFC 4180): a line of headings, then every row, also those that are not shown; numbers as
  /// precise as they are, empty fields where nothing is known.
  ///
  /// A column that holds intervals becomes two, one for each end.
  public func csv() -> String {
    let isInterval = columns.indices.map { column in
      rows.contains { row in
        if row.indices.contains(column), case .interval = row[column] { true } else { false }
      }
    }
    let headings = columns.indices.flatMap { column in
      let heading = columns[column].heading
      return (isInterval[column] ? [heading + ", lower end", heading + ", upper end"] : [heading]).map(Self.quoted)
    }
    let body = rows.map { row in
      columns.indices.flatMap { column in
        Self.fields(row.indices.contains(column) ? row[column] : .missing, of: isInterval[column] ? 2 : 1)
      }
    }
    return ([headings] + body).map { $0.joined(separator: ",") + "\r\n" }.joined()
  }

  private static func fields(_ cell: Cell, of count: Int) -> [String] {
    let fields =
      switch cell {
      case .text(let words): [quoted(words)]
      case .number(let value, _): ["\(value)"]
      case .interval(let range, _): ["\(range.lowerBound)", "\(range.upperBound)"]
      case .missing: [""]
      }
    return fields + [String](repeating: "", count: max(count - fields.count, 0))
  }

  /// Words in quotes where they hold a comma, a quote or a line break.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
