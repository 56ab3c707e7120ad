// `opsd run`: cells from a text file, without Jupyter.

import ArgumentParser
import CellLanguage
import Display
import FoundationEssentials
import Glibc
import JupyterWidgets
import Synchronization

/// Runs a file of cells.
struct RunCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "run", abstract: "Run cells from a text file and print their results.",
      discussion: """
        Cells are separated by lines that begin with `// %%`; a file without such lines is one cell. Results are printed as \
        plain text. The exit status is 1 at the first error, which ends the run. Ctrl-C stops the running cell.
        """)
  }

  @Argument(help: "The file; - for standard input.")
  var file: String

  func run() throws {
    let text: String
    if file == "-" {
      text = readStandardInput()
    } else {
      guard let data = FileManager.default.contents(atPath: file) else {
        throw ValidationError("there is no readable file at \(file)")
      }
      text = String(decoding: data, as: UTF8.self)
    }
    TerminalScreen.stopOnInterrupt()
    let session = CellSession(vocabulary: workbenchVocabulary)
    for (index, cell) in Self.cells(of: text).enumerated() {
      let screen = TerminalScreen()
      do {
        let workplace = Workplace(screen: screen, cell: index + 1)
        if let value = try session.run(cell, name: "cell \(index + 1)", host: workplace) {
          screen.display(rendered(value), id: nil)
        }
        screen.settle()
      } catch {
        screen.settle()
        screen.writeError(error.plainTraceback.joined(separator: "\n") + "\n")
        throw ExitCode(1)
      }
    }
  }

  /// The cells of a file.
  static func cells(of text: String) -> [String] {
    var cells = [""]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("// %%") { cells.append("") } else { cells[cells.count - 1] += line + "\n" }
    }
    return cells.filter { !$0.allSatisfy(\.isWhitespace) }
  }

  private func readStandardInput() -> String {
    var text = ""
    while let line = readLine(strippingNewline: false) { text += line }
    return text
  }
}

/// Standard output as a screen: what is updated in place is printed once, in its last state.
final class TerminalScreen: Screen {
  private static let interruptions = Atomic<Int>(0)

  /// Lets Ctrl-C stop the running cell instead of the process.
  static func stopOnInterrupt() {
    signal(SIGINT) { _ in TerminalScreen.interruptions.wrappingAdd(1, ordering: .relaxed) }
  }

  /// Whether Ctrl-C was pressed.
  static var isStopped: Bool { interruptions.load(ordering: .relaxed) > 0 }

  private struct Pending {
    var order: [String] = []
    var bundles: [String: MIMEBundle] = [:]
  }

  private let pending = Mutex(Pending())

  func write(_ text: String) {
    settle()
    put(text, descriptor: 1)
  }

  func writeError(_ text: String) { put(text, descriptor: 2) }

  func display(_ bundle: MIMEBundle, id: String?) {
    guard let id else {
      settle()
      return put(bundle.plain + "\n", descriptor: 1)
    }
    pending.withLock { pending in
      if pending.bundles.updateValue(bundle, forKey: id) == nil { pending.order.append(id) }
    }
  }

  func update(_ bundle: MIMEBundle, id: String) {
    pending.withLock { if $0.bundles[id] != nil { $0.bundles[id] = bundle } }
  }

  /// Prints what was shown under identifiers and will change no more, in the order in which it came.
  func settle() {
    let bundles = pending.withLock { pending in
      defer { pending = Pending() }
      return pending.order.compactMap { pending.bundles[$0] }
    }
    for bundle in bundles { put(bundle.plain + "\n", descriptor: 1) }
  }

  func clear(wait: Bool) { pending.withLock { $0 = Pending() } }

  func page(_ bundle: MIMEBundle) { display(bundle, id: nil) }

  func show(
    _ controls: [Control], id: String, follow: @escaping @Sendable ([Control.Position], any Screen) -> Void
  ) {
    for control in controls { write("\(control.label) = \(control.text(control.start))\n") }
  }

  func input(prompt: String, isPassword: Bool) throws -> String {
    write(prompt)
    guard let line = readLine() else { throw CellFailure("there is no more input", "standard input has ended") }
    return line
  }

  var isInterrupted: Bool { Self.isStopped }

  private func put(_ text: String, descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno != EINTR { return }
      bytes = bytes.dropFirst(max(0, written))
    }
  }
}
