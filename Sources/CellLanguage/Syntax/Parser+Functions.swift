// Functions, closures, the names they bind and the types that stand beside them.

/// Names before they are declared.
indirect enum PatternNames {
  case ignored
  case name(String)
  case tuple([PatternNames], SourceRange)
}

extension Parser {
  mutating func functionDeclaration() throws(CellError) -> Statement.Kind {
    let start = Int(token.start)
    advance()
    guard kind == .identifier else { throw unexpected("the name of the function") }
    let name = text(token)
    advance()
    if kind == .less { throw complaint(.unsupported("<", instead: Self.genericsInstead), at: token.range) }
    let target = declare(.name(name), isMutable: false)
    guard kind == .leftParenthesis else { throw unexpected("`(` and the parameters of `\(name)`") }
    let inner = FunctionScope(parent: scope)
    let outer = scope
    scope = inner
    defer { scope = outer }
    let parameters = try parameterList()
    for word in ["async", "throws"] where kind == .identifier && text(token) == word {
      throw complaint(.unsupported(word, instead: Unsupported.words[word] ?? ""))
    }
    let result = accept(.arrow) ? try type() : nil
    inner.returnsNothing = result == nil
    try expect(.leftBrace, "{", after: "the head of `\(name)`")
    let body = try functionBody()
    return .function(
      target,
      FunctionCode(
        name: name, parameters: parameters, result: result, body: body, scope: inner, source: source,
        range: range(from: start)))
  }

  static var genericsInstead: String { "Leave the types out: a function of a cell takes any value." }

  /// A body whose only statement is an expression returns it.
  private mutating func functionBody() throws(CellError) -> [Statement] {
    let body = try blockBody()
    guard body.count == 1, !scope.returnsNothing else { return body }
    switch body[0].kind {
    case .expression(let node): return [Statement(.returnValue(node), body[0].range)]
    case .ifElse(let clauses, let otherwise) where otherwise != nil:
      let node = Node(.ifExpression(clauses, otherwise), body[0].range, height: highest + 1)
      return [Statement(.returnValue(node), body[0].range)]
    default: return body
    }
  }

  private mutating func parameterList(needsTypes: Bool = true) throws(CellError) -> [FunctionParameter] {
    advance()
    var parameters: [FunctionParameter] = []
    while kind != .rightParenthesis {
      guard kind.isWord else { throw unexpected("the name of a parameter or `)`") }
      let first = text(token)
      advance()
      var name = first
      if kind == .identifier {
        name = text(token)
        advance()
      }
      let type = try annotation()
      if needsTypes, type == nil, kind != .end {
        throw complaint(.parameterWithoutType(name), at: range(from: previousEnd - name.utf8.count))
      }
      if kind == .closedRange {
        throw complaint(.unsupported("...", instead: "Take an array instead."), at: token.range)
      }
      let value = accept(.assign) ? try expression() : nil
      let pattern: Pattern = name == "_" ? .ignored : declare(.name(name), isMutable: false)
      parameters.append(
        FunctionParameter(
          label: first == "_" ? nil : first, name: name, pattern: pattern, type: type, defaultValue: value))
      guard accept(.comma) else { break }
    }
    try expect(.rightParenthesis, ")", after: "the parameters")
    return parameters
  }

  /// A closure, from its brace on.
  mutating func closure() throws(CellError) -> Node {
    let start = Int(token.start)
    advance()
    let isNamed = closureNamesParameters()
    let outerHighest = highest
    highest = 0
    let inner = FunctionScope(parent: scope, hasAnonymousParameters: !isNamed)
    let outer = scope
    scope = inner
    defer { scope = outer }
    var parameters: [FunctionParameter] = []
    var result: TypeAnnotation?
    if isNamed {
      if kind == .leftParenthesis, peek().kind != .rightParenthesis {
        parameters = try parameterList(needsTypes: false).map { $0.unlabelled }
      } else if kind == .leftParenthesis {
        advance()
        advance()
      } else {
        repeat {
          let names = try patternNames(after: "`{`")
          var name = "_"
          if case .name(let text) = names { name = text }
          parameters.append(
            FunctionParameter(
              label: nil, name: name, pattern: declare(names, isMutable: false), type: nil, defaultValue: nil))
        } while accept(.comma)
      }
      if accept(.arrow) { result = try type() }
      try expect(.in, "in", after: "the parameters of the closure")
    }
    let body = try functionBody()
    if !isNamed {
      parameters = inner.anonymous.map {
        FunctionParameter(label: nil, name: $0.name, pattern: .local($0), type: nil, defaultValue: nil)
      }
    }
    let code = FunctionCode(
      name: "closure", isClosure: true, parameters: parameters, result: result, body: body, scope: inner,
      source: source,
      range: range(from: start))
    return try node(.closure(code), from: start, holdingStatementsAfter: outerHighest)
  }

  /// Looks ahead, without reading, for `names in`.
  private func closureNamesParameters() -> Bool {
    var index = position
    if tokens[index].kind == .leftParenthesis {
      var depth = 0
      while index < tokens.count {
        let kind = tokens[index].kind
        if kind.isOpening { depth += 1 }
        if kind.isClosing { depth -= 1 }
        index += 1
        if depth == 0 { break }
        if kind == .leftBrace || index - position > 400 { return false }
      }
    } else {
      while tokens[index].kind == .identifier {
        index += 1
        guard tokens[index].kind == .comma else { break }
        index += 1
      }
      guard index > position else { return false }
    }
    guard index < tokens.count else { return false }
    if tokens[index].kind == .arrow {
      while index < tokens.count - 1, tokens[index].kind != .in, !tokens[index].startsLine { index += 1 }
    }
    return tokens[index].kind == .in
  }

  // MARK: Names

  /// A name, `_`, or several in parentheses.
  mutating func patternNames(after what: String) throws(CellError) -> PatternNames {
    let start = Int(token.start)
    if kind == .leftParenthesis {
      return try nested { parser throws(CellError) in
        parser.advance()
        var parts: [PatternNames] = []
        repeat { parts.append(try parser.patternNames(after: "`(`")) } while parser.accept(.comma)
        try parser.expect(.rightParenthesis, ")", after: "the names")
        return .tuple(parts, parser.range(from: start))
      }
    }
    guard kind == .identifier else { throw unexpected("a name after \(what)") }
    let name = text(token)
    if let instead = Unsupported.words[name], name != "init", name != "lambda", name != "def", name != "elif" {
      throw complaint(.reservedWord(name, instead), at: token.range)
    }
    advance()
    return name == "_" ? .ignored : .name(name)
  }

  /// Declares names where the parser stands: in the session at the top of a cell, else in the open block.
  func declare(_ names: PatternNames, isMutable: Bool) -> Pattern {
    switch names {
    case .ignored: .ignored
    case .name(let name):
      scope.isTopLevel
        ? .global(globals.binding(name), isMutable: isMutable)
        : .local(scope.declare(name, isMutable: isMutable))
    case .tuple(let parts, let range): .tuple(parts.map { declare($0, isMutable: isMutable) }, range)
    }
  }

  // MARK: Types

  /// `: Type`, where there is one.
  mutating func annotation() throws(CellError) -> TypeAnnotation? { accept(.colon) ? try type() : nil }

  /// A type; only the four simple ones matter later.
  mutating func type() throws(CellError) -> TypeAnnotation {
    try nested { parser throws(CellError) in try parser.typeBody() }
  }

  private mutating func typeBody() throws(CellError) -> TypeAnnotation {
    var result = TypeAnnotation.other
    switch kind {
    case .identifier:
      result = ["Int": .int, "Double": .double, "String": .string, "Bool": .bool][text(token)] ?? .other
      if ["some", "any"].contains(text(token)), peek().kind == .identifier { advance() }
      advance()
      if kind == .less { throw complaint(.unsupported("<", instead: Self.genericsInstead), at: token.range) }
      while kind == .dot {
        advance()
        guard kind == .identifier else { throw unexpected("the rest of the type") }
        advance()
        result = .other
      }
    case .leftBracket:
      advance()
      _ = try type()
      if accept(.colon) { _ = try type() }
      try expect(.rightBracket, "]", after: "the type")
    case .leftParenthesis:
      advance()
      while kind != .rightParenthesis {
        if kind.isWord, peek().kind == .colon {
          advance()
          advance()
        }
        _ = try type()
        guard accept(.comma) else { break }
      }
      try expect(.rightParenthesis, ")", after: "the type")
    default: throw unexpected("a type")
    }
    while kind == .question || kind == .bang, !token.hasSpaceBefore {
      advance()
      result = .other
    }
    if accept(.arrow) {
      _ = try type()
      return .other
    }
    return result
  }
}

extension FunctionParameter {
  /// The parameter of a closure, which is never labelled.
  var unlabelled: FunctionParameter {
    FunctionParameter(label: nil, name: name, pattern: pattern, type: type, defaultValue: defaultValue)
  }
}
