// The names that live across cells. One binding belongs to one name for the whole session: the parser hands it out before
// anything is declared, so that running code never searches for a name.

import Synchronization

/// One top-level name: a variable, once it is declared, and the command of that name until then.
final class Binding: Sendable {
  struct State: Sendable {
    var value: Value?
    var isMutable = false
    var order = 0
  }

  let name: String
  /// The command of this name as a value, which a variable shadows.
  let command: Function?
  private let state = Mutex(State())

  init(name: String, command: Command?) {
    self.name = name
    self.command = command.map { Function(command: $0) }
  }

  /// The variable's value; nil when none is declared.
  var declared: Value? { state.withLock { $0.value } }

  /// What the name is worth: the variable, else the command.
  var value: Value? { declared ?? command.map { .function($0) } }

  var order: Int { state.withLock { $0.order } }

  /// When the variable was declared; nil when there is none.
  var orderIfDeclared: Int? { state.withLock { $0.value == nil ? nil : $0.order } }

  func declare(_ value: Value, isMutable: Bool, order: Int) {
    state.withLock {
      if $0.value == nil { $0.order = order }
      $0.value = value
      $0.isMutable = isMutable
    }
  }

  /// Changes the variable; nil when there is none.
  ///
  /// The body must not evaluate anything.
  func modify<Result: Sendable>(
    _ body: (inout Value) throws(CellFailure) -> Result
  ) throws(CellFailure) -> Result? {
    try state.withLock { state throws(CellFailure) in
      guard state.value != nil else { return nil }
      guard state.isMutable else { throw .constant(name) }
      var value = Value.null
      swap(&value, &state.value!)
      defer { swap(&value, &state.value!) }
      return try body(&value)
    }
  }

  func remove() { state.withLock { $0.value = nil } }
}

/// All top-level names of a session.
final class Globals: Sendable {
  let vocabulary: Vocabulary
  private let bindings = Mutex<[String: Binding]>([:])
  private let declarations = Mutex(0)

  init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// The binding of a name, made when it is first mentioned.
  func binding(_ name: String) -> Binding {
    bindings.withLock {
      if let binding = $0[name] { return binding }
      let binding = Binding(name: name, command: vocabulary.command(name))
      $0[name] = binding
      return binding
    }
  }

  /// The variable of a name.
  func variable(_ name: String) -> Value? { bindings.withLock { $0[name] }?.declared }

  func declare(_ binding: Binding, _ value: Value, isMutable: Bool) {
    let order = declarations.withLock {
      $0 += 1
      return $0
    }
    binding.declare(value, isMutable: isMutable, order: order)
  }

  /// Every declared variable, in the order of declaration.
  var variables: [(name: String, value: Value)] {
    bindings.withLock { Array($0.values) }.filter { $0.declared != nil }.sorted { $0.order < $1.order }
      .compactMap { binding in binding.declared.map { (binding.name, $0) } }
  }

  /// The variables that were declared last among those whose names begin with a text, in the order of declaration.
  func variables(startingWith prefix: String, limit: Int) -> [(name: String, value: Value)] {
    let found = bindings.withLock { $0.values.filter { prefix.isEmpty || $0.name.hasPrefix(prefix) } }
    let orders = found.map(\.orderIfDeclared)
    let declared = orders.compactMap(\.self).sorted()
    let first = declared.count > limit ? declared[declared.count - limit] : 0
    return zip(found, orders).filter { ($0.1 ?? -1) >= first }.sorted { ($0.1 ?? 0) < ($1.1 ?? 0) }
      .compactMap { binding, _ in binding.declared.map { (binding.name, $0) } }
  }

  /// Every name that means something.
  var names: [String] { variables.map(\.name) + vocabulary.commands.map(\.name) }
}
