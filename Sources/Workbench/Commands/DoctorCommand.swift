// `opsd doctor`: whether this installation works, and what to do where it does not.

import ArgumentParser
import FoundationEssentials

/// Looks at everything between a notebook and a result.
struct DoctorCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "doctor", abstract: "Check this installation, and say what to do where something is wrong.",
      discussion: """
        Looks at the libraries, the base model, the kernel specification that Jupyter would use and the history, starts a \
        kernel as Jupyter does and runs one cell in it. The exit status is 1 where cells cannot be run.
        """)
  }

  func run() throws {
    let checkup = Checkup(
      variables: ProcessInfo.processInfo.environment, executable: ModelLibrary.executablePath)
    print("opsd \(OPSDCommand.version), \(checkup.executable)")
    let findings = checkup.findings()
    for finding in findings { print(Self.text(of: finding)) }
    let bad = findings.filter { if case .bad = $0.verdict { true } else { false } }
    print(bad.isEmpty ? "All is well: cells can be run." : "Cells cannot be run as things are: see \(Self.list(bad)).")
    if !bad.isEmpty { throw ExitCode(1) }
  }

  /// A line for what was found, and one for what to do.
  static func text(of finding: Finding) -> String {
    let line = finding.subject + String(repeating: " ", count: max(1, 12 - finding.subject.count)) + finding.what
    return switch finding.verdict {
    case .good: "ok       \(line)"
    case .missing(let remedy): "missing  \(line)\n         → \(remedy)"
    case .bad(let remedy): "WRONG    \(line)\n         → \(remedy)"
    }
  }

  private static func list(_ findings: [Finding]) -> String { findings.map(\.subject).joined(separator: ", ") }
}
