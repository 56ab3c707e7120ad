// A table in another order of its rows.

extension Table {
  /// The column of a title.
  public func column(_ title: String) -> Int? { columns.firstIndex { $0.title == title } }

  /// The rows by what stands in a column: numbers by size, intervals by their lower ends, words by their characters.
  ///
  /// Numbers come before words; what is not known is last in either direction, and equal cells keep their order.
  public func sorted(byColumn column: Int, descending: Bool = false) -> Table {
    let keys = rows.map { row in row.indices.contains(column) ? row[column].key : .nothing }
    let order = rows.indices.sorted { a, b in
      if keys[a] == .nothing || keys[b] == .nothing {
        return keys[a] == keys[b] ? a < b : keys[b] == .nothing
      }
      if keys[a] == keys[b] { return a < b }
      return descending ? keys[b] < keys[a] : keys[a] < keys[b]
    }
    var table = self
    table.rows = order.map { rows[$0] }
    let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    table.highlighted = Set(
      highlighted.compactMap { position in
        places[position.row].map { Position(row: $0, column: position.column) }
      })
    return table
  }
}

/// What a cell is sorted by.
private enum SortKey: Equatable {
  case number(Double)
  case words(String)
  case nothing

  static func < (a: SortKey, b: SortKey) -> Bool {
    switch (a, b) {
    case (.number(let a), .number(let b)): a < b
    case (.words(let a), .words(let b)): a < b
    case (.number, .words): true
    default: false
    }
  }
}

extension Table.Cell {
  fileprivate var key: SortKey {
    switch self {
    case .text(let words): .words(words)
    case .number(let value, _): value.isNaN ? .nothing : .number(value)
    case .interval(let range, _): .number(range.lowerBound)
    case .missing: .nothing
    }
  }
}
