// A live value as documentation: what it is, a sketch of what it holds, and what can be done with it.

extension Documentation {
  /// A value under a head such as `heights: Vector`.
  ///
  /// `meaning` is a line on what it is for, such as the summary of the member that it was read from.
  init(
    _ head: String, _ value: Value, in vocabulary: Vocabulary, _ detail: InspectionDetail, meaning: String? = nil
  ) {
    if case .function(let function) = value, let command = function.command {
      self = Documentation(command)
      return
    }
    let sketch = value.sketch
    var text = ["\(head) = \(value.summary)"]
    var markdown = ["```swift\n\(head)\n```", Documentation.plainMarkdown(value.summary)]
    if let meaning {
      text.append(meaning)
      markdown.append(meaning)
    }
    if !sketch.isEmpty {
      text.append(sketch.joined(separator: "\n"))
      markdown.append(sketch.map { "- " + Documentation.plainMarkdown($0) }.joined(separator: "\n"))
    }
    if case .function(let function) = value {
      let code = Documentation.firstLines(function.text)
      text.append(code)
      markdown.append("```swift\n\(code)\n```")
    }
    let type = vocabulary.type(value.typeName)
    let members = Documentation.members(of: value, type)
    if let type {
      text.append("\(type.name): \(type.summary)")
      markdown.append("**\(type.name)**: \(type.summary)")
    }
    if !members.isEmpty {
      text.append(Documentation.lines(members, detail))
      markdown.append(Documentation.table(members, detail))
    }
    if let methods = type?.methods, !methods.isEmpty {
      let (lines, list) = Documentation.methods(methods, detail)
      text.append(lines)
      markdown.append(list)
    }
    self.init(text: text.joined(separator: "\n\n"), markdown: markdown.joined(separator: "\n\n"))
  }

  /// A member as a line of a table.
  private struct MemberLine {
    let name: String
    let type: String
    let summary: String
    /// The value, where it is known without work.
    let value: Value?

    /// There is nothing to see: a list without elements, or nil.
    var isEmpty: Bool {
      switch value {
      case .null: true
      case .vector(let vector): vector.count == 0
      case .array(let list): list.elements.isEmpty
      default: false
      }
    }

    /// The value in a few words.
    var text: String? {
      guard let value else { return nil }
      let text: String
      if case .vector(let vector) = value {
        text = vector.count > 4 ? value.sketch[0] : "[\(vector.elements.map(\.short).joined(separator: ", "))]"
      } else {
        text = value.summary
      }
      return text.count > 60 ? text.prefix(59) + "…" : text
    }
  }

  private static func members(of value: Value, _ type: TypeDeclaration?) -> [MemberLine] {
    var lines = (type?.members ?? []).map {
      MemberLine(name: $0.name, type: $0.type, summary: $0.summary, value: $0.cheapValue(of: value))
    }
    if case .tuple(let tuple) = value {
      lines += zip(tuple.labels, tuple.elements).enumerated().map {
        MemberLine(name: $1.0 ?? "\($0)", type: $1.1.typeName, summary: "", value: $1.1)
      }
    }
    if case .object(let object) = value {
      lines += object.furtherMembers.prefix(50).map {
        let value = object.furtherMember($0)
        return MemberLine(name: $0, type: value?.typeName ?? "Any", summary: "", value: value)
      }
    }
    return lines
  }

  private static func lines(_ members: [MemberLine], _ detail: InspectionDetail) -> String {
    var lines: [String] = []
    for member in members where detail == .full || !member.isEmpty {
      lines.append("  .\(member.name): \(member.type)" + (member.text.map { " = \($0)" } ?? ""))
      if detail == .full, !member.summary.isEmpty { lines.append("      \(member.summary)") }
    }
    let empty = members.filter(\.isEmpty).map { "." + $0.name }
    if detail == .short, !empty.isEmpty {
      lines.append(wrapped("  Empty here: " + empty.joined(separator: ", "), indent: "    "))
    }
    return lines.joined(separator: "\n")
  }

  private static func table(_ members: [MemberLine], _ detail: InspectionDetail) -> String {
    let explains = detail == .full
    let shown = members.filter { explains || !$0.isEmpty }
    let empty = explains ? [] : members.filter(\.isEmpty)
    let rows = shown.map { member in
      "| `.\(member.name)` | `\(member.type)` | \(plainMarkdown(member.text ?? "")) |"
        + (explains ? " \(cell(member.summary)) |" : "")
    }
    let head = [
      "| member | type | value |" + (explains ? " meaning |" : ""),
      Documentation.rule(explains ? [20, 15, 30, 40] : [20, 20, 60]),
    ]
    let rest = "Empty here: " + empty.map { "`.\($0.name)`" }.joined(separator: ", ")
    let parts = (shown.isEmpty ? [] : [(head + rows).joined(separator: "\n")]) + (empty.isEmpty ? [] : [rest])
    return parts.joined(separator: "\n\n")
  }

  private static func methods(_ methods: [Command], _ detail: InspectionDetail) -> (text: String, markdown: String) {
    guard detail == .full else {
      let names = methods.map { "." + $0.shortLabels }
      return (
        wrapped("Methods: " + names.joined(separator: ", "), indent: "  "),
        "Methods: " + names.map { "`\($0)`" }.joined(separator: ", ")
      )
    }
    let text = methods.map { method in
      (["  .\(method.signature)", "      \(method.summary)"] + method.parameters.map { "    " + line($0) })
        .joined(separator: "\n")
    }
    let markdown = methods.map { method in
      "**`.\(method.signature)`**\n\n\(method.summary)"
        + (method.parameters.isEmpty ? "" : "\n\n" + table(method.parameters))
    }
    return (text.joined(separator: "\n"), markdown.joined(separator: "\n\n"))
  }

  private static func firstLines(_ code: String) -> String {
    let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count <= 12 ? code : (lines.prefix(11) + ["…"]).joined(separator: "\n")
  }
}

extension Value {
  var isNull: Bool { if case .null = self { true } else { false } }

  /// What it holds, in a few lines, beyond what its summary says; no more work than looking at each number once.
  var sketch: [String] {
    switch self {
    case .vector(let vector): return Value.sketch(of: vector.elements)
    case .array(let list):
      let elements = list.elements
      guard elements.count <= Value.sketchLimit else { return ["\(elements.count) elements"] }
      let numbers = elements.compactMap(\.number)
      if !numbers.isEmpty, numbers.count == elements.count { return Value.sketch(of: numbers) }
      let types = elements.prefix(1000).reduce(into: [String]()) {
        if !$0.contains($1.typeName) { $0.append($1.typeName) }
      }
      return [
        "\(elements.count) elements" + (types.isEmpty ? "" : " of type \(types.prefix(5).joined(separator: ", "))")
      ]
        + Value.first(elements.prefix(3), of: elements.count)
    case .dictionary(let dictionary):
      let keys = dictionary.keys
      return ["\(keys.count) entries"]
        + zip(keys, dictionary.values).prefix(5).map { "[\($0.debugDescribed(limit: 40))] = \($1.summary)" }
    case .string(let text):
      guard text.utf8.count <= Value.sketchLimit else { return ["\(text.utf8.count) bytes"] }
      let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      return ["\(text.count) characters" + (lines > 1 ? " in \(lines) lines" : "")]
    case .range(let range): return range.bounds.map { ["\($0.count) whole numbers"] } ?? []
    case .object(let object):
      guard let count = object.elementCount else { return [] }
      return ["\(count) elements"]
        + Value.first((0..<min(count, 3)).compactMap { try? object.element(at: .int($0)) }[...], of: count)
    default: return []
    }
  }

  /// Of more than this, only the count is told; of a text, its bytes.
  static let sketchLimit = 200_000

  private static func first(_ elements: ArraySlice<Value>, of count: Int) -> [String] {
    elements.enumerated().map { "[\($0)] = \($1.summary)" } + (count > elements.count ? ["…"] : [])
  }

  private static func sketch(of numbers: [Double]) -> [String] {
    guard numbers.count <= sketchLimit else { return ["\(numbers.count) numbers"] }
    let finite = numbers.filter(\.isFinite)
    var facts = ["\(numbers.count) numbers"]
    if let least = finite.min(), let most = finite.max() {
      facts += ["from \(least.short) to \(most.short)", "mean \((Vector(finite).sum / Double(finite.count)).short)"]
    }
    if finite.count < numbers.count { facts.append("\(numbers.count - finite.count) not finite") }
    let shown = numbers.prefix(6).map(\.short).joined(separator: ", ")
    return [facts.joined(separator: ", ")]
      + (numbers.isEmpty ? [] : ["first: " + shown + (numbers.count > 6 ? ", …" : "")])
  }
}

extension Double {
  /// At most four digits that count.
  fileprivate var short: String {
    guard isFinite else { return "\(self)" }
    guard self != 0 else { return "0" }
    var scale = 1.0
    var size = magnitude
    while size < 1000, scale < 1e15 { (scale, size) = (scale * 10, size * 10) }
    let rounded = scale >= 1e15 ? self : (self * scale).rounded() / scale
    return Int(exactly: rounded).map { "\($0)" } ?? "\(rounded)"
  }
}
