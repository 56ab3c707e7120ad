// Every request comes by here, verified and parsed, and is answered at once or handed to the thread that can answer it.
// Around everything stands `busy` and `idle`, with the request as parent.

import Display
import JSONValues
import JupyterProtocol

/// Answers requests; called by the thread that owns the sockets, so nothing here may take long.
struct RequestDesk: Sendable {
  /// What the sender of the request wants of the kernel as a whole.
  enum Consequence: Sendable {
    case none
    case shutdown
  }

  let kernelInfo: KernelInfoReply
  let ports: [Channel: Int]
  let interpreter: any Interpreter
  let shells: Shells
  let comms: CommDesk
  let questions: WorkQueue
  let history: History
  let output: OutputQueue
  let log: KernelLog

  /// Serves one request.
  func serve(_ message: Message, on channel: Channel) -> Consequence {
    do {
      return try dispatch(message, on: channel)
    } catch let error as RequestFailure {
      fail(message, on: channel, error.failure)
      return .none
    } catch {
      fail(message, on: channel, Failure(name: "InvalidRequest", value: "\(error)"))
      return .none
    }
  }

  private func dispatch(_ message: Message, on channel: Channel) throws -> Consequence {
    guard let shell = shell(for: message, on: channel) else {
      fail(message, on: channel, Self.unknownSubshell(message.header.subshellID ?? ""))
      return .none
    }
    switch message.header.type {
    case ExecuteRequest.messageType:
      shell.enqueue(try message.content(as: ExecuteRequest.self), from: message, on: channel)
    case CompleteRequest.messageType:
      let request = try message.content(as: CompleteRequest.self)
      ask(message, on: channel) { interpreter.complete(request.code, cursor: request.cursor) }
    case InspectRequest.messageType:
      let request = try message.content(as: InspectRequest.self)
      ask(message, on: channel) {
        let found = interpreter.inspect(request.code, cursor: request.cursor, detail: request.detail)
        return InspectReply(data: found?.data, metadata: found?.metadata ?? [:])
      }
    case IsCompleteRequest.messageType:
      let request = try message.content(as: IsCompleteRequest.self)
      ask(message, on: channel) { interpreter.isComplete(request.code) }
    case HistoryRequest.messageType:
      let request = try message.content(as: HistoryRequest.self)
      output.post([OutgoingMessage(publishing: Status.busy, parent: message.header)])
      history.find(request.access, shell: shell.subshell) { entries in
        reply(HistoryReply(entries: entries, includesOutput: request.includesOutput), to: message, on: channel)
      }
    case "kernel_info_request":
      answer(message, on: channel, kernelInfo)
    case "connect_request":
      answer(message, on: channel, ConnectReply(ports: ports))
    case CommInfoRequest.messageType:
      let request = try message.content(as: CommInfoRequest.self)
      answer(message, on: channel, CommInfoReply(targets: comms.open(target: request.target)))
    case CommOpen.messageType, CommData.messageType, CommClose.messageType:
      try serveComm(message, on: channel, in: shell)
    case CreateSubshellReply.requestType where interpreter.supportsSubshells:
      if let name = shells.create() {
        answer(message, on: channel, CreateSubshellReply(subshellID: name))
      } else {
        fail(message, on: channel, Self.tooManySubshells)
      }
    case DeleteSubshellRequest.messageType where interpreter.supportsSubshells:
      let name = try message.content(as: DeleteSubshellRequest.self).subshellID
      if shells.delete(name) {
        answer(message, on: channel, DeleteSubshellReply())
      } else {
        fail(message, on: channel, Self.unknownSubshell(name))
      }
    case ListSubshellReply.requestType where interpreter.supportsSubshells:
      answer(message, on: channel, ListSubshellReply(subshellIDs: shells.names))
    case "usage_request":
      answer(message, on: channel, UsageReply.now())
    case "interrupt_request":
      try interrupt(message)
      answer(message, on: channel, InterruptReply())
    case ShutdownRequest.messageType:
      let reply = ShutdownReply(restarts: try message.content(as: ShutdownRequest.self).restarts)
      surround(
        message,
        [
          OutgoingMessage(replying: reply, to: message, on: channel),
          OutgoingMessage(publishing: reply, parent: message.header),
        ])
      return .shutdown
    default:
      log("no answer is known to \(message.header.type.prefix(60))")
      surround(message, [])
    }
    return .none
  }

  /// The shell that a request is for; nil where there is none of that name.
  ///
  /// A kernel without subshells has one shell for everything, as the protocol has it.
  private func shell(for message: Message, on channel: Channel) -> Executor? {
    channel == .shell && interpreter.supportsSubshells ? shells[message.header.subshellID] : shells.main
  }

  /// Tells what runs to stop: everything, as the protocol has it, or one subshell where the header names it.
  private func interrupt(_ message: Message) throws {
    guard let name = message.header.subshellID else { return shells.interrupt() }
    guard let shell = shells[name] else { throw RequestFailure(failure: Self.unknownSubshell(name)) }
    shell.interrupt()
  }

  private func serveComm(_ message: Message, on channel: Channel, in shell: Executor) throws {
    if let work = try comms.work(for: message) { return shell.enqueue(message, on: channel, work) }
    var answers: [OutgoingMessage] = []
    if message.header.type == CommOpen.messageType {
      let id = message.content["comm_id"]?.string ?? ""
      log("closed a comm of unknown target \((message.content["target_name"]?.string ?? "").prefix(60))")
      answers = [OutgoingMessage(publishing: CommClose(commID: id), parent: message.header)]
    }
    surround(message, answers)
  }

  private static func unknownSubshell(_ name: String) -> Failure {
    Failure(name: "UnknownSubshell", value: "there is no subshell \(name.prefix(60))")
  }

  private static let tooManySubshells = Failure(
    name: "TooManySubshells",
    value: "there are \(Shells.limit) subshells already; delete one that is no longer needed")

  private func answer(_ message: Message, on channel: Channel, _ reply: some MessageContent) {
    surround(message, [OutgoingMessage(replying: reply, to: message, on: channel)])
  }

  /// Has the interpreter answer on the thread for questions; it may take its time, and a cell may be running.
  private func ask<Reply: MessageContent>(
    _ message: Message, on channel: Channel, _ reply: @escaping @Sendable () -> Reply
  ) {
    output.post([OutgoingMessage(publishing: Status.busy, parent: message.header)])
    questions.enqueue { self.reply(reply(), to: message, on: channel) }
  }

  /// Sends an answer that took its time.
  private func reply(_ content: some MessageContent, to message: Message, on channel: Channel) {
    let reply = OutgoingMessage(replying: content, to: message, on: channel)
    output.post([reply, OutgoingMessage(publishing: Status.idle, parent: message.header)], reassertingBusy: true)
  }

  private func fail(_ message: Message, on channel: Channel, _ failure: Failure) {
    log("cannot serve \(message.header.type.prefix(60)): \(failure.value.prefix(200))")
    guard let reply = FailureReply(to: message.header.type, failure) else { return surround(message, []) }
    surround(
      message,
      [
        OutgoingMessage(
          channel: channel, identities: message.identities, type: reply.messageType, content: reply.json,
          parent: message.header)
      ])
  }

  private func surround(_ message: Message, _ answers: [OutgoingMessage]) {
    let busy = OutgoingMessage(publishing: Status.busy, parent: message.header)
    let idle = OutgoingMessage(publishing: Status.idle, parent: message.header)
    output.post([busy] + answers + [idle], reassertingBusy: true)
  }
}

/// A request that cannot be served, for a reason that has a name.
private struct RequestFailure: Error {
  let failure: Failure
}
