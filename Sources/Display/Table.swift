// A table as a value: what stands in it and what its columns mean. How it looks is `Table+Rendering.swift`.

import JSONValues

/// Rows under titled columns, shown as a table wherever the reader is.
public struct Table: Sendable, Equatable {
  /// Where the text of a column stands.
  public enum Alignment: Sendable, Equatable {
    case leading, center, trailing
  }

  /// One column: its title, and what a reader needs to understand the numbers under it.
  public struct Column: Sendable, Equatable {
    /// The title.
    public var title: String
    /// The unit of every number in the column, shown with the title.
    public var unit: String?
    /// Numbers read best when trailing, words when leading.
    public var alignment: Alignment
    /// What the column says, in one line.
    public var meaning: String?

    /// A column; numbers, the usual case, are aligned at their end.
    public init(_ title: String, unit: String? = nil, alignment: Alignment = .trailing, meaning: String? = nil) {
      self.title = title
      self.unit = unit
      self.alignment = alignment
      self.meaning = meaning
    }

    var heading: String { unit.map { "\(title) (\($0))" } ?? title }
  }

  /// What stands in one place.
  public enum Cell: Sendable, Equatable, ExpressibleByStringLiteral {
    /// Words.
    case text(String)
    /// A number and how to write it.
    case number(Double, NumberFormat)
    /// From one number to another, and how to write both.
    case interval(ClosedRange<Double>, NumberFormat)
    /// Nothing is known; shows as a dash.
    case missing

    /// Words, as a literal.
    public init(stringLiteral value: String) { self = .text(value) }

    /// A number where there is one.
    public static func optional(_ value: Double?, _ format: NumberFormat) -> Cell {
      value.map { .number($0, format) } ?? .missing
    }

    var text: String {
      switch self {
      case .text(let words): words
      case .number(let value, let format): format.text(value)
      case .interval(let range, let format): "\(format.text(range.lowerBound)) … \(format.text(range.upperBound))"
      case .missing: NumberFormat.missing
      }
    }
  }

  /// A place in the table, counted from zero.
  public struct Position: Sendable, Hashable {
    /// The row, without the heading.
    public var row: Int
    /// The column.
    public var column: Int
    /// A place.
    public init(row: Int, column: Int) {
      self.row = row
      self.column = column
    }
  }

  /// What the whole table shows, one line above it.
  public var caption: String?
  /// A line below the caption in a quieter hand, such as a formula.
  public var subtitle: String?
  /// The columns.
  public var columns: [Column]
  /// The rows; a short one is filled with missing cells, what is beyond the last column is not shown.
  public var rows: [[Cell]]
  /// Cells that stand out: bold and tinted, marked with `*` where there is only text.
  public var highlighted: Set<Position> = []
  /// What it means to be highlighted, such as "best of its column".
  public var highlightMeaning: String?
  /// At most this many rows are shown; the middle of a longer table is left out, with a line that says so.
  public var rowLimit = 60

  /// A table of these columns.
  public init(caption: String? = nil, columns: [Column], rows: [[Cell]] = []) {
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }

  /// The table as html, markdown and aligned plain text.
  public func bundle() -> MIMEBundle {
    MIMEBundle(plain: plainText(), ["text/html": .string(html()), "text/markdown": .string(markdown())])
  }
}
