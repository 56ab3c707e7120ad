// The vocabulary as text and as markdown, made from the declarations: one command, case, type or enumeration at a time.

/// Documentation in both forms that a front end may want.
package struct Documentation: Sendable, Equatable {
  /// Plain text.
  package let text: String
  /// Markdown.
  package let markdown: String
}

extension Documentation {
  /// A command or a method: signature, summary, parameters, the cases they take, discussion, example.
  package init(_ command: Command, of type: String? = nil) {
    self.init(command, of: type, listsCases: true)
  }

  /// A command or a method; the cases that its parameters take may stand elsewhere.
  init(_ command: Command, of type: String? = nil, listsCases: Bool) {
    let signature = (type.map { "\($0)." } ?? "") + command.signature
    var text = [signature, command.summary]
    var markdown = ["```swift\n\(signature)\n```", command.summary]
    if !command.parameters.isEmpty {
      text.append(command.parameters.map { Documentation.line($0) }.joined(separator: "\n"))
      markdown.append(Documentation.table(command.parameters))
    }
    var listed: Set<String> = []
    for enumeration in listsCases ? Vocabulary.enumerations(in: [command]) : [] {
      // One that repeats cases which stand there already says nothing new.
      let signatures = Set(enumeration.cases.map(\.signature))
      guard !signatures.isSubset(of: listed) else { continue }
      listed.formUnion(signatures)
      text.append(Documentation(enumeration).text)
      markdown.append(Documentation(enumeration).markdown)
    }
    if !command.discussion.isEmpty {
      text.append(command.discussion)
      markdown.append(command.discussion)
    }
    if !command.example.isEmpty {
      text.append("Example: " + command.example)
      markdown.append("```swift\n\(command.example)\n```")
    }
    self.init(text: text.joined(separator: "\n\n"), markdown: markdown.joined(separator: "\n\n"))
  }

  /// A case of an enumeration: signature, summary, its labels.
  package init(_ found: Enumeration.Case) {
    self.init(Command("." + found.name, found.parameters, summary: found.summary, body: { _, _ in .void }))
  }

  /// Several pages as one.
  package init(_ pages: [Documentation]) {
    self.init(
      text: pages.map(\.text).joined(separator: "\n\n"), markdown: pages.map(\.markdown).joined(separator: "\n\n"))
  }

  /// One parameter.
  package init(_ parameter: Parameter, of owner: String) {
    let line = Documentation.line(parameter).drop { $0 == " " }
    let cases = parameter.type.enumerations.map { Documentation($0) }
    self.init(
      text: (["\(owner): \(line)"] + cases.map(\.text)).joined(separator: "\n\n"),
      markdown: (["**\(owner)**\n\n" + Documentation.table([parameter])] + cases.map(\.markdown))
        .joined(separator: "\n\n"))
  }

  /// An enumeration and its cases.
  package init(_ enumeration: Enumeration) {
    let cases = enumeration.cases.map { (signature: $0.signature, summary: $0.summary) }
    let width = min(cases.map(\.signature.count).max() ?? 0, 40)
    // A signature that is wider than its column has its summary below.
    let lines = cases.map { signature, summary in
      signature.count > width
        ? "  \(signature)\n      \(summary)" : "  \(Documentation.padded(signature, width))  \(summary)"
    }
    self.init(
      text: (["\(enumeration.name): \(enumeration.summary)"] + lines).joined(separator: "\n"),
      markdown: (["**\(enumeration.name)**: \(enumeration.summary)\n"]
        + cases.map { "- `\($0.signature)`: \($0.summary)" }).joined(separator: "\n"))
  }

  /// A type with its members and methods.
  package init(_ type: TypeDeclaration) {
    let lines =
      type.members.map { ("\($0.name): \($0.type)", $0.summary) } + type.methods.map { ($0.signature, $0.summary) }
    self.init(
      text: (["\(type.name): \(type.summary)"] + lines.map { "  .\($0.0)\n      \($0.1)" }).joined(separator: "\n"),
      markdown: (["### \(type.name)\n\n\(type.summary)\n"] + lines.map { "- `.\($0.0)`: \($0.1)" })
        .joined(separator: "\n"))
  }

  // MARK: Pieces

  /// A parameter on one line.
  static func line(_ parameter: Parameter) -> String {
    var notes: [String] = []
    if !parameter.help.isEmpty { notes.append(parameter.help) }
    if let bounds = parameter.type.boundsDescription { notes.append(bounds) }
    if let unit = parameter.unit { notes.append("in \(unit)") }
    if let value = parameter.defaultValue { notes.append("default \(value.debugDescribed(limit: 80))") }
    if notes.count > 1, notes[0].hasSuffix(".") { notes[0].removeLast() }
    let name = parameter.label.map { "\($0):" } ?? parameter.name
    return "  \(name) \(parameter.type.name)" + (notes.isEmpty ? "" : ": " + notes.joined(separator: "; "))
  }

  /// Parameters as a table in markdown, without the columns that would be empty.
  static func table(_ parameters: [Parameter]) -> String {
    let columns: [(title: String, width: Int, text: (Parameter) -> String)] = [
      ("parameter", 15, { $0.label.map { "`\($0):`" } ?? "`\($0.name)`" }),
      ("type", 15, { "`\($0.type.name)`" + ($0.type.boundsDescription.map { " (\($0))" } ?? "") }),
      ("default", 15, { $0.defaultValue.map { "`\(cell($0.debugDescribed(limit: 80)))`" } ?? "" }),
      ("unit", 10, { $0.unit ?? "" }), ("meaning", 45, { cell($0.help) }),
    ]
    let filled = columns.map { (title: $0.title, width: $0.width, texts: parameters.map($0.text)) }
      .filter { !$0.texts.allSatisfy(\.isEmpty) }
    func row(_ texts: [String]) -> String { "| " + texts.joined(separator: " | ") + " |" }
    let rows = parameters.indices.map { index in row(filled.map { $0.texts[index] }) }
    return ([row(filled.map(\.title)), rule(filled.map(\.width))] + rows)
      .joined(separator: "\n")
  }

  /// The line below a table's headings; its dashes say how wide the columns are to be where a page is too narrow.
  static func rule(_ widths: [Int]) -> String {
    "|" + widths.map { ":" + String(repeating: "-", count: $0) + "|" }.joined()
  }

  /// A text as it stands in a cell of a table in markdown: on one line, without a bar that would end it.
  static func cell(_ text: String) -> String {
    text.contains { $0 == "|" || $0.isNewline }
      ? String(text.map { $0.isNewline ? " " : $0 }).replacing("|", with: "\\|") : text
  }

  /// A text that is no markdown, as markdown that shows it.
  static func plainMarkdown(_ text: String) -> String {
    let special: Set<Character> = ["\\", "`", "*", "_", "<", ">", "#", "|", "$", "~", "&"]
    return text.reduce(into: "") { result, character in
      if special.contains(character) { result += "\\" }
      result.append(character)
    }
  }

  /// A text followed by spaces up to a width.
  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// A text on lines of at most 100 columns, the later ones indented.
  static func wrapped(_ text: String, indent: String) -> String {
    var lines: [String] = []
    var line = text[...]
    while line.count > 100 {
      guard let space = line.prefix(101).lastIndex(of: " "), !line[..<space].allSatisfy({ $0 == " " }) else { break }
      lines.append(String(line[..<space]))
      line = (indent + line[line.index(after: space)...])[...]
    }
    return (lines + [String(line)]).joined(separator: "\n")
  }
}
