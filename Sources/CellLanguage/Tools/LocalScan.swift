// The names that a cell declares before the cursor, found by its tokens, since the code need not be finished.

/// A name of an unfinished cell, in a scope that is still open at the cursor.
struct LocalName {
  /// Where the type of a name is written, or the expression that it gets its value from.
  enum Origin {
    /// The tokens of a written type.
    case annotated(Range<Int>)
    /// Its value is that of the expression that starts with a token.
    case value(from: Int, endsAtBrace: Bool)
    /// It goes through the elements of the expression that starts with a token.
    case element(from: Int)
    case unknown
  }

  let name: String
  let origin: Origin
  /// The token after which it can be used; of a name with an expression, after the expression.
  let place: Int
  /// It may be a variable of the session that the cell declares anew.
  let isTopLevel: Bool
}

/// One pass over the tokens of a cell, which need not be finished.
struct LocalScan {
  let source: SourceText
  let tokens: [Token]
  private var names: [LocalName] = []
  /// For each brace that is open, how many names stood before it.
  private var scopes: [Int] = []
  /// The parameters of a function whose body has not begun.
  private var waiting: [LocalName] = []

  init(source: SourceText, tokens: [Token]) {
    self.source = source
    self.tokens = tokens
  }

  mutating func run() -> [LocalName] {
    for index in tokens.indices {
      switch tokens[index].kind {
      case .let, .var: declaration(at: index)
      case .for: loop(at: index)
      case .func: function(at: index)
      case .leftBrace:
        scopes.append(names.count)
        names += waiting
        waiting = []
        closure(at: index)
      case .rightBrace:
        if let count = scopes.popLast() { names.removeSubrange(count...) }
      default: break
      }
    }
    return names.filter { $0.name != "_" }
  }

  private func kind(_ index: Int) -> TokenKind { index < tokens.count ? tokens[index].kind : .end }

  private func local(_ index: Int, _ origin: LocalName.Origin, after place: Int, isTopLevel: Bool = false) -> LocalName
  {
    LocalName(
      name: source.text(tokens[index].range).filter { $0 != "`" }, origin: origin, place: place, isTopLevel: isTopLevel)
  }

  /// `let name = …`, `let name: Type = …`, `let (a, b) = …`, also as conditions.
  private mutating func declaration(at index: Int) {
    let isTopLevel = scopes.isEmpty
    guard kind(index + 1) == .identifier else {
      for name in tuple(at: index + 1) { names.append(local(name, .unknown, after: name, isTopLevel: isTopLevel)) }
      return
    }
    var next = index + 2
    var origin = LocalName.Origin.unknown
    if kind(next) == .colon {
      let end = typeEnd(from: next + 1)
      origin = .annotated(next + 1..<end)
      next = end
    } else if kind(next) == .assign, next + 1 < tokens.count {
      let isCondition = index > 0 && [.if, .while, .guard, .comma].contains(kind(index - 1))
      origin = .value(from: next + 1, endsAtBrace: isCondition)
    }
    names.append(local(index + 1, origin, after: index + 1, isTopLevel: isTopLevel))
  }

  private mutating func loop(at index: Int) {
    guard kind(index + 1) == .identifier else {
      for name in tuple(at: index + 1) { names.append(local(name, .unknown, after: name)) }
      return
    }
    let isWhole = kind(index + 2) == .in && index + 3 < tokens.count
    names.append(local(index + 1, isWhole ? .element(from: index + 3) : .unknown, after: index + 1))
  }

  /// The name of a function; its parameters wait for the brace of its body.
  private mutating func function(at index: Int) {
    guard kind(index + 1) == .identifier else { return }
    names.append(local(index + 1, .unknown, after: index + 1, isTopLevel: scopes.isEmpty))
    guard kind(index + 2) == .leftParenthesis else { return }
    waiting = parameters(from: index + 3).names
  }

  /// `{ a, b in`, `{ (a, b) in`, `{ (a: Int) -> Int in`.
  private mutating func closure(at index: Int) {
    var found: [LocalName] = []
    var next = index + 1
    if kind(next) == .leftParenthesis {
      (found, next) = parameters(from: next + 1)
      if kind(next) == .arrow { next = typeEnd(from: next + 1) }
    } else {
      while kind(next) == .identifier || kind(next) == .comma, next < index + Self.reach {
        if kind(next) == .identifier { found.append(local(next, .unknown, after: next)) }
        next += 1
      }
    }
    if kind(next) == .in { names += found }
  }

  /// The parameters of a list, the last name before each colon or comma; and the token after the parenthesis.
  private func parameters(from start: Int) -> (names: [LocalName], next: Int) {
    var found: [LocalName] = []
    var next = start
    while next < min(tokens.count, start + Self.reach), kind(next) != .rightParenthesis {
      guard kind(next).isWord else {
        next += 1
        continue
      }
      let name = kind(next + 1) == .identifier ? next + 1 : next
      next = name + 1
      var origin = LocalName.Origin.unknown
      if kind(next) == .colon {
        let end = typeEnd(from: next + 1)
        origin = .annotated(next + 1..<end)
        next = end
      }
      if kind(name) == .identifier { found.append(local(name, origin, after: name)) }
      if kind(next) == .assign { next = defaultEnd(from: next + 1) }
    }
    return (found, next + 1)
  }

  /// The token after a type: a name, or names in brackets.
  private func typeEnd(from start: Int) -> Int {
    var depth = 0
    for index in start..<max(start, min(tokens.count, start + Self.reach)) {
      switch kind(index) {
      case .leftBracket: depth += 1
      case .rightBracket: depth -= 1
      case .colon where depth > 0: break
      case .identifier, .question: break
      default: return index
      }
      if depth < 0 || depth == 0 && tokens[index].startsLine && index > start { return index }
    }
    return min(tokens.count, start + Self.reach)
  }

  /// The comma or the parenthesis after a default value.
  private func defaultEnd(from start: Int) -> Int {
    var depth = 0
    for index in start..<max(start, min(tokens.count, start + Self.reach)) {
      if depth == 0, kind(index) == .comma || kind(index) == .rightParenthesis { return index }
      if kind(index).isOpening { depth += 1 }
      if kind(index).isClosing { depth -= 1 }
    }
    return min(tokens.count, start + Self.reach)
  }

  /// The names of `(a, b)`.
  private func tuple(at index: Int) -> [Int] {
    guard kind(index) == .leftParenthesis else { return [] }
    var found: [Int] = []
    var next = index + 1
    while [.identifier, .comma, .leftParenthesis].contains(kind(next)), next < index + Self.reach {
      if kind(next) == .identifier { found.append(next) }
      next += 1
    }
    return found
  }

  /// A head that is longer than so many tokens is not read to its end.
  private static let reach = 200
}
