// The parts of a kernel, put together: sockets, queues and threads, but nothing that belongs to the process. A process
// can hold several, which is how they are tested.

import JupyterProtocol

/// A kernel that listens; ends when a front end or its owner says so.
final class KernelServer: Sendable {
  private let context: ZeroMQContext
  private let loop: SocketLoop
  private let shells: Shells
  private let questions: WorkQueue
  private let history: History
  private let isSocketThreadDone = Monitor(false)

  /// A message of more than this many bytes is dropped; a frame of twice as many ends its sender's connection.
  static let messageLimit = 128 << 20

  /// Where each channel listens.
  let ports: [Channel: Int]

  /// Binds the sockets, but for those that listen already; throws where that is impossible.
  init(
    connection: ConnectionFile, listeners: HandedListeners = HandedListeners(), interpreter: any Interpreter,
    implementation: Implementation, log: KernelLog,
    capture: DescriptorCapture? = nil, history place: HistoryPlace = .memory,
    messageLimit: Int = KernelServer.messageLimit
  ) throws {
    context = try ZeroMQContext()
    let channels = try Channels(connection, listeners: listeners, in: context, frameLimit: 2 * messageLimit)
    ports = channels.ports
    let session = Session(signer: Signer(key: connection.key, digest: connection.digest))
    let wakeUp = WakeUp()
    let output = OutputQueue(wakeUp: wakeUp)
    let input = InputDesk(session: session)
    let history = History(place, log: log)
    self.history = history
    let comms = CommDesk(targets: interpreter.commTargets)
    let outlets = CellContext.Outlets(output: output, input: input, comms: comms, capture: capture)
    shells = Shells { subshell in
      Executor(subshell: subshell, interpreter: interpreter, history: history, outlets: outlets, log: log)
    }
    questions = WorkQueue()
    let info = KernelInfoReply(
      implementation: implementation.name, implementationVersion: implementation.version,
      language: interpreter.language, banner: interpreter.banner, helpLinks: implementation.helpLinks,
      features: interpreter.supportsSubshells ? [Subshells.feature] : [])
    let desk = RequestDesk(
      kernelInfo: info, ports: channels.ports, interpreter: interpreter, shells: shells, comms: comms,
      questions: questions, history: history, output: output, log: log)
    loop = SocketLoop(
      channels: channels, session: session, desk: desk, input: input, capture: capture, wakeUp: wakeUp,
      messageLimit: messageLimit)
  }

  /// Starts the threads.
  func start() {
    shells.start()
    PosixThread.start(name: "questions", stackSize: 8 << 20) { [questions] in questions.run() }
    PosixThread.start(name: "history", stackSize: 1 << 20) { [history] in history.run() }
    PosixThread.start(name: "sockets", stackSize: 8 << 20) { [self] in
      loop.run()
      context.terminate()
      isSocketThreadDone.change { $0 = true }
    }
  }

  /// Tells every running cell to stop.
  func interrupt() { shells.interrupt() }

  /// Asks for an orderly end.
  func stop() { loop.stop() }

  /// Waits for the end; false where a cell did not stop and still runs on its thread.
  func waitUntilEnded() -> Bool {
    _ = isSocketThreadDone.wait { $0 ? true : nil }
    let haveCellsEnded = shells.waitUntilEnded()
    history.finish()
    return haveCellsEnded
  }
}
