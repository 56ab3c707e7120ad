// Statements.

extension Evaluator {
  func execute(_ statements: [Statement], _ frame: Frame) throws(CellError) -> Flow {
    for statement in statements {
      let flow = try execute(statement, frame)
      if case .next = flow { continue }
      return flow
    }
    return .next
  }

  func execute(_ statement: Statement, _ frame: Frame) throws(CellError) -> Flow {
    try poll(statement.range, frame)
    switch statement.kind {
    case .expression(let node): leave(try evaluate(node, frame))
    case .discard(let node): _ = try evaluate(node, frame)
    case .assignment(let target, let operation, let value): try assign(target, operation, value, frame)
    case .declaration(let pattern, let type, let node):
      let value = try storable(try evaluate(node, frame), node, frame)
      try bind(pattern, try convert(value, to: type, node.range, frame), frame)
    case .function(let pattern, let code): try declareFunction(pattern, code, frame)
    case .parameter(let binding, let node):
      globals.declare(binding, try storable(try evaluate(node, frame), node, frame), isMutable: true)
    case .ifElse(let clauses, let otherwise):
      for clause in clauses where try holds(clause.conditions, "if", frame) { return try execute(clause.body, frame) }
      if let otherwise { return try execute(otherwise, frame) }
    case .guardElse(let conditions, let otherwise):
      guard !(try holds(conditions, "guard", frame)) else { return .next }
      let flow = try execute(otherwise, frame)
      if case .next = flow {
        throw located(
          CellFailure(
            "the `else` of `guard` goes on", fix: "End it with `return`, `break` or `continue`.", kind: .syntax),
          statement.range, frame.code.source)
      }
      return flow
    case .forIn(let pattern, let sequence, let filter, let body):
      return try forIn(pattern, sequence, filter, body, frame)
    case .whileLoop(let conditions, let body):
      while try holds(conditions, "while", frame) {
        try poll(statement.range, frame)
        let flow = try execute(body, frame)
        if case .breakLoop = flow { break }
        if case .returned = flow { return flow }
      }
    case .repeatWhile(let body, let condition):
      repeat {
        try poll(statement.range, frame)
        let flow = try execute(body, frame)
        if case .breakLoop = flow { break }
        if case .returned = flow { return flow }
      } while try truth(condition, "the condition of `while`", frame)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    case .returnValue(let node):
      return .returned(try node.map { node throws(CellError) in try evaluate(node, frame) } ?? .void)
    }
    return .next
  }

  private func declareFunction(_ pattern: Pattern, _ code: FunctionCode, _ frame: Frame) throws(CellError) {
    try bind(pattern, .null, frame)
    let value = closure(code, frame)
    if case .local(let variable) = pattern, variable.isCaptured {
      frame.box(variable).value = value
    } else {
      try bind(pattern, value, frame)
    }
  }

  private func holds(_ conditions: [Condition], _ keyword: String, _ frame: Frame) throws(CellError) -> Bool {
    for condition in conditions {
      guard let binding = condition.binding else {
        guard try truth(condition.value, "the condition of `\(keyword)`", frame) else { return false }
        continue
      }
      let value = try evaluate(condition.value, frame)
      if case .null = value { return false }
      try bind(binding, value, frame)
    }
    return true
  }

  private func forIn(
    _ pattern: Pattern, _ sequence: Node, _ filter: Node?, _ body: [Statement], _ frame: Frame
  ) throws(CellError) -> Flow {
    let value = try evaluate(sequence, frame)
    let elements: Elements
    do {
      guard let found = try Elements(value) else { throw CellFailure.notIterable(value) }
      elements = found
    } catch { throw foreign(error, value.typeName, sequence.range, frame.code.source) }
    for index in 0..<elements.count {
      try poll(sequence.range, frame)
      let element: Value
      do { element = try elements[index] } catch {
        throw foreign(error, value.typeName, sequence.range, frame.code.source)
      }
      try bind(pattern, element, frame)
      if let filter, !(try truth(filter, "the `where` of `for`", frame)) { continue }
      let flow = try execute(body, frame)
      if case .breakLoop = flow { break }
      if case .returned = flow { return flow }
    }
    return .next
  }

  /// An `if` that is a value: the value of the branch that is taken.
  func ifExpression(
    _ clauses: [IfClause], _ otherwise: [Statement]?, _ node: Node, _ frame: Frame
  ) throws(CellError) -> Value {
    for clause in clauses where try holds(clause.conditions, "if", frame) {
      return try branch(clause.body, node, frame)
    }
    return try branch(otherwise ?? [], node, frame)
  }

  private func branch(_ body: [Statement], _ node: Node, _ frame: Frame) throws(CellError) -> Value {
    for (index, statement) in body.enumerated() {
      if index == body.count - 1 {
        if case .expression(let last) = statement.kind { return try evaluate(last, frame) }
        if case .ifElse(let clauses, let otherwise) = statement.kind {
          return try ifExpression(clauses, otherwise, node, frame)
        }
      }
      let flow = try execute(statement, frame)
      if case .returned(let value) = flow { return value }
      if case .next = flow { continue }
      break
    }
    return .void
  }
}
