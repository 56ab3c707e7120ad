// Recursive descent for statements, precedence climbing for expressions. The parser resolves names while it reads, so
// there is no second pass, and it bounds how deep a tree can get, so that nobody after it needs to.

/// The parser of the cell language.
struct Parser {
  let source: SourceText
  let tokens: [Token]
  var position = 0
  var scope = FunctionScope(parent: nil)
  let globals: Globals
  let isParameterCell: Bool
  var nesting = 0
  /// The highest node made since the innermost closure began.
  var highest = 0
  /// False in the head of `if`, `for` and `while`, where `{` opens the body.
  var allowsTrailingClosure = true

  /// Brackets, blocks and operators inside each other.
  static let nestingLimit = 200
  /// Levels of a tree, which long chains of operators reach without any bracket.
  static let heightLimit = 1000
  /// UTF-8 bytes of a cell.
  static let sizeLimit = 4_000_000

  init(_ source: SourceText, globals: Globals) {
    self.source = source
    self.globals = globals
    tokens = Lexer.tokens(of: source)
    isParameterCell = Lexer.startsWithParameters(source.bytes)
  }

  /// The function that runs a whole cell.
  static func parse(_ source: SourceText, globals: Globals) throws(CellError) -> FunctionCode {
    let whole = SourceRange(start: 0, end: source.bytes.count)
    guard source.bytes.count <= sizeLimit else {
      throw CellError(
        .cellTooLarge(bytes: source.bytes.count, limit: sizeLimit), source, SourceRange(start: 0, end: 0))
    }
    var parser = Parser(source, globals: globals)
    let body = try parser.statements(until: .end)
    return FunctionCode(
      name: source.name, parameters: [], result: nil, body: body, scope: parser.scope, source: source, range: whole)
  }

  // MARK: Tokens

  var token: Token { tokens[position] }
  var kind: TokenKind { tokens[position].kind }

  func peek(_ distance: Int = 1) -> Token { tokens[min(position + distance, tokens.count - 1)] }

  /// Where the last token that was read ends.
  var previousEnd: Int { position == 0 ? 0 : Int(tokens[position - 1].end) }

  func range(from start: Int) -> SourceRange { SourceRange(start: start, end: max(previousEnd, start)) }

  mutating func advance() { if position < tokens.count - 1 { position += 1 } }

  mutating func accept(_ wanted: TokenKind) -> Bool {
    guard kind == wanted else { return false }
    advance()
    return true
  }

  /// The text of a token; a name in backticks loses them.
  func text(_ token: Token) -> String {
    let range = token.range
    if source.bytes[range.start] == UInt8(ascii: "`") {
      return source.text(SourceRange(start: range.start + 1, end: range.end - 1))
    }
    return source.text(range)
  }

  mutating func expect(_ wanted: TokenKind, _ spelling: String, after what: String) throws(CellError) {
    guard kind == wanted else { throw unexpected("`\(spelling)` after \(what)") }
    advance()
  }

  // MARK: Complaints

  func complaint(_ failure: CellFailure, at range: SourceRange? = nil) -> CellError {
    var error = CellError(failure, source, range ?? token.range)
    error.needsMoreText = range == nil && kind == .end
    return error
  }

  /// The error of a token that cannot stand here.
  func unexpected(_ wanted: String) -> CellError {
    switch kind {
    case .invalidCharacter: return complaint(.invalidCharacter(source.text(token.range)), at: token.range)
    case .invalidNumber: return complaint(.invalidNumber(source.text(token.range)), at: token.range)
    case .unterminatedString: return complaint(.unterminatedString, at: token.range)
    case .unterminatedText, .unterminatedComment:
      var error = complaint(
        kind == .unterminatedText ? .unterminatedText : .unterminatedComment, at: token.range)
      error.needsMoreText = true
      return error
    case .end: return complaint(.endsTooEarly(wanted: wanted))
    default:
      let text = source.text(token.range)
      if let instead = Unsupported.words[text] { return complaint(.unsupported(text, instead: instead)) }
      return complaint(.unexpected(text, wanted: wanted))
    }
  }

  /// Runs a part of the grammar one level deeper.
  mutating func nested<Result>(
    _ body: (inout Parser) throws(CellError) -> Result
  ) throws(CellError) -> Result {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Parser.nestingLimit else { throw complaint(.nestedTooDeep(Parser.nestingLimit), at: token.range) }
    return try body(&self)
  }

  /// Makes a node unless the tree gets too high.
  mutating func node(_ kind: Node.Kind, from start: Int, above children: [Node] = []) throws(CellError) -> Node {
    let node = Node(kind, range(from: start), height: (children.map(\.height).max() ?? 0) + 1)
    return try checked(node)
  }

  /// Makes a node that holds statements; `outer` is what `highest` was before they began.
  mutating func node(_ kind: Node.Kind, from start: Int, holdingStatementsAfter outer: Int) throws(CellError) -> Node {
    let node = Node(kind, range(from: start), height: highest + 1)
    highest = max(highest, outer)
    return try checked(node)
  }

  private mutating func checked(_ node: Node) throws(CellError) -> Node {
    highest = max(highest, node.height)
    guard node.height <= Parser.heightLimit else { throw complaint(.chainTooLong(Parser.heightLimit), at: node.range) }
    return node
  }
}
