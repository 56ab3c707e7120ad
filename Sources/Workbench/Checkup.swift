// What must be right between a notebook and a result, looked at one by one; what is not right is said with what to do.

import Display
import FoundationEssentials
import Glibc
import JSONValues
import JupyterKernel
import JupyterProtocol

/// One thing that was looked at.
struct Finding: Equatable {
  enum Verdict: Equatable {
    case good
    /// Something else than running cells needs it.
    case missing(remedy: String)
    case bad(remedy: String)
  }

  let subject: String
  let what: String
  var verdict = Verdict.good
}

/// A look at an installation.
struct Checkup {
  let variables: [String: String]
  let executable: String

  /// Everything, in the order in which a result depends on it.
  func findings() -> [Finding] {
    let (spec, kernelspec) = kernelspec()
    return [libraries, models, kernelspec, history, trial(spec), jupyterLab]
  }

  // MARK: This executable

  private var libraries: Finding {
    let versions = [DrawingLibrary.version] + KernelLibraries.versions
    return Finding(subject: "libraries", what: versions.joined(separator: ", "))
  }

  private var models: Finding {
    do {
      return Finding(subject: "base model", what: try ModelLibrary.folder(of: "base"))
    } catch {
      return Finding(
        subject: "base model", what: "the model that ships with the kernel was not found",
        verdict: .bad(
          remedy: "run \(executable) install from the repository, or make one: \(executable) pretrain FOLDER"))
    }
  }

  // MARK: What Jupyter sees

  /// The folders in which Jupyter looks for kernels, in its order.
  var kernelFolders: [String] {
    var folders = (variables["JUPYTER_PATH"] ?? "").split(separator: ":").map { "\($0)/kernels" }
    let environment = try? KernelSpec.Place.environment.folder(environment: variables)
    let user = try? KernelSpec.Place.user.folder(environment: variables)
    folders += [environment, user, "/usr/local/share/jupyter/kernels", "/usr/share/jupyter/kernels"].compactMap(\.self)
    return folders
  }

  /// The installed specification that Jupyter would use, if it can be used, and what there is to say about it.
  func kernelspec() -> (JSON?, Finding) {
    let subject = "kernelspec"
    let places = kernelFolders.map { "\($0)/opsd/kernel.json" }
    guard let path = places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      return (
        nil,
        Finding(
          subject: subject, what: "Jupyter knows no kernel opsd; looked in " + kernelFolders.joined(separator: ", "),
          verdict: .bad(remedy: "run \(executable) install, with --sys-prefix for the active Python environment"))
      )
    }
    let again = "run \(executable) install\(isOfEnvironment(path) ? " --sys-prefix" : "") to write it anew"
    func bad(_ what: String) -> (JSON?, Finding) {
      (nil, Finding(subject: subject, what: "\(path) \(what)", verdict: .bad(remedy: again)))
    }
    guard let data = FileManager.default.contents(atPath: path), let spec = try? JSON(parsing: data) else {
      return bad("cannot be read")
    }
    // Before `kernel` and the connection file: the executable, and where there is one the listener that becomes it.
    let programs = (spec["argv"]?.array ?? []).compactMap(\.string).prefix { $0 != "kernel" }.filter {
      $0.hasPrefix("/")
    }
    guard let program = programs.last else { return bad("names no program") }
    for program in programs where !Self.isProgram(program) {
      return bad("names a program that is not there: \(program)")
    }
    let (own, named) = (Self.resolved(executable), Self.resolved(program))
    guard own == named else { return (spec, bad("starts another program: \(program)").1) }
    let version = spec["kernel_protocol_version"]?.string ?? "none"
    guard version == "\(protocolVersion).0" else {
      return (spec, bad("was written by another version: protocol \(version), not \(protocolVersion).0").1)
    }
    return (spec, Finding(subject: subject, what: "\(path) starts this executable"))
  }

  private func isOfEnvironment(_ path: String) -> Bool {
    ["VIRTUAL_ENV", "CONDA_PREFIX"].compactMap { variables[$0] }.contains { !$0.isEmpty && path.hasPrefix($0) }
  }

  /// Whether a path names something that can be started.
  static func isProgram(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder
      && FileManager.default.isExecutableFile(atPath: path)
  }

  private static func resolved(_ path: String) -> String {
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  private var history: Finding {
    let place = KernelCommand.historyPlace(variables)
    guard case .file(let path) = place else {
      return Finding(
        subject: "history", what: "kept in memory: it ends with each kernel",
        verdict: variables["OPSD_HISTORY"] == "memory"
          ? .good : .missing(remedy: "set HOME or JUPYTER_DATA_DIR to keep it"))
    }
    do {
      return Finding(subject: "history", what: "\(path), \(try place.cellCount()) cells")
    } catch {
      return Finding(
        subject: "history", what: "\(path) cannot be used: \(error)",
        verdict: .missing(
          remedy: "see that its folder can be written, or move the file away; until then it is kept in memory"))
    }
  }

  /// Starts the kernel as Jupyter would and runs one cell.
  private func trial(_ spec: JSON?) -> Finding {
    let arguments = spec?["argv"]?.array?.compactMap(\.string) ?? KernelCommand.commandLine(executable)
    var environment = variables.merging((spec?["env"]?.object ?? [:]).compactMapValues(\.string)) { $1 }
    environment["OPSD_HISTORY"] = "memory"
    environment["JPY_PARENT_PID"] = "\(getpid())"
    func finding(_ what: String, _ remedy: String? = nil) -> Finding {
      Finding(subject: "one cell", what: what, verdict: remedy.map { .bad(remedy: $0) } ?? .good)
    }
    do {
      let trial = try KernelTrial(arguments: arguments, environment: environment, code: "6 * 7")
      guard trial.value == "42" else {
        return finding("6 * 7 gave \(trial.value)", "report this: it is a fault of the kernel")
      }
      guard trial.exitStatus == 0 else {
        return finding("the kernel ended with status \(trial.exitStatus)", "report this: it is a fault of the kernel")
      }
      return finding(
        "a kernel answered after \(trial.startMilliseconds) ms, 6 * 7 = 42 took \(trial.cellMilliseconds) ms, "
          + "protocol \(trial.protocolVersion)")
    } catch {
      return finding("\(error)", "mend what this says, then run \(executable) doctor again")
    }
  }

  // MARK: JupyterLab

  /// The first program of that name in the active environment or on the path.
  private func program(_ name: String) -> String? {
    let environment = ["VIRTUAL_ENV", "CONDA_PREFIX"].compactMap { variables[$0] }.filter { !$0.isEmpty }.map {
      "\($0)/bin"
    }
    let path = (variables["PATH"] ?? "").split(separator: ":").map(String.init)
    return (environment + path).map { "\($0)/\(name)" }.first(where: Self.isProgram)
  }

  private var jupyterLab: Finding {
    guard let program = program("jupyter-lab") else {
      return Finding(
        subject: "JupyterLab", what: "jupyter-lab was not found in the active environment or on the PATH",
        verdict: .missing(remedy: "run make lab, or pip install jupyterlab into the environment that you work in"))
    }
    let log = "\(FileManager.default.temporaryDirectory.path)/opsd-doctor-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: log) }
    let process = try? ChildProcess([program, "--version"], environment: variables, output: log)
    defer { process?.end() }
    let status = process?.wait(milliseconds: 30_000)
    let said = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let version = said.split(separator: "\n").last.map(String.init) ?? ""
    guard status == 0 else {
      return Finding(
        subject: "JupyterLab", what: "\(program) does not run: \(version)",
        verdict: .missing(remedy: "install it anew: pip install --force-reinstall jupyterlab"))
    }
    return Finding(subject: "JupyterLab", what: "\(version), \(program)")
  }
}
