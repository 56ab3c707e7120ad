// What the lexer makes of a cell. A token is a kind and a range; its text stays in the source.

/// What a token is.
enum TokenKind: UInt8, Sendable {
  case identifier, anonymous, integer, real
  case stringStart, stringText, stringEnd, interpolationStart, interpolationEnd
  case leftParenthesis, rightParenthesis, leftBracket, rightBracket, leftBrace, rightBrace
  case comma, colon, semicolon, dot, arrow, question, bang
  case plus, minus, star, slash, percent
  case assign, plusAssign, minusAssign, starAssign, slashAssign, percentAssign
  case equal, notEqual, less, lessEqual, greater, greaterEqual
  case and, or, coalesce, closedRange, halfOpenRange
  case `let`, `var`, `func`, `if`, `else`, `for`, `in`, `while`, `repeat`, `break`, `continue`, `return`
  case `true`, `false`, `nil`, `guard`, `where`
  case invalidCharacter, invalidNumber, unterminatedString, unterminatedText, unterminatedComment
  case end
}

/// One token: what it is, where it stands and what white space is around it.
struct Token: Sendable {
  let kind: TokenKind
  let start: Int32
  let end: Int32
  /// A line break stands between this token and the one before it.
  let startsLine: Bool
  /// White space or an opening bracket stands before it.
  let hasSpaceBefore: Bool

  var range: SourceRange { SourceRange(start: Int(start), end: Int(end)) }
}

extension TokenKind {
  static let keywords: [String: TokenKind] = [
    "let": .let, "var": .var, "func": .func, "if": .if, "else": .else, "for": .for, "in": .in, "while": .while,
    "repeat": .repeat, "break": .break, "continue": .continue, "return": .return, "true": .true, "false": .false,
    "nil": .nil, "guard": .guard, "where": .where,
  ]

  /// A word of the language, which may still be a label or a member name.
  var isKeyword: Bool { rawValue >= TokenKind.let.rawValue && rawValue <= TokenKind.where.rawValue }

  /// A word: an identifier or a keyword.
  var isWord: Bool { self == .identifier || isKeyword }

  var isOpening: Bool { self == .leftParenthesis || self == .leftBracket || self == .leftBrace }
  var isClosing: Bool { self == .rightParenthesis || self == .rightBracket || self == .rightBrace }

  /// The operator that a compound assignment applies.
  var compoundOperator: BinaryOperator? {
    switch self {
    case .plusAssign: .add
    case .minusAssign: .subtract
    case .starAssign: .multiply
    case .slashAssign: .divide
    case .percentAssign: .remainder
    default: nil
    }
  }

  /// The infix operator of this token.
  var binaryOperator: BinaryOperator? {
    switch self {
    case .plus: .add
    case .minus: .subtract
    case .star: .multiply
    case .slash: .divide
    case .percent: .remainder
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessEqual: .lessEqual
    case .greater: .greater
    case .greaterEqual: .greaterEqual
    case .and: .and
    case .or: .or
    case .coalesce: .coalesce
    case .closedRange: .closedRange
    case .halfOpenRange: .halfOpenRange
    default: nil
    }
  }
}
