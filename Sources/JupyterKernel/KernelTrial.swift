// A kernel started as a front end would start it, asked to run one cell and told to stop: whether all that lies between
// a notebook and a result works on this machine.

import CSQLite
import CZeroMQ
import FoundationEssentials
import Glibc
import JSONValues
import JupyterProtocol

/// What became of one cell in a kernel that was started for it.
public struct KernelTrial: Sendable {
  /// From the start of the process to its first answer.
  public let startMilliseconds: Int
  /// From the cell to its reply and the end of its output.
  public let cellMilliseconds: Int
  /// The version of the protocol that the kernel says it speaks.
  public let protocolVersion: String
  /// The cell's value as plain text.
  public let value: String
  /// How the process ended when it was told to.
  public let exitStatus: Int32

  /// Starts the kernel, where `{connection_file}` among the arguments stands for the connection file, and runs the cell.
  ///
  /// Throws `KernelTrialError` with what failed first.
  public init(arguments: [String], environment: [String: String], code: String, patience milliseconds: Int = 30_000)
    throws
  {
    let folder = try Self.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let connection = ConnectionFile(ports: try Self.freePorts(), key: Array(Session.freshID().utf8))
    let file = "\(folder)/connection.json"
    try connection.write(to: file)
    let began = MonotonicTime.milliseconds
    let process = try ChildProcess(
      arguments.map { $0 == "{connection_file}" ? file : $0 }, environment: environment, output: "\(folder)/log")
    defer { process.end() }
    let client = try TrialClient(connection, process: process, log: "\(folder)/log", deadline: began + milliseconds)
    defer { client.close() }

    let info = try client.ask("kernel_info_request", on: .control)
    startMilliseconds = MonotonicTime.milliseconds - began
    protocolVersion = info["protocol_version"]?.string ?? "unknown"

    let sent = MonotonicTime.milliseconds
    let reply = try client.ask(ExecuteRequest.messageType, ["code": .string(code)], on: .shell)
    guard reply["status"] == "ok" else {
      throw KernelTrialError(reason: "the cell \(code) failed: \(reply["evalue"]?.string ?? "no reason was given")")
    }
    value = try client.value()
    cellMilliseconds = MonotonicTime.milliseconds - sent

    _ = try client.ask(ShutdownRequest.messageType, ["restart": false], on: .control)
    guard let status = process.wait(milliseconds: 5_000) else {
      throw KernelTrialError(reason: "the kernel did not end within 5 s of being told to")
    }
    exitStatus = status
  }

  /// Five ports on the loopback interface that nobody listens on.
  private static func freePorts() throws -> [Channel: Int] {
    let context = try ZeroMQContext()
    defer { context.terminate() }
    let sockets = try Channel.allCases.map { _ in try ZeroMQSocket(.router, in: context) }
    defer { for socket in sockets { socket.close() } }
    var ports: [Channel: Int] = [:]
    for (channel, socket) in zip(Channel.allCases, sockets) {
      do {
        try socket.set(ZMQ_LINGER, 0)
        try socket.bind("tcp://127.0.0.1:*")
      } catch {
        throw KernelTrialError(reason: "no port on 127.0.0.1 can be listened on: \(error)")
      }
      ports[channel] = socket.endpoint?.split(separator: ":").last.flatMap { Int($0) }
    }
    return ports
  }

  private static func temporaryFolder() throws -> String {
    var name = Array("\(FileManager.default.temporaryDirectory.path)/kernel-trial-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&name) != nil else {
      throw KernelTrialError(
        reason:
          "no folder can be made in \(FileManager.default.temporaryDirectory.path): free some space, or set TMPDIR")
    }
    return String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// What failed in a trial.
public struct KernelTrialError: Error, CustomStringConvertible {
  /// One sentence.
  public let reason: String
  /// The same sentence.
  public var description: String { reason }
}

/// The libraries behind the sockets and the history.
public enum KernelLibraries {
  /// Each with its version, and what it can do that not every build can.
  public static var versions: [String] {
    var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
    unsafe zmq_version(&major, &minor, &patch)
    let abilities = ["ipc", "curve"].map { unsafe zmq_has($0) == 1 ? $0 : "no \($0)" }.joined(separator: ", ")
    return [
      "ZeroMQ \(major).\(minor).\(patch) (\(abilities))", Signer.library,
      unsafe "SQLite \(String(cString: sqlite3_libversion()))",
    ]
  }
}

extension HistoryPlace {
  /// Opens the history and gives the number of cells in it; throws where it cannot be used.
  public func cellCount() throws -> Int { try HistoryBook(self, busyMilliseconds: 1_000).cellCount }
}

/// The front end's side of a trial.
private final class TrialClient {
  private let session: Session
  private let context: ZeroMQContext
  private let sockets: [Channel: ZeroMQSocket]
  private let process: ChildProcess
  private let log: String
  private let deadline: Int
  private var latest: String?

  init(_ connection: ConnectionFile, process: ChildProcess, log: String, deadline: Int) throws {
    session = Session(signer: Signer(key: connection.key), username: "doctor")
    context = try ZeroMQContext()
    var sockets: [Channel: ZeroMQSocket] = [:]
    for channel in [Channel.shell, .control, .iopub] {
      let socket = try ZeroMQSocket(channel == .iopub ? .subscriber : .dealer, in: context)
      try socket.set(ZMQ_LINGER, 0)
      // The sockets try to connect before the kernel listens; the default of 100 ms would be most of what is measured.
      try socket.set(ZMQ_RECONNECT_IVL, 2)
      if channel == .iopub { try socket.set(ZMQ_SUBSCRIBE, []) }
      try socket.connect(connection.endpoint(of: channel))
      sockets[channel] = socket
    }
    self.sockets = sockets
    self.process = process
    self.log = log
    self.deadline = deadline
    while try next(on: .iopub).header.type != Welcome.messageType {}
  }

  func close() {
    for socket in sockets.values { socket.close() }
    context.terminate()
  }

  /// Sends a request; gives the content of its reply.
  func ask(_ type: String, _ content: [String: JSON] = [:], on channel: Channel) throws -> JSON {
    let id = session.nextMessageID()
    latest = id
    sockets[channel]?.send(
      session.row(of: OutgoingMessage(channel: channel, type: type, content: content, parent: nil, messageID: id)))
    while true {
      let reply = try next(on: channel)
      if reply.parentHeader["msg_id"] == .string(id) { return reply.content }
    }
  }

  /// The value that the latest request broadcast before its `idle`.
  func value() throws -> String {
    var value = ""
    while true {
      let message = try next(on: .iopub)
      guard message.parentHeader["msg_id"]?.string == latest else { continue }
      if message.header.type == ExecuteResult.messageType {
        value = message.content["data"]?["text/plain"]?.string ?? ""
      }
      if message.content["execution_state"] == "idle" { return value }
    }
  }

  private func next(on channel: Channel) throws -> Message {
    guard let socket = sockets[channel] else { preconditionFailure("\(channel) has a socket since initialisation") }
    while MonotonicTime.milliseconds < deadline {
      if let row = socket.receive() { return try session.receive(row) }
      if let status = process.wait(milliseconds: 0) {
        let said = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = said.split(separator: "\n").suffix(3).joined(separator: "; ")
        throw KernelTrialError(reason: "the kernel ended with status \(status)\(lines.isEmpty ? "" : ": \(lines)")")
      }
      _ = Poller.wait(sockets: [socket], milliseconds: 20)
    }
    throw KernelTrialError(
      reason: "the kernel runs, but nothing came on its channel \(channel.rawValue): is the loopback interface up, "
        + "or does a firewall close it?")
  }
}
