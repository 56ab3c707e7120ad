// Where a cursor stands: the word it touches, the call around it, what the expression before a dot is worth. All of it is
// read backwards from tokens.

/// What is known of an expression without running it.
enum Known {
  /// The value of a live variable.
  case value(Value)
  /// The name of a declared type.
  case type(String)

  var typeName: String {
    switch self {
    case .value(let value): value.typeName
    case .type(let name): Known.plain(name)
    }
  }

  /// `[Problem]` is an Array; the question mark of an optional falls away.
  static func plain(_ name: String) -> String {
    let name = name.hasSuffix("?") ? String(name.dropLast()) : name
    return name.hasPrefix("[") ? "Array" : name
  }
}

/// What a call at the cursor calls.
struct CallTarget {
  let name: String
  var parameters: [Parameter] = []
  /// Labels of a function that a cell declared.
  var labels: [String] = []
  var command: Command?
  /// What a method is called on.
  var receiver: Known?
  var enumerationCase: Enumeration.Case?
}

/// A cell up to the cursor.
struct CursorContext {
  let source: SourceText
  let globals: Globals
  let tokens: [Token]
  /// The token that the cursor is typing, or where the next one would stand.
  let position: Int
  let prefix: String
  let prefixStart: Int
  /// The names that the cell declares itself.
  let locals: [LocalName]
  /// Calls and members inside each other that are followed.
  static let depthLimit = 64

  init(_ source: SourceText, globals: Globals) {
    self.source = source
    self.globals = globals
    tokens = Lexer.tokens(of: source).dropLast()
    if let last = tokens.last, last.kind.isWord, Int(last.end) == source.bytes.count {
      position = tokens.count - 1
      prefix = source.text(last.range)
      prefixStart = Int(last.start)
    } else {
      position = tokens.count
      prefix = ""
      prefixStart = source.bytes.count
    }
    locals = CursorContext.locals(of: tokens, in: source)
  }

  func text(_ index: Int) -> String { source.text(tokens[index].range) }

  /// The cursor stands in a string or a comment.
  var isInsideText: Bool {
    if let last = tokens.last, [.unterminatedString, .unterminatedText, .unterminatedComment].contains(last.kind) {
      return true
    }
    let line = source.lineRange(at: source.bytes.count)
    var index = max(line.start, tokens.last.map { Int($0.end) } ?? 0)
    while index + 1 < source.bytes.count {
      if source.bytes[index] == UInt8(ascii: "/"), source.bytes[index + 1] == UInt8(ascii: "/") { return true }
      index += 1
    }
    return false
  }

  var followsDot: Bool { position > 0 && tokens[position - 1].kind == .dot }

  /// Whether a value ends with this token, so that a dot after it asks for a member.
  func endsExpression(_ index: Int) -> Bool {
    let kind = tokens[index].kind
    return [.identifier, .integer, .real, .stringEnd, .bang, .question, .anonymous].contains(kind) || kind.isClosing
  }

  // MARK: Chains

  /// What the chain of names, calls and subscripts is worth that ends with a token.
  func chain(endingAt end: Int, depth: Int = 0) -> Known? {
    guard end >= 0, depth < CursorContext.depthLimit else { return nil }
    switch tokens[end].kind {
    case .bang, .question: return chain(endingAt: end - 1, depth: depth + 1)
    case .stringEnd: return .type("String")
    case .rightParenthesis, .rightBrace:
      guard let open = opening(of: end), open > 0 else { return nil }
      if tokens[open - 1].kind == .rightParenthesis { return chain(endingAt: open - 1, depth: depth + 1) }
      return tokens[open - 1].kind == .identifier ? result(ofCallNamedAt: open - 1, depth: depth + 1) : nil
    case .rightBracket:
      guard let open = opening(of: end) else { return nil }
      if open > 0, endsExpression(open - 1), !tokens[open].hasSpaceBefore {
        return element(of: chain(endingAt: open - 1, depth: depth + 1), at: open + 1)
      }
      return .type(isDictionary(from: open, to: end) ? "Dictionary" : "Array")
    case .identifier:
      guard end > 1, tokens[end - 1].kind == .dot else { return known(end, depth: depth + 1) }
      return member(text(end), of: chain(endingAt: end - 2, depth: depth + 1))
    default: return nil
    }
  }

  private func result(ofCallNamedAt index: Int, depth: Int) -> Known? {
    let name = text(index)
    if index > 1, tokens[index - 1].kind == .dot {
      guard let receiver = chain(endingAt: index - 2, depth: depth) else { return nil }
      return globals.vocabulary.type(receiver.typeName)?.method(name)?.result.map { .type($0) }
    }
    if case .function(let function)? = globals.variable(name) { return function.command?.result.map { .type($0) } }
    return globals.vocabulary.command(name)?.result.map { .type($0) }
  }

  private func member(_ name: String, of known: Known?) -> Known? {
    guard let known else { return nil }
    if case .value(.tuple(let tuple)) = known, let index = tuple.index(of: name) {
      return .value(tuple.elements[index])
    }
    let declared = globals.vocabulary.type(known.typeName)?.member(name)
    if case .value(let receiver) = known {
      // A value says more than its declared type; what is nil here may be something else when the cell runs.
      if let value = declared?.cheapValue(of: receiver), !value.isNull { return .value(value) }
      if declared == nil, case .object(let object) = receiver, let value = object.furtherMember(name) {
        return .value(value)
      }
    }
    return declared.map { .type($0.type) }
  }

  private func element(of known: Known?, at index: Int) -> Known? {
    if case .value(let value) = known, let key = key(at: index), let element = try? Subscripts.read(value, key),
      !element.isNull
    {
      return .value(element)
    }
    return known.flatMap { self.element(of: $0) }
  }

  /// An element of which nothing is known but what it is an element of.
  func element(of known: Known) -> Known? {
    switch known {
    case .value(.array(let list)): list.elements.first.map { .value($0) }
    case .value(.dictionary(let dictionary)): dictionary.values.first.map { .value($0) }
    case .type(let name) where name.hasPrefix("["):
      .type(String(name.dropFirst().prefix { $0 != "]" }))
    default: globals.vocabulary.type(known.typeName)?.element.map { .type($0) }
    }
  }

  /// Whether a literal in brackets has a colon between its entries.
  private func isDictionary(from open: Int, to end: Int) -> Bool {
    var depth = 0
    for index in open...end {
      if tokens[index].kind.isOpening { depth += 1 }
      if tokens[index].kind.isClosing { depth -= 1 }
      if depth == 1, tokens[index].kind == .colon { return true }
      if depth == 1, tokens[index].kind == .comma { return false }
    }
    return false
  }

  /// An index or a key that is written out.
  private func key(at index: Int) -> Value? {
    func closes(_ index: Int) -> Bool { index < tokens.count && tokens[index].kind == .rightBracket }
    switch tokens[index].kind {
    case .integer where closes(index + 1): return Int(text(index).filter { $0 != "_" }).map { .int($0) }
    case .stringStart where closes(index + 3) && tokens[index + 1].kind == .stringText: return .string(text(index + 1))
    default: return nil
    }
  }

  /// The bracket that a closing one belongs to.
  private func opening(of end: Int) -> Int? {
    var depth = 0
    for index in stride(from: end, through: 0, by: -1) {
      if tokens[index].kind.isClosing { depth += 1 }
      if tokens[index].kind.isOpening { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }
}
