// Controls: a slider is dragged, and what its closure shows follows.

import CellLanguage
import Display
import JupyterWidgets

private let closureParameter = Parameter(
  "_", name: "body", .optional(.function),
  help:
    "What is shown for the value, such as { beta in d.show(.jsd(beta: beta)) }; nil: the control alone, for explore."
)

private func label(_ what: String) -> Parameter {
  Parameter(
    "label", .optional(.string), help: "What stands beside the \(what); nil: the name of the closure's parameter.")
}

let controlCommands = [
  Command(
    "slider",
    [
      Parameter(
        "_", name: "ends", .either([.range, .array(of: .number)]),
        help: "The least and the most, as 0...1 or [0.1, 0.9]."),
      Parameter("value", .optional(.number), help: "Where it stands at first; nil: in the middle."),
      Parameter(
        "step", .optional(.real(.above(0))),
        help: "What it moves by; nil: 1 between whole ends more than 2 apart, else a hundredth of the way."),
      label("slider"), closureParameter,
    ],
    result: "Control?", summary: "A slider: what the closure shows follows as it is dragged.",
    discussion: """
      The closure runs for the first value at once, and again for each value that the slider is moved to; what it prints, \
      shows and returns stands under the slider. It gets a whole number where ends and step are whole. Front ends that give \
      widgets a subshell of their own, as JupyterLab does, move it while other cells run. Where the front end has no \
      widgets, the result for the first value stays.
      """,
    example: "slider(0...1) { beta in d.show(.jsd(beta: beta)) }"
  ) { arguments, context in try show(slider(arguments), arguments, context) },
  Command(
    "selector",
    [
      Parameter("_", name: "options", .array(of: .any), help: "What there is to choose from, at most 1,000."),
      Parameter("value", .optional(.int()), help: "The place of the option at first, from 0; nil: the first."),
      label("selector"), closureParameter,
    ],
    result: "Control?", summary: "A selector: what the closure shows follows the option that is chosen.",
    discussion: "The closure gets the option itself. See help(slider).",
    example: "selector([.jsd(beta: 0.5), .forwardKL, .reverseKL]) { divergence in d.show(divergence) }"
  ) { arguments, context in try show(selector(arguments), arguments, context) },
  Command(
    "toggle",
    [
      Parameter("value", .bool, default: false, help: "Whether it is checked at first."), label("box"),
      closureParameter,
    ],
    result: "Control?", summary: "A check box: what the closure shows follows it.",
    discussion: "The closure gets true or false. See help(slider).",
    example: "toggle(label: \"teacher\") { isTeacher in isTeacher ? d.teacher[0] : d.student[0] }"
  ) { arguments, context in
    let given = try givenLabel(arguments)
    let start = Control.Position.flag(try arguments.bool("value"))
    let made = try control(given, .toggle, start: start) { position in
      if case .flag(let isOn) = position { .bool(isOn) } else { .null }
    }
    return try show(made, arguments, context)
  },
  Command(
    "explore",
    [
      Parameter("_", name: "controls", .object("Control"), help: "Sliders and the like.", isVariadic: true),
      Parameter("_", name: "body", .function, help: "What is shown for their values, in the same order."),
    ],
    summary: "Several controls together: what the closure shows follows any of them.",
    discussion: "The closure takes one parameter for each control. See help(slider).",
    example: "explore(slider(0...1), slider(0...3)) { beta, n in d[n].top(5, .jsd(beta: beta)) }"
  ) { arguments, context in
    let controls = try arguments.array("controls").compactMap { value in
      if case .object(let object) = value { object as? ControlObject } else { nil }
    }
    guard (1...limit).contains(controls.count) else {
      throw CellFailure(
        "\(controls.count) controls cannot be shown", "there may be 1 to \(limit)",
        fix: "Give some, as in explore(slider(0...1), slider(0...3)) { beta, n in … }.", argument: "controls",
        kind: .outOfRange)
    }
    try explore(controls, try arguments.function("body"), context)
    return .void
  },
]

let controlTypes = [
  TypeDeclaration("Control", summary: "A slider, a selector or a check box; explore shows several of them together.")
]

/// Controls that one closure may follow.
private let limit = 20

// MARK: Making controls

private func givenLabel(_ arguments: Arguments) throws -> String? {
  if case .string(let text) = try arguments.value("label") { text } else { nil }
}

private func control(
  _ label: String?, _ kind: Control.Kind, start: Control.Position,
  _ value: @escaping @Sendable (Control.Position) -> Value
) throws -> ControlObject {
  guard let control = Control(label ?? "value", kind, start: start) else {
    throw CellFailure(
      "the control cannot start there", "what it starts at must be one of what it can be set to",
      fix: "Leave `value` out, or give one that it allows.", argument: "value", kind: .outOfRange)
  }
  return ControlObject(control: control, value: value, isNamed: label != nil)
}

private func slider(_ arguments: Arguments) throws -> ControlObject {
  let (least, most) = try ends(try arguments.value("ends"))
  let areWhole = least.rounded() == least && most.rounded() == most
  var step = areWhole && most - least > 2 ? 1 : (most - least) / 100
  if let given = try arguments.value("step").number { step = given }
  guard step <= most - least else {
    throw CellFailure(
      "a step of \(Control.text(step)) is longer than the slider",
      "it goes from \(Control.text(least)) to \(Control.text(most))",
      fix: "Choose a smaller step.", argument: "step", kind: .outOfRange)
  }
  let isWhole = areWhole && step.rounded() == step
  let middle = (least + most) / 2
  let start = try arguments.value("value").number ?? (isWhole ? middle.rounded(.down) : middle)
  guard (least...most).contains(start), !isWhole || start.rounded() == start else {
    throw CellFailure(
      "the slider cannot start at \(Control.text(start))",
      "it takes \(isWhole ? "whole numbers " : "")from \(Control.text(least)) to \(Control.text(most))",
      fix: "Choose one of these.",
      argument: "value", kind: .outOfRange)
  }
  return try control(
    try givenLabel(arguments), .slider(least: least, most: most, step: step, isWhole: isWhole), start: .number(start)
  ) { position in
    guard case .number(let value) = position else { return .null }
    return isWhole ? .int(Int(value)) : .double(value)
  }
}

/// The ends of a slider; whole numbers up to 2⁵³ and their differences are exact as reals.
private func ends(_ value: Value) throws -> (Double, Double) {
  var found: (Double, Double)?
  if case .range(let range) = value, let bounds = range.bounds, !bounds.isEmpty,
    max(bounds.lowerBound.magnitude, (bounds.upperBound - 1).magnitude) <= 1 << 53
  {
    found = (Double(bounds.lowerBound), Double(bounds.upperBound - 1))
  } else if let numbers = value.numbers, numbers.count == 2 {
    found = (numbers[0], numbers[1])
  }
  guard let (least, most) = found, least < most, max(abs(least), abs(most)) <= 0x1p53 else {
    throw CellFailure(
      "a slider cannot go along \(value.debugDescribed(limit: 60))",
      "it needs two ends, the first less than the second, neither beyond 2⁵³",
      fix: "Write them as 0...1, or as [0.1, 0.9].", argument: "ends", kind: .outOfRange)
  }
  return (least, most)
}

private func selector(_ arguments: Arguments) throws -> ControlObject {
  let options = try arguments.array("options")
  guard (1...1_000).contains(options.count) else {
    throw CellFailure(
      "\(options.count) options cannot be chosen from", "there may be 1 to 1,000", fix: "Give an array of so many.",
      argument: "options", kind: .outOfRange)
  }
  var start = 0
  if case .int(let place) = try arguments.value("value") { start = place }
  guard options.indices.contains(start) else {
    throw CellFailure(
      "there is no option \(start)", "there are \(options.count), counted from 0",
      fix: "Choose one of 0...\(options.count - 1).", argument: "value", kind: .outOfRange)
  }
  let texts = options.map { option in
    let text = option.summary
    if case .string(let bare) = option { return String(bare.prefix(80)) }
    return text
  }
  return try control(try givenLabel(arguments), .selector(texts), start: .choice(start)) { position in
    if case .choice(let place) = position, options.indices.contains(place) { options[place] } else { .null }
  }
}

// MARK: Showing them

/// The control itself where there is no closure; with one it is shown.
private func show(_ control: ControlObject, _ arguments: Arguments, _ context: CellContext) throws -> Value {
  guard case .function(let body) = try arguments.value("body") else { return .object(control) }
  try explore([control], body, context)
  return .void
}

private func explore(_ controls: [ControlObject], _ body: Function, _ context: CellContext) throws {
  if let count = body.argumentCount, count != controls.count {
    let (values, given) = (
      count == 1 ? "1 value" : "\(count) values",
      controls.count == 1 ? "there is 1 control" : "there are \(controls.count) controls"
    )
    throw CellFailure(
      "the closure takes \(values), and \(given)", "it is given one for each",
      fix: "Name each of them, as in { beta, n in … }.", argument: "body", kind: .wrongArgument)
  }
  let names = body.parameterNames.map { $0 == "_" || $0.hasPrefix("$") ? nil : $0 }
  let controls = controls.enumerated().map { place, control in
    names.indices.contains(place) ? names[place].map(control.named) ?? control : control
  }
  let workplace = context.workplace
  let panel = workplace.newDisplayID()
  let display = LiveDisplay(workplace)
  let later = context.later(body)

  /// The closure's result on a screen of its own, called in this cell or after it.
  @Sendable func run(
    _ positions: [Control.Position], on screen: GatheringScreen, _ call: ([Value], Workplace) throws -> Value
  ) throws {
    let value = try call(zip(controls, positions).map { $0.value($1) }, workplace.moved(to: screen))
    if case .void = value {} else { screen.display(rendered(value), id: nil) }
  }

  try workplace.screen.show(controls.map(\.control), id: panel) { positions, screen in
    let inner = GatheringScreen(within: screen) { screen.update($0, id: display.id) }
    do {
      try run(positions, on: inner) { try later($0, host: $1) }
    } catch {
      inner.display(MIMEBundle(plain: "\(error)"), id: nil)
    }
    screen.update(inner.bundle, id: display.id)
  }
  // The first result is the cell's: it may fail, and be interrupted, as any command may.
  let inner = GatheringScreen(within: workplace.screen) { display.show($0) }
  defer { display.show(inner.bundle) }
  try run(controls.map(\.control.start), on: inner) { try body.call($0, context, host: $1) }
}
