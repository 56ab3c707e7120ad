// The vocabulary as text and as markdown, made from the declarations.

/// Documentation in both forms that a front end may want.
package struct Documentation: Sendable, Equatable {
  /// Plain text.
  package let text: String
  /// Markdown.
  package let markdown: String
}

extension Documentation {
  /// A command or a method: signature, summary, parameters, discussion, example.
  package init(_ command: Command, of type: String? = nil) {
    let signature = (type.map { "\($0)." } ?? "") + command.signature
    var text = [signature, command.summary]
    var markdown = ["```swift\n\(signature)\n```", command.summary]
    if !command.parameters.isEmpty {
      text.append(command.parameters.map { Documentation.line($0) }.joined(separator: "\n"))
      markdown.append(Documentation.table(command.parameters))
    }
    var listed: Set<String> = []
    for enumeration in Vocabulary.enumerations(in: [command]) {
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

  /// Everything there is, one line a command and a type.
  package init(_ vocabulary: Vocabulary) {
    let commands = vocabulary.commands.map { ($0.labels, $0.summary) }
    let types = vocabulary.types.map { ($0.name, $0.summary) }
    let width = min((commands + types).map(\.0.count).max() ?? 0, 32)
    func lines(_ entries: [(String, String)]) -> String {
      entries.map { "  " + Documentation.padded($0.0, width) + "  " + $0.1 }.joined(separator: "\n")
    }
    func list(_ entries: [(String, String)]) -> String {
      entries.map { "- `\($0.0)`: \($0.1)" }.joined(separator: "\n")
    }
    self.init(
      text: "Commands\n\(lines(commands))\n\nTypes\n\(lines(types))",
      markdown: "### Commands\n\n\(list(commands))\n\n### Types\n\n\(list(types))")
  }

  /// A variable: its type, its value in short, and what its type can do.
  package init(variable name: String, _ value: Value, in vocabulary: Vocabulary) {
    let head = "\(name): \(value.typeName)"
    let type = vocabulary.type(value.typeName).map { Documentation($0) }
    self.init(
      text: ([head + " = " + value.summary] + (type.map { [$0.text] } ?? [])).joined(separator: "\n\n"),
      markdown: (["```swift\n\(head)\n```", value.summary] + (type.map { [$0.markdown] } ?? []))
        .joined(separator: "\n\n"))
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

  private static func table(_ parameters: [Parameter]) -> String {
    let rows = parameters.map { parameter in
      let name = parameter.label.map { "`\($0):`" } ?? "`\(parameter.name)`"
      let value = parameter.defaultValue.map { "`\($0.debugDescribed(limit: 80))`" } ?? ""
      let bounds = parameter.type.boundsDescription.map { " (\($0))" } ?? ""
      return "| \(name) | `\(parameter.type.name)`\(bounds) | \(value) | \(parameter.unit ?? "") | \(parameter.help) |"
    }
    return (["| parameter | type | default | unit | meaning |", "|---|---|---|---|---|"] + rows)
      .joined(separator: "\n")
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
