// Expressions.

extension Evaluator {
  func evaluate(_ node: Node, _ frame: Frame) throws(CellError) -> Value {
    switch node.kind {
    case .literal(let value): return value
    case .variable(let reference): return try read(reference, node, frame)
    case .binary(let operation, let left, let right): return try binary(operation, left, right, node, frame)
    case .call(let callee, let arguments): return try call(callee, arguments, node, frame)
    case .member(let base, let name, let range):
      return try member(name, of: try evaluate(base, frame), range, frame)
    case .subscripted(let base, let arguments): return try subscripted(base, arguments, node, frame)
    default: return try evaluateRare(node, frame)
    }
  }

  /// The kinds that loops seldom meet.
  private func evaluateRare(_ node: Node, _ frame: Frame) throws(CellError) -> Value {
    switch node.kind {
    case .interpolation(let parts): return try interpolate(parts, node, frame)
    case .array(let elements): return try shallow(.list(try evaluateAll(elements, frame)), node, frame)
    case .dictionary(let pairs): return try dictionary(pairs, node, frame)
    case .tuple(let labels, let elements):
      if elements.isEmpty { return .void }
      let tuple = ValueTuple(elements: try evaluateAll(elements, frame), labels: labels)
      return try shallow(.tuple(tuple), node, frame)
    case .closure(let code): return try shallow(closure(code, frame), node, frame)
    case .operatorFunction(let operation): return .function(Function(.operation(operation)))
    case .negate(let operand): return try negate(try evaluate(operand, frame), node, frame)
    case .not(let operand): return .bool(!(try truth(operand, "what `!` turns around", frame)))
    case .openRange(let lower, let upper, let isClosed):
      return .range(
        ValueRange(
          lower: try bound(lower, frame), upper: try bound(upper, frame), isClosed: isClosed))
    case .conditional(let condition, let first, let second):
      return try evaluate(try truth(condition, "the condition of `? :`", frame) ? first : second, frame)
    case .ifExpression(let clauses, let otherwise): return try ifExpression(clauses, otherwise, node, frame)
    case .implicitMember(let name, let arguments):
      let given = try evaluateArguments(arguments, frame)
      return try shallow(
        .implicit(ImplicitMember(name: name, arguments: given, range: node.range)), node, frame)
    case .unwrap(let operand):
      let value = try evaluate(operand, frame)
      if case .null = value { throw located(.unexpectedNil, node, frame) }
      return value
    case .optionalLink(let operand):
      let value = try evaluate(operand, frame)
      guard case .null = value else { return value }
      var end = CellFailure("", kind: .unexpectedNil)
      end.endsChain = true
      throw located(end, node, frame)
    case .optionalChain(let chain):
      do { return try evaluate(chain, frame) } catch {
        if error.failure.endsChain { return .null }
        throw error
      }
    default: return try evaluate(node, frame)
    }
  }

  private func evaluateAll(_ nodes: [Node], _ frame: Frame) throws(CellError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(nodes.count)
    for node in nodes {
      let value = try evaluate(node, frame)
      if case .void = value { throw located(.nothing("this element"), node, frame) }
      values.append(value)
    }
    return values
  }

  private func interpolate(_ parts: [Node], _ node: Node, _ frame: Frame) throws(CellError) -> Value {
    var text = ""
    for part in parts { text += try evaluate(part, frame).description }
    guard text.utf8.count <= ValueLimits.stringBytes else {
      throw located(.tooLarge("the string", limit: ValueLimits.stringBytes, "bytes"), node, frame)
    }
    return .string(text)
  }

  private func dictionary(
    _ pairs: [(key: Node, value: Node)], _ node: Node, _ frame: Frame
  ) throws(CellError) -> Value {
    var result = ValueDictionary()
    for pair in pairs {
      let key = try evaluate(pair.key, frame)
      guard result.set(key, try evaluate(pair.value, frame)) else { throw located(.notKey(key), pair.key, frame) }
    }
    return try shallow(.dictionary(result), node, frame)
  }

  func closure(_ code: FunctionCode, _ frame: Frame) -> Value {
    let boxes = code.captures.map { reference in
      switch reference {
      case .local(let variable): frame.box(variable)
      case .captured(let index, _): frame.captured[index]
      case .global: Box(.null)
      }
    }
    return .function(Function(.code(code, boxes)))
  }

  private func bound(_ node: Node?, _ frame: Frame) throws(CellError) -> Int? {
    guard let node else { return nil }
    let value = try evaluate(node, frame)
    guard case .int(let number) = value else { throw located(.rangeBounds(value), node, frame) }
    return number
  }

  private func negate(_ value: Value, _ node: Node, _ frame: Frame) throws(CellError) -> Value {
    switch value {
    case .int(let number):
      let (result, overflows) = (0).subtractingReportingOverflow(number)
      guard !overflows else { throw located(.overflow("-(\(number))"), node, frame) }
      return .int(result)
    case .double(let number): return .double(-number)
    case .vector(let vector): return .reals(vector.elements.map { -$0 })
    case .object where value.arithmeticObject != nil:
      do { return try Operators.apply(.subtract, .int(0), value) } catch { throw located(error, node, frame) }
    default: throw located(.operand("-", value), node, frame)
    }
  }

  func truth(_ node: Node, _ place: String, _ frame: Frame) throws(CellError) -> Bool {
    let value = try evaluate(node, frame)
    if case .bool(let truth) = value { return truth }
    throw located(.notTruth(value, place), node, frame)
  }

  private func binary(
    _ operation: BinaryOperator, _ left: Node, _ right: Node, _ node: Node, _ frame: Frame
  ) throws(CellError) -> Value {
    switch operation {
    case .and:
      guard try truth(left, "the left side of `&&`", frame) else { return false }
      return .bool(try truth(right, "the right side of `&&`", frame))
    case .or:
      if try truth(left, "the left side of `||`", frame) { return true }
      return .bool(try truth(right, "the right side of `||`", frame))
    case .coalesce:
      let value = try evaluate(left, frame)
      if case .null = value { return try evaluate(right, frame) }
      return value
    default: break
    }
    let first = try evaluate(left, frame)
    let second = try evaluate(right, frame)
    if case .int(let a) = first, case .int(let b) = second, let quick = Operators.quick(operation, a, b) {
      return quick
    }
    do { return try Operators.apply(operation, first, second) } catch { throw located(error, node, frame) }
  }

  // MARK: Members and subscripts

  func member(_ name: String, of value: Value, _ range: SourceRange, _ frame: Frame) throws(CellError) -> Value {
    if case .tuple(let tuple) = value, let index = tuple.index(of: name) { return tuple.elements[index] }
    let type = globals.vocabulary.type(value.typeName)
    if let member = type?.member(name) {
      do { return try member.read(value) } catch { throw foreign(error, name, range, frame.code.source) }
    }
    if case .object(let object) = value, let further = object.furtherMember(name) { return further }
    if let method = type?.method(name) {
      throw located(.methodWithoutCall(method, of: value.typeName), range, frame.code.source)
    }
    throw located(.unknownMember(name, of: value, names: memberNames(of: value)), range, frame.code.source)
  }

  func memberNames(of value: Value) -> [String] {
    var names = globals.vocabulary.type(value.typeName)?.names ?? []
    switch value {
    case .tuple(let tuple): names = tuple.labels.enumerated().map { $1 ?? "\($0)" } + names
    case .object(let object): names += object.furtherMembers
    default: break
    }
    return names
  }

  private func subscripted(
    _ base: Node, _ arguments: [ArgumentNode], _ node: Node, _ frame: Frame
  ) throws(CellError) -> Value {
    let value = try evaluate(base, frame)
    let index = try subscriptIndex(arguments, node, frame)
    do {
      return try Subscripts.read(value, index.key, default: index.fallback)
    } catch let failure as CellFailure {
      throw located(failure, arguments[0].range, frame.code.source)
    } catch {
      throw foreign(error, value.typeName, node.range, frame.code.source)
    }
  }

  func subscriptIndex(
    _ arguments: [ArgumentNode], _ node: Node, _ frame: Frame
  ) throws(CellError) -> (key: Value, fallback: Value?) {
    guard let first = arguments.first, first.label == nil else {
      throw located(CellFailure("a subscript needs an index", kind: .missingArgument), node, frame)
    }
    let key = try evaluate(first.value, frame)
    if arguments.count == 1 { return (key, nil) }
    guard arguments.count == 2, arguments[1].label == "default" else {
      throw located(
        CellFailure("a subscript takes one index", "only `default:` may follow it", kind: .wrongArgument), node, frame)
    }
    return (key, try evaluate(arguments[1].value, frame))
  }
}
