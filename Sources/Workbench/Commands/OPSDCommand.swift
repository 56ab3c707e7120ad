// The executable's subcommands. Each has a file of its own beside this one.

public import ArgumentParser

/// `opsd`, the kernel and what belongs to it.
public struct OPSDCommand: ParsableCommand {
  /// The one version of everything here.
  static let version = "0.1.0"

  /// The list of subcommands.
  public static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "opsd",
      abstract: "A Jupyter kernel for exploring how a language model can teach itself.",
      version: version,
      subcommands: [
        KernelCommand.self, InstallCommand.self, DoctorCommand.self, RunCommand.self, PretrainCommand.self,
        BenchCommand.self, ReferenceCommand.self,
      ])
  }

  /// Without a subcommand: the help.
  public init() {}
}
