import CZeroMQ
import Glibc
import JSONValues
import JupyterProtocol
import Testing

@testable import JupyterKernel

/// A scripted front end over real sockets.
///
/// What a cell causes is read as a transcript, one line a message, so that a test fails on output that nobody asserted.
final class FrontEnd {
  let session: Session
  private let context: ZeroMQContext
  private let sockets: [Channel: ZeroMQSocket]

  /// Connects, and waits to be welcomed where that is wanted.
  init(_ connection: ConnectionFile, awaitingWelcome: Bool = true) throws {
    session = Session(signer: Signer(key: connection.key), username: "reader")
    context = try ZeroMQContext()
    let identity = Array(session.id.utf8)
    var sockets: [Channel: ZeroMQSocket] = [:]
    for channel in Channel.allCases {
      let kind: ZeroMQSocket.Kind = channel == .iopub ? .subscriber : channel == .heartbeat ? .request : .dealer
      let socket = try ZeroMQSocket(kind, in: context)
      try socket.set(ZMQ_LINGER, 0)
      try socket.set(ZMQ_SNDHWM, 0)
      if kind == .subscriber {
        try socket.set(ZMQ_RCVHWM, 0)
        try socket.set(ZMQ_SUBSCRIBE, [])
      }
      if kind == .dealer { try socket.set(ZMQ_ROUTING_ID, identity) }
      if let keys = connection.curve { try Self.encrypt(socket, to: keys.publicKey) }
      try socket.connect(connection.endpoint(of: channel))
      sockets[channel] = socket
    }
    self.sockets = sockets
    if awaitingWelcome { while try next(on: .iopub).header.type != "iopub_welcome" {} }
  }

  /// Makes the socket a client, under keys of its own, of the server of that public key.
  private static func encrypt(_ socket: ZeroMQSocket, to server: String) throws {
    let own = CurveKeys.fresh()
    try socket.set(ZMQ_CURVE_SERVERKEY, Array(server.utf8))
    try socket.set(ZMQ_CURVE_PUBLICKEY, Array(own.publicKey.utf8))
    try socket.set(ZMQ_CURVE_SECRETKEY, Array(own.secretKey.utf8))
  }

  func close() {
    for socket in sockets.values { socket.close() }
    context.terminate()
  }

  // MARK: Sending

  /// Sends a request; gives its id.
  @discardableResult
  func send(_ type: String, _ content: [String: JSON] = [:], on channel: Channel = .shell, parent: Header? = nil)
    -> String
  {
    let id = session.nextMessageID()
    send(row(type, content, on: channel, parent: parent, id: id), on: channel)
    return id
  }

  func row(
    _ type: String, _ content: [String: JSON] = [:], on channel: Channel = .shell, parent: Header? = nil, id: String
  ) -> [[UInt8]] {
    session.row(of: OutgoingMessage(channel: channel, type: type, content: content, parent: parent, messageID: id))
  }

  func send(_ row: [[UInt8]], on channel: Channel) { sockets[channel]?.send(row) }

  /// Reads and forgets everything that has come.
  func drain() {
    for socket in sockets.values { while socket.receive() != nil {} }
  }

  /// Sends a request whose header has members that only some front ends write, such as `subshell_id`.
  @discardableResult
  func send(
    _ type: String, _ content: [String: JSON], header members: [String: JSON], on channel: Channel = .shell,
    buffers: [[UInt8]] = []
  ) -> String {
    let id = session.nextMessageID()
    let header: [String: JSON] = [
      "msg_id": .string(id), "msg_type": .string(type), "session": .string(session.id), "username": "reader",
      "version": "5.6",
    ]
    var frames = Frames(
      identities: [], header: JSON.object(header.merging(members) { $1 }).bytes(), parentHeader: Array("{}".utf8),
      metadata: Array("{}".utf8), content: JSON.object(content).bytes(), buffers: buffers)
    frames.signature = Signer(key: Array("secret".utf8)).signature(of: frames.signed)
    send(frames.row, on: channel)
    return id
  }

  /// Runs a cell in a subshell.
  @discardableResult
  func execute(_ code: String, in subshell: String, _ more: [String: JSON] = [:]) -> String {
    send(
      "execute_request", ["code": .string(code)].merging(more) { $1 }, header: ["subshell_id": .string(subshell)])
  }

  /// Makes a subshell; gives its name.
  func createSubshell() throws -> String {
    let id = send("create_subshell_request", on: .control)
    _ = try outputs(of: id)
    return try #require(try reply(to: id, on: .control).content["subshell_id"]?.string)
  }

  /// What is broadcast until each of these requests has said `idle`, by request.
  func outputs(ofAll ids: [String]) throws -> [String: [String]] {
    var messages: [String: [Message]] = [:]
    var open = Set(ids)
    while !open.isEmpty {
      let message = try next(on: .iopub)
      let parent = message.parentHeader["msg_id"]?.string ?? ""
      messages[parent, default: []].append(message)
      if message.content["execution_state"] == "idle" { open.remove(parent) }
    }
    return messages.mapValues(Self.lines)
  }

  @discardableResult
  func execute(_ code: String, _ more: [String: JSON] = [:]) -> String {
    send("execute_request", ["code": .string(code)].merging(more) { $1 })
  }

  // MARK: Receiving

  /// The frames of the next message.
  func nextRow(on channel: Channel, milliseconds: Int = 10_000) throws -> [[UInt8]] {
    let socket = try #require(sockets[channel])
    let deadline = MonotonicTime.milliseconds + milliseconds
    while MonotonicTime.milliseconds < deadline {
      if let row = socket.receive() { return row }
      _ = Poller.wait(sockets: [socket], milliseconds: 20)
    }
    throw Silence(channel: channel)
  }

  /// The next message, verified.
  func next(on channel: Channel, milliseconds: Int = 10_000) throws -> Message {
    try session.receive(nextRow(on: channel, milliseconds: milliseconds))
  }

  /// The reply to a request.
  func reply(to id: String, on channel: Channel = .shell) throws -> Message {
    let reply = try next(on: channel)
    #expect(reply.parentHeader["msg_id"] == .string(id))
    return reply
  }

  /// What a request causes on iopub, up to its `idle`; messages of other requests are not allowed between.
  func outputs(of id: String) throws -> [Message] {
    var messages: [Message] = []
    while true {
      let message = try next(on: .iopub)
      #expect(message.parentHeader["msg_id"] == .string(id), "\(Self.line(message)) belongs to another request")
      messages.append(message)
      if message.content["execution_state"] == "idle" { return messages }
    }
  }

  /// Everything that a request causes: iopub up to `idle`, then its reply.
  func transcript(of id: String) throws -> [String] {
    let lines = Self.lines(try outputs(of: id))
    return lines + [Self.line(try reply(to: id))]
  }

  /// Runs a cell; everything that it causes.
  func run(_ code: String, _ more: [String: JSON] = [:]) throws -> [String] { try transcript(of: execute(code, more)) }

  // MARK: Reading aloud

  /// One line a message; pieces of one stream are put together, since their cut depends on time.
  static func lines(_ messages: [Message]) -> [String] {
    messages.reduce(into: []) { lines, message in
      let line = line(message)
      let prefix = "\(message.content["name"]?.string ?? "")> "
      if message.header.type == "stream", let last = lines.last, last.hasPrefix(prefix) {
        lines[lines.count - 1] = last + line.dropFirst(prefix.count)
      } else {
        lines.append(line)
      }
    }
  }

  static func line(_ message: Message) -> String {
    let content = message.content
    let count = content["execution_count"].map { " [\($0.text())]" } ?? ""
    let plain = content["data"]?["text/plain"]?.string ?? ""
    let shown = content["transient"]?["display_id"]?.string.map { " as \($0)" } ?? ""
    let failure = content["ename"]?.string.map { " \($0): \(content["evalue"]?.string ?? "")" } ?? ""
    return switch message.header.type {
    case "status": content["execution_state"]?.string ?? "?"
    case "stream": "\(content["name"]?.string ?? "?")> \(content["text"]?.string ?? "?")"
    case "execute_input": "input\(count) \(content["code"]?.string ?? "?")"
    case "execute_result": "result\(count) \(plain)"
    case "display_data": "display \(plain)\(shown)"
    case "update_display_data": "update \(plain)\(shown)"
    case "comm_open": "comm_open \(content["target_name"]?.string ?? "?") \(content["data"]?.text() ?? "?")"
    case "comm_msg", "comm_close": "\(message.header.type) \(content["data"]?.text() ?? "?")"
    case "clear_output": "clear wait=\(content["wait"]?.text() ?? "?")"
    case "error": "error\(failure)"
    case let type where type.hasSuffix("_reply"):
      "\(type)\(content["status"]?.string.map { " \($0)" } ?? "")\(count)\(failure)"
    case let type: type
    }
  }
}

/// Nothing came in time.
struct Silence: Error, CustomStringConvertible {
  let channel: Channel
  var description: String { "nothing more came on \(channel.rawValue)" }
}

/// A kernel that serves the echo language on sockets in a folder of its own, for the time of one test.
func withKernel(
  _ connection: ConnectionFile = .fresh(), log: Int32 = -1, interpreter: EchoInterpreter = EchoInterpreter(),
  history: HistoryPlace = .memory, messageLimit: Int = KernelServer.messageLimit,
  _ body: (ConnectionFile, KernelServer) throws -> Void
) throws {
  let server = try KernelServer(
    connection: connection, interpreter: interpreter,
    implementation: Implementation(name: "echo-kernel", version: "1.0"), log: KernelLog(descriptor: log),
    history: history, messageLimit: messageLimit)
  server.start()
  defer {
    server.stop()
    _ = server.waitUntilEnded()
    for port in connection.ports.values { unsafe _ = unlink("\(connection.ip)-\(port)") }
  }
  try body(connection, server)
}

/// The same with a front end already connected.
func withFrontEnd(_ body: (FrontEnd) throws -> Void) throws {
  try withKernel { connection, _ throws in
    let front = try FrontEnd(connection)
    defer { front.close() }
    try body(front)
  }
}

extension ConnectionFile {
  /// Sockets of which nobody else knows.
  static func fresh() -> ConnectionFile {
    let ports = Dictionary(uniqueKeysWithValues: zip(Channel.allCases, 1...))
    return ConnectionFile(
      transport: .ipc, ip: "/tmp/kernel-test-\(Session.freshID())", ports: ports, key: Array("secret".utf8))
  }
}

extension CurveKeys {
  /// A pair of keys that nobody else has.
  static func fresh() -> CurveKeys {
    var (publicKey, secretKey) = ([CChar](repeating: 0, count: 41), [CChar](repeating: 0, count: 41))
    unsafe zmq_curve_keypair(&publicKey, &secretKey)
    func text(_ key: [CChar]) -> String { String(decoding: key.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self) }
    return CurveKeys(publicKey: text(publicKey), secretKey: text(secretKey))
  }
}

/// The lines in a pipe whose other end is closed; closes this one.
func written(to readEnd: Int32) throws -> [Substring] {
  var text: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = unsafe read(readEnd, &piece, piece.count), count > 0 { text += piece.prefix(count) }
  close(readEnd)
  return String(decoding: text, as: UTF8.self).split(separator: "\n")
}
