// A session: bindings that live from cell to cell, and the door through which a kernel comes.

/// Cells that share their top-level names.
///
/// One thread runs cells; any thread may complete and inspect meanwhile.
package final class CellSession: Sendable {
  /// The commands and types that its cells know.
  package let vocabulary: Vocabulary
  let globals: Globals

  /// A session without variables.
  package init(vocabulary: Vocabulary = Vocabulary()) {
    self.vocabulary = vocabulary
    globals = Globals(vocabulary: vocabulary)
  }

  /// Runs a cell: the value of its last expression, or nil when there is nothing to show.
  ///
  /// A cell that fails keeps what it declared before. `name` is how errors call the cell, such as `cell 3`.
  @discardableResult
  package func run(
    _ source: String, name: String = "cell", host: any CellHost
  ) throws(CellError) -> Value? {
    let text = SourceText(source, name: name)
    let globals = globals
    return try CellThread.result { (stackSize) throws(CellError) in
      try Evaluator(globals: globals, host: host, stackSize: stackSize).run(try Parser.parse(text, globals: globals))
    }
  }

  /// What a cell would be warned of before it ran, without running it.
  package func warnings(of source: String) throws(CellError) -> [CellWarning] {
    let text = SourceText(source)
    let globals = globals
    return try CellThread.result { _ throws(CellError) in
      Warnings.of(try Parser.parse(text, globals: globals), globals: globals)
    }
  }

  /// The value of one expression, for `user_expressions` and the like.
  package func evaluate(expression: String, host: any CellHost) throws(CellError) -> Value {
    try run(expression, name: "expression", host: host) ?? .void
  }

  /// The variables in the order of their declaration.
  package var bindings: [(name: String, value: Value)] { globals.variables }

  /// The value of a variable.
  package subscript(name: String) -> Value? { globals.variable(name) }

  /// Declares a variable from outside.
  package func declare(_ name: String, _ value: Value) {
    globals.declare(globals.binding(name), value, isMutable: true)
  }
}
