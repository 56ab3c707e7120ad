// Literals, names, brackets.

extension Parser {
  mutating func primary() throws(CellError) -> Node {
    let start = Int(token.start)
    switch kind {
    case .integer: return try integer(isNegative: false)
    case .real:
      let digits = source.text(token.range).filter { $0 != "_" }
      guard let value = Double(digits), value.isFinite else {
        throw complaint(.invalidNumber(source.text(token.range)), at: token.range)
      }
      advance()
      return try node(.literal(.double(value)), from: start)
    case .true, .false:
      let value = kind == .true
      advance()
      return try node(.literal(.bool(value)), from: start)
    case .nil:
      advance()
      return try node(.literal(.null), from: start)
    case .identifier: return try name()
    case .anonymous: return try anonymousParameter()
    case .stringStart: return try string()
    case .leftBracket: return try brackets(closing: .rightBracket)
    case .leftBrace where isParameterCell: return try brackets(closing: .rightBrace)
    case .leftParenthesis: return try parentheses()
    case .leftBrace: return try nested { parser throws(CellError) in try parser.closure() }
    case .if:
      let outer = highest
      highest = 0
      let (clauses, otherwise) = try ifClauses()
      guard otherwise != nil else { throw complaint(.ifWithoutElse, at: range(from: start)) }
      return try node(.ifExpression(clauses, otherwise), from: start, holdingStatementsAfter: outer)
    case .dot:
      advance()
      guard kind.isWord else { throw unexpected("a name after `.`") }
      let name = text(token)
      advance()
      let hasArguments =
        (kind == .leftParenthesis && Int(token.start) == previousEnd)
        || (kind == .leftBrace && allowsTrailingClosure && !token.startsLine)
      let arguments = hasArguments ? try callArguments() : []
      return try node(.implicitMember(name, arguments), from: start, above: arguments.map(\.value))
    default: throw unexpected("a value")
    }
  }

  mutating func integer(isNegative: Bool) throws(CellError) -> Node {
    let start = Int(token.start)
    let written = source.text(token.range)
    var digits = written.filter { $0 != "_" }[...]
    var radix = 10
    for (prefix, value) in [("0x", 16), ("0b", 2), ("0o", 8)] where digits.hasPrefix(prefix) {
      digits = digits.dropFirst(2)
      radix = value
    }
    guard let value = Int((isNegative ? "-" : "") + digits, radix: radix) else {
      let isNumber = !digits.isEmpty && digits.allSatisfy { $0.hexDigitValue.map { $0 < radix } ?? false }
      throw complaint(isNumber ? .literalTooLarge(written) : .invalidNumber(written), at: token.range)
    }
    advance()
    return try node(.literal(.int(value)), from: isNegative ? start - 1 : start)
  }

  private mutating func name() throws(CellError) -> Node {
    let word = token
    let written = text(word)
    if isParameterCell, let value: Value = ["True": .bool(true), "False": .bool(false), "None": .null][written] {
      advance()
      return try node(.literal(value), from: Int(word.start))
    }
    if written == "_" { throw complaint(.underscoreAsValue, at: word.range) }
    let result = try variable(word)
    if scope.lookup(written) == nil, let instead = Unsupported.words[written] {
      let next = peek()
      if !["lambda", "def", "elif", "init"].contains(written) || (next.kind.isWord && !next.startsLine) {
        throw complaint(.unsupported(written, instead: instead), at: word.range)
      }
    }
    advance()
    return result
  }

  /// What a name stands for: a variable of an enclosing function, else a binding of the session.
  func variable(_ word: Token) throws(CellError) -> Node {
    let name = text(word)
    return Node(.variable(scope.lookup(name) ?? .global(globals.binding(name))), word.range)
  }

  private mutating func anonymousParameter() throws(CellError) -> Node {
    let start = Int(token.start)
    guard let index = Int(source.text(token.range).dropFirst()), index < 20,
      let reference = scope.anonymousVariable(index)
    else { throw complaint(.anonymousOutsideClosure(source.text(token.range)), at: token.range) }
    advance()
    return try node(.variable(reference), from: start)
  }

  /// An array or a dictionary.
  private mutating func brackets(closing: TokenKind) throws(CellError) -> Node {
    let start = Int(token.start)
    let spelling = closing == .rightBracket ? "]" : "}"
    let outer = allowsTrailingClosure
    allowsTrailingClosure = true
    defer { allowsTrailingClosure = outer }
    advance()
    if kind == .colon, peek().kind == closing {
      advance()
      advance()
      return try node(.dictionary([]), from: start)
    }
    var elements: [Node] = []
    var pairs: [(key: Node, value: Node)] = []
    while kind != closing {
      let element = try expression()
      if pairs.isEmpty ? elements.isEmpty && kind == .colon : true {
        try expect(.colon, ":", after: "a key of the dictionary")
        pairs.append((element, try expression()))
      } else {
        elements.append(element)
      }
      guard accept(.comma) else { break }
    }
    guard kind == closing else { throw unexpected("`,` or `\(spelling)` after the element") }
    advance()
    if closing == .rightBrace || !pairs.isEmpty {
      return try node(.dictionary(pairs), from: start, above: pairs.flatMap { [$0.key, $0.value] })
    }
    return try node(.array(elements), from: start, above: elements)
  }

  /// A parenthesised expression or a tuple.
  private mutating func parentheses() throws(CellError) -> Node {
    let start = Int(token.start)
    let outer = allowsTrailingClosure
    allowsTrailingClosure = true
    defer { allowsTrailingClosure = outer }
    advance()
    var labels: [String?] = []
    var elements: [Node] = []
    while kind != .rightParenthesis {
      var label: String?
      if kind.isWord, peek().kind == .colon {
        label = text(token)
        advance()
        advance()
      }
      labels.append(label)
      elements.append(try expression())
      guard accept(.comma) else { break }
    }
    guard kind == .rightParenthesis else { throw unexpected("`,` or `)`") }
    advance()
    if elements.count == 1, labels[0] == nil { return elements[0] }
    return try node(.tuple(labels, elements), from: start, above: elements)
  }
}
