// The whole vocabulary as one document in markdown, page by page. The same declarations give the same bytes.

extension Vocabulary {
  /// A page for each subject, command, type and enumeration, in the order in which the subjects are declared.
  package var reference: [String] {
    var pages = [contents]
    var known: Set<String> = []
    for subject in subjects {
      pages.append(
        (["## \(subject.name)", subject.summary] + (subject.guide.isEmpty ? [] : [subject.guide])).paragraphs)
      for command in subject.commands {
        pages.append("### \(command.name)\n\n" + Documentation(command, listsCases: false).markdown)
      }
      for type in subject.types { pages.append(Vocabulary.page(type)) }
      for enumeration in Vocabulary.enumerations(in: subject.commands + subject.types.flatMap(\.methods)) {
        // One that repeats cases which stand there already says nothing new.
        let signatures = Set(enumeration.cases.map { $0.signature + $0.summary })
        guard !signatures.isSubset(of: known) else { continue }
        known.formUnion(signatures)
        pages.append(Vocabulary.page(enumeration))
      }
    }
    return pages
  }

  /// The subjects and their commands, each a link to its page.
  private var contents: String {
    func link(_ name: String) -> String { "[\(name)](#\(name.replacing(" ", with: "-")))" }
    let rows = subjects.map { subject in
      "| \(link(subject.name)) | \((subject.commands.map(\.name) + subject.types.map(\.name)).map(link).joined(separator: ", ")) |"
    }
    return (["| | |", "|---|---|"] + rows).joined(separator: "\n")
  }

  private static func page(_ type: TypeDeclaration) -> String {
    var parts = ["### \(type.name)", type.summary]
    if let element = type.element { parts.append("Its elements are of type `\(element)`.") }
    if !type.members.isEmpty {
      let rows = type.members.map { "| `.\($0.name)` | `\($0.type)` | \(Documentation.cell($0.summary)) |" }
      parts.append((["| member | type | meaning |", "|---|---|---|"] + rows).joined(separator: "\n"))
    }
    for method in type.methods {
      let page = Documentation(method, of: nil, listsCases: false).markdown
      parts += ["#### \(type.name).\(method.name)", page]
    }
    return parts.paragraphs
  }

  private static func page(_ enumeration: Enumeration) -> String {
    var parts = ["### \(enumeration.name)", enumeration.summary]
    for one in enumeration.cases {
      parts.append("**`.\(one.name)`** \(one.summary)")
      if !one.parameters.isEmpty { parts.append(Documentation.table(one.parameters)) }
    }
    return parts.paragraphs
  }
}

extension [String] {
  fileprivate var paragraphs: String { joined(separator: "\n\n") }
}
