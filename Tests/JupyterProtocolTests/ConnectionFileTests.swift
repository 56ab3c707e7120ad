import FoundationEssentials
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
      (
        "curve_publickey", "abc", "curve_publickey and curve_secretkey must both be there, each 40 characters of Z85"
      ),
      ("signature_scheme", "none", "signature_scheme none is not known; hmac-sha256 and hmac-sha512 are"),
    ] as [(String, JSON?, String)])
  func saysWhatIsWrong(key: String, value: JSON?, reason: String) {
    #expect { try ConnectionFile(with(key, value)) } throws: { "\($0)" == reason }
  }

  @Test func saysWhichFileCannotBeRead() {
    #expect { try StartFile(path: "/nowhere/c.json") } throws: {
      "\($0)" == "cannot read connection file /nowhere/c.json"
    }
  }

  @Test func readsTheKeysOfTheEncryption() throws {
    let keys = (String(repeating: "a", count: 40), String(repeating: "b", count: 40))
    var members = file.object ?? [:]
    members["curve_publickey"] = .string(keys.0)
    members["curve_secretkey"] = .string(keys.1)
    #expect(try ConnectionFile(.object(members)).curve == CurveKeys(publicKey: keys.0, secretKey: keys.1))
    members["curve_secretkey"] = nil
    #expect(throws: ConnectionFileError.self) { try ConnectionFile(.object(members)) }
    members["curve_publickey"] = .null
    #expect(try ConnectionFile(.object(members)).curve == nil)
  }

  @Test func aDamagedFileNeverShowsItsKey() throws {
    let path = "/tmp/connection-test-\(Session.freshID()).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let whole = Array(with("key", "top-secret-key").text().utf8)
    for length in 0..<whole.count {
      try Data(whole.prefix(length)).write(to: URL(filePath: path))
      #expect { try StartFile(path: path) } throws: { !"\($0)".contains("secret") && "\($0)".contains(path) }
    }
    for key in ["transport", "signature_scheme", "shell_port"] {
      try Data(with(key, "top-secret-key").bytes()).write(to: URL(filePath: path))
      #expect(throws: ConnectionFileError.self) { try StartFile(path: path) }
    }
  }

  @Test func aRegistrationFileIsToldByItsPort() throws {
    let registration: JSON = [
      "kernel_id": "k", "transport": "tcp", "registration_ip": "127.0.0.1", "registration_port": "51587", "key": "k",
      "signature_scheme": "hmac-sha256",
    ]
    let path = "/tmp/connection-test-\(Session.freshID()).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(registration.bytes()).write(to: URL(filePath: path))
    let read = try StartFile(path: path)
    #expect(read == .registration(try RegistrationFile(registration)))
    #expect(read.connection.ports == Dictionary(uniqueKeysWithValues: Channel.allCases.map { ($0, 0) }))
    try Data(file.bytes()).write(to: URL(filePath: path))
    #expect(try StartFile(path: path) == .connection(ConnectionFile(file)))
    for key in ["kernel_id", "registration_ip"] {
      var members = registration.object ?? [:]
      members[key] = nil
      #expect { try RegistrationFile(.object(members)) } throws: { "\($0)" == "\(key) is missing" }
    }
  }
}
