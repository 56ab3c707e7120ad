import JSONValues
import JupyterProtocol
import Testing

@testable import JupyterKernel

/// Conversations beside the cells, opened from either side.
@Suite(.timeLimit(.minutes(1))) struct CommTests {
  private func comms(_ front: FrontEnd, _ content: [String: JSON] = [:]) throws -> JSON? {
    let id = front.send("comm_info_request", content)
    _ = try front.outputs(of: id)
    return try front.reply(to: id).content["comms"]
  }

  @Test func aFrontEndOpensTalksAndCloses() throws {
    try withFrontEnd { front throws in
      let open = front.send("comm_open", ["comm_id": "c", "target_name": "echo", "data": ["a": 1]])
      #expect(
        FrontEnd.lines(try front.outputs(of: open)) == ["busy", #"comm_msg {"heard":{"a":1}}"#, "idle"])
      #expect(try comms(front) == ["c": ["target_name": "echo"]])
      #expect(try comms(front, ["target_name": "echo"]) == ["c": ["target_name": "echo"]])
      #expect(try comms(front, ["target_name": "other"]) == [:])

      let binary: [[UInt8]] = [[0, 255], [], [7]]
      let said = front.send("comm_msg", ["comm_id": "c", "data": ["b": [2]]], header: [:], buffers: binary)
      let answer = try front.outputs(of: said)
      #expect(FrontEnd.lines(answer) == ["busy", #"comm_msg {"heard":{"b":[2]}}"#, "idle"])
      #expect(answer[1].buffers == binary)
      #expect(answer[1].metadata == ["version": "1"])
      #expect(answer[1].content["comm_id"] == "c")

      let close = front.send("comm_close", ["comm_id": "c", "data": [:]])
      #expect(FrontEnd.lines(try front.outputs(of: close)) == ["busy", "stdout> closed echo false\n", "idle"])
      #expect(try comms(front) == [:])
      let late = front.send("comm_msg", ["comm_id": "c", "data": [:]])
      #expect(FrontEnd.lines(try front.outputs(of: late)) == ["busy", "idle"])
    }
  }

  @Test func aCellOpensACommAndTheOtherSideAnswers() throws {
    try withFrontEnd { front throws in
      let cell = front.execute("comm slider")
      let outputs = try front.outputs(of: cell)
      _ = try front.reply(to: cell)
      let id = try #require(outputs[2].content["comm_id"])
      #expect(
        FrontEnd.lines(outputs) == [
          "busy", "input [1] comm slider", #"comm_open slider {"value":1}"#, "stdout> \(id.string ?? "")", "idle",
        ])
      let said = front.send("comm_msg", ["comm_id": id, "data": ["print": "moved"]])
      #expect(
        FrontEnd.lines(try front.outputs(of: said)) == [
          "busy", "stdout> moved\n", #"comm_msg {"heard":{"print":"moved"}}"#, "idle",
        ])
      let close = front.send("comm_msg", ["comm_id": id, "data": ["close": true]])
      #expect(FrontEnd.lines(try front.outputs(of: close)) == ["busy", #"comm_close {"bye":true}"#, "idle"])
      #expect(try comms(front) == [:])
    }
  }

  @Test func whatFailsIsShownAndTheCommStaysOpen() throws {
    try withFrontEnd { front throws in
      front.send("comm_open", ["comm_id": "c", "target_name": "echo", "data": [:]])
      while try front.next(on: .iopub).content["execution_state"] != "idle" {}
      let bad = front.send("comm_msg", ["comm_id": "c", "data": ["fail": "Bad"]])
      #expect(FrontEnd.lines(try front.outputs(of: bad)) == ["busy", "error Bad: as asked", "idle"])
      #expect(try comms(front) == ["c": ["target_name": "echo"]])
      let refused = front.send("comm_open", ["comm_id": "d", "target_name": "refuse", "data": [:]])
      #expect(
        FrontEnd.lines(try front.outputs(of: refused)) == ["busy", "comm_close {}", "error Refused: not today", "idle"])
      for content in [["data": [:]], ["comm_id": "c", "target_name": "echo"], ["comm_id": 7]] as [[String: JSON]] {
        let open = front.send("comm_open", content)
        #expect(FrontEnd.lines(try front.outputs(of: open)) == ["busy", "idle"])
      }
      #expect(try comms(front) == ["c": ["target_name": "echo"]])
    }
  }

  @Test func aMessageOnACommCanBeInterrupted() throws {
    try withFrontEnd { front throws in
      front.send("comm_open", ["comm_id": "c", "target_name": "echo", "data": [:]])
      while try front.next(on: .iopub).content["execution_state"] != "idle" {}
      let endless = front.send("comm_msg", ["comm_id": "c", "data": ["wait": true]])
      #expect(FrontEnd.line(try front.next(on: .iopub)) == "busy")
      front.send("interrupt_request", on: .control)
      #expect(try front.outputs(ofAll: [endless])[endless]?.contains { $0.hasPrefix("error Interrupted") } == true)
    }
  }

  @Test func anErrorAbortsCellsButNotComms() throws {
    try withFrontEnd { front throws in
      front.send("comm_open", ["comm_id": "c", "target_name": "echo", "data": [:]])
      while try front.next(on: .iopub).content["execution_state"] != "idle" {}
      let ids = [
        front.execute("sleep 50\nerror boom"), front.send("comm_msg", ["comm_id": "c", "data": ["print": "heard"]]),
        front.execute("print never"),
      ]
      let outputs = try front.outputs(ofAll: ids)
      #expect(outputs[ids[1]]?.contains("stdout> heard\n") == true)
      #expect(outputs[ids[2]] == ["busy", "idle"])
    }
  }
}
