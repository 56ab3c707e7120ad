// Errors as text: what and why, the line with its caret, the calls that led there, what to do.

extension CellError: CustomStringConvertible {
  /// The whole error without colours.
  package var description: String { lines(coloured: false).joined(separator: "\n") }

  /// The error line by line, with ANSI colours, as a front end shows it.
  package var traceback: [String] { lines(coloured: true) }

  /// The error line by line, without colours.
  package var plainTraceback: [String] { lines(coloured: false) }

  private enum Style: String {
    case error = "31"
    case place = "36"
    case fix = "32"

    func callAsFunction(_ text: String, _ coloured: Bool) -> String {
      coloured && !text.isEmpty ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
  }

  private func lines(coloured: Bool) -> [String] {
    var lines = [Style.error(ename, coloured) + ": " + failure.what]
    if !failure.why.isEmpty { lines.append("  because " + failure.why) }
    lines += CellError.excerpt(source, range, coloured: coloured)
    let shown = calls.count <= 12 ? calls[...] : calls[..<6]
    for call in shown { lines += CellError.called(call, coloured: coloured) }
    if calls.count > 12 {
      lines.append("  … \(calls.count - 9) more calls …")
      for call in calls.suffix(3) { lines += CellError.called(call, coloured: coloured) }
    }
    if !failure.fix.isEmpty { lines.append(Style.fix(failure.fix, coloured)) }
    return lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
  }

  private static func called(_ call: Call, coloured: Bool) -> [String] {
    let place = call.source.location(of: call.range.start)
    return [
      Style.place("  called \(call.function) in \(call.source.name), line \(place.line)", coloured)
        + ": " + shortLine(call.source, call.range)
    ]
  }

  private static func shortLine(_ source: SourceText, _ range: SourceRange) -> String {
    let line = source.lineRange(at: range.start)
    let text = source.text(SourceRange(start: line.start, end: min(line.end, line.start + 400)))
    let trimmed = text.drop { $0 == " " || $0 == "\t" }
    return trimmed.count > 80 ? trimmed.prefix(79) + "…" : String(trimmed)
  }

  /// The place, the line, and the caret under the part at fault.
  ///
  /// One character of the line is one column; a tab stays a tab, so that the caret stands right however wide it is shown.
  static func excerpt(_ source: SourceText, _ range: SourceRange, coloured: Bool) -> [String] {
    let place = source.location(of: range.start)
    let line = source.lineRange(at: range.start)
    var before = Array(source.text(SourceRange(start: line.start, end: range.start)))
    let end = min(max(range.end, range.start), line.end)
    var marked = Array(source.text(SourceRange(start: range.start, end: max(end, range.start))))
    var after = Array(source.text(SourceRange(start: max(end, range.start), end: max(line.end, range.start))))
    if before.count > 80 { before = ["…"] + before.suffix(60) }
    if marked.count > 80 { marked = marked.prefix(79) + ["…"] }
    if after.count > 60 { after = after.prefix(59) + ["…"] }
    let number = "\(place.line)"
    let margin = String(repeating: " ", count: number.count)
    let padding = String(before.map { $0 == "\t" ? "\t" : " " })
    let caret = "^" + String(repeating: "~", count: max(marked.count, 1) - 1)
    return [
      Style.place("  \(source.name), line \(place.line), column \(place.column)", coloured),
      "  \(number) | " + String(before + marked + after),
      "  \(margin) | " + padding + Style.error(caret, coloured),
    ]
  }
}
