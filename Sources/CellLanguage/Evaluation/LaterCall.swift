// Functions that are called when their cell has long ended, such as what follows when a slider is moved.

/// A function, to be called from any thread and at any time.
package struct LaterCall: Sendable {
  private let function: Function
  private let globals: Globals
  private let source: SourceText
  private let range: SourceRange

  fileprivate init(_ function: Function, _ context: CellContext) {
    self.function = function
    globals = context.evaluator.globals
    source = context.source
    range = context.range
  }

  /// Calls it with these arguments; what it prints and whether it should stop is the host's.
  package func callAsFunction(_ arguments: [Value], host: any CellHost) throws(CellError) -> Value {
    let (function, globals, source, range) = (function, globals, source, range)
    return try CellThread.result { (stackSize) throws(CellError) in
      try Evaluator(globals: globals, host: host, stackSize: stackSize).invoke(
        function, arguments.map { GivenArgument(value: $0) }, at: range, in: source)
    }
  }
}

extension CellContext {
  /// The function, to be called after this cell.
  package func later(_ function: Function) -> LaterCall { LaterCall(function, self) }
}
