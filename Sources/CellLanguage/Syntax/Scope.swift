// Who a name is: the parser keeps these scopes while it reads and resolves every name at once.

/// A variable inside a function, a closure or a block.
final class LocalVariable: @unchecked Sendable {
  let name: String
  let slot: Int
  let isMutable: Bool
  /// A closure uses it, so it lives in a box of its own.
  ///
  /// Unchecked because of this: only the parser that made the variable writes it, before anyone else sees it.
  fileprivate(set) var isCaptured = false

  init(name: String, slot: Int, isMutable: Bool) {
    self.name = name
    self.slot = slot
    self.isMutable = isMutable
  }
}

/// The names of one function while it is parsed.
final class FunctionScope {
  let parent: FunctionScope?
  var blocks: [[String: LocalVariable]] = [[:]]
  private(set) var slotCount = 0
  private(set) var captures: [Reference] = []
  private var captured: [ObjectIdentifier: Int] = [:]
  /// A closure without named parameters: `$0` and its like are read as they appear.
  let hasAnonymousParameters: Bool
  private(set) var anonymous: [LocalVariable] = []
  var loopDepth = 0
  /// A function that declares no result.
  var returnsNothing = false

  init(parent: FunctionScope?, hasAnonymousParameters: Bool = false) {
    self.parent = parent
    self.hasAnonymousParameters = hasAnonymousParameters
  }

  /// A cell's own statements, outside any block: what is declared here lives on in the session.
  var isTopLevel: Bool { parent == nil && blocks.count == 1 }

  func declare(_ name: String, isMutable: Bool) -> LocalVariable {
    let variable = LocalVariable(name: name, slot: slotCount, isMutable: isMutable)
    slotCount += 1
    blocks[blocks.count - 1][name] = variable
    return variable
  }

  /// The variable of `$0`, `$1` and so on; those before it are declared with it.
  func anonymousVariable(_ index: Int) -> Reference? {
    guard hasAnonymousParameters else { return nil }
    while anonymous.count <= index {
      anonymous.append(LocalVariable(name: "$\(anonymous.count)", slot: slotCount, isMutable: false))
      slotCount += 1
    }
    return .local(anonymous[index])
  }

  /// What a name stands for here; nil when no enclosing function declares it.
  func lookup(_ name: String) -> Reference? {
    for block in blocks.reversed() {
      if let variable = block[name] { return .local(variable) }
    }
    guard let outer = parent?.lookup(name) else { return nil }
    let variable: LocalVariable
    switch outer {
    case .local(let found): variable = found
    case .captured(_, let found): variable = found
    case .global: return outer
    }
    if let index = captured[ObjectIdentifier(variable)] { return .captured(index, variable) }
    variable.isCaptured = true
    captured[ObjectIdentifier(variable)] = captures.count
    captures.append(outer)
    return .captured(captures.count - 1, variable)
  }

  /// Every name that can be used here.
  var visibleNames: [String] {
    blocks.flatMap(\.keys) + (parent?.visibleNames ?? [])
  }
}
