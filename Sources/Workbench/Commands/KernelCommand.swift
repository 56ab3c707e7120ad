// `opsd kernel`: the kernel itself, as Jupyter starts it.

import ArgumentParser
import FoundationEssentials
import Glibc
import JupyterKernel
import JupyterProtocol

/// Serves cells to a Jupyter front end.
struct KernelCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "kernel", abstract: "Serve cells to a Jupyter front end.",
      discussion: """
        Jupyter starts this by itself; `opsd install` tells it how. The cells that are run are kept for the next session in \
        a file that only you can read, opsd/history.sqlite in Jupyter's data folder; the environment variable OPSD_HISTORY \
        names another file, or `memory` for none.
        """)
  }

  @Argument(help: "The connection file, or registration file, that Jupyter wrote.")
  var connectionFile: String

  // `jupyter run FILE` appends its own arguments to the kernel's.
  @Argument(parsing: .allUnrecognized, help: .hidden)
  var others: [String] = []

  func run() throws { throw ExitCode(Self.serve(connectionFile)) }

  /// Serves what a connection file says; gives the exit status.
  static func serve(_ connectionFile: String) -> Int32 {
    let implementation = Implementation(
      name: "opsd", version: OPSDCommand.version,
      helpLinks: [HelpLink(text: "OPSD, arXiv 2601.18734", url: "https://arxiv.org/abs/2601.18734")])
    return Kernel(
      connectionFile: connectionFile, interpreter: CellInterpreter(), implementation: implementation,
      history: historyPlace(ProcessInfo.processInfo.environment)
    ).run()
  }

  /// The command line by which Jupyter starts the kernel: by way of the listener, where that lies beside `executable`.
  static func commandLine(_ executable: String) -> [String] {
    let listener = "\(executable)-listener"
    let way = Checkup.isProgram(listener) ? [listener] : []
    return way + [executable, "kernel", "{connection_file}"]
  }

  /// Where the kernel keeps its history, given the variables of the process.
  static func historyPlace(_ variables: [String: String]) -> HistoryPlace {
    switch variables["OPSD_HISTORY"] {
    case nil, "": .standard(for: "opsd", environment: variables)
    case "memory": .memory
    case let path?: .file(path)
    }
  }
}
