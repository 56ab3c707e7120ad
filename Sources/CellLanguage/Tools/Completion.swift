// Completion: what may stand at the cursor. It reads tokens only, since the code around a cursor is rarely finished.

/// One name that may stand at the cursor.
package struct CompletionMatch: Sendable, Equatable {
  /// What the name is.
  package enum Kind: String, Sendable {
    case function, variable, label, `case`, member, keyword, text
  }

  /// The text to insert.
  package let text: String
  /// What the name is.
  package let kind: Kind
  /// The signature or type, to show beside the name.
  package let signature: String
}

/// All names that may stand at the cursor, and the range that they replace, in Unicode scalars.
package struct Completion: Sendable, Equatable {
  /// The names, the most particular kinds first.
  package let matches: [CompletionMatch]
  /// Where the text to replace starts.
  package let start: Int
  /// Where it ends: the cursor.
  package let end: Int
}

extension CellSession {
  /// What may stand at the cursor, which is counted in Unicode scalars.
  package func complete(_ source: String, cursor: Int) -> Completion {
    let text = SourceText(source)
    let cut = text.byteOffset(ofScalar: cursor)
    let before = SourceText(text.text(SourceRange(start: 0, end: cut)))
    let context = CursorContext(before, globals: globals)
    if let literal = context.openString { return complete(literal, context) }
    let prefix = context.prefix
    let matches = context.isInsideText ? [] : context.matches().filter { $0.text.hasPrefix(prefix) }
    return Completion(
      matches: matches,
      start: before.scalarOffset(ofByte: context.prefixStart), end: before.scalarOffset(ofByte: before.bytes.count))
  }

  /// What may stand in an unfinished string: what follows the last `/` is replaced.
  private func complete(_ literal: CursorContext.OpenString, _ context: CursorContext) -> Completion {
    let source = context.source
    let raw = source.text(SourceRange(start: literal.start, end: source.bytes.count))
    var matches: [CompletionMatch] = []
    var kept = raw.unicodeScalars.prefix(0)
    if let texts = context.texts(at: literal), let typed = StringLiteral.typed(raw) {
      kept = raw.unicodeScalars.prefix { _ in true }
      while let last = kept.last, last != "/" { kept.removeLast() }
      let stays = typed.unicodeScalars.lastIndex(of: "/").map { typed.unicodeScalars.index(after: $0) }
      let start = stays ?? typed.startIndex
      for text in texts.completions(typed).prefix(TextSource.limit)
      where text.text.unicodeScalars.starts(with: typed.unicodeScalars) {
        matches.append(
          CompletionMatch(
            text: StringLiteral.escaped(
              String(text.text.unicodeScalars.dropFirst(typed.unicodeScalars[..<start].count))),
            kind: .text, signature: text.note))
      }
    }
    let end = source.scalarOffset(ofByte: source.bytes.count)
    return Completion(
      matches: matches, start: matches.isEmpty ? end : source.scalarOffset(ofByte: literal.start) + kept.count, end: end
    )
  }
}

extension CursorContext {
  /// More names of one kind are never offered.
  static let matchLimit = 300

  /// Everything that fits the place, whatever has been typed of it.
  func matches() -> [CompletionMatch] {
    if followsDot {
      if position > 1, endsExpression(position - 2) { return members(of: chain(endingAt: position - 2)) }
      return cases()
    }
    guard position == 0 || !["let", "var", "func", "for"].contains(text(position - 1)) else { return [] }
    return labels() + names()
  }

  private func members(of type: Known?) -> [CompletionMatch] {
    guard let type else { return [] }
    var names: [String] = []
    if case .value(let value) = type {
      if case .tuple(let tuple) = value { names += tuple.labels.compactMap(\.self) }
      if case .object(let object) = value { names += object.furtherMembers }
    }
    let matches = names.filter { $0.hasPrefix(prefix) }.prefix(CursorContext.matchLimit).map {
      CompletionMatch(text: $0, kind: .member, signature: $0)
    }
    guard let declaration = globals.vocabulary.type(type.typeName) else { return matches }
    return declaration.members.map {
      CompletionMatch(text: $0.name, kind: .member, signature: "\($0.name): \($0.type)")
    } + matches
      + declaration.methods.map { CompletionMatch(text: $0.name, kind: .function, signature: $0.signature) }
  }

  private func cases() -> [CompletionMatch] {
    guard let call = enclosingCall() else { return [] }
    return (expectedParameter(in: call)?.type.enumerations ?? []).flatMap(\.cases).map {
      CompletionMatch(text: $0.name, kind: .case, signature: $0.signature)
    }
  }

  private func labels() -> [CompletionMatch] {
    guard let call = enclosingCall(), call.isAtArgumentStart else { return [] }
    let used = Set(call.labels)
    return call.target.parameters.compactMap { parameter in
      guard let label = parameter.label, !used.contains(label) else { return nil }
      return CompletionMatch(text: label + ":", kind: .label, signature: parameter.signature)
    }
      + call.target.labels.filter { !used.contains($0) }.map {
        CompletionMatch(text: $0 + ":", kind: .label, signature: $0 + ":")
      }
  }

  /// Variables, commands and words of the language that begin with what was typed.
  private func names() -> [CompletionMatch] {
    let variables = globals.variables(startingWith: prefix, limit: CursorContext.matchLimit)
    let local = localNames.filter { $0.hasPrefix(prefix) && globals.variable($0) == nil }.sorted()
    var matches = local.prefix(CursorContext.matchLimit).map {
      CompletionMatch(text: $0, kind: .variable, signature: $0)
    }
    for (name, value) in variables {
      if case .function(let function) = value {
        matches.append(CompletionMatch(text: name, kind: .function, signature: function.signature))
      } else {
        matches.append(CompletionMatch(text: name, kind: .variable, signature: "\(name): \(value.typeName)"))
      }
    }
    for command in globals.vocabulary.commands
    where command.name.hasPrefix(prefix) && globals.variable(command.name) == nil {
      matches.append(CompletionMatch(text: command.name, kind: .function, signature: command.signature))
    }
    return matches
      + TokenKind.keywords.keys.sorted().map { CompletionMatch(text: $0, kind: .keyword, signature: $0) }
  }
}
