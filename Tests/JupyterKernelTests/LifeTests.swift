import Glibc
import JSONValues
import JupyterProtocol
import Testing

@testable import JupyterKernel

/// Interruption, garbage, many front ends, and the end.
@Suite(.timeLimit(.minutes(1))) struct LifeTests {
  @Test(arguments: ["loop", "print a\nsleep 60000", "flood 100000000000", "input name? "])
  func anInterruptEndsACellAndTheNextOneRuns(code: String) throws {
    try withFrontEnd { front throws in
      let cell = front.execute(code)
      usleep(200_000)
      let asked = MonotonicTime.milliseconds
      let interrupt = front.send("interrupt_request", on: .control)
      #expect(try front.reply(to: interrupt, on: .control).content == ["status": "ok"])
      let reply = try front.reply(to: cell)
      #expect(MonotonicTime.milliseconds - asked < 2_000)
      #expect(reply.content["ename"] == "Interrupted")
      while try front.next(on: .iopub).content["execution_state"] != "idle" {}
      let next = front.execute("value 1")
      #expect(FrontEnd.line(try front.reply(to: next)) == "execute_reply ok [2]")
    }
  }

  /// An interrupt that came between `busy` and the cell's first instruction was lost once.
  @Test func anInterruptIsNotLostHoweverEarlyItComes() throws {
    try withFrontEnd { front throws in
      for _ in 0..<200 {
        let cell = front.execute("loop", ["stop_on_error": false])
        while try front.next(on: .iopub).content["execution_state"] != "busy" {}
        let interrupt = front.send("interrupt_request", on: .control)
        #expect(try front.reply(to: cell).content["ename"] == "Interrupted")
        _ = try front.reply(to: interrupt, on: .control)
        _ = try front.outputs(ofAll: [cell, interrupt])
      }
    }
  }

  @Test func anInterruptWhileIdleIsHarmless() throws {
    try withKernel { connection, server throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      server.interrupt()
      #expect(try front.run("sleep 20").last == "execute_reply ok [1]")
    }
  }

  @Test func everyFrontEndIsWelcomedAndSeesAllCells() throws {
    try withKernel { connection, _ throws in
      let first = try FrontEnd(connection)
      defer { first.close() }
      let second = try FrontEnd(connection)
      defer { second.close() }
      #expect(FrontEnd.line(try first.next(on: .iopub)) == "iopub_welcome")
      let id = first.execute("print a")
      #expect(FrontEnd.lines(try second.outputs(of: id)) == ["busy", "input [1] print a", "stdout> a\n", "idle"])
      #expect(try first.transcript(of: id).last == "execute_reply ok [1]")
    }
  }

  @Test func heartbeatsComeBackAsTheyWent() throws {
    try withFrontEnd { front throws in
      front.execute("loop")
      front.send([[0, 1, 255]], on: .heartbeat)
      #expect(try front.nextRow(on: .heartbeat) == [[0, 1, 255]])
    }
  }

  @Test func garbageIsDroppedLoggedAndSurvived() throws {
    var log: [Int32] = [-1, -1]
    try #require(unsafe pipe(&log) == 0)
    try withKernel(log: log[1]) { connection, _ throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      let good = front.row("execute_request", ["code": "print once"], id: "once")
      var forged = front.row("execute_request", ["code": "print forged"], id: "forged")
      forged[forged.count - 1] = Array(#"{"code":"print other"}"#.utf8)
      var unsigned = front.row("execute_request", ["code": "print unsigned"], id: "unsigned")
      unsigned[1] = []
      for row in [[[]], [[1, 2, 3]], forged, unsigned, Array(good.prefix(5)), good, good] {
        front.send(row, on: .shell)
      }
      let last = front.execute("print last")
      #expect(
        try front.transcript(of: "once") == [
          "busy", "input [1] print once", "stdout> once\n", "idle", "execute_reply ok [1]",
        ])
      #expect(try front.transcript(of: last).last == "execute_reply ok [2]")
    }
    close(log[1])
    let lines = try written(to: log[0])
    #expect(
      lines == [
        "[kernel] dropped a message on shell: no delimiter",
        "[kernel] dropped a message on shell: no delimiter",
        "[kernel] dropped a message on shell: wrong signature",
        "[kernel] dropped a message on shell: unsigned",
        "[kernel] dropped a message on shell: 4 frames after the delimiter, not 5 or more",
        "[kernel] dropped a message on shell: replayed",
      ])
  }

  @Test func shutdownIsAnsweredToAllAndQuickEvenWhileACellRuns() throws {
    try withKernel { connection, server throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      let cell = front.execute("loop")
      usleep(50_000)
      let asked = MonotonicTime.milliseconds
      let id = front.send("shutdown_request", ["restart": true], on: .control)
      #expect(try front.reply(to: id, on: .control).content == ["status": "ok", "restart": true])
      #expect(server.waitUntilEnded())
      #expect(MonotonicTime.milliseconds - asked < 1_000)
      #expect(try front.reply(to: cell).content["ename"] == "Interrupted")
      var lines: [String] = []
      while lines.filter({ $0 == "idle" }).count < 2 { lines.append(FrontEnd.line(try front.next(on: .iopub))) }
      #expect(lines.contains("shutdown_reply ok"))
    }
  }

  @Test func aCellThatDoesNotStopHoldsUpNothing() throws {
    try withKernel { connection, server throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      front.execute("stubborn 1500")
      usleep(50_000)
      let asked = MonotonicTime.milliseconds
      front.send("shutdown_request", ["restart": false])
      #expect(!server.waitUntilEnded())
      #expect(MonotonicTime.milliseconds - asked < 1_000)
    }
  }

  @Test func aRestartedKernelListensOnTheSamePorts() throws {
    // Below the ports that the system hands out by itself.
    let base = Int.random(in: 20_000..<32_000)
    let ports = Dictionary(uniqueKeysWithValues: zip(Channel.allCases, base...))
    let connection = ConnectionFile(ports: ports, key: Array("secret".utf8))
    for _ in 0..<3 {
      try withKernel(connection) { connection, _ throws in
        let front = try FrontEnd(connection)
        defer { front.close() }
        #expect(try front.run("value 1").last == "execute_reply ok [1]")
      }
    }
  }
}
