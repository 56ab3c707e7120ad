// A kernel as a process: what a front end starts with the path of a connection file or a registration file.

import FoundationEssentials
@unsafe @preconcurrency import Glibc
public import JupyterProtocol

/// What a kernel calls itself.
public struct Implementation: Sendable {
  /// Its name.
  public var name: String
  /// Its version.
  public var version: String
  /// Pages to read about it; front ends show them in their help menu.
  public var helpLinks: [HelpLink]

  /// A name and a version.
  public init(name: String, version: String, helpLinks: [HelpLink] = []) {
    self.name = name
    self.version = version
    self.helpLinks = helpLinks
  }
}

/// A Jupyter kernel: serves an interpreter to front ends until one of them asks it to stop.
///
///     final class Parrot: Interpreter {
///       let language = LanguageInfo(
///         name: "parrot", version: "1", mimeType: "text/plain", fileExtension: ".txt", pygmentsLexer: "text",
///         codeMirrorMode: "shell")
///       let banner = "Says what you say."
///
///       func execute(_ code: String, in cell: CellContext) throws -> MIMEBundle? { MIMEBundle(plain: code) }
///     }
///
///     let about = Implementation(name: "parrot-kernel", version: "1.0")
///     exit(Kernel(connectionFile: path, interpreter: Parrot(), implementation: about).run())
public struct Kernel: Sendable {
  private let path: String
  private let interpreter: any Interpreter
  private let implementation: Implementation
  private let history: HistoryPlace

  /// A kernel that will listen where the file at `path` says; with a registration file it chooses its ports itself and
  /// tells them to the address in the file.
  ///
  /// The cells that are run are kept in a file named after the implementation, unless `history` says otherwise.
  public init(
    connectionFile path: String, interpreter: any Interpreter, implementation: Implementation,
    history: HistoryPlace? = nil
  ) {
    self.path = path
    self.interpreter = interpreter
    self.implementation = implementation
    self.history =
      history ?? .standard(for: implementation.name, environment: ProcessInfo.processInfo.environment)
  }

  /// Serves; gives the exit code of the process: 0 after a shutdown, 1 when the parent has died, nothing could be
  /// served or nobody wanted it.
  ///
  /// Takes over the process: SIGINT interrupts the running cell, SIGTERM ends the kernel, and what is written to
  /// descriptors 1 and 2 becomes output of the running cell. Call it once, early, on the main thread, before anything
  /// starts threads. A cell that does not stop when the kernel does ends with the process, inside this call.
  public func run() -> Int32 {
    let watch = ProcessWatch()
    let listeners = HandedListeners.take()
    let capture = DescriptorCapture([(1, .standardOutput), (2, .standardError)])
    let log = KernelLog(descriptor: capture?.original(of: 2) ?? 2)
    defer { capture?.restore() }
    let (start, server): (StartFile, KernelServer)
    do {
      start = try StartFile(path: path)
      server = try KernelServer(
        connection: start.connection, listeners: listeners, interpreter: interpreter, implementation: implementation,
        log: log, capture: capture, history: history)
    } catch {
      log("\(error)")
      return 1
    }
    unsafe setvbuf(stdout, nil, _IOLBF, 0)
    let isUnwanted = Monitor(false)
    server.start()
    watch.start { event in
      switch event {
      case .interrupt: server.interrupt()
      case .terminate: server.stop()
      case .orphaned:
        isUnwanted.withLock { $0 = true }
        server.stop()
      }
    }
    if case .registration(let registration) = start {
      do {
        try Handshake.announce(server.ports, to: registration)
      } catch {
        log("\(error)")
        isUnwanted.withLock { $0 = true }
        server.stop()
      }
    }
    let cellsEnded = server.waitUntilEnded()
    let code: Int32 = isUnwanted.withLock { $0 } ? 1 : 0
    if !cellsEnded {
      log("a cell did not stop and ends with the process")
      _exit(code)
    }
    return code
  }
}
