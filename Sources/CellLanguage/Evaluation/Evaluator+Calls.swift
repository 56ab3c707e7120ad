// Calls: of functions and closures, of commands, of methods.

extension Evaluator {
  func call(
    _ callee: Node, _ arguments: [ArgumentNode], _ node: Node, _ frame: Frame
  ) throws(CellError) -> Value {
    if case .member(let base, let name, let range) = callee.kind {
      return try callMethod(name, range, of: base, arguments, node, frame)
    }
    let value = try evaluate(callee, frame)
    guard let function = value.function ?? hiddenCommand(callee) else {
      throw located(.notCallable(value), callee, frame)
    }
    let given = try evaluateArguments(arguments, frame)
    return try shallow(try invoke(function, given, at: node.range, in: frame.code.source), node, frame)
  }

  /// The command of a name that means something else here, but no function: nothing else can be meant by a call.
  private func hiddenCommand(_ callee: Node) -> Function? {
    guard case .variable(let reference) = callee.kind else { return nil }
    switch reference {
    case .global(let binding): return binding.command
    case .local(let variable), .captured(_, let variable):
      return globals.vocabulary.command(variable.name).map { Function(command: $0) }
    }
  }

  private func callMethod(
    _ name: String, _ range: SourceRange, of base: Node, _ arguments: [ArgumentNode], _ node: Node, _ frame: Frame
  ) throws(CellError) -> Value {
    var receiver = try evaluate(base, frame)
    if let method = globals.vocabulary.type(receiver.typeName)?.method(name) {
      let given = try evaluateArguments(arguments, frame)
      if case .mutation(let change) = method.body {
        receiver = .void
        let matched = try match(method, given, node.range, frame.code.source)
        let result = try mutate(base, method, range, frame) { (value) throws(CellFailure) in
          do { return try change(&value, matched) } catch let failure as CellFailure { throw failure } catch {
            throw .foreign(error, in: name)
          }
        }
        return result
      }
      let source = frame.code.source
      return try shallow(
        try perform(method, receiver: receiver, given, at: node.range, in: source), node, frame)
    }
    if case .null = receiver {
      throw located(.unknownMember(name + "()", of: receiver, names: []), range, frame.code.source)
    }
    let value: Value
    if memberNames(of: receiver).contains(name) {
      value = try member(name, of: receiver, range, frame)
    } else {
      throw located(
        .unknownMember(name, of: receiver, names: memberNames(of: receiver)), range, frame.code.source)
    }
    guard case .function(let function) = value else {
      throw located(.memberCalled(name, of: receiver.typeName), range, frame.code.source)
    }
    return try invoke(
      function, try evaluateArguments(arguments, frame), at: node.range, in: frame.code.source)
  }

  private func mutate(
    _ base: Node, _ method: Command, _ range: SourceRange, _ frame: Frame,
    _ change: (inout Value) throws(CellFailure) -> Value
  ) throws(CellError) -> Value {
    switch base.kind {
    case .variable, .subscripted, .member, .unwrap, .optionalLink: return try modify(base, frame, change)
    default: throw located(.notMutable(method.name), range, frame.code.source)
    }
  }

  func evaluateArguments(_ arguments: [ArgumentNode], _ frame: Frame) throws(CellError) -> [GivenArgument] {
    var given: [GivenArgument] = []
    given.reserveCapacity(arguments.count)
    for argument in arguments {
      let value = try evaluate(argument.value, frame)
      if case .void = value { throw located(.nothing("the argument"), argument.value, frame) }
      given.append(
        GivenArgument(label: argument.label, value: value, range: argument.range, isTrailing: argument.isTrailing))
    }
    return given
  }

  /// Calls a function of any kind.
  func invoke(
    _ function: Function, _ given: [GivenArgument], at range: SourceRange, in source: SourceText
  ) throws(CellError) -> Value {
    switch function.body {
    case .command(let command): return try perform(command, receiver: .void, given, at: range, in: source)
    case .code(let code, let boxes): return try run(code, boxes, given, at: range, in: source)
    case .operation(let operation):
      guard given.count == 2 else {
        throw located(.argumentCount("operator", taken: 2, given: given.count), range, source)
      }
      do { return try Operators.apply(operation, given[0].value, given[1].value) } catch {
        throw located(error, range, source)
      }
    }
  }

  // MARK: Functions of cells

  private func run(
    _ code: FunctionCode, _ boxes: [Box], _ given: [GivenArgument], at range: SourceRange, in source: SourceText
  ) throws(CellError) -> Value {
    guard callDepth < Evaluator.callLimit, hasStack else {
      throw located(.recursion(code.name, limit: Evaluator.callLimit), range, source)
    }
    if host.isInterrupted { throw located(.interrupted(kept: ""), range, source) }
    callDepth += 1
    defer { callDepth -= 1 }
    let frame = Frame(code, captured: boxes)
    try bindArguments(given, frame, at: range, in: source)
    do {
      guard case .returned(let value) = try execute(code.body, frame) else { return .void }
      return try convert(value, to: code.result, code.body.last?.range ?? code.range, frame)
    } catch {
      var error = error
      error.calls.append(CellError.Call(function: code.name, source: source, range: range))
      throw error
    }
  }

  private func bindArguments(
    _ given: [GivenArgument], _ frame: Frame, at range: SourceRange, in source: SourceText
  ) throws(CellError) {
    let code = frame.code
    let parameters = code.parameters
    if code.isClosure {
      var values = given
      if values.count == 1, parameters.count > 1, case .tuple(let tuple) = values[0].value {
        values = tuple.elements.map { GivenArgument(value: $0) }
      }
      guard values.count == parameters.count else {
        throw located(.argumentCount("closure", taken: parameters.count, given: values.count), range, source)
      }
      for (parameter, argument) in zip(parameters, values) {
        try bind(parameter, argument.value, frame, argument.range)
      }
      return
    }
    if given.count == parameters.count,
      zip(given, parameters).allSatisfy({ $0.label == $1.label && !$0.isTrailing })
    {
      for (parameter, argument) in zip(parameters, given) { try bind(parameter, argument.value, frame, argument.range) }
      return
    }
    let places: [[Int]]
    do {
      places = try ArgumentMatching.places(
        of: given, owner: code.name, signature: code.signature,
        shapes: parameters.map { ArgumentMatching.Shape(label: $0.label) })
    } catch { throw located(error, range, source) }
    for (parameter, places) in zip(parameters, places) {
      if let place = places.first {
        try bind(parameter, given[place].value, frame, given[place].range)
      } else if let node = parameter.defaultValue {
        try bind(parameter, try evaluate(node, frame), frame, node.range)
      } else {
        throw located(
          .missingArgument(
            parameter.label.map { $0 + ":" } ?? parameter.name, of: code.name, signature: code.signature),
          range, source)
      }
    }
  }

  private func bind(
    _ parameter: FunctionParameter, _ value: Value, _ frame: Frame, _ range: SourceRange?
  ) throws(CellError) {
    let converted =
      parameter.type == nil ? value : try convert(value, to: parameter.type, frame.code.range, frame)
    try bind(parameter.pattern, converted, frame)
  }

  // MARK: Commands

  private func match(
    _ command: Command, _ given: [GivenArgument], _ range: SourceRange, _ source: SourceText
  ) throws(CellError) -> Arguments {
    do {
      return try ArgumentMatching.match(
        given, with: command.parameters, owner: command.name, signature: command.callSignature)
    } catch { throw located(error, range, source) }
  }

  /// Checks the arguments of a command and runs its body.
  func perform(
    _ command: Command, receiver: Value, _ given: [GivenArgument], at range: SourceRange, in source: SourceText
  ) throws(CellError) -> Value {
    if host.isInterrupted { throw located(.interrupted(kept: ""), range, source) }
    guard hasStack, case .action(let action) = command.body else {
      throw located(
        hasStack ? .notMutable(command.name) : .recursion(command.name, limit: Evaluator.callLimit), range, source)
    }
    if case .void = receiver, let object = given.lazy.compactMap(\.value.arithmeticObject).first {
      do {
        if let result = try object.apply(command: command.name, given.map(\.value)) { return result }
      } catch {
        throw located(error, range, source)
      }
    }
    var arguments = try match(command, given, range, source)
    arguments.receiver = receiver
    do {
      return try action(arguments, CellContext(evaluator: self, source: source, range: range))
    } catch var failure as CellFailure {
      if let name = failure.argument, let place = command.parameters.firstIndex(where: { $0.name == name }) {
        failure.range = arguments.ranges[place]
      }
      throw located(failure, range, source)
    } catch var error as CellError {
      error.calls.append(CellError.Call(function: command.name, source: source, range: range))
      throw error
    } catch {
      throw foreign(error, command.name, range, source)
    }
  }

  /// An error of the host as an error of the cell.
  func foreign(_ error: any Error, _ name: String, _ range: SourceRange, _ source: SourceText) -> CellError {
    switch error {
    case let error as CellError: error
    case let failure as CellFailure: located(failure, range, source)
    case let interruption as CellInterrupted: located(.interrupted(kept: interruption.kept), range, source)
    default: located(.foreign(error, in: name), range, source)
    }
  }
}

extension Value {
  /// The function, if it is one.
  fileprivate var function: Function? { if case .function(let function) = self { function } else { nil } }
}
