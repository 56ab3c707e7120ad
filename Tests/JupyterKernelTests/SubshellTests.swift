import Glibc
import JSONValues
import JupyterProtocol
import Testing

@testable import JupyterKernel

/// Cells that run at the same time, each in a shell of its own.
@Suite(.timeLimit(.minutes(1))) struct SubshellTests {
  @Test func subshellsAreAnnouncedMadeListedAndEnded() throws {
    try withFrontEnd { front throws in
      func ask(_ type: String, _ content: [String: JSON] = [:]) throws -> JSON {
        let id = front.send(type, content, on: .control)
        #expect(FrontEnd.lines(try front.outputs(of: id)) == ["busy", "idle"])
        return try front.reply(to: id, on: .control).content
      }
      #expect(try ask("kernel_info_request")["supported_features"] == ["kernel subshells"])
      let (first, second) = (try front.createSubshell(), try front.createSubshell())
      #expect(first != second)
      #expect(
        try ask("list_subshell_request") == ["status": "ok", "subshell_id": [.string(first), .string(second)]])
      #expect(try ask("delete_subshell_request", ["subshell_id": .string(first)]) == ["status": "ok"])
      #expect(try ask("list_subshell_request")["subshell_id"] == [.string(second)])
      #expect(try ask("delete_subshell_request", ["subshell_id": .string(first)])["ename"] == "UnknownSubshell")
      #expect(try ask("delete_subshell_request")["ename"] == "InvalidRequest")
      let gone = front.execute("print 1", in: first)
      #expect(
        try front.transcript(of: gone) == [
          "busy", "idle", "execute_reply error UnknownSubshell: there is no subshell \(first)",
        ])
    }
  }

  @Test func aKernelWithoutThemIgnoresTheName() throws {
    try withKernel(interpreter: EchoInterpreter(supportsSubshells: false)) { connection, _ throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      let info = front.send("kernel_info_request")
      _ = try front.outputs(of: info)
      #expect(try front.reply(to: info).content["supported_features"] == [])
      let create = front.send("create_subshell_request", on: .control)
      #expect(FrontEnd.lines(try front.outputs(of: create)) == ["busy", "idle"])
      #expect(try front.transcript(of: front.execute("value 1", in: "any")).last == "execute_reply ok [1]")
    }
  }

  @Test func aSecondCellRunsWhileTheFirstIsBusy() throws {
    try withFrontEnd { front throws in
      let subshell = try front.createSubshell()
      let long = front.execute("print long\nloop")
      let lines = try [front.next(on: .iopub), front.next(on: .iopub), front.next(on: .iopub)].map(FrontEnd.line)
      #expect(lines == ["busy", "input [1] print long\nloop", "stdout> long\n"])
      for count in 1...2 {
        let short = front.execute("print short\nvalue 7", in: subshell)
        #expect(
          FrontEnd.lines(try front.outputs(of: short)) == [
            "busy", "input [\(count)] print short\nvalue 7", "stdout> short\n", "result [\(count)] 7", "idle",
          ])
        let reply = try front.reply(to: short)
        #expect(FrontEnd.line(reply) == "execute_reply ok [\(count)]")
        #expect(reply.parentHeader["subshell_id"] == .string(subshell))
        // The first cell is still at work, and says so again.
        let again = try front.next(on: .iopub)
        #expect(again.parentHeader["msg_id"] == .string(long) && again.content["execution_state"] == "busy")
      }
      front.send("interrupt_request", on: .control)
      #expect(FrontEnd.line(try front.reply(to: long)).hasPrefix("execute_reply error [1] Interrupted"))
    }
  }

  @Test func anErrorAbortsTheCellsOfItsOwnShellOnly() throws {
    try withFrontEnd { front throws in
      let subshell = try front.createSubshell()
      let failing = front.execute("sleep 50\nerror boom", in: subshell)
      let (aborted, unharmed) = (front.execute("print a", in: subshell), front.execute("sleep 80\nprint b"))
      let next = front.execute("print c")
      let outputs = try front.outputs(ofAll: [failing, aborted, unharmed, next])
      #expect(outputs[aborted] == ["busy", "idle"])
      #expect(outputs[unharmed]?.contains("stdout> b\n") == true)
      #expect(outputs[next]?.contains("stdout> c\n") == true)
      let replies = try (0..<4).map { _ in FrontEnd.line(try front.next(on: .shell)) }
      #expect(
        Set(replies) == [
          "execute_reply error [1] EchoError: boom",
          "execute_reply error [1] Aborted: not run, because an earlier cell failed", "execute_reply ok [1]",
          "execute_reply ok [2]",
        ])
    }
  }

  @Test func anInterruptReachesAllShellsOrTheOneThatItNames() throws {
    try withFrontEnd { front throws in
      let subshell = try front.createSubshell()
      let main = front.execute("loop")
      let side = front.execute("loop", in: subshell)
      var inputs = 0
      while inputs < 2 { if try front.next(on: .iopub).header.type == "execute_input" { inputs += 1 } }
      front.send("interrupt_request", [:], header: ["subshell_id": .string(subshell)], on: .control)
      #expect(try front.next(on: .shell).parentHeader["msg_id"] == .string(side))
      let again = front.execute("loop", in: subshell)
      while try front.next(on: .iopub).header.type != "execute_input" {}
      front.send("interrupt_request", on: .control)
      let ended = try [front.next(on: .shell), front.next(on: .shell)]
      #expect(Set(ended.compactMap { $0.parentHeader["msg_id"]?.string }) == [main, again])
      #expect(ended.allSatisfy { $0.content["ename"] == "Interrupted" })
      let unknown = front.send("interrupt_request", [:], header: ["subshell_id": "gone"], on: .control)
      while try front.next(on: .control).parentHeader["msg_id"] != .string(unknown) {}
    }
  }

  @Test func aSubshellThatIsEndedStopsItsCellAndAnswersThoseBehind() throws {
    try withFrontEnd { front throws in
      let subshell = try front.createSubshell()
      let running = front.execute("loop", in: subshell)
      let waiting = front.execute("print never", in: subshell)
      while try front.next(on: .iopub).header.type != "execute_input" {}
      // What comes on another channel could overtake the second cell.
      let fence = front.send("kernel_info_request")
      _ = try front.reply(to: fence)
      front.send("delete_subshell_request", ["subshell_id": .string(subshell)], on: .control)
      let outputs = try front.outputs(ofAll: [running, waiting])
      #expect(outputs[waiting] == ["busy", "idle"])
      let replies = try [front.next(on: .shell), front.next(on: .shell)].map(FrontEnd.line)
      #expect(replies.contains { $0.contains("Aborted: not run, because the shell was closed") })
      #expect(replies.contains { $0.contains("Interrupted") })
    }
  }

  @Test func twoShellsAskTheirReadersAtOnce() throws {
    try withFrontEnd { front throws in
      let subshell = try front.createSubshell()
      let main = front.execute("input main? ")
      let first = try front.next(on: .stdin)
      let side = front.execute("input side? ", in: subshell)
      let second = try front.next(on: .stdin)
      #expect([first, second].map { $0.content["prompt"] } == ["main? ", "side? "])
      #expect(second.parentHeader["subshell_id"] == .string(subshell))
      front.send("input_reply", ["value": "B"], on: .stdin, parent: second.header)
      #expect(try front.next(on: .shell).parentHeader["msg_id"] == .string(side))
      front.send("input_reply", ["value": "A"], on: .stdin)
      let outputs = try front.outputs(ofAll: [main, side])
      #expect(outputs[main]?.contains("stdout> got A\n") == true)
      #expect(outputs[side]?.contains("stdout> got B\n") == true)
    }
  }

  @Test func textOfTwoCellsIsNeverMixed() throws {
    try withFrontEnd { front throws in
      let subshell = try front.createSubshell()
      let ids = [front.execute("count 20000"), front.execute("count 20000", in: subshell)]
      let outputs = try front.outputs(ofAll: ids)
      let all = (1...20_000).map { "\($0)\n" }.joined()
      for id in ids {
        let pieces = (outputs[id] ?? []).filter { $0.hasPrefix("stdout> ") }.map { $0.dropFirst("stdout> ".count) }
        let isWhole = pieces.joined() == all
        #expect(isWhole, "\(pieces.count) pieces")
      }
    }
  }

  @Test func thereIsALimitThatIsNamed() throws {
    try withFrontEnd { front throws in
      let names = try (0..<Shells.limit).map { _ in try front.createSubshell() }
      let refused = front.send("create_subshell_request", on: .control)
      _ = try front.outputs(of: refused)
      #expect(try front.reply(to: refused, on: .control).content["ename"] == "TooManySubshells")
      let delete = front.send("delete_subshell_request", ["subshell_id": .string(names[7])], on: .control)
      _ = try front.outputs(of: delete)
      _ = try front.reply(to: delete, on: .control)
      _ = try front.createSubshell()
    }
  }

  @Test func shutdownEndsAllShells() throws {
    try withKernel { connection, server throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      let subshell = try front.createSubshell()
      front.execute("loop")
      front.execute("loop", in: subshell)
      var inputs = 0
      while inputs < 2 { if try front.next(on: .iopub).header.type == "execute_input" { inputs += 1 } }
      front.send("shutdown_request", ["restart": false], on: .control)
      #expect(server.waitUntilEnded())
    }
  }
}
