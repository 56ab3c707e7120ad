// The parts of a kernel, put together: sockets, queues and threads, but nothing that belongs to the process. A process
// can hold several, which is how they are tested.

import JupyterProtocol

/// A kernel that listens; ends when a front end or its owner says so.
final class KernelServer: Sendable {
  private let context: ZeroMQContext
  private let loop: SocketLoop
  private let executor: Executor
  private let questions: WorkQueue
  private let state = Monitor(State())

  private struct State {
    var isCellThreadDone = false
    var isSocketThreadDone = false
  }

  /// Binds the sockets; throws where that is impossible.
  init(
    connection: ConnectionFile, interpreter: any Interpreter, implementation: Implementation, log: KernelLog,
    capture: DescriptorCapture? = nil
  ) throws {
    let session = Session(signer: Signer(key: connection.key, digest: connection.digest))
    let wakeUp = WakeUp()
    let output = OutputQueue(wakeUp: wakeUp)
    let input = InputDesk(session: session)
    let history = History()
    executor = Executor(
      interpreter: interpreter, history: history,
      outlets: CellContext.Outlets(output: output, input: input, capture: capture))
    questions = WorkQueue()
    let info = KernelInfoReply(
      implementation: implementation.name, implementationVersion: implementation.version,
      language: interpreter.language, banner: interpreter.banner, helpLinks: implementation.helpLinks)
    let desk = RequestDesk(
      kernelInfo: info, ports: connection.ports, interpreter: interpreter, executor: executor, questions: questions,
      history: history, output: output, log: log)
    context = try ZeroMQContext()
    loop = SocketLoop(
      channels: try Channels(connection, in: context), session: session, desk: desk, input: input, capture: capture,
      wakeUp: wakeUp)
  }

  /// Starts the threads.
  func start() {
    PosixThread.start(name: "cells", stackSize: Executor.stackSize) { [self] in
      executor.run()
      state.change { $0.isCellThreadDone = true }
    }
    PosixThread.start(name: "questions", stackSize: 8 << 20) { [questions] in questions.run() }
    PosixThread.start(name: "sockets", stackSize: 8 << 20) { [self] in
      loop.run()
      context.terminate()
      state.change { $0.isSocketThreadDone = true }
    }
  }

  /// Tells the running cell to stop.
  func interrupt() { executor.interrupt() }

  /// Asks for an orderly end.
  func stop() { loop.stop() }

  /// Waits for the end; false where a cell did not stop and still runs on its thread.
  func waitUntilEnded() -> Bool {
    state.wait { state -> Bool? in
      guard state.isSocketThreadDone else { return nil }
      return state.isCellThreadDone ? true : executor.isRunning ? false : nil
    } ?? false
  }
}
