// What is shown of many strips: a page of tinted tokens is looked at, a book of them only makes a notebook heavy.

extension TokenStrips {
  /// So many strips, and so many tokens of all of them together, are shown.
  private static let limits = (strips: 64, tokens: 4000)
  /// So many tokens of one of several strips are shown before strips are left out.
  private static let least = 125

  /// A strip that is shown, or the number of those that are not.
  enum Part {
    case strip(TokenStrip)
    case omitted(Int)
  }

  /// What is shown: the strips, and of too many, or too long ones, the first and the last, each cut in its middle.
  var parts: [Part] {
    let size = strips.reduce(0) { $0 + min($1.tokens.count, $1.tokenLimit) }
    guard strips.count > 1, strips.count > Self.limits.strips || size > Self.limits.tokens else {
      return strips.map { .strip($0) }
    }
    let share = max(Self.limits.tokens / strips.count, Self.least)
    let cut = strips.map { strip in
      var strip = strip
      strip.tokenLimit = min(strip.tokenLimit, share)
      return strip
    }
    // From both ends inwards, as long as there is room.
    var room = Self.limits.tokens
    var kept = 0
    while kept < min(cut.count, Self.limits.strips) {
      let next = cut[kept % 2 == 0 ? kept / 2 : cut.count - 1 - kept / 2]
      room -= min(next.tokens.count, next.tokenLimit)
      guard room >= 0 else { break }
      kept += 1
    }
    guard kept < cut.count else { return cut.map { .strip($0) } }
    return cut.prefix((kept + 1) / 2).map { .strip($0) } + [.omitted(cut.count - kept)]
      + cut.suffix(kept / 2).map { .strip($0) }
  }

  /// The words for strips that are left out.
  static func note(omitted count: Int) -> String {
    "… \(NumberFormat.count().text(Double(count))) \(count == 1 ? "answer" : "answers") not shown …"
  }
}
