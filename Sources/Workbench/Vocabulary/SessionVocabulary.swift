// The conversation itself: help, showing, asking, paging.

import CellLanguage
import Display

let sessionCommands = [
  Command(
    "help",
    [
      Parameter(
        "_", name: "topic", .any, default: .null,
        help: "A command, a case such as .opsd, a subject such as \"training\", a value; nothing: the whole list.",
        texts: TextSource { _ in helpTopics })
    ],
    summary: "Explains a command or a value, or lists everything there is.", example: "help(train)"
  ) { arguments, context in
    let topic = try arguments.value("topic")
    let documentation: Documentation
    var name: String?
    if case .string(let text) = topic { name = text.hasPrefix(".") ? String(text.dropFirst()) : text }
    if case .implicit(let member) = topic { name = member.name }
    if case .choice(let choice) = topic { name = choice.name }
    if case .null = topic {
      documentation = Documentation(context.vocabulary)
    } else if case .function(let function) = topic, let command = function.command {
      documentation = Documentation(command)
    } else if case .string = topic, let name, let command = context.vocabulary.command(name) {
      documentation = Documentation(command)
    } else if case .string = topic, let name, let type = context.vocabulary.type(name) {
      documentation = Documentation(type)
    } else if case .string = topic, let name, let subject = context.vocabulary.subject(name) {
      documentation = Documentation(subject)
    } else if let name, case let cases = context.vocabulary.cases(named: name), !cases.isEmpty {
      documentation = Documentation(cases.map { Documentation($0) })
    } else if let name, !name.contains(where: \.isWhitespace), !name.isEmpty {
      let names =
        context.vocabulary.commands.map(\.name) + context.vocabulary.types.map(\.name)
        + context.vocabulary.subjects.map { $0.name.lowercased() }
        + context.vocabulary.enumerations.flatMap { $0.cases.map(\.name) }
      throw CellFailure(
        "there is no command, type, case or subject \"\(name)\"",
        fix: CellFailure.suggestion(name, among: names) { $0 },
        argument: "topic", kind: .unknownName)
    } else if let type = context.vocabulary.type(topic.typeName) {
      documentation = Documentation(type)
    } else {
      throw CellFailure(
        "there is no help about \(topic.typeName)",
        "help explains commands, cases such as .opsd and the types of values",
        fix: "help() lists them.", argument: "topic")
    }
    context.workplace.screen.display(rendered(documentation), id: nil)
    return .void
  },
  Command(
    "show", [Parameter("_", name: "values", .any, help: "What to show.", isVariadic: true)],
    summary: "Shows values in the middle of a cell, as the last expression of a cell would be.",
    example: "show(base, exam)"
  ) { arguments, context in
    for value in try arguments.array("values") { context.show(value) }
    return .void
  },
  Command(
    "page", [Parameter("_", name: "text", .string, help: "The text.")],
    summary: "Shows a text beside the notebook, where the front end has such a place.", example: "page(\"a long text\")"
  ) { arguments, context in
    context.workplace.screen.page(MIMEBundle(plain: try arguments.string("text")))
    return .void
  },
  Command(
    "printError", [Parameter("_", name: "text", .string, help: "The text.")],
    summary: "Prints a line to standard error.", example: "printError(\"careful\")"
  ) { arguments, context in
    context.workplace.screen.writeError(try arguments.string("text") + "\n")
    return .void
  },
  Command(
    "clearOutput", [Parameter("wait", .bool, default: false, help: "Wait until something new is shown.")],
    summary: "Removes what the cell has shown so far.", example: "clearOutput(wait: true)"
  ) { arguments, context in
    context.workplace.screen.clear(wait: try arguments.bool("wait"))
    return .void
  },
  Command(
    "input",
    [
      Parameter("_", name: "prompt", .string, default: "", help: "What the reader is asked."),
      Parameter("password", .bool, default: false, help: "Whether the answer is hidden as it is typed."),
    ],
    result: "String", isDiscardable: true, summary: "Asks the reader for a line of text.",
    example: "let name = input(\"Your name? \")"
  ) { arguments, context in
    .string(
      try context.workplace.screen.input(
        prompt: try arguments.string("prompt"), isPassword: try arguments.bool("password")))
  },
]

/// What `help` takes as a string.
private var helpTopics: [TextSource.Text] {
  workbenchVocabulary.subjects.map { .init($0.name.lowercased(), note: "subject") }
    + workbenchVocabulary.commands.map { .init($0.name, note: "command") }
    + workbenchVocabulary.types.map { .init($0.name, note: "type") }
}
