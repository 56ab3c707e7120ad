import JSONValues
import JupyterProtocol
import Testing

@testable import JupyterKernel

/// What front ends ask beside running cells.
@Suite(.timeLimit(.minutes(1))) struct QuestionTests {
  @Test func theKernelSaysWhatItIsOnBothChannels() throws {
    try withFrontEnd { front throws in
      for channel in [Channel.shell, .control] {
        let id = front.send("kernel_info_request", on: channel)
        #expect(FrontEnd.lines(try front.outputs(of: id)) == ["busy", "idle"])
        let reply = try front.reply(to: id, on: channel)
        #expect(reply.content["protocol_version"] == "5.6")
        #expect(reply.content["implementation"] == "echo-kernel")
        #expect(reply.content["language_info"]?["name"] == "echo")
        #expect(reply.header.session != front.session.id)
      }
    }
  }

  @Test func codeIsCompletedInspectedAndJudged() throws {
    try withFrontEnd { front throws in
      func ask(_ type: String, _ content: [String: JSON]) throws -> JSON {
        let id = front.send(type, content)
        #expect(FrontEnd.lines(try front.outputs(of: id)) == ["busy", "idle"])
        return try front.reply(to: id).content
      }
      let completion = try ask("complete_request", ["code": "😀 pri", "cursor_pos": 5])
      #expect(completion["matches"] == ["print"])
      #expect(completion["cursor_start"] == 2)
      #expect(completion["cursor_end"] == 5)
      #expect(
        completion["metadata"]?["_jupyter_types_experimental"] == [
          ["start": 2, "end": 5, "text": "print", "type": "keyword", "signature": ""]
        ])
      #expect(try ask("complete_request", ["code": "p", "cursor_pos": 900])["cursor_end"] == 1)
      #expect(try ask("inspect_request", ["code": "print", "cursor_pos": 2])["found"] == true)
      #expect(
        try ask("inspect_request", ["code": "zzz", "cursor_pos": 2]) == [
          "status": "ok", "found": false, "data": [:], "metadata": [:],
        ])
      #expect(try ask("is_complete_request", ["code": "print \\"]) == ["status": "incomplete", "indent": "  "])
      #expect(try ask("is_complete_request", ["code": "zzz"]) == ["status": "invalid"])
    }
  }

  @Test func questionsAreAnsweredWhileACellRunsAndTheCellStaysBusy() throws {
    try withFrontEnd { front throws in
      let cell = front.execute("loop")
      _ = try (front.next(on: .iopub), front.next(on: .iopub))
      let question = front.send("complete_request", ["code": "pri", "cursor_pos": 3])
      #expect(try front.reply(to: question).content["matches"] == ["print"])
      #expect(FrontEnd.lines(try front.outputs(of: question)) == ["busy", "idle"])
      let reasserted = try front.next(on: .iopub)
      #expect(reasserted.parentHeader["msg_id"] == .string(cell))
      #expect(reasserted.content["execution_state"] == "busy")
      let interrupt = front.send("interrupt_request", on: .control)
      #expect(try front.reply(to: interrupt, on: .control).header.type == "interrupt_reply")
      #expect(FrontEnd.line(try front.reply(to: cell)).hasPrefix("execute_reply error [1] Interrupted"))
    }
  }

  @Test func historyIsFoundByRangeTailAndSearch() throws {
    try withFrontEnd { front throws in
      for code in ["value 1", "print a", "value 1", "value 22"] { _ = try front.run(code) }
      _ = try front.run("value 9", ["store_history": false])
      func history(_ content: [String: JSON]) throws -> JSON? {
        let id = front.send("history_request", ["output": false, "raw": true].merging(content) { $1 })
        _ = try front.outputs(of: id)
        return try front.reply(to: id).content["history"]
      }
      #expect(
        try history(["hist_access_type": "tail", "n": 2, "output": true]) == [
          [1, 3, ["value 1", "1"]], [1, 4, ["value 22", "22"]],
        ])
      #expect(try history(["hist_access_type": "range", "session": 1, "start": 2, "stop": 3]) == [[1, 2, "print a"]])
      #expect(try history(["hist_access_type": "range", "session": 0, "start": 4]) == [[1, 4, "value 22"]])
      #expect(try history(["hist_access_type": "range", "session": -1]) == [])
      #expect(
        try history(["hist_access_type": "search", "pattern": "v*1", "unique": true]) == [[1, 3, "value 1"]])
      #expect(
        try history(["hist_access_type": "search", "pattern": "value ?", "n": 1]) == [[1, 3, "value 1"]])
      #expect(try history(["hist_access_type": "sideways"]) == nil)
    }
  }

  @Test func otherRequestsAreAnswered() throws {
    try withFrontEnd { front throws in
      let comms = front.send("comm_info_request")
      #expect(try front.transcript(of: comms) == ["busy", "idle", "comm_info_reply ok"])
      let connect = front.send("connect_request")
      #expect(try front.transcript(of: connect) == ["busy", "idle", "connect_reply ok"])
      let usage = front.send("usage_request", on: .control)
      #expect(try front.reply(to: usage, on: .control).content["kernel_memory"]?.int ?? 0 > 0)
      _ = try front.outputs(of: usage)
      let unknown = front.send("frobnicate_request")
      #expect(FrontEnd.lines(try front.outputs(of: unknown)) == ["busy", "idle"])
      let open = front.send("comm_open", ["comm_id": "c", "target_name": "nowhere", "data": [:]])
      let outputs = try front.outputs(of: open)
      #expect(FrontEnd.lines(outputs) == ["busy", "comm_close {}", "idle"])
      #expect(outputs[1].content == ["comm_id": "c", "data": [:]])
    }
  }

  @Test func aRequestThatCannotBeServedIsAnsweredWithTheReason() throws {
    try withFrontEnd { front throws in
      let empty = front.send("execute_request")
      #expect(
        try front.transcript(of: empty) == [
          "busy", "idle", "execute_reply error InvalidRequest: execute_request: code is missing or of the wrong kind",
        ])
      let lost = front.execute("print 1", in: "gone")
      #expect(
        try front.transcript(of: lost) == [
          "busy", "idle", "execute_reply error UnknownSubshell: there is no subshell gone",
        ])
    }
  }
}
