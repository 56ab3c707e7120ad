// How front ends find a kernel: a folder with a kernel.json and pictures, in one of the places where they look.

public import JSONValues
import JupyterProtocol

import FoundationEssentials

/// A kernel as front ends list it.
public struct KernelSpec: Sendable {
  /// The folder's name, and the name on command lines: lower-case letters, digits, dots, dashes and underscores.
  public var name: String
  /// The name in menus.
  public var displayName: String
  /// The name of the language.
  public var language: String
  /// The command line; the first is an absolute path, and `{connection_file}` stands for the connection file.
  public var arguments: [String]
  /// What is added to the kernel's environment.
  public var environment: [String: String]
  /// Further remarks for front ends.
  public var metadata: [String: JSON]
  /// File name to contents of what lies beside: `logo-svg.svg`, `logo-64x64.png`, `logo-32x32.png`.
  public var files: [String: [UInt8]]

  /// A kernel from its parts.
  public init(
    name: String, displayName: String, language: String, arguments: [String], environment: [String: String] = [:],
    metadata: [String: JSON] = [:], files: [String: [UInt8]] = [:]
  ) {
    self.name = name
    self.displayName = displayName
    self.language = language
    self.arguments = arguments
    self.environment = environment
    self.metadata = metadata
    self.files = files
  }

  /// The contents of kernel.json.
  public var json: JSON {
    [
      "argv": .array(arguments.map(JSON.string)), "display_name": .string(displayName), "language": .string(language),
      "interrupt_mode": "message", "kernel_protocol_version": .string("\(protocolVersion).0"),
      "env": .object(environment.mapValues(JSON.string)), "metadata": .object(metadata),
    ]
  }
}

extension KernelSpec {
  /// Where front ends look for kernels.
  public enum Place: Sendable, Equatable {
    /// The user's own folder.
    case user
    /// The Python environment that is active.
    case environment
    /// A folder such as `/usr/local`.
    case prefix(String)

    /// The user's own folder for Jupyter's data, given the variables of the process; nil without a home folder.
    static func dataFolder(environment variables: [String: String]) -> String? {
      if let data = variables["JUPYTER_DATA_DIR"].nonempty { return data }
      guard let home = variables["HOME"].nonempty else { return nil }
      #if os(macOS)
        return "\(home)/Library/Jupyter"
      #else
        return "\(variables["XDG_DATA_HOME"].nonempty ?? "\(home)/.local/share")/jupyter"
      #endif
    }

    /// The folder for kernels, given the variables of the process; throws `KernelSpecError`.
    public func folder(environment variables: [String: String]) throws -> String {
      switch self {
      case .user:
        guard let data = Self.dataFolder(environment: variables) else {
          throw KernelSpecError(reason: "HOME is not set; set it, set JUPYTER_DATA_DIR, or give a prefix")
        }
        return "\(data)/kernels"
      case .environment:
        guard let prefix = variables["VIRTUAL_ENV"].nonempty ?? variables["CONDA_PREFIX"].nonempty else {
          throw KernelSpecError(
            reason: "no Python environment is active (neither VIRTUAL_ENV nor CONDA_PREFIX is set); activate one, "
              + "or install for the user or under a prefix")
        }
        return try Place.prefix(prefix).folder(environment: variables)
      case .prefix(let prefix):
        var isFolder = false
        guard FileManager.default.fileExists(atPath: prefix, isDirectory: &isFolder), isFolder else {
          throw KernelSpecError(reason: "there is no folder \(prefix)")
        }
        return "\(prefix)/share/jupyter/kernels"
      }
    }
  }

  /// Writes kernel.json and the other files, in place of what was there; gives the folder.
  ///
  /// Throws `KernelSpecError` for a name that front ends refuse, a program that they would not find, a place that does
  /// not exist or cannot be written.
  @discardableResult
  public func install(
    in place: Place, environment variables: [String: String]? = nil
  ) throws -> String {
    let variables = variables ?? ProcessInfo.processInfo.environment
    let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    guard !name.isEmpty, name.allSatisfy(allowed.contains), name.contains(where: { $0 != "." }) else {
      throw KernelSpecError(
        reason: "\(name) is not a kernel name; use lower-case letters, digits, dots, dashes and underscores")
    }
    guard let program = arguments.first, program.hasPrefix("/") else {
      throw KernelSpecError(
        reason: "the program \(arguments.first ?? "") is not an absolute path; front ends would not find it")
    }
    let folder = try "\(place.folder(environment: variables))/\(name)"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for (file, bytes) in files {
        let path = URL(filePath: "\(folder)/\(file)")
        try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: path)
      }
      try Data(json.bytes(pretty: true)).write(to: URL(filePath: "\(folder)/kernel.json"))
    } catch {
      throw KernelSpecError(reason: "cannot write to \(folder); choose a place that you may write to")
    }
    return folder
  }
}

/// Why a kernel could not be installed, and what to do.
public struct KernelSpecError: Error, CustomStringConvertible {
  /// One sentence.
  public let reason: String
  /// The same sentence.
  public var description: String { reason }
}

extension String? {
  /// The text, where there is one and it is not empty; an empty variable counts as not set.
  fileprivate var nonempty: String? { self?.isEmpty == false ? self : nil }
}
