// A failure with its place and the calls that led there.

/// An error of a cell.
package struct CellError: Error, Sendable {
  /// What failed, why, and what to do.
  package var failure: CellFailure
  /// The text in which it happened.
  package let source: SourceText
  /// The part of the text that is at fault.
  package let range: SourceRange
  /// The calls that led there, innermost first.
  package internal(set) var calls: [Call] = []
  /// More text could repair it: the cell ends too early.
  var needsMoreText = false

  /// A call on the way to an error.
  package struct Call: Sendable {
    /// The function that was called.
    package let function: String
    /// The text that called it.
    package let source: SourceText
    /// The call.
    package let range: SourceRange
  }

  init(_ failure: CellFailure, _ source: SourceText, _ range: SourceRange) {
    self.failure = failure
    self.source = source
    self.range = failure.range ?? range
  }

  /// The short kind, such as `UnknownName`.
  package var ename: String { failure.kind.rawValue }

  /// What and why on one line.
  package var evalue: String {
    (failure.why.isEmpty ? failure.what : "\(failure.what): \(failure.why)").replacing("\n", with: " ")
  }

  /// The cell was interrupted.
  package var isInterruption: Bool { failure.kind == .interrupted }

  /// Where it happened.
  package var location: SourceText.Location { source.location(of: range.start) }
}
