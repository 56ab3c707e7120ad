import FoundationEssentials
import JSONValues
import JupyterKernel
import Testing

@Suite struct KernelSpecTests {
  let spec = KernelSpec(
    name: "echo-1.0", displayName: "Echo", language: "echo",
    arguments: ["/opt/echo", "--connection-file", "{connection_file}"], environment: ["ECHO_VOICE": "2"],
    files: ["logo-64x64.png": [1, 2, 3]])

  @Test func whatIsInstalledIsThere() throws {
    let data = FileManager.default.temporaryDirectory.path + "/spec-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: data) }
    for _ in 0..<2 {
      let folder = try spec.install(in: .user, environment: ["JUPYTER_DATA_DIR": data])
      #expect(folder == "\(data)/kernels/echo-1.0")
      let written = try JSON(parsing: Data(contentsOf: URL(filePath: "\(folder)/kernel.json")))
      #expect(
        written == [
          "argv": ["/opt/echo", "--connection-file", "{connection_file}"], "display_name": "Echo", "language": "echo",
          "interrupt_mode": "message", "kernel_protocol_version": "5.6.0", "env": ["ECHO_VOICE": "2"],
          "metadata": [:],
        ])
      #expect(try Data(contentsOf: URL(filePath: "\(folder)/logo-64x64.png")) == Data([1, 2, 3]))
    }
  }

  @Test(
    arguments: [
      (.user, ["HOME": "/h"], "/h/.local/share/jupyter/kernels"),
      (.user, ["HOME": "/h", "XDG_DATA_HOME": "/x"], "/x/jupyter/kernels"),
      (.user, ["HOME": "/h", "JUPYTER_DATA_DIR": "/d"], "/d/kernels"),
      (.environment, ["VIRTUAL_ENV": "/usr", "CONDA_PREFIX": "/"], "/usr/share/jupyter/kernels"),
      (.environment, ["VIRTUAL_ENV": "", "CONDA_PREFIX": "/usr"], "/usr/share/jupyter/kernels"),
      (.prefix("/usr"), [:], "/usr/share/jupyter/kernels"),
    ] as [(KernelSpec.Place, [String: String], String)])
  func everyPlaceHasItsFolder(place: KernelSpec.Place, variables: [String: String], folder: String) throws {
    #expect(try place.folder(environment: variables) == folder)
  }

  @Test(
    arguments: [
      (.environment, "no Python environment is active"), (.prefix("/no/such"), "there is no folder /no/such"),
      (.user, "HOME is not set"), (.prefix("/dev/null"), "there is no folder /dev/null"),
    ] as [(KernelSpec.Place, String)])
  func aPlaceThatCannotBeUsedIsNamed(place: KernelSpec.Place, reason: String) {
    #expect { try spec.install(in: place, environment: [:]) } throws: { "\($0)".hasPrefix(reason) }
  }

  @Test func aFolderThatCannotBeWrittenIsNamed() {
    #expect { try spec.install(in: .user, environment: ["JUPYTER_DATA_DIR": "/proc/none"]) } throws: {
      "\($0)" == "cannot write to /proc/none/kernels/echo-1.0; choose a place that you may write to"
    }
  }

  @Test(arguments: ["", "Echo", "a b", "../x", ".."])
  func namesThatFrontEndsRefuseAreRefused(name: String) {
    var spec = spec
    spec.name = name
    #expect(throws: KernelSpecError.self) { try spec.install(in: .user, environment: ["JUPYTER_DATA_DIR": "/tmp"]) }
  }

  @Test func aProgramWithoutAbsolutePathIsRefused() {
    var spec = spec
    spec.arguments = ["echo"]
    #expect(throws: KernelSpecError.self) { try spec.install(in: .user, environment: ["JUPYTER_DATA_DIR": "/tmp"]) }
  }
}
