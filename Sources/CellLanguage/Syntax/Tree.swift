// The tree that the parser builds and the evaluator walks. Names are already resolved: a local variable is a slot of its
// function's frame, a captured one an index into the closure's boxes, any other name a binding of the session.

/// An infix operator.
enum BinaryOperator: String, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessEqual = "<="
  case greater = ">"
  case greaterEqual = ">="
  case and = "&&"
  case or = "||"
  case coalesce = "??"
  case closedRange = "..."
  case halfOpenRange = "..<"
}

/// An expression.
final class Node: Sendable {
  let kind: Kind
  let range: SourceRange
  /// The longest way down to a leaf: bounded by the parser, so that walking and releasing the tree are safe.
  let height: Int

  enum Kind: Sendable {
    case literal(Value)
    case interpolation([Node])
    case variable(Reference)
    case array([Node])
    case dictionary([(key: Node, value: Node)])
    case tuple([String?], [Node])
    case closure(FunctionCode)
    case operatorFunction(BinaryOperator)
    case negate(Node)
    case not(Node)
    case binary(BinaryOperator, Node, Node)
    case openRange(lower: Node?, upper: Node?, isClosed: Bool)
    case conditional(Node, Node, Node)
    case ifExpression([IfClause], [Statement]?)
    case member(Node, String, SourceRange)
    case subscripted(Node, [ArgumentNode])
    case call(Node, [ArgumentNode])
    case implicitMember(String, [ArgumentNode])
    case unwrap(Node)
    case optionalLink(Node)
    case optionalChain(Node)
  }

  init(_ kind: Kind, _ range: SourceRange, height: Int = 1) {
    self.kind = kind
    self.range = range
    self.height = height
  }
}

/// One argument of a call as written.
struct ArgumentNode: Sendable {
  let label: String?
  let value: Node
  let isTrailing: Bool
  /// Label and value.
  let range: SourceRange
}

/// What a name stands for.
enum Reference: Sendable {
  case local(LocalVariable)
  case captured(Int, LocalVariable)
  case global(Binding)
}

/// A condition of `if`, `guard` or `while`: a truth value, or `let name = value` which holds when the value is not nil.
struct Condition: Sendable {
  let binding: Pattern?
  let value: Node
}

/// One `if` or `else if`.
struct IfClause: Sendable {
  let conditions: [Condition]
  let body: [Statement]
}

/// What a declaration, an assignment of several names, or a loop binds.
indirect enum Pattern: Sendable {
  case ignored
  case local(LocalVariable)
  case global(Binding, isMutable: Bool)
  case tuple([Pattern], SourceRange)
}

/// A statement.
final class Statement: Sendable {
  let kind: Kind
  let range: SourceRange

  enum Kind: Sendable {
    case expression(Node)
    case declaration(Pattern, TypeAnnotation?, Node)
    case function(Pattern, FunctionCode)
    case assignment(Node, BinaryOperator?, Node)
    case discard(Node)
    case parameter(Binding, Node)
    case ifElse([IfClause], [Statement]?)
    case guardElse([Condition], [Statement])
    case forIn(Pattern, Node, where: Node?, [Statement])
    case whileLoop([Condition], [Statement])
    case repeatWhile([Statement], Node)
    case breakLoop
    case continueLoop
    case returnValue(Node?)
  }

  init(_ kind: Kind, _ range: SourceRange) {
    self.kind = kind
    self.range = range
  }
}

/// The types that an annotation is checked against; any other is read and ignored.
enum TypeAnnotation: Sendable {
  case int, double, string, bool, other
}

/// A function or closure as written.
final class FunctionCode: Sendable {
  let name: String
  let parameters: [FunctionParameter]
  let result: TypeAnnotation?
  let body: [Statement]
  let slotCount: Int
  /// For each captured variable, where the enclosing function has it.
  let captures: [Reference]
  let source: SourceText
  let range: SourceRange
  /// It was written in braces: its parameters have no labels.
  let isClosure: Bool

  init(
    name: String, isClosure: Bool = false, parameters: [FunctionParameter], result: TypeAnnotation?, body: [Statement],
    scope: FunctionScope,
    source: SourceText, range: SourceRange
  ) {
    self.name = name
    self.isClosure = isClosure
    self.parameters = parameters
    self.result = result
    self.body = body
    slotCount = scope.slotCount
    captures = scope.captures
    self.source = source
    self.range = range
  }

  /// How the function is called: its name and labels.
  var signature: String {
    "\(name)(" + parameters.map { "\($0.label ?? "_"):" }.joined() + ")"
  }
}

/// One parameter of a function or closure.
struct FunctionParameter: Sendable {
  let label: String?
  let name: String
  let pattern: Pattern
  let type: TypeAnnotation?
  let defaultValue: Node?
}
