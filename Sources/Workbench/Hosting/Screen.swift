// What a cell's commands see of the outside: the kernel's front end or a terminal, alike.

import CellLanguage
import Display
import JupyterWidgets
import Synchronization

/// Where the output of a cell goes, and whether it should stop.
protocol Screen: AnyObject, Sendable {
  /// Prints text.
  func write(_ text: String)
  /// Prints text that is not a result: warnings.
  func writeError(_ text: String)
  /// Shows something; under an identifier, it can be replaced.
  func display(_ bundle: MIMEBundle, id: String?)
  /// Replaces what was shown under the identifier.
  func update(_ bundle: MIMEBundle, id: String)
  /// Removes what the cell has shown so far; with `wait`, when something new comes.
  func clear(wait: Bool)
  /// Shows a text beside the cells, where the front end has such a place.
  func page(_ bundle: MIMEBundle)
  /// Shows controls where the front end has such things; `follow` learns of every change, with a screen that belongs to
  /// it. Throws where controls cannot stand.
  func show(
    _ controls: [Control], id: String, follow: @escaping @Sendable ([Control.Position], any Screen) -> Void
  ) throws
  /// Asks the reader.
  func input(prompt: String, isPassword: Bool) throws -> String
  /// Whether the cell should stop.
  var isInterrupted: Bool { get }
}

/// A running cell, as the cell language and the commands know it.
final class Workplace: CellHost {
  /// Where output goes.
  let screen: any Screen
  /// The number of the cell, for identifiers of displays.
  let cell: Int
  /// The subshell that numbers the cell; nil is the main shell.
  let shell: String?
  /// How many cells had this number before it: those that do not count share one.
  let repetition: Int
  private let displays = Atomic<Int>(0)

  init(screen: any Screen, cell: Int, shell: String? = nil, repetition: Int = 0) {
    self.screen = screen
    self.cell = cell
    self.shell = shell
    self.repetition = repetition
  }

  /// The same cell on another screen.
  func moved(to screen: any Screen) -> Workplace {
    Workplace(screen: screen, cell: cell, shell: shell, repetition: repetition)
  }

  func write(_ text: String) { screen.write(text) }
  func show(_ value: Value) { screen.display(rendered(value), id: nil) }
  func warn(_ warning: CellWarning) { screen.writeError(warning.description + "\n") }
  var isInterrupted: Bool { screen.isInterrupted }

  /// A new identifier for a display that will be updated; the same in every run of the same cell
  /// in the main shell.
  func newDisplayID() -> String {
    let number = displays.wrappingAdd(1, ordering: .relaxed).newValue
    let place = repetition > 0 ? "\(cell).\(repetition)" : "\(cell)"
    return "opsd-\(shell.map { "\($0)-" } ?? "")\(place)-\(number)"
  }
}

extension CellLanguage.CellContext {
  /// The cell that runs this command.
  var workplace: Workplace {
    guard let workplace = host as? Workplace else { preconditionFailure("every cell here runs on a Workplace") }
    return workplace
  }
}
