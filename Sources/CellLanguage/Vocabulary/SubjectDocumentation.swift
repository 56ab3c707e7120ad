// The whole vocabulary, and one subject of it, as pages to browse.

extension Documentation {
  /// Everything there is, subject by subject, one line a command and a type.
  package init(_ vocabulary: Vocabulary) {
    let lead = "help(print) explains a command, help(\"language\") a subject, help(x) what a value can do."
    let marked = "`help(print)` explains a command, `help(\"language\")` a subject, `help(x)` what a value can do."
    let subjects = vocabulary.subjects.filter { !$0.entries.isEmpty }
    let text = subjects.map { subject in
      ([Documentation.wrapped("\(subject.name): \(subject.summary)", indent: "  ")]
        + subject.entries.map { Documentation.line($0) }).joined(separator: "\n")
    }
    let markdown = subjects.map { subject in
      "<details>\n<summary><b>\(subject.name)</b>: \(subject.summary)</summary>\n\n\(Documentation.table(subject.entries))"
        + "\n\n</details>"
    }
    self.init(
      text: (text + [lead]).joined(separator: "\n\n"), markdown: (markdown + [marked]).joined(separator: "\n\n"))
  }

  /// A subject: its guide, and every command with its labels and its example.
  package init(_ subject: Subject) {
    let commands = subject.commands.map { command in
      Documentation.wrapped(command.labels, indent: "      ") + "\n"
        + Documentation.wrapped("    " + command.summary, indent: "    ")
        + (command.example.isEmpty ? "" : "\n    Example: \(command.example)")
    }
    let types = subject.types.map { Documentation.line(Entry(name: $0.name, summary: $0.summary)) }
    let guide = subject.guide.isEmpty ? [] : [subject.guide]
    let table = subject.commands.map { command in
      let example = command.example.contains("\n") ? "" : command.example
      return
        "| `\(command.shortLabels)` | \(Documentation.cell(command.summary)) | "
        + (example.isEmpty ? "" : "`\(Documentation.cell(example))`") + " |"
    }
    let head = ["### \(subject.name)", subject.summary]
    let commandTable =
      table.isEmpty
      ? [] : [(["| command | | example |", Documentation.rule([25, 35, 40])] + table).joined(separator: "\n")]
    let typeTable = subject.types.map { Entry(name: $0.name, summary: $0.summary) }
    self.init(
      text: (["\(subject.name): \(subject.summary)"] + guide + commands
        + (types.isEmpty ? [] : [(["Types"] + types).joined(separator: "\n")])).joined(separator: "\n\n"),
      markdown: (head + guide + commandTable + (typeTable.isEmpty ? [] : [Documentation.table(typeTable)]))
        .joined(separator: "\n\n"))
  }

  /// A command or a type on one line of a list.
  fileprivate struct Entry {
    let name: String
    let summary: String
  }

  /// The columns of a list's names.
  private static let nameColumns = 30

  private static func line(_ entry: Entry) -> String {
    let indent = String(repeating: " ", count: nameColumns + 4)
    let head = "  " + padded(entry.name, nameColumns)
    guard entry.name.count <= nameColumns else {
      return "  \(entry.name)\n" + wrapped(indent + entry.summary, indent: indent)
    }
    return wrapped("\(head)  \(entry.summary)", indent: indent)
  }

  private static func table(_ entries: [Entry]) -> String {
    (["| | |", Documentation.rule([20, 60])] + entries.map { "| `\($0.name)` | \(cell($0.summary)) |" }).joined(
      separator: "\n")
  }
}

extension Subject {
  fileprivate var entries: [Documentation.Entry] {
    commands.map { Documentation.Entry(name: $0.shortLabels, summary: $0.summary) }
      + types.map { Documentation.Entry(name: $0.name, summary: $0.summary) }
  }
}
