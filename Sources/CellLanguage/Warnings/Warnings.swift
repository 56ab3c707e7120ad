// One walk over the tree of a cell, before it runs, for what is legal and surely not meant: results that are made and
// dropped, and names that hide commands. It warns only where it is certain, so what it cannot see it leaves alone.

/// The search for what was not meant.
struct Warnings {
  private let globals: Globals
  private let source: SourceText
  private var found: [CellWarning] = []
  /// Commands that this cell has hidden so far.
  private var hidden: Set<String> = []

  private init(globals: Globals, source: SourceText) {
    self.globals = globals
    self.source = source
  }

  /// What a cell should be told before it runs, in the order of its lines.
  static func of(_ code: FunctionCode, globals: Globals) -> [CellWarning] {
    var warnings = Warnings(globals: globals, source: code.source)
    for (index, statement) in code.body.enumerated() {
      if index == code.body.count - 1, case .expression(let node) = statement.kind {
        warnings.expression(node)
      } else {
        warnings.statement(statement, dropping: { .dropped($0, isLast: false, shows: $1) })
      }
    }
    return warnings.found
  }

  private mutating func warn(_ failure: CellFailure, _ range: SourceRange) {
    found.append(CellWarning(failure, source, range))
  }

  // MARK: Statements

  /// The words for a dropped value, from its text and the command that would show it.
  private typealias Words = @Sendable (String, String) -> CellFailure

  private static let inBlock: Words = { .dropped($0, isLast: true, shows: $1) }

  private mutating func statement(_ statement: Statement, dropping words: Words) {
    switch statement.kind {
    case .expression(let node):
      expression(node)
      dropped(node, words)
    case .discard(let node): expression(node)
    case .assignment(_, _, let node): expression(node)
    case .declaration(let pattern, _, let node):
      expression(node)
      hides(pattern, statement.range, isFunction: node.isFunction)
    case .parameter(let binding, let node):
      expression(node)
      hides(.global(binding, isMutable: true), statement.range, isFunction: false)
    case .function(let pattern, let code):
      hides(pattern, statement.range, isFunction: true)
      body(code)
    case .ifElse(let clauses, let otherwise):
      for clause in clauses {
        for condition in clause.conditions { expression(condition.value) }
        block(clause.body)
      }
      block(otherwise ?? [])
    case .guardElse(let conditions, let otherwise):
      for condition in conditions { expression(condition.value) }
      block(otherwise)
    case .forIn(_, let sequence, let filter, let body):
      expression(sequence)
      if let filter { expression(filter) }
      block(body)
    case .whileLoop(let conditions, let body):
      for condition in conditions { expression(condition.value) }
      block(body)
    case .repeatWhile(let body, let condition):
      block(body)
      expression(condition)
    case .returnValue(let node):
      if let node { expression(node) }
    case .breakLoop, .continueLoop: break
    }
  }

  private mutating func block(_ statements: [Statement]) {
    for one in statements { statement(one, dropping: Self.inBlock) }
  }

  /// The body of a function or closure, whose last line may have been meant as its result.
  private mutating func body(_ code: FunctionCode) {
    for (index, one) in code.body.enumerated() {
      let isLast = index == code.body.count - 1 && index > 0
      statement(one, dropping: isLast ? { text, _ in .unreturned(text) } : Self.inBlock)
    }
  }

  // MARK: Names

  private mutating func hides(_ pattern: Pattern, _ range: SourceRange, isFunction: Bool) {
    switch pattern {
    case .global(let binding, _):
      guard binding.command != nil else { return }
      hidden.insert(binding.name)
      warn(.shadowing(binding.name, isFunction: isFunction), place(of: binding.name, in: range))
    case .tuple(let parts, let range):
      for part in parts { hides(part, range, isFunction: false) }
    case .ignored, .local: break
    }
  }

  /// Where a declaration writes a name.
  private func place(of name: String, in range: SourceRange) -> SourceRange {
    let declared = SourceText(source.text(range))
    let token = Lexer.tokens(of: declared).first { declared.text($0.range).filter { $0 != "`" } == name }
    return token.map { SourceRange(start: range.start + $0.range.start, end: range.start + $0.range.end) } ?? range
  }

  /// The command that a call of a node calls, unless a variable may hide it.
  private func command(_ node: Node) -> Command? {
    guard case .variable(.global(let binding)) = node.kind, !hidden.contains(binding.name) else { return nil }
    if case .function? = binding.declared { return nil }
    return binding.command?.command
  }

  // MARK: Expressions

  /// Looks into the closures of an expression, and into the branches of one that is an `if`.
  private mutating func expression(_ node: Node) {
    switch node.kind {
    case .closure(let code): body(code)
    case .ifExpression(let clauses, let otherwise):
      for clause in clauses {
        for condition in clause.conditions { expression(condition.value) }
        branch(clause.body)
      }
      branch(otherwise ?? [])
    default: for child in node.children { expression(child) }
    }
  }

  /// A branch of an `if` that is a value: its last expression is the value.
  private mutating func branch(_ statements: [Statement]) {
    for (index, one) in statements.enumerated() {
      if index == statements.count - 1, case .expression(let node) = one.kind {
        expression(node)
      } else if index == statements.count - 1, case .ifElse(let clauses, let otherwise) = one.kind {
        for clause in clauses { branch(clause.body) }
        branch(otherwise ?? [])
      } else {
        statement(one, dropping: Self.inBlock)
      }
    }
  }

  /// A value that nobody uses.
  private mutating func dropped(_ node: Node, _ words: Words) {
    if case .call(let callee, let arguments) = node.kind {
      guard let result = lostResult(callee), !arguments.contains(where: { $0.value.runsCode }) else { return }
      let name = source.text(callee.nameRange)
      return warn(.lost(name, of: source.text(callee.range), result: result, shows: shows), node.range)
    }
    guard isWithoutEffect(node) else { return }
    warn(words(source.text(node.range), shows), node.range)
  }

  /// The command that would show a value.
  private var shows: String { globals.vocabulary.command("show") == nil ? "print" : "show" }

  /// The type of the result that a call returns for certain and that must not be dropped.
  private func lostResult(_ callee: Node) -> String? {
    if let command = command(callee) { return canBeDropped(command) ? nil : command.result }
    guard case .member(_, let name, _) = callee.kind else { return nil }
    // The receiver is not known before the cell runs: every method of that name must agree.
    let methods = globals.vocabulary.methods(named: name)
    return methods.contains(where: canBeDropped) ? nil : methods.first?.result
  }

  /// Whether its result is shown anyway, or may be ignored.
  private func canBeDropped(_ command: Command) -> Bool {
    command.isDiscardable || command.result.flatMap { globals.vocabulary.type($0) }?.showsItself == true
  }

  /// Nothing but a value comes of it: only commands and methods that must not be dropped are called in it.
  private func isWithoutEffect(_ node: Node) -> Bool {
    switch node.kind {
    case .call(let callee, let arguments):
      guard lostResult(callee) != nil, !arguments.contains(where: { $0.value.runsCode }) else { return false }
      if case .member(let base, _, _) = callee.kind, !isWithoutEffect(base) { return false }
      return arguments.allSatisfy { isWithoutEffect($0.value) }
    case .ifExpression, .closure: return false
    case .tuple(_, let elements) where elements.isEmpty: return false
    default: return node.children.allSatisfy { isWithoutEffect($0) }
    }
  }
}

extension Vocabulary {
  /// The methods of a name, of whichever types.
  func methods(named name: String) -> [Command] { types.compactMap { $0.method(name) } }
}

extension Node {
  /// The expressions directly inside this one; the statements of closures and branches are none.
  var children: [Node] {
    switch kind {
    case .literal, .variable, .operatorFunction, .closure, .ifExpression: []
    case .interpolation(let nodes), .array(let nodes), .tuple(_, let nodes): nodes
    case .dictionary(let pairs): pairs.flatMap { [$0.key, $0.value] }
    case .negate(let node), .not(let node), .unwrap(let node), .optionalLink(let node), .optionalChain(let node),
      .member(let node, _, _):
      [node]
    case .binary(_, let left, let right): [left, right]
    case .openRange(let lower, let upper, _): [lower, upper].compactMap(\.self)
    case .conditional(let condition, let first, let second): [condition, first, second]
    case .subscripted(let base, let arguments), .call(let base, let arguments): [base] + arguments.map(\.value)
    case .implicitMember(_, let arguments): arguments.map(\.value)
    }
  }

  /// It is certainly a function.
  fileprivate var isFunction: Bool {
    switch kind {
    case .closure, .operatorFunction: true
    default: false
    }
  }

  /// It is a function of a cell, which may do more than return a value.
  fileprivate var runsCode: Bool {
    switch kind {
    case .closure: true
    case .variable(.global(let binding)):
      if case .function(let function)? = binding.declared { function.command == nil } else { false }
    case .implicitMember(_, let arguments): arguments.contains { $0.value.runsCode }
    case .array(let nodes): nodes.contains { $0.runsCode }
    default: false
    }
  }

  /// The name that is called: of a method, its last part.
  fileprivate var nameRange: SourceRange { if case .member(_, _, let range) = kind { range } else { range } }
}
