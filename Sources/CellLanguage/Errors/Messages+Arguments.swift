// The words of errors about arguments, made from the declarations of commands.

extension CellFailure {
  private static func list(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }

  static func unknownLabel(_ label: String, of owner: String, labels: [String]) -> CellFailure {
    CellFailure(
      "`\(owner)` has no label `\(label):`",
      labels.isEmpty ? "it takes no labelled arguments" : "its labels are \(list(labels.map { $0 + ":" }))",
      fix: suggestion(label, among: labels) { $0 + ":" }, kind: .unknownLabel)
  }

  static func repeatedLabel(_ label: String, of owner: String) -> CellFailure {
    CellFailure("`\(label):` is given twice to `\(owner)`", kind: .wrongArgument)
  }

  static func missingArgument(_ parameter: Parameter, of owner: String, signature: String) -> CellFailure {
    let what = parameter.label.map { "`\($0):`" } ?? "`\(parameter.name)`"
    return CellFailure(
      "`\(owner)` needs \(what), \(parameter.type.wanted)",
      parameter.help.isEmpty ? "" : "it is \(clause(parameter.help))",
      fix: "It is called as `\(signature)`.", kind: .missingArgument)
  }

  /// A sentence of help in the middle of another: `The problem, x.` becomes `the problem, x`; `T of sampling` stays.
  private static func clause(_ sentence: String) -> String {
    let text = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
    guard let first = text.first, text.dropFirst().first?.isLowercase == true else { return text }
    return first.lowercased() + text.dropFirst()
  }

  static func missingArgument(_ name: String, of owner: String, signature: String) -> CellFailure {
    CellFailure(
      "`\(owner)` needs an argument for `\(name)`", fix: "It is called as `\(signature)`.", kind: .missingArgument)
  }

  static func tooManyArguments(
    _ owner: String, taken: Int, freeLabels: [String], signature: String
  ) -> CellFailure {
    let amount = taken == 0 ? "no argument" : taken == 1 ? "one argument" : "\(taken) arguments"
    return CellFailure(
      "`\(owner)` takes \(amount) without a label",
      freeLabels.isEmpty ? "" : "the others are labelled \(list(freeLabels.map { $0 + ":" }))",
      fix: "It is called as `\(signature)`.", kind: .wrongArgument)
  }

  static func argumentCount(_ owner: String, taken: Int, given: Int) -> CellFailure {
    CellFailure(
      "the \(owner) takes \(taken) argument\(taken == 1 ? "" : "s")", "it was given \(given)", kind: .wrongArgument)
  }

  static func noClosureTaken(_ owner: String, signature: String) -> CellFailure {
    CellFailure("`\(owner)` takes no closure here", fix: "It is called as `\(signature)`.", kind: .wrongArgument)
  }

  private static func what(_ parameter: Parameter, of owner: String) -> String {
    "`\(parameter.label.map { $0 + ":" } ?? parameter.name)` of `\(owner)`"
  }

  static func wrongType(
    _ value: Value, wanted: String, parameter: Parameter, of owner: String
  ) -> CellFailure {
    var fix = ""
    let enumerations = parameter.type.enumerations
    if !enumerations.isEmpty {
      fix = "Write one of " + list(enumerations.flatMap { $0.cases.map { "." + $0.name } }) + "."
    }
    if case .range = parameter.type, case .int(let number) = value { fix = "Write `\(number)...\(number)`." }
    return CellFailure(
      "\(what(parameter, of: owner)) must be \(wanted)", "it was given \(value.article)", fix: fix, kind: .typeMismatch)
  }

  static func wrongElement(
    _ value: Value, at index: Int, wanted: String, parameter: Parameter, of owner: String
  ) -> CellFailure {
    CellFailure(
      "every element of \(what(parameter, of: owner)) must be \(wanted)", "element \(index) is \(value.article)",
      kind: .typeMismatch)
  }

  static func outOfBounds(_ value: Value, _ bounds: String, parameter: Parameter, of owner: String) -> CellFailure {
    let unit = parameter.unit.map { " \($0)" } ?? ""
    return CellFailure(
      "\(what(parameter, of: owner)) cannot be \(value)", "it must be \(bounds)\(unit)", kind: .outOfRange)
  }

  static func unknownCase(_ name: String, of enumeration: Enumeration) -> CellFailure {
    CellFailure(
      "\(enumeration.name) has no case `.\(name)`", "its cases are \(list(enumeration.cases.map { "." + $0.name }))",
      fix: suggestion(name, among: enumeration.cases.map(\.name)) { "." + $0 }, kind: .unknownCase)
  }

  static func undeclaredParameter(_ name: String, of owner: String) -> CellFailure {
    CellFailure("`\(owner)` reads a parameter `\(name)` that it does not declare", "this is a mistake in the command")
  }
}
