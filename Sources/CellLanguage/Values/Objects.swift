// What the host brings into cells: objects, choices among the cases of an enumeration, and functions.

/// Something the host made and cells can hold.
///
/// What can be done with it stands in the `TypeDeclaration` of the same name; this protocol is what every object knows
/// about itself.
package protocol CellObject: Sendable {
  /// The name of its type, as declared in the vocabulary.
  var typeName: String { get }
  /// One line for lists and inspection.
  var summary: String { get }
  /// How many elements it has, when it can be counted, subscripted with whole numbers and looped over.
  var elementCount: Int? { get }
  /// The element at an index, a key or a range.
  func element(at index: Value) throws -> Value
  /// Whether it equals another object; nil when the two cannot be compared.
  func isEqual(to other: any CellObject) -> Bool?
  /// Members beyond the declared ones, such as the columns of a table.
  var furtherMembers: [String] { get }
  /// The value of one of `furtherMembers`.
  func furtherMember(_ name: String) -> Value?
  /// The texts by which it can be subscripted, such as the titles of a table's columns.
  var keys: [String] { get }
}

extension CellObject {
  /// Not countable.
  package var elementCount: Int? { nil }
  /// Not subscriptable.
  package func element(at index: Value) throws -> Value { throw CellFailure.notSubscriptable(typeName) }
  /// Not comparable.
  package func isEqual(to other: any CellObject) -> Bool? { nil }
  /// None.
  package var furtherMembers: [String] { [] }
  /// None.
  package func furtherMember(_ name: String) -> Value? { nil }
  /// None.
  package var keys: [String] { [] }
}

/// An object that takes part in arithmetic, such as a formula that is recorded while it is written down.
package protocol ArithmeticObject: CellObject {
  /// The result of an operator, of whose operands this is at least one; nil where it has none.
  func apply(_ operation: String, _ left: Value, _ right: Value) throws(CellFailure) -> Value?
  /// The result of a command of the language, such as `log` or `sum`, of whose arguments this is at least one; nil where
  /// it has none.
  func apply(command: String, _ arguments: [Value]) throws(CellFailure) -> Value?
}

extension Value {
  /// The object, if it takes part in arithmetic.
  var arithmeticObject: (any ArithmeticObject)? {
    if case .object(let object) = self { object as? any ArithmeticObject } else { nil }
  }
}

/// `.name(…)` as written, before anyone knows its enumeration.
package struct ImplicitMember: Sendable {
  /// The name after the dot.
  package let name: String
  /// Its arguments, unchecked.
  let arguments: [GivenArgument]
  /// Where it was written, in the cell that runs.
  let range: SourceRange?
}

/// A case of an enumeration with its checked arguments.
package struct Choice: Sendable {
  /// The enumeration's name.
  package let enumeration: String
  /// The name of the case.
  package let name: String
  /// The arguments of the case.
  package let arguments: Arguments
}

/// Something that can be called: a function or closure of a cell, a command, or an operator.
package final class Function: Sendable {
  enum Body: Sendable {
    case code(FunctionCode, [Box])
    case command(Command)
    case operation(BinaryOperator)
  }

  let body: Body
  /// Containers and closures inside each other, counted through what was captured.
  let depth: Int

  init(_ body: Body) {
    self.body = body
    if case .code(_, let boxes) = body {
      depth = (boxes.map(\.value.depth).max() ?? 0) + 1
    } else {
      depth = 1
    }
  }

  /// A command as a value.
  package convenience init(command: Command) { self.init(.command(command)) }

  /// How errors and lists call it.
  package var name: String {
    switch body {
    case .code(let code, _): code.name
    case .command(let command): command.name
    case .operation(let operation): operation.rawValue
    }
  }

  /// The command behind this function, if it is one.
  package var command: Command? {
    if case .command(let command) = body { command } else { nil }
  }

  /// How many unnamed arguments it takes, where that is fixed.
  package var argumentCount: Int? {
    switch body {
    case .code(let code, _): code.parameters.count
    case .command: nil
    case .operation: 2
    }
  }

  /// The names of its parameters, as they were written; none of a command.
  package var parameterNames: [String] {
    if case .code(let code, _) = body { code.parameters.map(\.name) } else { [] }
  }

  /// What it was written as; the name of a command.
  package var text: String {
    if case .code(let code, _) = body { code.source.text(code.range) } else { name }
  }

  /// How it is called.
  package var signature: String {
    switch body {
    case .code(let code, _) where code.isClosure:
      "{ \(code.parameters.map(\.name).joined(separator: ", ")) in … }"
    case .code(let code, _): code.signature
    case .command(let command): command.signature
    case .operation(let operation): operation.rawValue
    }
  }
}
