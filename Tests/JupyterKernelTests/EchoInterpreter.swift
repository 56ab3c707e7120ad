import Display
import Glibc
import JSONValues
import JupyterKernel
import JupyterProtocol
import Synchronization

/// A language of one command a line, to see a kernel at work: each command is one thing that a cell can do.
final class EchoInterpreter: Interpreter {
  let language = LanguageInfo(
    name: "echo", version: "1", mimeType: "text/x-echo", fileExtension: ".echo", pygmentsLexer: "text",
    codeMirrorMode: "shell")
  let banner = "Echo"

  let supportsSubshells: Bool

  init(supportsSubshells: Bool = true) { self.supportsSubshells = supportsSubshells }

  /// `echo` says what it hears; `refuse` takes up no comm.
  let commTargets: [String: CommTarget] = [
    "echo": { comm, opening, cell in
      comm.send(CommMessage(["heard": .object(opening.data)]), from: cell)
      return EchoInterpreter.handler
    },
    "refuse": { _, _, _ in throw ExecutionError(name: "Refused", value: "not today") },
  ]

  private static let handler = CommHandler(
    onMessage: { comm, message, cell in
      if let name = message.data["fail"]?.string { throw ExecutionError(name: name, value: "as asked") }
      if let name = message.data["print"]?.string { cell.write("\(name)\n") }
      if message.data["wait"] != nil { while true { try cell.checkInterruption() } }
      if message.data["close"] != nil { return comm.close(CommMessage(["bye": true]), from: cell) }
      comm.send(
        CommMessage(["heard": .object(message.data)], metadata: ["version": "1"], buffers: message.buffers), from: cell)
    },
    onClose: { comm, message, cell in cell.write("closed \(comm.target) \(comm.isOpen)\n") })

  static let commands = [
    "ask", "clear", "comm", "count", "crash", "descriptor", "display", "error", "flood", "input", "loop", "next",
    "page",
    "password", "print", "sleep", "stubborn", "update", "value", "warn",
  ]

  func execute(_ code: String, in cell: CellContext) throws -> MIMEBundle? {
    var value: MIMEBundle?
    for line in code.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      value = try perform(String(parts[0]), parts.count > 1 ? String(parts[1]) : "", in: cell)
    }
    return value
  }

  private func perform(_ command: String, _ rest: String, in cell: CellContext) throws -> MIMEBundle? {
    switch command {
    case "print": cell.write(rest + "\n")
    case "warn": cell.write(rest + "\n", to: .standardError)
    case "value": return MIMEBundle(plain: rest)
    case "display": cell.display(MIMEBundle(plain: rest, ["text/html": .string("<b>\(rest)</b>")]), id: "shown")
    case "update": cell.update(MIMEBundle(plain: rest), id: "shown")
    case "clear": cell.clearOutput(wait: rest == "wait")
    case "comm": cell.write(cell.openComm(target: rest, CommMessage(["value": 1]), handler: Self.handler).id)
    case "page": cell.page(MIMEBundle(plain: rest))
    case "next": cell.setNextInput(rest)
    case "count": for line in 1...(Int(rest) ?? 1) { cell.write("\(line)\n") }
    case "flood": try flood(bytes: Int(rest) ?? 0, in: cell)
    case "sleep": try sleep(milliseconds: Int(rest) ?? 0, in: cell)
    case "loop": while true { try cell.checkInterruption() }
    case "stubborn": usleep(UInt32(rest).map { $0 * 1000 } ?? 0)
    case "input": cell.write("got \(try cell.input(prompt: rest))\n")
    case "password": cell.write("got \(try cell.input(prompt: rest, password: true))\n")
    case "descriptor": writeToDescriptor(rest + "\n")
    case "error": throw ExecutionError(name: "EchoError", value: rest)
    default: throw ExecutionError(name: "UnknownCommand", value: "there is no command \(command)")
    }
    return nil
  }

  private func flood(bytes: Int, in cell: CellContext) throws {
    let line = String(repeating: "x", count: 99) + "\n"
    for _ in 0..<(bytes / 100) {
      try cell.checkInterruption()
      cell.write(line)
    }
  }

  private func sleep(milliseconds: Int, in cell: CellContext) throws {
    for _ in 0..<milliseconds {
      try cell.checkInterruption()
      usleep(1000)
    }
  }

  private func writeToDescriptor(_ text: String) {
    let bytes = Array(text.utf8)
    unsafe bytes.withUnsafeBytes { bytes in _ = unsafe Glibc.write(1, bytes.baseAddress, bytes.count) }
  }

  func complete(_ code: String, cursor: Int) -> CompletionReply {
    let before = String(String.UnicodeScalarView(code.unicodeScalars.prefix(cursor)))
    let word = before.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    let matches = Self.commands.filter { $0.hasPrefix(word) }.map { CompletionReply.Match($0, type: "keyword") }
    return CompletionReply(matches: matches, range: cursor - word.unicodeScalars.count..<cursor)
  }

  func inspect(_ code: String, cursor: Int, detail: Int) -> MIMEBundle? {
    let word = code.split(separator: " ").first.map(String.init) ?? ""
    return Self.commands.contains(word) ? MIMEBundle(plain: "\(word) is a command") : nil
  }

  func isComplete(_ code: String) -> Completeness {
    if code.hasSuffix("\\") { return .incomplete(indent: "  ") }
    let word = code.split(separator: " ").first.map(String.init) ?? ""
    return Self.commands.contains(word) ? .complete : .invalid
  }
}
