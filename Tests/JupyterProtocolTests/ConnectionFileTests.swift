import JSONValues
import Testing

@testable import JupyterProtocol

@Suite struct ConnectionFileTests {
  let file: JSON = [
    "transport": "tcp", "ip": "127.0.0.1", "key": "k", "signature_scheme": "hmac-sha256", "shell_port": 1,
    "control_port": 2, "iopub_port": 3, "stdin_port": 4, "hb_port": 5, "kernel_name": "x",
  ]

  func with(_ key: String, _ value: JSON?) -> JSON {
    var members = file.object ?? [:]
    members[key] = value
    return .object(members)
  }

  @Test func readsEndpointsAndKey() throws {
    let connection = try ConnectionFile(file)
    #expect(connection.endpoint(of: .heartbeat) == "tcp://127.0.0.1:5")
    #expect(connection.key == [107])
    let local = try ConnectionFile(with("transport", "ipc"))
    #expect(local.endpoint(of: .shell) == "ipc://127.0.0.1-1")
  }

  @Test(
    arguments: [
      ("transport", "udp", "transport udp is not known; tcp and ipc are"),
      ("shell_port", nil, "shell_port is missing or not a port number"),
      ("hb_port", 70_000, "hb_port is missing or not a port number"),
      ("signature_scheme", "none", "signature_scheme none is not known; hmac-sha256 and hmac-sha512 are"),
    ] as [(String, JSON?, String)])
  func saysWhatIsWrong(key: String, value: JSON?, reason: String) {
    #expect { try ConnectionFile(with(key, value)) } throws: { "\($0)" == reason }
  }

  @Test func saysWhichFileCannotBeRead() {
    #expect { try ConnectionFile(path: "/nowhere/c.json") } throws: {
      "\($0)" == "cannot read connection file /nowhere/c.json"
    }
  }
}
