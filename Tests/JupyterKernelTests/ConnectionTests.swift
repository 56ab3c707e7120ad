import CZeroMQ
import Glibc
import JSONValues
import JupyterProtocol
import Testing

@testable import JupyterKernel

/// The ways to a kernel: encrypted or not, by ports that were given or chosen.
@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
  @Test func allChannelsAreEncryptedWhereTheFileHasKeys() throws {
    var connection = ConnectionFile.fresh()
    connection.curve = .fresh()
    try withKernel(connection) { connection, _ throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      #expect(try front.run("value 1").last == "execute_reply ok [1]")
      let cell = front.execute("input name? ")
      #expect(try front.next(on: .stdin).content["prompt"] == "name? ")
      front.send("input_reply", ["value": "Ada"], on: .stdin)
      #expect(try front.transcript(of: cell).last == "execute_reply ok [2]")
      front.send([[1, 2]], on: .heartbeat)
      #expect(try front.nextRow(on: .heartbeat) == [[1, 2]])

      // Whoever does not encrypt, or to another key, is not heard and hears nothing.
      for stranger in [nil, CurveKeys.fresh()] {
        var other = connection
        other.curve = stranger
        let front = try FrontEnd(other, awaitingWelcome: false)
        defer { front.close() }
        front.send("kernel_info_request")
        #expect(throws: Silence.self) { try front.next(on: .shell, milliseconds: 200) }
        #expect(throws: Silence.self) { try front.next(on: .iopub, milliseconds: 50) }
      }
      #expect(try front.run("value 2").last == "execute_reply ok [3]")
    }
  }

  @Test(arguments: [ConnectionFile.Transport.tcp, .ipc])
  func aKernelChoosesItsPortsAndTellsThem(transport: ConnectionFile.Transport) throws {
    let ip = transport == .tcp ? "127.0.0.1" : "/tmp/kernel-test-\(Session.freshID())"
    let context = try ZeroMQContext()
    defer { context.terminate() }
    let service = try ZeroMQSocket(.router, in: context)
    defer {
      service.close()
      if transport == .ipc { unsafe _ = unlink("\(ip)-70") }
    }
    try service.set(ZMQ_LINGER, 0)
    try service.bind(transport == .tcp ? "tcp://\(ip):*" : "ipc://\(ip)-70")
    let port = try #require(transport == .tcp ? service.endpoint?.split(separator: ":").last.flatMap { Int($0) } : 70)
    let registration = try RegistrationFile([
      "kernel_id": "k-1", "transport": .string(transport.rawValue), "registration_ip": .string(ip),
      "registration_port": .int(port), "key": "secret", "signature_scheme": "hmac-sha256",
    ])
    let server = try KernelServer(
      connection: registration.connection, interpreter: EchoInterpreter(),
      implementation: Implementation(name: "echo-kernel", version: "1.0"), log: KernelLog(descriptor: -1))
    server.start()
    defer {
      server.stop()
      _ = server.waitUntilEnded()
    }
    #expect(Set(server.ports.values).count == 5 && server.ports.values.allSatisfy { $0 > 0 })
    let outcome = Monitor<Bool?>(nil)
    PosixThread.start(name: "handshake", stackSize: 1 << 20) {
      let result = Result { try Handshake.announce(server.ports, to: registration) }
      outcome.change { $0 = (try? result.get()) != nil }
    }
    _ = Poller.wait(sockets: [service], milliseconds: 5_000)
    let row = try #require(service.receive())
    #expect(row.count == 4 && row[1] == Array("<IDS|MSG>".utf8))
    let signer = Signer(key: Array("secret".utf8))
    #expect(signer.accepts(row[2], of: [row[3]]))
    let told = try JSON(parsing: row[3])
    #expect(told["kernel_id"] == "k-1")
    var connection = registration.connection
    for channel in Channel.allCases {
      #expect(told["\(channel.rawValue)_port"]?.string.flatMap { Int($0) } == server.ports[channel])
      connection.ports[channel] = server.ports[channel]
    }
    // An answer that is signed with another key is none.
    let forged = Signer(key: [1]).signature(of: [Array("ACK".utf8)])
    service.send([row[0], Array("<IDS|MSG>".utf8), forged, Array("ACK".utf8)])
    usleep(50_000)
    #expect(outcome.withLock { $0 } == nil)
    service.send([row[0], Array("<IDS|MSG>".utf8), signer.signature(of: [Array("ACK".utf8)]), Array("ACK".utf8)])
    #expect(outcome.wait { $0 } == true)
    let front = try FrontEnd(connection)
    defer { front.close() }
    #expect(try front.run("value 1").last == "execute_reply ok [1]")
    let files = transport == .tcp ? [] : server.ports.values.map { "\(ip)-\($0)" }
    #expect(files.allSatisfy { unsafe access($0, F_OK) == 0 })
    server.stop()
    #expect(server.waitUntilEnded())
    #expect(files.allSatisfy { unsafe access($0, F_OK) != 0 }, "what it chose it removes")
  }

  @Test func aKernelThatNobodyConfirmsGivesUp() throws {
    let registration = try RegistrationFile([
      "kernel_id": "k", "transport": "ipc", "registration_ip": .string("/tmp/kernel-test-\(Session.freshID())"),
      "registration_port": 1, "key": "secret",
    ])
    #expect { try Handshake.announce([.shell: 1], to: registration, milliseconds: 100) } throws: {
      "\($0)".contains("confirmed") && !"\($0)".contains("secret")
    }
  }
}
