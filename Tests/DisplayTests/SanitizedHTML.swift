// A reader of HTML as strict as JupyterLab's sanitiser: well-formed, known tags, known attributes, known styles with
// values of the forms that pass there. It returns what is wrong, and the text that is left when all markup is gone.

struct SanitizedHTML {
  var problems: [String] = []
  var text = ""

  private static let tags: Set<String> = [
    "b", "br", "caption", "code", "details", "div", "em", "img", "li", "p", "pre", "progress", "small", "span",
    "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
  ]
  private static let everywhere: Set<String> = ["style", "title"]
  private static let attributes: [String: Set<String>] = [
    "td": ["colspan"], "th": ["scope", "colspan"], "progress": ["value", "max"],
    "img": ["src", "alt", "width", "height"],
  ]
  private static let void: Set<String> = ["br", "img"]

  init(_ html: String) {
    var rest = Substring(html)
    var open: [String] = []
    while let next = rest.first {
      guard next == "<" else {
        let piece = rest.prefix { $0 != "<" }
        if piece.contains(">") { problems.append("a bare > in “\(piece)”") }
        text += Self.unescape(String(piece), &problems)
        rest = rest.dropFirst(piece.count)
        continue
      }
      guard let end = rest.firstIndex(of: ">") else {
        problems.append("a tag without an end: \(rest.prefix(40))")
        return
      }
      let tag = rest[rest.index(after: rest.startIndex)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.first == "/" {
        let name = String(tag.dropFirst())
        if open.popLast() != name { problems.append("</\(name)> closes nothing") }
      } else {
        let name = String(tag.prefix { $0 != " " })
        if !Self.tags.contains(name) { problems.append("<\(name)> is dropped") }
        readAttributes(tag.dropFirst(name.count), of: name)
        if !Self.void.contains(name) { open.append(name) }
        if name == "br" { text += "\n" }
      }
    }
    if !open.isEmpty { problems.append("not closed: \(open)") }
  }

  private mutating func readAttributes(_ list: Substring, of tag: String) {
    var rest = list
    while let start = rest.firstIndex(where: { $0 != " " }) {
      rest = rest[start...]
      let name = String(rest.prefix { $0 != "=" })
      rest = rest.dropFirst(name.count + 1)
      guard rest.first == "\"" else {
        problems.append("\(name) of <\(tag)> has no quoted value")
        return
      }
      rest = rest.dropFirst()
      let value = String(rest.prefix { $0 != "\"" })
      rest = rest.dropFirst(value.count + 1)
      if !Self.everywhere.contains(name), Self.attributes[tag]?.contains(name) != true {
        problems.append("\(name) of <\(tag)> is dropped")
      }
      let plain = Self.unescape(value, &problems)
      if name == "style" {
        for declaration in plain.split(separator: ";") { check(declaration) }
      }
    }
  }

  private mutating func check(_ declaration: Substring) {
    let parts = declaration.split(separator: ":", maxSplits: 1).map { $0.drop { $0 == " " } }
    guard parts.count == 2 else {
      problems.append("no declaration: \(declaration)")
      return
    }
    let length = /([0-9]*[.])?[0-9]+(px|em|%)|0/
    let color = /rgba\([0-9]{1,3}, [0-9]{1,3}, [0-9]{1,3}, (1(\.0+)?|0(\.[0-9]+)?)\)|#[0-9a-f]+/
    let value = parts[1]
    let passes: Bool
    switch parts[0] {
    case "text-align": passes = ["left", "right", "center"].contains(value)
    case "font-weight": passes = ["bold", "normal"].contains(value)
    case "font-family": passes = value == "monospace"
    case "white-space": passes = ["pre-wrap", "nowrap"].contains(value)
    case "display": passes = value == "flex"
    case "flex-wrap": passes = value == "wrap"
    case "flex": passes = value.wholeMatch(of: /[0-9] [0-9] [0-9]+px/) != nil
    case "word-break": passes = value == "break-all"
    case "line-height": passes = value.wholeMatch(of: /[0-9.]+/) != nil
    case "color": passes = value.wholeMatch(of: color) != nil
    case "background-color": passes = value.wholeMatch(of: color) != nil
    case "width", "height", "min-width", "margin-right", "border-radius": passes = value.wholeMatch(of: length) != nil
    case "margin", "padding": passes = value.split(separator: " ").allSatisfy { $0.wholeMatch(of: length) != nil }
    default: passes = false
    }
    if !passes { problems.append("style is dropped: \(declaration)") }
  }

  private static func unescape(_ text: String, _ problems: inout [String]) -> String {
    let entities = ["&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'", "&amp;": "&"]
    var result = ""
    var rest = Substring(text)
    while let character = rest.first {
      if character == "&" {
        guard let entity = entities.keys.first(where: { rest.hasPrefix($0) }) else {
          problems.append("a bare & in “\(text.prefix(60))”")
          return text
        }
        result += entities[entity] ?? ""
        rest = rest.dropFirst(entity.count)
      } else {
        result.append(character)
        rest = rest.dropFirst()
      }
    }
    return result
  }
}
