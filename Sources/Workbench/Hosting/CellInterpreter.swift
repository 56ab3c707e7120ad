// The cell language behind the kernel's door.

import CellLanguage
import Display
import JSONValues
import JupyterKernel
import JupyterProtocol
import JupyterWidgets
import Synchronization

/// The interpreter that the kernel serves.
final class CellInterpreter: Interpreter {
  private let made = Mutex<CellSession?>(nil)
  private let widgets = WidgetDesk()
  /// The number of the last cell of each shell, and how many had it before.
  private let latest = Mutex<[String?: (count: Int, repetition: Int)]>([:])

  /// Made when it is first needed: a kernel listens before it knows its words.
  private var session: CellSession {
    made.withLock { made in
      if let made { return made }
      let session = CellSession(vocabulary: workbenchVocabulary)
      made = session
      return session
    }
  }

  let language = LanguageInfo(
    name: "swift", version: OPSDCommand.version, mimeType: "text/x-swift", fileExtension: ".swift",
    pygmentsLexer: "swift", codeMirrorMode: "swift")

  let banner = """
    opsd \(OPSDCommand.version): how a language model can teach itself.
    Cells are a subset of Swift. help() lists every command; help(train) explains one.
    """

  /// Variables are values behind locks, and numeric work shares its threads: cells of several shells may run at once.
  let supportsSubshells = true

  var commTargets: [String: CommTarget] { widgets.commTargets }

  func execute(_ code: String, in cell: JupyterKernel.CellContext) throws -> MIMEBundle? {
    let place = (cell.subshell == nil ? "" : "subshell ") + "cell \(cell.executionCount)"
    let workplace = Workplace(
      screen: KernelScreen(cell, widgets), cell: cell.executionCount, shell: cell.subshell,
      repetition: repetition(of: cell))
    do {
      guard let value = try session.run(code, name: place, host: workplace) else { return nil }
      return rendered(value)
    } catch {
      if error.isInterruption { throw Interrupted(error.evalue) }
      throw ExecutionError(name: error.ename, value: error.evalue, traceback: error.traceback)
    }
  }

  /// How many cells had the cell's number before it: numbers only grow, so these were the last ones of its shell.
  private func repetition(of cell: JupyterKernel.CellContext) -> Int {
    latest.withLock { latest in
      let before = latest[cell.subshell]
      let repetition = before?.count == cell.executionCount ? (before?.repetition ?? 0) + 1 : 0
      latest[cell.subshell] = (cell.executionCount, repetition)
      return repetition
    }
  }

  func complete(_ code: String, cursor: Int) -> CompletionReply {
    let completion = session.complete(code, cursor: cursor)
    return CompletionReply(
      matches: completion.matches.map {
        .init($0.text, type: $0.kind.rawValue, signature: $0.signature)
      },
      range: completion.start..<completion.end)
  }

  func inspect(_ code: String, cursor: Int, detail: Int) -> MIMEBundle? {
    session.inspect(code, cursor: cursor, detail: detail > 0 ? .full : .short).map { rendered($0) }
  }

  func isComplete(_ code: String) -> JupyterProtocol.Completeness {
    switch CellSession.isComplete(code) {
    case .complete: .complete
    case .incomplete(let indent): .incomplete(indent: indent)
    case .invalid: .invalid
    }
  }
}

/// A cell of the kernel as a screen.
private final class KernelScreen: Screen {
  private let cell: JupyterKernel.CellContext
  private let widgets: WidgetDesk

  init(_ cell: JupyterKernel.CellContext, _ widgets: WidgetDesk) {
    self.cell = cell
    self.widgets = widgets
  }

  func write(_ text: String) { cell.write(text) }
  func writeError(_ text: String) { cell.write(text, to: .standardError) }
  func display(_ bundle: MIMEBundle, id: String?) { cell.display(bundle, id: id) }
  func update(_ bundle: MIMEBundle, id: String) { cell.update(bundle, id: id) }
  func clear(wait: Bool) { cell.clearOutput(wait: wait) }
  func page(_ bundle: MIMEBundle) { cell.page(bundle) }
  func show(
    _ controls: [Control], id: String, follow: @escaping @Sendable ([Control.Position], any Screen) -> Void
  ) {
    widgets.show(controls, id: id, in: cell) { [widgets] positions, cell in
      follow(positions, KernelScreen(cell, widgets))
    }
  }
  func input(prompt: String, isPassword: Bool) throws -> String {
    do {
      return try cell.input(prompt: prompt, password: isPassword)
    } catch let error as ExecutionError {
      throw CellFailure(error.failure.value)
    } catch is Interrupted {
      throw CellInterrupted()
    }
  }
  var isInterrupted: Bool { cell.isInterrupted }
}
