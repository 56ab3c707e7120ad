// Text as a terminal sees it (columns of equal width), and as markup sees it (escaped).

enum TextLayout {
  /// Columns that this text takes in a fixed-width font: wide East Asian characters and emoji take two, marks none.
  static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

  static func width(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    if first.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: return isWide(first.value) ? 2 : 1
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      true
    default: false
    }
  }

  /// The text with spaces on the side that the alignment leaves free.
  static func pad(_ text: String, to columns: Int, _ alignment: Table.Alignment) -> String {
    let free = max(columns - width(text), 0)
    switch alignment {
    case .leading: return text + String(repeating: " ", count: free)
    case .trailing: return String(repeating: " ", count: free) + text
    case .center:
      return String(repeating: " ", count: free / 2) + text + String(repeating: " ", count: free - free / 2)
    }
  }

  /// Cut to this many columns, the last of them an ellipsis where something was cut.
  static func truncate(_ text: String, to columns: Int) -> String {
    guard width(text) > columns else { return text }
    var result = ""
    var used = 0
    for character in text {
      let next = width(character)
      if used + next > columns - 1 { break }
      result.append(character)
      used += next
    }
    return result + "…"
  }

  /// Lines without the spaces at their ends.
  static func trimmingLineEnds(_ lines: [String]) -> String {
    lines.map { line in
      var line = Substring(line)
      while line.last == " " { line.removeLast() }
      return String(line)
    }.joined(separator: "\n")
  }

  /// One line, for places that hold no line break: breaks become spaces.
  static func singleLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }

  /// Text that Cairo draws: spaces for control characters, and U+FFFD for the code points that are no characters, at
  /// which Cairo would refuse the whole picture.
  static func drawable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.value < 0x20 || isNoCharacter($0) }) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : isNoCharacter($0) ? "\u{FFFD}" : $0 }))
  }

  /// The 66 code points that no character will ever have (Unicode 16, section 23.7).
  private static func isNoCharacter(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar.value)
  }

  /// White space and control characters as visible signs: ␣ for a space, ↵ for a line break, ⇥ for a tab.
  static func visible(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case " ": result.append("␣")
      case "\n": result.append("↵")
      case "\t": result.append("⇥")
      case "\u{7F}": result.append("\u{2421}")
      case "\u{A0}": result.append("⍽")
      default:
        let control = scalar.value < 0x20 ? Unicode.Scalar(0x2400 + scalar.value) : nil
        result.append(control ?? scalar)
      }
    }
    return String(result)
  }
}

enum Markup {
  /// Text for the inside of an HTML element or of a quoted attribute.
  static func html(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      default: result.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }

  /// Text for one cell of a Markdown table: nothing in it is markup, and it stays on its line.
  static func markdown(_ text: String) -> String {
    var result = ""
    for character in text {
      if character.isNewline {
        result += "<br>"
      } else if "\\`*_[]|$~#".contains(character) {
        result += "\\\(character)"
      } else if character == "<" {
        result += "&lt;"
      } else if character == "&" {
        result += "&amp;"
      } else {
        result.append(character)
      }
    }
    return result
  }
}
