// The whole vocabulary as one document in markdown, page by page. The same declarations give the same bytes.

extension Vocabulary {
  /// A page for each subject, command, type and enumeration, in the order in which the subjects are declared.
  package var reference: [String] {
    let chapters = chapters
    return [Vocabulary.contents(chapters)]
      + chapters.flatMap { chapter in [chapter.page] + chapter.entries.map { "### \($0.heading)\n\n\($0.page)" } }
  }

  /// A subject with everything that has a page under it.
  private struct Chapter {
    let name: String
    let page: String
    var entries: [(heading: String, page: String)] = []
  }

  /// The subjects with their commands, types and enumerations, no two under the same heading.
  private var chapters: [Chapter] {
    var headings = Set(subjects.map { $0.name.lowercased() } + commands.map { $0.name.lowercased() })
    /// A heading that is there already, in whatever letters, says what it is of.
    func heading(_ name: String, _ kind: String) -> String {
      headings.insert(name.lowercased()).inserted ? name : "\(name) (\(kind))"
    }
    var known: Set<String> = []
    return subjects.map { subject in
      var chapter = Chapter(
        name: subject.name,
        page: (["## \(subject.name)", subject.summary] + (subject.guide.isEmpty ? [] : [subject.guide])).paragraphs)
      chapter.entries += subject.commands.map { ($0.name, Documentation($0, listsCases: false).markdown) }
      chapter.entries += subject.types.map { (heading($0.name, "type"), Vocabulary.page($0)) }
      for enumeration in Vocabulary.enumerations(in: subject.commands + subject.types.flatMap(\.methods)) {
        // One that repeats cases which stand there already says nothing new.
        let signatures = Set(enumeration.cases.map { $0.signature + $0.summary })
        guard !signatures.isSubset(of: known) else { continue }
        known.formUnion(signatures)
        chapter.entries.append((heading(enumeration.name, "cases"), Vocabulary.page(enumeration)))
      }
      return chapter
    }
  }

  /// The subjects and what they hold, each a link to its page.
  private static func contents(_ chapters: [Chapter]) -> String {
    func link(_ heading: String) -> String { "[\(heading)](#\(heading.replacing(" ", with: "-")))" }
    let rows = chapters.map { chapter in
      "| \(link(chapter.name)) | \(chapter.entries.map { link($0.heading) }.joined(separator: ", ")) |"
    }
    return (["| | |", Documentation.rule([20, 60])] + rows).joined(separator: "\n")
  }

  private static func page(_ type: TypeDeclaration) -> String {
    var parts = [type.summary]
    if let element = type.element { parts.append("Its elements are of type `\(element)`.") }
    if !type.members.isEmpty {
      let rows = type.members.map { "| `.\($0.name)` | `\($0.type)` | \(Documentation.cell($0.summary)) |" }
      parts.append((["| member | type | meaning |", Documentation.rule([20, 20, 60])] + rows).joined(separator: "\n"))
    }
    for method in type.methods {
      let page = Documentation(method, of: nil, listsCases: false).markdown
      parts += ["#### \(type.name).\(method.name)", page]
    }
    return parts.paragraphs
  }

  private static func page(_ enumeration: Enumeration) -> String {
    var parts = [enumeration.summary]
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
