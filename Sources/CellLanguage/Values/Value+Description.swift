// Values as text. Every rendering has a budget, since a small value can hold itself many times over.

extension Value: CustomStringConvertible {
  /// The value as `print` shows it: strings bare, everything inside containers as it would be typed.
  package var description: String { described(limit: 1_000_000) }

  /// The value in a few words on one line.
  package var summary: String {
    switch self {
    case .object(let object): object.summary
    case .vector(let vector) where vector.count > 8: "vector of \(vector.count) numbers"
    case .array(let list) where list.elements.count > 8: "array of \(list.elements.count) elements"
    case .string: Value.shortened(debugDescribed(limit: 80))
    default: Value.shortened(described(limit: 80))
    }
  }

  private static func shortened(_ text: String) -> String {
    let line = text.prefix(80).replacing("\n", with: "⏎")
    return text.count > 80 ? line.prefix(79) + "…" : String(line)
  }

  /// The value as `print` shows it, at most about so many bytes.
  package func described(limit: Int) -> String {
    if case .string(let text) = self { return text }
    return debugDescribed(limit: limit)
  }

  /// The value as it would be typed, at most about so many bytes.
  package func debugDescribed(limit: Int) -> String {
    var output = Output(limit: limit)
    write(to: &output)
    return output.text
  }

  private struct Output {
    var text = ""
    let limit: Int
    var isFull: Bool { text.utf8.count >= limit }

    mutating func list(_ count: Int, _ body: (Int, inout Output) -> Void) {
      for index in 0..<count {
        if isFull {
          text += index == 0 ? "…" : ", …"
          return
        }
        if index > 0 { text += ", " }
        body(index, &self)
      }
    }
  }

  private func write(to output: inout Output) {
    switch self {
    case .null: output.text += "nil"
    case .void: output.text += "()"
    case .bool(let value): output.text += value ? "true" : "false"
    case .int(let value): output.text += "\(value)"
    case .double(let value): output.text += "\(value)"
    case .string(let value): output.text += Value.quoted(value, limit: output.limit)
    case .array(let list):
      output.text += "["
      output.list(list.elements.count) { list.elements[$0].write(to: &$1) }
      output.text += "]"
    case .dictionary(let dictionary): write(dictionary, to: &output)
    case .tuple(let tuple):
      output.text += "("
      output.list(tuple.elements.count) {
        if let label = tuple.labels[$0] { $1.text += "\(label): " }
        tuple.elements[$0].write(to: &$1)
      }
      output.text += ")"
    case .range(let range):
      output.text += range.lower.map { "\($0)" } ?? ""
      output.text += range.isClosed || range.upper == nil ? "..." : "..<"
      output.text += range.upper.map { "\($0)" } ?? ""
    case .vector(let vector):
      output.text += "["
      output.list(vector.count) { $1.text += "\(vector.elements[$0])" }
      output.text += "]"
    case .function(let function): output.text += function.signature
    case .object(let object): output.text += object.summary
    case .implicit(let member):
      output.text += ".\(member.name)"
      write(member.arguments.map { ($0.label, $0.value) }, to: &output)
    case .choice(let choice):
      output.text += ".\(choice.name)"
      write(choice.arguments.given, to: &output)
    }
  }

  private func write(_ dictionary: ValueDictionary, to output: inout Output) {
    guard dictionary.count > 0 else {
      output.text += "[:]"
      return
    }
    output.text += "["
    output.list(dictionary.count) {
      dictionary.keys[$0].write(to: &$1)
      $1.text += ": "
      dictionary.values[$0].write(to: &$1)
    }
    output.text += "]"
  }

  private func write(_ arguments: [(String?, Value)], to output: inout Output) {
    guard !arguments.isEmpty else { return }
    output.text += "("
    output.list(arguments.count) {
      if let label = arguments[$0].0 { $1.text += "\(label): " }
      arguments[$0].1.write(to: &$1)
    }
    output.text += ")"
  }

  /// A string as it would be typed.
  static func quoted(_ text: String, limit: Int) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      if result.utf8.count > limit {
        result += "…"
        break
      }
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "\0": result += "\\0"
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
