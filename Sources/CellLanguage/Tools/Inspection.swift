// Inspection: what the thing at the cursor is.

extension CellSession {
  /// The documentation of what stands at the cursor, or of the call around it; nil when nothing is known of it.
  ///
  /// The cursor is counted in Unicode scalars.
  package func inspect(_ source: String, cursor: Int) -> Documentation? {
    let text = SourceText(source)
    var cut = text.byteOffset(ofScalar: cursor)
    while cut < text.bytes.count, Lexer.isWordByte(text.bytes[cut]) || text.bytes[cut] >= 0x80 { cut += 1 }
    let context = CursorContext(SourceText(text.text(SourceRange(start: 0, end: cut))), globals: globals)
    let isLabel = text.bytes[cut...].first { $0 != UInt8(ascii: " ") } == UInt8(ascii: ":")
    if !context.prefix.isEmpty, let found = context.documentation(isLabel: isLabel) { return found }
    guard let call = context.enclosingCall() else {
      return context.position > 0 && context.prefix.isEmpty ? context.before() : nil
    }
    return call.target.command.map { Documentation($0) } ?? context.describe(call)
  }
}

extension CursorContext {
  /// The word that the cursor touches.
  func documentation(isLabel: Bool) -> Documentation? {
    let vocabulary = globals.vocabulary
    if followsDot {
      guard position > 1, endsExpression(position - 2) else {
        return target(namedAt: position)?.enumerationCase.map { Documentation($0) }
      }
      guard let receiver = chain(endingAt: position - 2), let type = vocabulary.type(receiver.typeName) else {
        return nil
      }
      if let method = type.method(prefix) { return Documentation(method, of: type.name) }
      return type.member(prefix).map {
        Documentation(
          text: "\(type.name).\($0.name): \($0.type)\n\n\($0.summary)",
          markdown: "```swift\n\(type.name).\($0.name): \($0.type)\n```\n\n\($0.summary)")
      }
    }
    if isLabel, let call = enclosingCall(), let parameter = call.target.parameters.first(where: { $0.label == prefix })
    {
      return Documentation(parameter, of: call.target.name)
    }
    if let value = globals.variable(prefix) { return Documentation(variable: prefix, value, in: vocabulary) }
    if let command = vocabulary.command(prefix) { return Documentation(command) }
    if let type = vocabulary.type(prefix) { return Documentation(type) }
    return vocabulary.enumeration(prefix).map { Documentation($0) }
  }

  /// What stands just before a cursor that touches no word.
  func before() -> Documentation? {
    guard tokens[position - 1].kind.isClosing || tokens[position - 1].kind == .identifier else { return nil }
    guard let known = chain(endingAt: position - 1) else { return nil }
    return globals.vocabulary.type(known.typeName).map { Documentation($0) }
  }

  /// A call of something that is no command.
  func describe(_ call: OpenCall) -> Documentation? {
    let signature =
      call.target.parameters.isEmpty
      ? "\(call.target.name)(" + call.target.labels.map { $0 + ":" }.joined(separator: " ") + ")"
      : call.target.name + Parameter.list(call.target.parameters)
    let lines = call.target.parameters.map { Documentation.line($0) }
    return Documentation(
      text: ([signature] + lines).joined(separator: "\n"),
      markdown: (["```swift\n\(signature)\n```"] + lines).joined(separator: "\n\n"))
  }
}
