// Expressions by precedence climbing, with Swift's precedences and its rule that white space tells a prefix operator from
// an infix one.

extension BinaryOperator {
  /// Swift's precedence; higher binds tighter.
  var precedence: Int {
    switch self {
    case .or: 1
    case .and: 2
    case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual: 3
    case .coalesce: 4
    case .closedRange, .halfOpenRange: 5
    case .add, .subtract: 6
    case .multiply, .divide, .remainder: 7
    }
  }

  /// Operators that do not chain: `a < b < c` is an error.
  var isChainable: Bool { precedence != 3 && precedence != 5 }
}

extension Parser {
  /// An expression, with the ternary.
  mutating func expression() throws(CellError) -> Node {
    try nested { parser throws(CellError) in try parser.ternary() }
  }

  private mutating func ternary() throws(CellError) -> Node {
    let start = Int(token.start)
    let condition = try binary(from: 1)
    guard kind == .question, token.hasSpaceBefore else { return condition }
    advance()
    let first = try expression()
    try expect(.colon, ":", after: "the first choice of `? :`")
    let second = try expression()
    return try node(.conditional(condition, first, second), from: start, above: [condition, first, second])
  }

  private mutating func binary(from lowest: Int) throws(CellError) -> Node {
    let start = Int(token.start)
    var left = try prefix()
    var last: BinaryOperator?
    while let operation = try infixOperator(), operation.precedence >= lowest {
      if let last, !last.isChainable, last.precedence == operation.precedence {
        throw complaint(.notChainable(operation.rawValue), at: token.range)
      }
      advance()
      if operation.precedence == 5, endsOpenRange {
        left = try node(
          .openRange(lower: left, upper: nil, isClosed: operation == .closedRange), from: start, above: [left])
        return left
      }
      let right = try nested { parser throws(CellError) in
        try parser.binary(from: operation == .coalesce ? operation.precedence : operation.precedence + 1)
      }
      left = try node(.binary(operation, left, right), from: start, above: [left, right])
      last = operation
    }
    return left
  }

  /// Whether `...` has nothing on its right.
  private var endsOpenRange: Bool { kind.isClosing || kind == .comma }

  /// The operator here, if white space makes it an infix one: on both sides or on neither.
  private func infixOperator() throws(CellError) -> BinaryOperator? {
    guard let operation = kind.binaryOperator else { return nil }
    let end = Int(token.end)
    if let foreign = foreignOperator() { throw foreign }
    let hasSpaceAfter = end >= source.bytes.count || Lexer.closesSpace(source.bytes[end])
    guard token.hasSpaceBefore != hasSpaceAfter else { return operation }
    if token.hasSpaceBefore, token.startsLine, isPrefix(operation) { return nil }
    if hasSpaceAfter, operation.precedence == 5, peek().kind.isClosing || peek().kind == .comma { return operation }
    throw complaint(.unevenSpace(operation.rawValue), at: token.range)
  }

  /// An operator of other languages: `x ** y`, `x++`, `x--`.
  private func foreignOperator() -> CellError? {
    guard peek().kind == kind, peek().start == token.end else { return nil }
    let range = token.range.joined(with: peek().range)
    if kind == .star { return complaint(.foreignOperator("**", instead: "pow(x, y)"), at: range) }
    let ends = peek(2).startsLine || peek(2).kind == .end || peek(2).kind.isClosing || peek(2).kind == .semicolon
    guard ends, kind == .plus || kind == .minus else { return nil }
    let sign = kind == .plus ? "+" : "-"
    return complaint(.foreignOperator(sign + sign, instead: "x \(sign)= 1"), at: range)
  }

  /// Operators that may start an expression.
  private func isPrefix(_ operation: BinaryOperator) -> Bool {
    [.add, .subtract, .closedRange, .halfOpenRange].contains(operation)
  }

  private mutating func prefix() throws(CellError) -> Node {
    let start = Int(token.start)
    switch kind {
    case .minus:
      advance()
      if kind == .integer, Int(token.start) == start + 1 {
        let number = try integer(isNegative: true)
        return try postfix(number, from: start)
      }
      let operand = try nested { parser throws(CellError) in try parser.prefix() }
      return try node(.negate(operand), from: start, above: [operand])
    case .plus:
      advance()
      return try nested { parser throws(CellError) in try parser.prefix() }
    case .bang:
      advance()
      let operand = try nested { parser throws(CellError) in try parser.prefix() }
      return try node(.not(operand), from: start, above: [operand])
    case .closedRange, .halfOpenRange:
      let isClosed = kind == .closedRange
      advance()
      let upper = try nested { parser throws(CellError) in try parser.binary(from: 6) }
      return try node(.openRange(lower: nil, upper: upper, isClosed: isClosed), from: start, above: [upper])
    default: return try postfix(try primary(), from: start)
    }
  }

  /// Members, calls, subscripts, `!` and `?.` after an expression.
  mutating func postfix(_ base: Node, from start: Int) throws(CellError) -> Node {
    var result = base
    var isOptional = false
    while true {
      switch kind {
      case .dot where !token.startsLine || peek().kind.isWord:
        advance()
        result = try memberName(of: result, from: start)
      case .leftParenthesis where !token.startsLine && !isSpaced:
        result = try call(result, from: start)
      case .leftBracket where !token.startsLine && !isSpaced:
        let arguments = try argumentList(closing: .rightBracket, "]")
        result = try node(.subscripted(result, arguments), from: start, above: [result] + arguments.map(\.value))
      case .leftBrace where allowsTrailingClosure && !token.startsLine && canTakeClosure(result):
        result = try call(result, from: start)
      case .bang where !token.hasSpaceBefore:
        advance()
        result = try node(.unwrap(result), from: start, above: [result])
      case .question where !token.hasSpaceBefore && [.dot, .leftBracket].contains(peek().kind):
        advance()
        isOptional = true
        result = try node(.optionalLink(result), from: start, above: [result])
      default:
        return isOptional ? try node(.optionalChain(result), from: start, above: [result]) : result
      }
    }
  }

  /// Whether white space stands before this token, so that a bracket starts something new.
  private var isSpaced: Bool { Int(token.start) > previousEnd }

  private func canTakeClosure(_ node: Node) -> Bool {
    switch node.kind {
    case .variable, .member, .implicitMember: true
    default: false
    }
  }

  private mutating func memberName(of base: Node, from start: Int) throws(CellError) -> Node {
    guard kind.isWord || kind == .integer else { throw unexpected("the name of a member after `.`") }
    let name = token
    advance()
    return try node(.member(base, text(name), name.range), from: start, above: [base])
  }

  /// Arguments in parentheses, a trailing closure, or both.
  private mutating func call(_ callee: Node, from start: Int) throws(CellError) -> Node {
    let arguments = try callArguments()
    if arguments.isEmpty, let empty = emptyContainer(callee) { return try node(.literal(empty), from: start) }
    return try node(.call(callee, arguments), from: start, above: [callee] + arguments.map(\.value))
  }

  /// What `[Int]()` and `[String: Double]()` make.
  private func emptyContainer(_ callee: Node) -> Value? {
    guard namesType(callee) else { return nil }
    switch callee.kind {
    case .array: return .list([])
    case .dictionary: return .dictionary(ValueDictionary())
    default: return nil
    }
  }

  /// Whether an expression is really a type: `Int`, `[Int]`, `[String: [Int]]`.
  private func namesType(_ node: Node) -> Bool {
    switch node.kind {
    case .variable(.global(let binding)): binding.name.first?.isUppercase ?? false
    case .array(let elements): elements.count == 1 && namesType(elements[0])
    case .dictionary(let pairs): pairs.count == 1 && namesType(pairs[0].key) && namesType(pairs[0].value)
    default: false
    }
  }

  mutating func callArguments() throws(CellError) -> [ArgumentNode] {
    var arguments: [ArgumentNode] = []
    if kind == .leftParenthesis { arguments = try argumentList(closing: .rightParenthesis, ")") }
    if kind == .leftBrace, allowsTrailingClosure, !token.startsLine {
      let closure = try nested { parser throws(CellError) in try parser.closure() }
      arguments.append(ArgumentNode(label: nil, value: closure, isTrailing: true, range: closure.range))
      while kind == .identifier, !token.startsLine, peek().kind == .colon, peek(2).kind == .leftBrace {
        let label = text(token)
        advance()
        advance()
        let next = try nested { parser throws(CellError) in try parser.closure() }
        arguments.append(ArgumentNode(label: label, value: next, isTrailing: true, range: next.range))
      }
    }
    return arguments
  }

  private mutating func argumentList(closing: TokenKind, _ spelling: String) throws(CellError) -> [ArgumentNode] {
    advance()
    let outer = allowsTrailingClosure
    allowsTrailingClosure = true
    defer { allowsTrailingClosure = outer }
    var arguments: [ArgumentNode] = []
    while kind != closing {
      let start = Int(token.start)
      var label: String?
      if kind.isWord, peek().kind == .colon {
        label = text(token)
        advance()
        advance()
      }
      let value: Node
      if let operation = try operatorFunction() { value = operation } else { value = try expression() }
      if kind == .assign, label == nil, case .variable = value.kind {
        throw complaint(.argumentWithEquals(source.text(value.range)), at: token.range)
      }
      arguments.append(ArgumentNode(label: label, value: value, isTrailing: false, range: range(from: start)))
      guard accept(.comma) else { break }
    }
    guard kind == closing else { throw unexpected("`,` or `\(spelling)` after the argument") }
    advance()
    return arguments
  }

  /// An operator that stands alone as an argument, as in `reduce(0, +)`.
  private mutating func operatorFunction() throws(CellError) -> Node? {
    guard let operation = kind.binaryOperator, [.comma, .rightParenthesis].contains(peek().kind) else { return nil }
    let start = Int(token.start)
    advance()
    return try node(.operatorFunction(operation), from: start)
  }
}
