// The evaluator walks the tree. This file has what all its parts share: frames, places of variables, errors.

/// The run of one cell.
final class Evaluator {
  let globals: Globals
  /// Another one while what a slider shows is gathered.
  var host: any CellHost
  var callDepth = 0
  private var warnings: Set<CellWarning> = []
  private let stackStart: Int
  private let stackSize: Int

  /// Calls of functions that may be open at once.
  static let callLimit = 512

  init(globals: Globals, host: any CellHost, stackSize: Int) {
    self.globals = globals
    self.host = host
    self.stackSize = stackSize
    stackStart = CellThread.stackPosition()
  }

  /// Another call still fits on the stack.
  var hasStack: Bool { abs(stackStart - CellThread.stackPosition()) < stackSize }

  /// How a list of statements ended.
  enum Flow {
    case next, breakLoop, continueLoop
    case returned(Value)
  }

  /// Passes a warning on, once.
  func warn(_ warning: CellWarning) {
    if warnings.insert(warning).inserted { host.warn(warning) }
  }

  /// Runs a cell's statements; the value is that of the last one, if it is an expression that has one.
  func run(_ code: FunctionCode) throws(CellError) -> Value? {
    for warning in Warnings.of(code, globals: globals) { warn(warning) }
    let frame = Frame(code, captured: [])
    var last: Value?
    for statement in code.body {
      if let last { leave(last) }
      if case .expression(let node) = statement.kind {
        try poll(statement.range, frame)
        let value = try evaluate(node, frame)
        if case .void = value { last = nil } else { last = value }
      } else {
        last = nil
        switch try execute(statement, frame) {
        case .returned(let value):
          if case .void = value { return nil }
          return value
        default: break
        }
      }
    }
    return last
  }

  /// A value that nothing uses, that of an expression on a line of its own or of a closure of `forEach`: it is gone,
  /// unless it is of a type that shows itself.
  func leave(_ value: Value) {
    guard case .object(let object) = value, globals.vocabulary.type(object.typeName)?.showsItself == true else {
      return
    }
    host.show(value)
  }

  // MARK: Errors

  func located(_ failure: CellFailure, _ range: SourceRange, _ source: SourceText) -> CellError {
    var failure = failure
    if let inner = failure.range, inner.start < range.start || inner.end > range.end { failure.range = nil }
    return CellError(failure, source, range)
  }

  func located(_ failure: CellFailure, _ node: Node, _ frame: Frame) -> CellError {
    located(failure, node.range, frame.code.source)
  }

  /// Stops the cell if the host wants that.
  func poll(_ range: SourceRange, _ frame: Frame) throws(CellError) {
    if host.isInterrupted { throw located(.interrupted(kept: ""), range, frame.code.source) }
  }

  /// Refuses what cannot be given a name or stored.
  func storable(_ value: Value, _ node: Node, _ frame: Frame) throws(CellError) -> Value {
    if case .void = value { throw located(.nothing("the right side"), node, frame) }
    return try shallow(value, node, frame)
  }

  /// Refuses values that are nested too deep.
  func shallow(_ value: Value, _ node: Node, _ frame: Frame) throws(CellError) -> Value {
    if value.depth > ValueLimits.depth { throw located(.valueTooDeep(ValueLimits.depth), node, frame) }
    return value
  }

  // MARK: Variables

  func read(_ reference: Reference, _ node: Node, _ frame: Frame) throws(CellError) -> Value {
    switch reference {
    case .local(let variable):
      if variable.isCaptured { return frame.box(variable).value }
      return frame.slots[variable.slot]
    case .captured(let index, _): return frame.captured[index].value
    case .global(let binding):
      if let value = binding.value { return value }
      let isCase = !globals.vocabulary.cases(named: binding.name).isEmpty
      throw located(.unknownName(binding.name, among: globals.names, isCase: isCase), node, frame)
    }
  }

  func declare(_ variable: LocalVariable, _ value: Value, _ frame: Frame) {
    if variable.isCaptured {
      frame.makeBox(variable, value)
    } else {
      frame.slots[variable.slot] = value
    }
  }

  /// Binds the names of a pattern to a value.
  func bind(_ pattern: Pattern, _ value: Value, _ frame: Frame) throws(CellError) {
    switch pattern {
    case .ignored: break
    case .local(let variable): declare(variable, value, frame)
    case .global(let binding, let isMutable): globals.declare(binding, value, isMutable: isMutable)
    case .tuple(let parts, let range):
      guard case .tuple(let tuple) = value, tuple.elements.count == parts.count else {
        throw located(.pattern(value, count: parts.count), range, frame.code.source)
      }
      for (part, element) in zip(parts, tuple.elements) { try bind(part, element, frame) }
    }
  }

  /// The value as an annotation wants it.
  func convert(_ value: Value, to type: TypeAnnotation?, _ range: SourceRange, _ frame: Frame) throws(CellError)
    -> Value
  {
    switch (type, value) {
    case (nil, _), (.other, _), (.int, .int), (.double, .double), (.string, .string), (.bool, .bool): return value
    case (.double, .int(let whole)): return .double(Double(whole))
    case (let type?, _):
      let name = [TypeAnnotation.int: "Int", .double: "Double", .string: "String", .bool: "Bool"][type] ?? ""
      throw located(.annotation(value, name), range, frame.code.source)
    }
  }
}

/// The variables of one call.
final class Frame {
  let code: FunctionCode
  let captured: [Box]
  var slots: [Value]
  private var boxes: [Box?] = []

  init(_ code: FunctionCode, captured: [Box]) {
    self.code = code
    self.captured = captured
    slots = [Value](repeating: .null, count: code.slotCount)
  }

  /// The box of a captured variable.
  func box(_ variable: LocalVariable) -> Box {
    if variable.slot < boxes.count, let box = boxes[variable.slot] { return box }
    return makeBox(variable, .null)
  }

  @discardableResult
  func makeBox(_ variable: LocalVariable, _ value: Value) -> Box {
    while boxes.count < slots.count { boxes.append(nil) }
    let box = Box(value)
    boxes[variable.slot] = box
    return box
  }
}
