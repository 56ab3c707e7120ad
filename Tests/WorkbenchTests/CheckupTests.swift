import FoundationEssentials
import JSONValues
import Testing

@testable import Workbench

/// What the doctor says of installations that are not as they should be.
@Suite struct CheckupTests {
  /// What is found of a kernel.json with those members, in a user's folder of its own.
  private func kernelspec(_ members: [String: JSON]?, executable: String = "/bin/sh") throws -> Finding {
    let data = FileManager.default.temporaryDirectory.path + "/checkup-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: data) }
    if let members {
      try FileManager.default.createDirectory(atPath: data + "/kernels/opsd", withIntermediateDirectories: true)
      try Data(JSON.object(members).bytes()).write(to: URL(filePath: data + "/kernels/opsd/kernel.json"))
    }
    return Checkup(variables: ["JUPYTER_DATA_DIR": data], executable: executable).kernelspec().1
  }

  @Test(
    arguments: [
      (nil, "Jupyter knows no kernel opsd"), ([:], "names no program"),
      (["argv": ["/no/such/program"]], "a program that is not there: /no/such/program"),
      (["argv": ["/bin/cat"], "kernel_protocol_version": "5.6.0"], "starts another program: /bin/cat"),
      (["argv": ["/bin/sh"], "kernel_protocol_version": "5.3"], "protocol 5.3, not"),
    ] as [([String: JSON]?, String)])
  func whatIsWrongIsNamedWithItsRemedy(members: [String: JSON]?, what: String) throws {
    let finding = try kernelspec(members)
    #expect(finding.what.contains(what))
    guard case .bad(let remedy) = finding.verdict else {
      Issue.record("\(finding) should be bad")
      return
    }
    #expect(remedy.hasPrefix("run /bin/sh install"))
  }

  @Test func whatIsRightIsSaid() throws {
    let finding = try kernelspec(["argv": ["/bin/sh", "kernel"], "kernel_protocol_version": "5.6.0"])
    #expect(finding.verdict == .good && finding.what.hasSuffix("starts this executable"))
  }

  @Test func kernelsAreLookedForWhereJupyterLooks() {
    let checkup = Checkup(
      variables: ["JUPYTER_PATH": "/a:/b", "VIRTUAL_ENV": "/usr", "HOME": "/h"], executable: "/bin/sh")
    #expect(
      checkup.kernelFolders == [
        "/a/kernels", "/b/kernels", "/usr/share/jupyter/kernels", "/h/.local/share/jupyter/kernels",
        "/usr/local/share/jupyter/kernels", "/usr/share/jupyter/kernels",
      ])
  }

  @Test func aRemedyFollowsItsFinding() {
    #expect(
      DoctorCommand.text(of: Finding(subject: "history", what: "gone", verdict: .missing(remedy: "look")))
        == "missing  history     gone\n         → look")
    #expect(DoctorCommand.text(of: Finding(subject: "libraries", what: "all")) == "ok       libraries   all")
  }
}
