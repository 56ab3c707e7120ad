// A session: bindings that live from cell to cell, and the door through which a kernel comes.

import Synchronization

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
    return try Self.onThread { stackSize throws(CellError) in
      let evaluator = Evaluator(globals: globals, host: host, stackSize: stackSize)
      return try evaluator.run(try Parser.parse(text, globals: globals))
    }
  }

  /// What a cell would be warned of before it ran, without running it.
  package func warnings(of source: String) throws(CellError) -> [CellWarning] {
    let text = SourceText(source)
    let globals = globals
    return try Self.onThread { _ throws(CellError) in
      Warnings.of(try Parser.parse(text, globals: globals), globals: globals)
    }
  }

  /// What a body comes to on a thread whose stack is large enough for any cell; it learns the size of that stack.
  private static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable (Int) throws(CellError) -> Value
  ) throws(CellError) -> Value {
    let outcome = Outcome<Value>()
    CellThread.run { stackSize in
      let result = Result { () throws(CellError) in try body(stackSize) }
      outcome.result.withLock { $0 = result }
    }
    guard let result = outcome.result.withLock({ $0 }) else { preconditionFailure("the thread has ended") }
    return try result.get()
  }

  /// What a thread hands to the one that waits for it.
  private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, CellError>?>(nil)
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
