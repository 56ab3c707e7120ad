// Commands and methods: declared once, read by argument checking, completion, inspection, help and the reference page.

/// A command or a method: its call, its documentation and what it does.
package struct Command: Sendable {
  /// What a command does with its checked arguments.
  package typealias Action = @Sendable (Arguments, CellContext) throws -> Value
  /// What a method does that changes its receiver in place.
  package typealias Mutation = @Sendable (inout Value, Arguments) throws -> Value

  enum Body: Sendable {
    case action(Action)
    case mutation(Mutation)
  }

  /// The name in front of the parentheses.
  package let name: String
  /// The parameters in the order of the signature.
  package let parameters: [Parameter]
  /// The type of the result, such as `Run` or `[Problem]`; nil when nothing is returned.
  package let result: String?
  /// One line.
  package let summary: String
  /// More than one line, where one is not enough.
  package private(set) var discussion: String
  /// Code that shows a use.
  package private(set) var example: String
  /// Its effect is worth a call even where nobody uses the result.
  package let isDiscardable: Bool
  /// How it is called, as Swift would declare it.
  package let signature: String
  let body: Body

  /// A command, or a method that leaves its receiver as it is.
  package init(
    _ name: String, _ parameters: [Parameter] = [], result: String? = nil, isDiscardable: Bool = false,
    summary: String, discussion: String = "", example: String = "", body: @escaping Action
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.summary = summary
    self.discussion = discussion
    self.example = example
    self.isDiscardable = isDiscardable || result == nil
    signature = Command.signature(name, parameters, result)
    self.body = .action(body)
  }

  /// A method that changes the variable it is called on.
  package init(
    mutating name: String, _ parameters: [Parameter] = [], result: String? = nil, summary: String,
    discussion: String = "", example: String = "", body: @escaping Mutation
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.summary = summary
    self.discussion = discussion
    self.example = example
    isDiscardable = true
    signature = Command.signature(name, parameters, result)
    self.body = .mutation(body)
  }

  /// The same with other words.
  func with(example: String, discussion: String) -> Command {
    var command = self
    command.example = example
    command.discussion = discussion
    return command
  }

  private static func signature(_ name: String, _ parameters: [Parameter], _ result: String?) -> String {
    name + Parameter.list(parameters) + (result.map { " -> \($0)" } ?? "")
  }

  /// Whether it changes the variable it is called on.
  package var isMutating: Bool { if case .mutation = body { true } else { false } }

  /// How it is called, in a sentence: of many parameters, those that a call must have.
  var callSignature: String {
    guard signature.count > 160 else { return signature }
    let needed = parameters.filter { !$0.isOptional }.map(\.signature) + ["…"]
    return "\(name)(\(needed.joined(separator: ", ")))" + (result.map { " -> \($0)" } ?? "")
  }

  /// Its labels, such as `train(_:on:with:)`.
  package var labels: String { "\(name)(" + parameters.map { "\($0.label ?? "_"):" }.joined() + ")" }

  /// The labels that a call must have, and a mark for those it may have, such as `train(_:on:with:…)`.
  package var shortLabels: String {
    let needed = parameters.filter { !$0.isOptional }
    return "\(name)(" + needed.map { "\($0.label ?? "_"):" }.joined() + (needed.count < parameters.count ? "…)" : ")")
  }
}

/// One parameter of a command, a method or an enumeration case.
package struct Parameter: Sendable {
  /// The label at the call; nil for none.
  package let label: String?
  /// The name under which the body reads it.
  package let name: String
  /// What it accepts.
  package let type: ValueType
  /// What it is when it is not given; nil when it must be.
  package let defaultValue: Value?
  /// The unit, such as `tokens`.
  package let unit: String?
  /// One line.
  package let help: String
  /// It takes any number of arguments and reads as an array.
  package let isVariadic: Bool
  /// What completion offers inside a string that stands for it.
  package let texts: TextSource?

  /// A parameter; the label `_` means none, and without a name of its own the label names it.
  package init(
    _ label: String, name: String? = nil, _ type: ValueType, default defaultValue: Value? = nil, unit: String? = nil,
    help: String = "", isVariadic: Bool = false, texts: TextSource? = nil
  ) {
    self.label = label == "_" ? nil : label
    self.name = name ?? label
    self.type = type
    self.defaultValue = defaultValue ?? (type.isOptional ? .null : nil)
    self.unit = unit
    self.help = help
    self.isVariadic = isVariadic
    self.texts = texts
  }

  /// The parameter may be left out.
  package var isOptional: Bool { defaultValue != nil || isVariadic }

  /// How the parameter stands in a signature, such as `steps: Int = 100`.
  package var signature: String {
    var text = label.map { $0 == name ? $0 : "\($0) \(name)" } ?? "_ \(name)"
    text += ": \(type.name)\(isVariadic ? "..." : "")"
    if let defaultValue { text += " = \(defaultValue.debugDescribed(limit: 60))" }
    return text
  }

  /// Several parameters in parentheses.
  static func list(_ parameters: [Parameter]) -> String {
    "(" + parameters.map(\.signature).joined(separator: ", ") + ")"
  }
}
