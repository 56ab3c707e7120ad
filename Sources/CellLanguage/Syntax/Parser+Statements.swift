// Statements.

extension Parser {
  /// Statements up to a token that closes them, which stays unread.
  mutating func statements(until closing: TokenKind) throws(CellError) -> [Statement] {
    var result: [Statement] = []
    while true {
      while accept(.semicolon) {}
      if kind == closing { return result }
      if kind == .end { throw unexpected("`}`") }
      if let previous = result.last, !token.startsLine, tokens[position - 1].kind != .semicolon {
        if case .expression(let node) = previous.kind, case .variable = node.kind, kind.isWord || kind == .integer {
          let word = source.text(node.range)
          if let instead = Unsupported.words[word] {
            throw complaint(.unsupported(word, instead: instead), at: node.range)
          }
        }
        throw unexpected("a new line or `;` between two statements")
      }
      result.append(try nested { parser throws(CellError) in try parser.statement() })
    }
  }

  /// A block in braces, in a scope of its own.
  mutating func block(after what: String) throws(CellError) -> [Statement] {
    try expect(.leftBrace, "{", after: what)
    scope.blocks.append([:])
    defer { scope.blocks.removeLast() }
    return try blockBody()
  }

  /// The rest of a block after its brace.
  mutating func blockBody() throws(CellError) -> [Statement] {
    let outer = allowsTrailingClosure
    allowsTrailingClosure = true
    defer { allowsTrailingClosure = outer }
    let body = try statements(until: .rightBrace)
    advance()
    return body
  }

  mutating func statement() throws(CellError) -> Statement {
    let start = Int(token.start)
    let made: Statement.Kind
    switch kind {
    case .let, .var: made = try declaration()
    case .func: made = try functionDeclaration()
    case .if:
      let (clauses, otherwise) = try ifClauses()
      made = .ifElse(clauses, otherwise)
    case .guard: made = try guardStatement()
    case .for: made = try forLoop()
    case .while:
      advance()
      scope.blocks.append([:])
      defer { scope.blocks.removeLast() }
      made = .whileLoop(try conditions(), try loopBody(after: "the condition of `while`"))
    case .repeat:
      advance()
      let body = try loopBody(after: "`repeat`")
      try expect(.while, "while", after: "the block of `repeat`")
      made = .repeatWhile(body, try expression())
    case .break, .continue:
      guard scope.loopDepth > 0 else { throw complaint(.outsideLoop(text(token)), at: token.range) }
      made = kind == .break ? .breakLoop : .continueLoop
      advance()
    case .return:
      advance()
      let isBare = token.startsLine || kind == .rightBrace || kind == .semicolon || kind == .end
      if !isBare, scope.returnsNothing { throw complaint(.resultNotDeclared, at: token.range) }
      made = .returnValue(isBare ? nil : try expression())
    default: made = try expressionOrAssignment()
    }
    return Statement(made, range(from: start))
  }

  private mutating func loopBody(after what: String) throws(CellError) -> [Statement] {
    scope.loopDepth += 1
    defer { scope.loopDepth -= 1 }
    return try block(after: what)
  }

  private mutating func declaration() throws(CellError) -> Statement.Kind {
    let isMutable = kind == .var
    let keyword = isMutable ? "var" : "let"
    advance()
    let names = try patternNames(after: "`\(keyword)`")
    let type = try annotation()
    guard accept(.assign) else {
      if kind == .end || kind == .rightBrace || token.startsLine {
        throw complaint(.declarationWithoutValue(keyword), at: kind == .end ? nil : range(from: previousEnd))
      }
      throw unexpected("`=` and a value after the name")
    }
    let value = try expression()
    if kind == .comma { throw complaint(.severalDeclarations, at: token.range) }
    return .declaration(declare(names, isMutable: isMutable), type, value)
  }

  private mutating func guardStatement() throws(CellError) -> Statement.Kind {
    advance()
    let tests = try conditions()
    try expect(.else, "else", after: "the condition of `guard`")
    return .guardElse(tests, try block(after: "`else`"))
  }

  private mutating func forLoop() throws(CellError) -> Statement.Kind {
    advance()
    let names = try patternNames(after: "`for`")
    try expect(.in, "in", after: "the name that `for` binds")
    let sequence = try head { parser throws(CellError) in try parser.expression() }
    scope.blocks.append([:])
    defer { scope.blocks.removeLast() }
    let pattern = declare(names, isMutable: false)
    var filter: Node?
    if accept(.where) { filter = try head { parser throws(CellError) in try parser.expression() } }
    return .forIn(pattern, sequence, where: filter, try loopBody(after: "the head of `for`"))
  }

  /// `if` with all its `else if` and the last `else`.
  mutating func ifClauses() throws(CellError) -> ([IfClause], [Statement]?) {
    var clauses: [IfClause] = []
    while true {
      advance()
      scope.blocks.append([:])
      defer { scope.blocks.removeLast() }
      clauses.append(IfClause(conditions: try conditions(), body: try block(after: "the condition of `if`")))
      guard accept(.else) else { return (clauses, nil) }
      if kind != .if { return (clauses, try block(after: "`else`")) }
    }
  }

  /// Conditions separated by commas.
  ///
  /// Names they bind belong to the scope that is open now.
  private mutating func conditions() throws(CellError) -> [Condition] {
    var result: [Condition] = []
    repeat {
      if kind == .let || kind == .var {
        let isMutable = kind == .var
        advance()
        let name = token
        let names = try patternNames(after: "`let`")
        let value: Node
        if accept(.assign) {
          value = try head { parser throws(CellError) in try parser.expression() }
        } else {
          value = try variable(name)
        }
        result.append(Condition(binding: declare(names, isMutable: isMutable), value: value))
      } else {
        result.append(Condition(binding: nil, value: try head { parser throws(CellError) in try parser.expression() }))
      }
    } while accept(.comma)
    if kind == .assign { throw complaint(.assignmentInCondition, at: token.range) }
    return result
  }

  /// Runs a part of the grammar in which `{` opens a body rather than a closure.
  private mutating func head<Result>(
    _ body: (inout Parser) throws(CellError) -> Result
  ) throws(CellError) -> Result {
    let outer = allowsTrailingClosure
    allowsTrailingClosure = false
    defer { allowsTrailingClosure = outer }
    return try body(&self)
  }

  private mutating func expressionOrAssignment() throws(CellError) -> Statement.Kind {
    if kind == .identifier, text(token) == "_", peek().kind == .assign {
      advance()
      advance()
      return .discard(try expression())
    }
    if isParameterCell, scope.isTopLevel, kind == .identifier, peek().kind == .assign {
      let binding = globals.binding(text(token))
      advance()
      advance()
      return .parameter(binding, try expression())
    }
    let target = try expression()
    let compound = kind.compoundOperator
    guard kind == .assign || compound != nil else { return .expression(target) }
    advance()
    let value = try expression()
    try checkTarget(target)
    return .assignment(target, compound, value)
  }

  /// Refuses targets that can never be assigned to.
  private func checkTarget(_ target: Node) throws(CellError) {
    switch target.kind {
    case .variable(.local(let variable)), .variable(.captured(_, let variable)):
      if !variable.isMutable { throw complaint(.constant(variable.name), at: target.range) }
    case .variable(.global): return
    case .member(let base, _, _), .subscripted(let base, _): try checkTarget(base)
    case .tuple(_, let elements): for element in elements { try checkTarget(element) }
    default: throw complaint(.notAssignable(source.text(target.range)), at: target.range)
    }
  }
}
