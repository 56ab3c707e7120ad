// Tables of one's own: rows that name their columns, or columns by their names.

import CellLanguage
import Display

/// A table that a cell wrote: an array of rows, or a dictionary of columns.
struct OwnTable {
  private var titles: [String]
  /// Row after row, a value for each title.
  private var rows: [[Value]]

  /// The table of a value; throws a `CellFailure` for what is none.
  init(_ value: Value) throws {
    switch value {
    case .array(let list): try self.init(rows: list.elements)
    case .dictionary(let columns): try self.init(columns: columns)
    default: throw Self.failure("\(Self.name(value)) is no table", "a table has rows or columns")
    }
    guard rows.isEmpty else { return }
    throw CellFailure(
      "there is nothing to show", "the table has no rows",
      fix: "Give at least one, as in table([(step: 1, loss: 0.5)]).",
      argument: "values", kind: .outOfRange)
  }

  /// Labelled tuples, or dictionaries with string keys, which all name the same columns.
  private init(rows elements: [Value]) throws {
    let entries = try elements.enumerated().map { try Self.entries($1, row: $0) }
    titles = entries.first?.map(\.title) ?? []
    let places = Dictionary(titles.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    rows = []
    for (index, row) in entries.enumerated() {
      var cells = [Value?](repeating: nil, count: titles.count)
      for entry in row {
        guard let place = places[entry.title] else {
          throw Self.failure(
            "row \(index) has a \"\(entry.title)\"", "row 0 has none, and all rows have the same columns")
        }
        cells[place] = entry.value
      }
      if let place = cells.firstIndex(where: { $0 == nil }) {
        throw Self.failure(
          "row \(index) has no \"\(titles[place])\"", "all rows have the same columns; nil is an empty cell")
      }
      rows.append(cells.compactMap(\.self))
    }
  }

  /// Columns of equal length by their titles.
  private init(columns: ValueDictionary) throws {
    titles = try columns.keys.map(Self.title)
    let cells = try zip(titles, columns.values).map { title, column in
      if case .array(let list) = column { return list.elements }
      guard let numbers = column.numbers else {
        throw Self.failure("the column \"\(title)\" is \(Self.name(column))", "a column is an array or a vector")
      }
      return numbers.map { .double($0) }
    }
    let count = cells.first?.count ?? 0
    if let other = cells.firstIndex(where: { $0.count != count }) {
      throw Self.failure(
        "the column \"\(titles[other])\" has \(cells[other].count) rows", "the column \"\(titles[0])\" has \(count)")
    }
    rows = (0..<count).map { row in cells.map { $0[row] } }
  }

  private static func entries(_ row: Value, row index: Int) throws -> [(title: String, value: Value)] {
    switch row {
    case .tuple(let tuple):
      return try zip(tuple.labels, tuple.elements).map { label, value in
        guard let label else {
          throw failure("row \(index) is a tuple without labels", "its labels are the titles of the columns")
        }
        return (label, value)
      }
    case .dictionary(let dictionary): return try zip(dictionary.keys.map(title), dictionary.values).map { ($0, $1) }
    default:
      throw failure("row \(index) is \(name(row))", "a row is a labelled tuple, or a dictionary")
    }
  }

  private static func title(_ key: Value) throws -> String {
    guard case .string(let title) = key else {
      throw failure("\(key) is no title of a column", "titles are strings")
    }
    return title
  }

  private static func name(_ value: Value) -> String {
    let type = value.typeName
    if case .null = value { return type }
    return (type.first.map("AEIOU".contains) == true ? "an " : "a ") + type
  }

  private static func failure(_ what: String, _ why: String) -> CellFailure {
    CellFailure(
      what, why,
      fix:
        "Write rows, as in table([(step: 1, loss: 0.5)]), or columns, as in table([\"step\": [1, 2], \"loss\": [0.5, 0.4]]).",
      argument: "values", kind: .wrongArgument)
  }

  /// The table: numbers at the end of their column, whole ones whole, others with four digits; words at its start.
  func table() throws -> Table {
    var table = Table(columns: titles.map { Table.Column($0) })
    table.rows = rows.map { _ in [] }
    for (column, title) in titles.enumerated() {
      let cells = rows.map { $0[column] }
      let numbers = cells.compactMap(\.number)
      let isWhole = numbers.allSatisfy { $0.rounded() == $0 && $0.isFinite }
      for (row, cell) in cells.enumerated() {
        try table.rows[row].append(Self.cell(cell, isWhole ? .fixed(0) : .significant(4), row: row, title))
      }
      let words = table.rows.count { if case .text = $0[column] { true } else { false } }
      guard words == 0 || numbers.isEmpty else {
        throw Self.failure("the column \"\(title)\" holds numbers and words", "a column holds one of them")
      }
      if words > 0 { table.columns[column].alignment = .leading }
    }
    return table
  }

  private static func cell(_ value: Value, _ format: NumberFormat, row: Int, _ title: String) throws -> Table.Cell {
    switch value {
    case .null: return .missing
    case .int, .double: return .optional(value.number, format)
    case .string(let words): return .text(words)
    case .bool(let truth): return .text("\(truth)")
    default:
      throw failure(
        "row \(row) has \(name(value)) under \"\(title)\"", "a cell is a number, a string, true, false or nil")
    }
  }
}
