// The call whose parentheses are open at the cursor, what it calls, and the parameter that the cursor's argument is for.

extension CursorContext {
  /// The call whose parentheses are open at the cursor.
  struct OpenCall {
    let target: CallTarget
    /// The labels that stand in it already.
    let labels: [String]
    /// The label in front of the cursor's argument.
    let currentLabel: String?
    /// How many arguments without a label stand before the cursor's.
    let unlabelled: Int
    /// Nothing of the cursor's argument but a name stands there.
    let isAtArgumentStart: Bool
  }

  /// The innermost call that is open before the cursor.
  func enclosingCall() -> OpenCall? { enclosingCall(before: position, level: 0) }

  func enclosingCall(before end: Int, level: Int) -> OpenCall? {
    guard level < CursorContext.depthLimit else { return nil }
    var depth = 0
    var index = end - 1
    while index >= 0 {
      let kind = tokens[index].kind
      if kind.isClosing || kind == .interpolationEnd { depth += 1 }
      if kind.isOpening || kind == .interpolationStart {
        depth -= 1
        if depth < 0 {
          if kind == .leftParenthesis, index > 0, let target = target(namedAt: index - 1, level: level) {
            return describe(target, from: index + 1, to: end)
          }
          guard kind == .leftBracket else { return nil }
          depth = 0
        }
      }
      index -= 1
    }
    return nil
  }

  private func describe(_ target: CallTarget, from start: Int, to end: Int) -> OpenCall {
    var labels: [String] = []
    var current: String?
    var unlabelled = 0
    var argumentStart = start
    var depth = 0
    for index in start..<max(start, end) {
      let kind = tokens[index].kind
      if kind.isOpening { depth += 1 }
      if kind.isClosing { depth -= 1 }
      guard depth == 0 else { continue }
      if kind == .comma {
        if current == nil { unlabelled += 1 }
        current = nil
        argumentStart = index + 1
      } else if kind == .colon, index == argumentStart + 1, tokens[index - 1].kind.isWord {
        current = text(index - 1)
        labels.append(text(index - 1))
      }
    }
    return OpenCall(
      target: target, labels: labels, currentLabel: current, unlabelled: unlabelled,
      isAtArgumentStart: end == argumentStart)
  }

  /// What is called by the name at a token.
  func target(namedAt index: Int, level: Int = 0) -> CallTarget? {
    guard tokens[index].kind.isWord else { return nil }
    let name = text(index)
    if index > 0, tokens[index - 1].kind == .dot {
      if index > 1, endsExpression(index - 2) {
        guard let receiver = chain(endingAt: index - 2),
          let method = globals.vocabulary.type(receiver.typeName)?.method(name)
        else { return nil }
        return CallTarget(name: name, parameters: method.parameters, command: method, receiver: receiver)
      }
      guard let outer = enclosingCall(before: index - 1, level: level + 1) else { return nil }
      let cases = (expectedParameter(in: outer)?.type.enumerations ?? []).flatMap(\.cases)
      guard let found = cases.first(where: { $0.name == name }) else { return nil }
      return CallTarget(name: "." + name, parameters: found.parameters, enumerationCase: found)
    }
    if case .function(let function)? = globals.variable(name) {
      if let command = function.command {
        return CallTarget(name: name, parameters: command.parameters, command: command)
      }
      guard case .code(let code, _) = function.body else { return nil }
      return CallTarget(name: name, labels: code.parameters.compactMap(\.label))
    }
    guard let command = globals.vocabulary.command(name) else { return nil }
    return CallTarget(name: name, parameters: command.parameters, command: command)
  }

  /// The parameter that the cursor's argument belongs to.
  func expectedParameter(in call: OpenCall) -> Parameter? {
    if let label = call.currentLabel { return call.target.parameters.first { $0.label == label } }
    let free = call.target.parameters.filter { $0.label == nil }
    if call.unlabelled < free.count { return free[call.unlabelled] }
    return free.last.flatMap { $0.isVariadic ? $0 : nil }
  }
}
