// Strings that are not finished: where one is open at the cursor, what was typed into it, and whose argument it is.

/// Text on its way into a string literal and out of it.
enum StringLiteral {
  /// What a literal's text stands for; nil where it holds what completion cannot know, or an escape that is none.
  static func typed(_ raw: String) -> String? {
    guard raw.contains("\\") else { return raw }
    let source = SourceText("\"" + raw + "\"")
    var parser = Parser(source, globals: Globals(vocabulary: Vocabulary()))
    guard let node = try? parser.string(), parser.kind == .end, case .literal(.string(let text)) = node.kind else {
      return nil
    }
    return text
  }

  /// A text as it is typed between the quotes of a literal.
  static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0 == "\\" || $0 == "\"" || $0.value < 0x20 }) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case let scalar where scalar.value < 0x20: result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}

extension CursorContext {
  /// A literal on one line that is open at the cursor.
  struct OpenString {
    /// The token of its opening quote.
    let token: Int
    /// The byte after the quote.
    let start: Int
  }

  /// The literal in which the cursor stands; nil outside strings, in one of several lines, and after an interpolation,
  /// whose value nobody knows.
  var openString: OpenString? {
    guard tokens.last?.kind == .unterminatedString else { return nil }
    var token = tokens.count - 2
    if token >= 0, tokens[token].kind == .stringText { token -= 1 }
    guard token >= 0, tokens[token].kind == .stringStart else { return nil }
    return OpenString(token: token, start: Int(tokens[token].end))
  }

  /// What may stand in the literal: what its parameter says, or the keys of the value that it is a key of.
  func texts(at literal: OpenString) -> TextSource? {
    let before = literal.token - 1
    if before > 0, tokens[before].kind == .leftBracket, !tokens[before].hasSpaceBefore, endsExpression(before - 1) {
      return keys(of: chain(endingAt: before - 1))
    }
    guard let call = enclosingCall(before: literal.token, level: 0), let parameter = expectedParameter(in: call) else {
      return nil
    }
    if let texts = parameter.texts { return texts }
    // A text that a method of a live value must have, and of which nothing is declared, is one of its keys.
    guard case .string = parameter.type, !parameter.isOptional else { return nil }
    return keys(of: call.target.receiver)
  }

  /// The keys of a live value that are texts.
  private func keys(of known: Known?) -> TextSource? {
    switch known {
    case .value(.object(let object)):
      TextSource { typed in texts(object.keys, typed, note: "in this \(object.typeName)") }
    case .value(.dictionary(let dictionary)):
      TextSource { typed in
        texts(
          dictionary.keys.lazy.compactMap { if case .string(let key) = $0 { key } else { nil } }, typed,
          note: "in this Dictionary")
      }
    default: nil
    }
  }

  private func texts(_ keys: some Sequence<String>, _ typed: String, note: String) -> [TextSource.Text] {
    var found: [TextSource.Text] = []
    for key in keys where key.hasPrefix(typed) && found.count < TextSource.limit {
      found.append(.init(key, note: note))
    }
    return found
  }
}
