// Figures and tables as cells hold them: values that show themselves, and that can be written as files.

import CellLanguage
import Display

/// A plot, strips of tokens, or a pair of distributions.
struct FigureObject: CellObject, Pictured {
  let figure: any Figure
  /// What it shows, in one line.
  let summary: String

  var typeName: String { "Figure" }

  func picture() -> MIMEBundle { figure.bundle() }
}

/// A table whose columns and rows are values.
struct TableObject: CellObject, Pictured {
  let table: Table

  init(_ table: Table) { self.table = table }

  var typeName: String { "Table" }
  var summary: String {
    "\(table.caption.map { $0 + ": " } ?? "")\(table.rows.count) rows of \(titles.joined(separator: ", "))"
  }
  var elementCount: Int? { table.rows.count }
  var titles: [String] { table.columns.map(\.title) }

  func picture() -> MIMEBundle { table.bundle() }

  func element(at index: Value) throws -> Value {
    switch index {
    case .string(let title): return column(try place(of: title, argument: nil))
    case .range(let range):
      guard let places = range.indices(within: table.rows.count) else {
        throw CellFailure.slice(range, count: table.rows.count)
      }
      var part = table
      part.rows = Array(table.rows[places])
      part.highlighted = Set(
        table.highlighted.filter { places.contains($0.row) }.map {
          Table.Position(row: $0.row - places.lowerBound, column: $0.column)
        })
      return .object(TableObject(part))
    default: return try elements(at: index, row)
    }
  }

  /// Columns whose titles are names can be read as members.
  var furtherMembers: [String] {
    titles.filter { title in
      title.first?.isLetter == true && title.allSatisfy { $0.isLetter || $0.isNumber }
    }
  }

  func furtherMember(_ name: String) -> Value? {
    furtherMembers.contains(name) ? table.column(name).map(column) : nil
  }

  var keys: [String] { titles }

  /// The cells of a row.
  func row(_ place: Int) -> Value {
    .list(table.columns.indices.map { value(table.rows[place], $0) })
  }

  /// A column: a vector where it holds numbers, NaN where none is known; an array of anything else.
  func column(_ place: Int) -> Value {
    let cells = table.rows.map { value($0, place) }
    let isNumeric = cells.allSatisfy { cell in
      if case .null = cell { true } else { cell.number != nil }
    }
    guard isNumeric, cells.contains(where: { $0.number != nil }) else { return .list(cells) }
    return .reals(cells.map { $0.number ?? .nan })
  }

  private func value(_ row: [Table.Cell], _ column: Int) -> Value {
    guard row.indices.contains(column) else { return .null }
    switch row[column] {
    case .text(let words): return .string(words)
    case .number(let number, _): return .double(number)
    case .interval(let range, _): return .reals([range.lowerBound, range.upperBound])
    case .missing: return .null
    }
  }

  /// The column of a title; throws where there is none.
  func place(of title: String, argument: String?) throws -> Int {
    if let place = table.column(title) { return place }
    throw CellFailure(
      "this table has no column \"\(title)\"",
      "its columns are \(titles.map { "\"\($0)\"" }.joined(separator: ", "))",
      fix: CellFailure.suggestion(title, among: titles) { "\"\($0)\"" }, argument: argument, kind: .unknownName)
  }
}

/// An object that can be read as a table.
protocol Tabular: CellObject {
  /// The table.
  func table() -> Table
}
