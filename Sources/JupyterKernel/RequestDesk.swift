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
  let executor: Executor
  let questions: WorkQueue
  let history: History
  let output: OutputQueue
  let log: KernelLog

  /// Serves one request.
  func serve(_ message: Message, on channel: Channel) -> Consequence {
    do {
      return try dispatch(message, on: channel)
    } catch {
      fail(message, on: channel, Failure(name: "InvalidRequest", value: "\(error)"))
      return .none
    }
  }

  private func dispatch(_ message: Message, on channel: Channel) throws -> Consequence {
    if channel == .shell, let subshell = message.header.subshellID {
      fail(message, on: channel, Failure(name: "UnknownSubshell", value: "there is no subshell \(subshell)"))
      return .none
    }
    switch message.header.type {
    case ExecuteRequest.messageType:
      executor.enqueue(try message.content(as: ExecuteRequest.self), from: message, on: channel)
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
      let entries = history.entries(for: request.access)
      answer(message, on: channel, HistoryReply(entries: entries, includesOutput: request.includesOutput))
    case "kernel_info_request":
      answer(message, on: channel, kernelInfo)
    case "connect_request":
      answer(message, on: channel, ConnectReply(ports: ports))
    case "comm_info_request":
      answer(message, on: channel, CommInfoReply())
    case "comm_open":
      let close = CommClose(commID: message.content["comm_id"]?.string ?? "")
      surround(message, [OutgoingMessage(publishing: close, parent: message.header)])
    case "usage_request":
      answer(message, on: channel, UsageReply.now())
    case "interrupt_request":
      executor.interrupt()
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
      if !message.header.type.hasPrefix("comm_") { log("no answer is known to \(message.header.type.prefix(60))") }
      surround(message, [])
    }
    return .none
  }

  private func answer(_ message: Message, on channel: Channel, _ reply: some MessageContent) {
    surround(message, [OutgoingMessage(replying: reply, to: message, on: channel)])
  }

  /// Has the interpreter answer on the thread for questions; it may take its time, and a cell may be running.
  private func ask<Reply: MessageContent>(
    _ message: Message, on channel: Channel, _ reply: @escaping @Sendable () -> Reply
  ) {
    output.post([OutgoingMessage(publishing: Status.busy, parent: message.header)])
    questions.enqueue {
      let reply = OutgoingMessage(replying: reply(), to: message, on: channel)
      output.post(
        [reply, OutgoingMessage(publishing: Status.idle, parent: message.header)], reassertingBusy: true)
    }
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
