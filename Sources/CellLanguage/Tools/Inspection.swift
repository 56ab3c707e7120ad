// Inspection: what the thing at the cursor is.

extension CellSession {
  /// The documentation of what stands at the cursor, or of the call around it; nil when nothing is known of it.
  ///
  /// The cursor is counted in Unicode scalars. Nothing is run: values are those that are there already.
  package func inspect(_ source: String, cursor: Int, detail: InspectionDetail = .short) -> Documentation? {
    let text = SourceText(source)
    var cut = text.byteOffset(ofScalar: cursor)
    while cut < text.bytes.count, Lexer.isWordByte(text.bytes[cut]) || text.bytes[cut] >= 0x80 { cut += 1 }
    let context = CursorContext(SourceText(text.text(SourceRange(start: 0, end: cut))), globals: globals)
    let isLabel = text.bytes[cut...].first { $0 != UInt8(ascii: " ") } == UInt8(ascii: ":")
    if !context.prefix.isEmpty, let found = context.documentation(isLabel: isLabel, detail) { return found }
    let touchesValue = context.position > 0 && context.prefix.isEmpty && Int(context.lastEnd) == cut
    if touchesValue, let found = context.before(detail) { return found }
    guard let call = context.enclosingCall() else {
      return context.position > 0 && context.prefix.isEmpty ? context.before(detail) : nil
    }
    return call.target.command.map { Documentation($0) } ?? context.describe(call)
  }
}

/// How much is said.
package enum InspectionDetail: Sendable {
  /// What it is and what it holds.
  case short
  /// Every member and method explained.
  case full
}

extension CursorContext {
  /// Where the last token ends.
  var lastEnd: Int32 { tokens.last?.end ?? 0 }

  /// The word that the cursor touches.
  func documentation(isLabel: Bool, _ detail: InspectionDetail) -> Documentation? {
    let vocabulary = globals.vocabulary
    if followsDot {
      guard position > 1, endsExpression(position - 2) else {
        return target(namedAt: position)?.enumerationCase.map { Documentation($0) }
      }
      guard let receiver = chain(endingAt: position - 2) else { return nil }
      return documentation(ofMemberOf: receiver, detail)
    }
    if isLabel, let call = enclosingCall(), let parameter = call.target.parameters.first(where: { $0.label == prefix })
    {
      return Documentation(parameter, of: call.target.name)
    }
    if let value = globals.variable(prefix) {
      return Documentation("\(prefix): \(value.typeName)", value, in: vocabulary, detail)
    }
    if let command = vocabulary.command(prefix) { return Documentation(command) }
    if let type = vocabulary.type(prefix) { return Documentation(type) }
    return vocabulary.enumeration(prefix).map { Documentation($0) }
  }

  /// The member or method of the cursor's word.
  private func documentation(ofMemberOf receiver: Known, _ detail: InspectionDetail) -> Documentation? {
    let type = globals.vocabulary.type(receiver.typeName)
    if let method = type?.method(prefix) { return Documentation(method, of: receiver.typeName) }
    let declared = type?.member(prefix)
    let found = chain(endingAt: position)
    guard declared != nil || found != nil else { return nil }
    let head = "\(receiver.typeName).\(prefix)" + (declared.map { ": \($0.type)" } ?? "")
    if case .value(let value)? = found {
      return Documentation(head, value, in: globals.vocabulary, detail, meaning: declared?.summary)
    }
    guard let declared else { return nil }
    let result = globals.vocabulary.type(Known.plain(declared.type))
    return Documentation(
      [
        Documentation(
          text: "\(head)\n\n\(declared.summary)", markdown: "```swift\n\(head)\n```\n\n\(declared.summary)"),
        result.map { Documentation($0) },
      ].compactMap(\.self))
  }

  /// What stands just before a cursor that touches no word.
  func before(_ detail: InspectionDetail) -> Documentation? {
    guard tokens[position - 1].kind.isClosing || tokens[position - 1].kind == .identifier else { return nil }
    switch chain(endingAt: position - 1) {
    case .value(let value): return Documentation(value.typeName, value, in: globals.vocabulary, detail)
    case .type(let name): return globals.vocabulary.type(Known.plain(name)).map { Documentation($0) }
    case nil: return nil
    }
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
