import JSONValues
import JupyterProtocol
import Testing

@testable import JupyterKernel

/// What front ends see of cells.
@Suite(.timeLimit(.minutes(1))) struct CellTests {
  @Test func aCellPrintsAndHasAValue() throws {
    try withFrontEnd { front throws in
      let transcript = try front.run("print a\nprint b\nwarn c\nprint d\nvalue 42")
      #expect(
        transcript == [
          "busy", "input [1] print a\nprint b\nwarn c\nprint d\nvalue 42", "stdout> a\nb\n", "stderr> c\n",
          "stdout> d\n", "result [1] 42", "idle", "execute_reply ok [1]",
        ])
    }
  }

  @Test func aCellFailsOnce() throws {
    try withFrontEnd { front throws in
      #expect(
        try front.run("print before\nerror boom") == [
          "busy", "input [1] print before\nerror boom", "stdout> before\n", "error EchoError: boom", "idle",
          "execute_reply error [1] EchoError: boom",
        ])
    }
  }

  @Test func displaysAreShownUpdatedAndCleared() throws {
    try withFrontEnd { front throws in
      #expect(
        try front.run("print x\ndisplay a\nupdate b\nclear\nclear wait").dropFirst(2) == [
          "stdout> x\n", "display a as shown", "update b as shown", "clear wait=false", "clear wait=true", "idle",
          "execute_reply ok [1]",
        ])
    }
  }

  @Test func theReplyCarriesPayloadsAndItsStart() throws {
    try withFrontEnd { front throws in
      let id = front.execute("page manual\nnext print 1")
      _ = try front.outputs(of: id)
      let reply = try front.reply(to: id)
      #expect(
        reply.content["payload"] == [
          ["source": "page", "data": ["text/plain": "manual"], "start": 0],
          ["source": "set_next_input", "text": "print 1", "replace": false],
        ])
      #expect(reply.metadata["started"]?.string != nil)
    }
  }

  @Test func aSilentCellShowsNothingAndDoesNotCount() throws {
    try withFrontEnd { front throws in
      _ = try front.run("print 1")
      #expect(
        try front.run("print hello\nvalue 3", ["silent": true, "store_history": true]) == [
          "busy", "stdout> hello\n", "idle", "execute_reply ok [1]",
        ])
      let failing = front.execute("sleep 30\nerror quiet", ["silent": true])
      let next = front.execute("print still runs")
      #expect(try front.transcript(of: failing) == ["busy", "idle", "execute_reply error [1] EchoError: quiet"])
      #expect(try front.transcript(of: next).last == "execute_reply ok [2]")
    }
  }

  @Test func aCellOutsideHistoryDoesNotCount() throws {
    try withFrontEnd { front throws in
      _ = try front.run("print 1")
      #expect(try front.run("print 2", ["store_history": false]).last == "execute_reply ok [1]")
      #expect(try front.run(" \n").last == "execute_reply ok [1]")
      #expect(try front.run("print 3").last == "execute_reply ok [2]")
    }
  }

  @Test func userExpressionsFailOneByOne() throws {
    try withFrontEnd { front throws in
      let id = front.execute("print 1", ["user_expressions": ["good": "value 5", "bad": "error no"]])
      _ = try front.outputs(of: id)
      let values = try #require(try front.reply(to: id).content["user_expressions"])
      #expect(values["good"] == ["status": "ok", "data": ["text/plain": "5"], "metadata": [:]])
      #expect(values["bad"]?["status"] == "error")
      #expect(values["bad"]?["ename"] == "EchoError")
    }
  }

  @Test func anErrorAbortsTheCellsBehindIt() throws {
    try withFrontEnd { front throws in
      let ids = [front.execute("sleep 50\nerror boom"), front.execute("print a"), front.execute("print b")]
      let info = front.send("kernel_info_request")
      // The request that is no cell is answered at once, while the first cell still runs.
      #expect(try front.reply(to: info).header.type == "kernel_info_reply")
      var lines: [String] = []
      while lines.filter({ $0 == "idle" }).count < 4 { lines.append(FrontEnd.line(try front.next(on: .iopub))) }
      #expect(!lines.contains { $0.hasPrefix("stdout") })
      let replies = try ids.map { FrontEnd.line(try front.reply(to: $0)) }
      #expect(
        replies == [
          "execute_reply error [1] EchoError: boom",
          "execute_reply error [1] Aborted: not run, because an earlier cell failed",
          "execute_reply error [1] Aborted: not run, because an earlier cell failed",
        ])
      #expect(try front.run("print after").last == "execute_reply ok [2]")
    }
  }

  @Test func anErrorAbortsNothingWhereItIsExpected() throws {
    try withFrontEnd { front throws in
      let first = front.execute("sleep 50\nerror boom", ["stop_on_error": false])
      let second = front.execute("print a")
      #expect(try front.transcript(of: first).last == "execute_reply error [1] EchoError: boom")
      #expect(
        try front.transcript(of: second) == [
          "busy", "input [2] print a", "stdout> a\n", "idle", "execute_reply ok [2]",
        ])
    }
  }

  @Test func tenThousandLinesArriveBeforeIdleInFewMessages() throws {
    try withFrontEnd { front throws in
      let id = front.execute("count 10000")
      let streams = try front.outputs(of: id).filter { $0.header.type == "stream" }
      let text = streams.compactMap { $0.content["text"]?.string }.joined()
      #expect(text == (1...10_000).map { "\($0)\n" }.joined())
      #expect(streams.count <= 20)
    }
  }

  @Test func aCellAsksItsReader() throws {
    try withFrontEnd { front throws in
      let id = front.execute("print first\npassword your name? ")
      let question = try front.next(on: .stdin)
      #expect(question.header.type == "input_request")
      #expect(question.content == ["prompt": "your name? ", "password": true])
      #expect(question.parentHeader["msg_id"] == .string(id))
      let earlier = Header(messageID: "earlier", type: "input_request", session: "", username: "")
      front.send("input_reply", ["value": "stale"], on: .stdin, parent: earlier)
      front.send("input_reply", ["value": "Ada"], on: .stdin, parent: question.header)
      #expect(
        try front.transcript(of: id) == [
          "busy", "input [1] print first\npassword your name? ", "stdout> first\ngot Ada\n", "idle",
          "execute_reply ok [1]",
        ])
    }
  }

  @Test func aCellThatMayNotAskSaysSo() throws {
    try withFrontEnd { front throws in
      let transcript = try front.run("input name? ", ["allow_stdin": false])
      #expect(transcript.last?.hasPrefix("execute_reply error [1] InputNotAvailable") == true)
      let id = front.execute("input name? ")
      _ = try front.next(on: .stdin)
      front.send("input_reply", ["value": "\u{4}"], on: .stdin)
      #expect(try front.transcript(of: id).last?.contains("EndOfInput") == true)
    }
  }
}
