// `opsd install`: makes the kernel known to Jupyter.

import ArgumentParser
import FoundationEssentials
import JSONValues
import JupyterKernel

/// Writes the kernel specification.
struct InstallCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "install", abstract: "Make this kernel known to Jupyter.",
      discussion: """
        Writes the kernel specification `opsd`, its logos and the models that ship with it. The specification names this \
        executable by its path: run the command again after moving it.
        """)
  }

  @Flag(help: "For this user (the default).")
  var user = false

  @Flag(help: "Into the active virtual or conda environment.")
  var sysPrefix = false

  @Option(help: "Under DIR/share/jupyter.")
  var prefix: String?

  func validate() throws {
    if [user, sysPrefix, prefix != nil].count(where: { $0 }) > 1 {
      throw ValidationError("choose one of --user, --sys-prefix and --prefix")
    }
  }

  func run() throws {
    let place: KernelSpec.Place =
      if let prefix { .prefix(prefix) } else { sysPrefix ? .environment : .user }
    let variables = ProcessInfo.processInfo.environment
    let folder = try place.folder(environment: variables) + "/opsd"
    guard let source = ModelLibrary.shippedFolders.first(where: { $0 != folder }) else {
      throw ValidationError(
        "the folder kernelspec/ with logos and models was not found beside or above \(ModelLibrary.executablePath): "
          + "run the executable from its repository")
    }
    let spec = KernelSpec(
      name: "opsd", displayName: "OPSD (Swift)", language: "swift",
      arguments: KernelCommand.commandLine(ModelLibrary.executablePath),
      environment: ["OPSD_KERNELSPEC": folder],
      metadata: ["supported_encryption": ["curve"]],
      files: try Self.files(in: source))
    print("installed the kernel opsd in \(try spec.install(in: place, environment: variables))")
  }

  /// Every file of a folder, by its path in it.
  private static func files(in folder: String) throws -> [String: [UInt8]] {
    let manager = FileManager.default
    var files: [String: [UInt8]] = [:]
    for path in try manager.subpathsOfDirectory(atPath: folder) {
      var isFolder = false
      guard manager.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder), !isFolder, !path.hasPrefix("."),
        !path.hasSuffix(".txt")
      else { continue }
      guard let data = manager.contents(atPath: "\(folder)/\(path)") else {
        throw ValidationError("\(folder)/\(path) cannot be read")
      }
      files[path] = [UInt8](data)
    }
    return files
  }
}
