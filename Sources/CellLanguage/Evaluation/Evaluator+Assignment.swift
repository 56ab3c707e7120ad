// Assignment: the right side first, then one walk from the variable to the element, in place.

extension Evaluator {
  /// One step from a variable towards what is assigned.
  enum Step {
    case index(Value, fallback: Value?)
    case member(String)
    case unwrap
  }

  func assign(
    _ target: Node, _ operation: BinaryOperator?, _ node: Node, _ frame: Frame
  ) throws(CellError) {
    let value = try storable(try evaluate(node, frame), node, frame)
    if case .tuple(_, let targets) = target.kind {
      guard operation == nil, case .tuple(let tuple) = value, tuple.elements.count == targets.count else {
        throw located(.pattern(value, count: targets.count), target, frame)
      }
      for (target, element) in zip(targets, tuple.elements) {
        try modify(target, frame) { $0 = element }
      }
      return
    }
    try modify(target, frame) { (place) throws(CellFailure) in
      guard let operation else { return place = value }
      try Operators.applyInPlace(operation, &place, value)
    }
  }

  /// Changes the place that an expression names.
  func modify<Result: Sendable>(
    _ target: Node, _ frame: Frame, _ body: (inout Value) throws(CellFailure) -> Result
  ) throws(CellError) -> Result {
    var steps: [Step] = []
    let reference = try path(to: target, &steps, frame)
    let all = steps
    func change(_ value: inout Value) throws(CellFailure) -> Result {
      let result = try Subscripts.modify(&value, all[...], body)
      if value.depth > ValueLimits.depth {
        value = .null
        throw .valueTooDeep(ValueLimits.depth)
      }
      return result
    }
    do {
      switch reference {
      case .local(let variable) where variable.isCaptured: return try frame.box(variable).modify(change)
      case .local(let variable): return try change(&frame.slots[variable.slot])
      case .captured(let index, _): return try frame.captured[index].modify(change)
      case .global(let binding):
        if let result = try binding.modify(change) { return result }
        throw CellFailure.undeclared(binding.name, among: globals.names)
      }
    } catch let failure as CellFailure {
      throw located(failure, target, frame)
    } catch {
      throw foreign(error, "assignment", target.range, frame.code.source)
    }
  }

  private func path(to node: Node, _ steps: inout [Step], _ frame: Frame) throws(CellError) -> Reference {
    switch node.kind {
    case .variable(let reference):
      switch reference {
      case .local(let variable), .captured(_, let variable):
        if !variable.isMutable { throw located(.constant(variable.name), node, frame) }
      case .global: break
      }
      return reference
    case .subscripted(let base, let arguments):
      let reference = try path(to: base, &steps, frame)
      let (key, fallback) = try subscriptIndex(arguments, node, frame)
      steps.append(.index(key, fallback: fallback))
      return reference
    case .member(let base, let name, _):
      let reference = try path(to: base, &steps, frame)
      steps.append(.member(name))
      return reference
    case .unwrap(let base), .optionalLink(let base):
      let reference = try path(to: base, &steps, frame)
      steps.append(.unwrap)
      return reference
    default: throw located(.notAssignable(frame.code.source.text(node.range)), node, frame)
    }
  }
}
