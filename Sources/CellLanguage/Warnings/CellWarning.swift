// A warning: what is legal and surely not meant. It looks like an error and stops nothing.

/// Something in a cell that does what it says and surely not what was meant.
package struct CellWarning: Sendable, Hashable, CustomStringConvertible {
  /// What was noticed, one clause.
  package let what: String
  /// Why it is worth a warning; empty when the first says it.
  package let why: String
  /// What to do instead.
  package let fix: String
  private let source: SourceText
  private let start: Int
  private let end: Int

  init(_ failure: CellFailure, _ source: SourceText, _ range: SourceRange) {
    what = failure.what
    why = failure.why
    fix = failure.fix
    self.source = source
    start = range.start
    end = range.end
  }

  /// The line and the column, from one.
  package var location: SourceText.Location { source.location(of: start) }

  /// What, why, the line with its caret, and what to do.
  package var description: String {
    var lines = ["warning: " + what]
    if !why.isEmpty { lines.append("  because " + why) }
    // Without the number of the cell, which stands above it: a notebook that is run again says the same.
    lines += CellError.excerpt(source, SourceRange(start: start, end: end), coloured: false).dropFirst()
    if !fix.isEmpty { lines.append(fix) }
    return lines.joined(separator: "\n")
  }

  /// The same words about the same place.
  package static func == (left: CellWarning, right: CellWarning) -> Bool {
    left.source === right.source && left.start == right.start && left.end == right.end && left.what == right.what
  }

  /// The place alone.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(start)
    hasher.combine(end)
  }
}
