// A failure before it has a place: thrown by commands and by every part that knows no source text. The evaluator turns it
// into a `CellError` with a caret.

/// What failed, why, and what to do.
package struct CellFailure: Error, Sendable {
  /// The sort of failure, as the front end names it.
  package enum Kind: String, Sendable {
    case syntax = "SyntaxError"
    case unknownName = "UnknownName"
    case unknownMember = "UnknownMember"
    case unknownLabel = "UnknownLabel"
    case unknownCase = "UnknownCase"
    case missingArgument = "MissingArgument"
    case wrongArgument = "WrongArgument"
    case typeMismatch = "TypeMismatch"
    case outOfRange = "OutOfRange"
    case constant = "ConstantAssigned"
    case divisionByZero = "DivisionByZero"
    case overflow = "Overflow"
    case tooLarge = "TooLarge"
    case recursion = "RecursionTooDeep"
    case unexpectedNil = "UnexpectedNil"
    case interrupted = "Interrupted"
    case failed = "CommandFailed"
  }

  /// The sort of failure.
  package var kind: Kind
  /// What failed, one clause without a full stop.
  package var what: String
  /// Why, one clause; empty when the first says it.
  package var why: String
  /// What to do next, one sentence or more; empty when there is nothing to say.
  package var fix: String
  /// The parameter whose argument is at fault: the caret goes there.
  package var argument: String?
  /// Where, when that is known better than by the place of the call.
  var range: SourceRange?
  /// An optional chain ends here; no failure that anyone sees.
  var endsChain = false

  /// A failure of a command.
  package init(
    _ what: String, _ why: String = "", fix: String = "", argument: String? = nil, kind: Kind = .failed
  ) {
    self.what = what
    self.why = why
    self.fix = fix
    self.argument = argument
    self.kind = kind
  }
}

/// Thrown by whoever notices that the host wants the cell to stop.
package struct CellInterrupted: Error, Sendable {
  /// What was kept, if anything.
  package let kept: String

  /// An interruption, with a sentence about what was kept.
  package init(kept: String = "") { self.kept = kept }
}
