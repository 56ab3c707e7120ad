// A control as cells hold it: what a front end shows, and what its positions are worth.

import CellLanguage
import JupyterWidgets

/// A slider, a selector or a check box that has not been shown yet.
struct ControlObject: CellObject {
  let control: Control
  /// What the closure is given for a position.
  let value: @Sendable (Control.Position) -> Value
  /// It was given a name of its own; otherwise it is called like the closure's parameter.
  let isNamed: Bool

  var typeName: String { "Control" }
  var summary: String { "\(control.label): \(control.meaning); explore(…) { … } shows it" }

  /// The same control under another name, where it has none of its own.
  func named(_ name: String) -> ControlObject {
    guard !isNamed, let control = Control(name, control.kind, start: control.start) else { return self }
    return ControlObject(control: control, value: value, isNamed: true)
  }
}
