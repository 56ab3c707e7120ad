// What is known of the names that the cell itself declares before the cursor: none of them has a value yet, but the code
// says what some of them will be.

extension CursorContext {
  /// Every name in sight that the tokens declare, in their order.
  static func locals(of tokens: [Token], in source: SourceText) -> [LocalName] {
    var scan = LocalScan(source: source, tokens: tokens)
    return scan.run()
  }

  /// The names declared in this cell before the cursor's word.
  var localNames: Set<String> { Set(locals.lazy.filter { $0.place < position }.map(\.name)) }

  /// What is known of the name at a token.
  func known(_ index: Int, depth: Int) -> Known? {
    let name = text(index)
    let live = globals.variable(name).map { Known.value($0) }
    for local in locals.reversed().lazy.filter({ $0.place < index && $0.name == name }).prefix(8) {
      let found: Known?
      switch local.origin {
      case .annotated(let range):
        let type = range.map { text($0) }.joined()
        found = type.isEmpty ? nil : .type(type.contains(":") ? "Dictionary" : type)
      case .value(let start, let endsAtBrace):
        // A name stands for an older one in its own declaration.
        guard let end = expressionEnd(from: start, before: index, endsAtBrace: endsAtBrace) else { continue }
        found = value(ofExpression: start..<end, depth: depth)
      case .element(let start):
        guard let end = expressionEnd(from: start, before: index, endsAtBrace: true) else { continue }
        found = element(ofExpression: start..<end, depth: depth)
      case .unknown: found = nil
      }
      guard local.isTopLevel, let live else { return found }
      return found.map { $0.typeName == live.typeName ? live : $0 } ?? live
    }
    return live
  }

  /// The first token after an expression; nil where it has not ended before another token.
  private func expressionEnd(from start: Int, before limit: Int, endsAtBrace: Bool) -> Int? {
    var depth = 0
    for index in start..<max(start, limit + 1) where index < tokens.count {
      let token = tokens[index]
      if depth == 0, index > start {
        let goesOn = token.kind == .dot || tokens[index - 1].kind.joinsOperands || token.kind.joinsOperands
        if token.startsLine, !goesOn { return index }
        if [.comma, .semicolon, .else, .where].contains(token.kind) || token.kind.isClosing { return index }
        if endsAtBrace, token.kind == .leftBrace { return index }
      }
      if token.kind.isOpening || token.kind == .interpolationStart { depth += 1 }
      if token.kind.isClosing || token.kind == .interpolationEnd { depth -= 1 }
      if depth < 0 { return index }
    }
    return nil
  }

  /// The value of an expression that is one chain of names, calls and subscripts, or a literal.
  private func value(ofExpression range: Range<Int>, depth: Int) -> Known? {
    guard let last = range.last, joint(in: range) == nil else { return nil }
    switch tokens[range.lowerBound].kind {
    case .integer where range.count == 1: return .type("Int")
    case .real where range.count == 1: return .type("Double")
    case .bang, .if, .leftBrace: return nil
    default: return chain(endingAt: last, depth: depth + 1)
    }
  }

  /// What a loop over an expression goes through.
  private func element(ofExpression range: Range<Int>, depth: Int) -> Known? {
    if let joint = joint(in: range) {
      return [.closedRange, .halfOpenRange].contains(tokens[joint].kind) ? .type("Int") : nil
    }
    let known = value(ofExpression: range, depth: depth)
    if case .value(.dictionary(let dictionary)) = known {
      return zip(dictionary.keys, dictionary.values).first { _ in true }.map {
        .value(.tuple(ValueTuple(elements: [$0, $1], labels: ["key", "value"])))
      }
    }
    return known.flatMap { element(of: $0) }
  }

  /// The first operator of an expression that stands in no brackets.
  private func joint(in range: Range<Int>) -> Int? {
    var depth = 0
    for index in range {
      let kind = tokens[index].kind
      if depth == 0, kind.joinsOperands { return index }
      if kind.isOpening || kind == .interpolationStart { depth += 1 }
      if kind.isClosing || kind == .interpolationEnd { depth -= 1 }
    }
    return nil
  }
}

extension TokenKind {
  /// An operator between two expressions.
  fileprivate var joinsOperands: Bool { binaryOperator != nil || self == .assign }
}
