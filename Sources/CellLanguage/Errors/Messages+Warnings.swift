// The words of warnings.

extension CellFailure {
  /// A value that is made and thrown away.
  ///
  /// `shows` is the command that would show it.
  static func dropped(_ text: String, isLast: Bool, shows: String) -> CellFailure {
    let short = Self.short(text)
    return CellFailure(
      "the value of `\(short)` is dropped",
      isLast
        ? "a value is shown only where it is the last line of a cell, outside every block"
        : "only the value of a cell's last line is shown",
      fix: "Write `\(shows)(\(short))` to show it, or `let name = …` to keep it; `_ = …` drops it without a word.")
  }

  /// A command's result that nobody keeps.
  static func lost(_ command: String, of callee: String, result: String, shows: String) -> CellFailure {
    let call = short(callee) + "(…)"
    return CellFailure(
      "the \(result) that `\(command)` returns is lost", "nothing gives it a name, and it is not the cell's last line",
      fix:
        "Write `let name = \(call)` to keep it, or `\(shows)(\(call))` to see it; `_ = \(call)` drops it without a word."
    )
  }

  /// The last line of a closure or function that is no `return`.
  static func unreturned(_ text: String) -> CellFailure {
    CellFailure(
      "the value of `\(short(text))` is dropped",
      "a body of several lines returns what its `return` says, and nothing else",
      fix: "Write `return \(short(text))`.")
  }

  /// A name that hides a command, which a call still reaches unless the name means a function.
  static func shadowing(_ name: String, isFunction: Bool) -> CellFailure {
    CellFailure(
      "`\(name)` hides the command `\(name)`",
      isFunction
        ? "from here on the name means this function, and the command cannot be called any more"
        : "from here on the name means this value; `\(name)(…)` still calls the command, unless the value is a function",
      fix: isFunction
        ? "Choose another name. A command that is hidden comes back when the kernel is restarted."
        : "Another name leaves no doubt.")
  }

  private static func short(_ text: String) -> String {
    let line = text.prefix { $0 != "\n" }
    return line.count > 40 ? line.prefix(39) + "…" : line.count < text.count ? line + " …" : text
  }
}
