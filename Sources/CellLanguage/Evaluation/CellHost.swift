// What the language needs of whoever runs it.

/// The host of a running cell.
package protocol CellHost: AnyObject, Sendable {
  /// Text that the cell prints.
  func write(_ text: String)
  /// A value that the cell wants displayed before it ends.
  func show(_ value: Value)
  /// Something in the cell that is legal and surely not meant, in a few lines; the cell goes on.
  func warn(_ warning: CellWarning)
  /// The cell should stop; read at every statement, so it must be cheap.
  var isInterrupted: Bool { get }
}

/// What a command body can reach while it runs.
///
/// It belongs to the thread that runs the cell.
package struct CellContext {
  let evaluator: Evaluator
  let source: SourceText
  let range: SourceRange

  /// The host, for a downcast to what it really is.
  package var host: any CellHost { evaluator.host }
  /// The vocabulary, for commands about commands.
  package var vocabulary: Vocabulary { evaluator.globals.vocabulary }
  /// The session's variables, in the order of declaration.
  package var variables: [(name: String, value: Value)] { evaluator.globals.variables }

  /// Prints text.
  package func write(_ text: String) { host.write(text) }

  /// Displays a value.
  package func show(_ value: Value) { host.show(value) }

  /// Says that something is legal and surely not meant; once for each place of a cell, however often it is passed.
  ///
  /// The caret stands under the argument that the warning names, else under the call.
  package func warn(_ warning: CellFailure, about arguments: Arguments) {
    // An argument that was written in another cell has its place there.
    let place = arguments.range(of: warning.argument).flatMap {
      $0.start >= range.start && $0.end <= range.end ? $0 : nil
    }
    evaluator.warn(CellWarning(warning, source, place ?? range))
  }

  /// The cell should stop.
  package var isInterrupted: Bool { host.isInterrupted }

  /// Throws `CellInterrupted` when the cell should stop.
  package func checkInterruption() throws {
    if host.isInterrupted { throw CellInterrupted() }
  }
}

extension Function {
  /// Calls this function with another host for as long as it runs; see `call(_:_:)`.
  package func call(
    _ arguments: [Value], _ context: CellContext, host: any CellHost
  ) throws(CellError) -> Value {
    let outer = context.evaluator.host
    context.evaluator.host = host
    defer { context.evaluator.host = outer }
    return try call(arguments, context)
  }

  /// Calls this function from a command body; an error carries the calls that led to it.
  package func call(_ arguments: [Value], _ context: CellContext) throws(CellError) -> Value {
    try context.evaluator.invoke(
      self, arguments.map { GivenArgument(value: $0) }, at: context.range, in: context.source)
  }
}
