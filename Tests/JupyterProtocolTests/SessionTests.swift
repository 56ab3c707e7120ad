import JSONValues
import RandomStreams
import Testing

@testable import JupyterProtocol

@Suite struct SessionTests {
  let key = Array("secret".utf8)

  @Test func whatOneSessionSendsAnotherReceives() throws {
    let sender = Session(signer: Signer(key: key))
    let receiver = Session(signer: Signer(key: key))
    let message = OutgoingMessage(
      channel: .shell, identities: [[1], [2, 3]], type: "execute_request", content: ["code": "é"],
      metadata: ["m": 1], parent: nil, buffers: [[0, 255], []])
    let received = try receiver.receive(sender.row(of: message))
    #expect(received.identities == [[1], [2, 3]])
    #expect(received.header.type == "execute_request")
    #expect(received.header.session == sender.id)
    #expect(received.content == ["code": "é"])
    #expect(received.metadata == ["m": 1])
    #expect(received.parentHeader == [:])
    #expect(received.buffers == [[0, 255], []])
  }

  @Test func theParentHeaderIsCopiedByteForByte() throws {
    let odd = Array(#"{ "msg_type" : "x", "msg_id":"1","subshell_id":"s", "mine":[1.50, null] }"#.utf8)
    let session = Session(signer: Signer(key: []))
    let reply = OutgoingMessage(channel: .shell, type: "y", content: [:], parent: try Header(parsing: odd))
    let frames = try Frames(session.row(of: reply))
    #expect(frames.parentHeader == odd)
    #expect(frames.content == Array("{}".utf8))
  }

  @Test func theHeaderHasWhatTheProtocolAsksFor() throws {
    let header = try JSON(parsing: Header(messageID: "i", type: "t", session: "s", username: "u").bytes)
    #expect(header["version"] == "5.6")
    let date = try #require(header["date"]?.string)
    #expect(date.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/#) != nil)
    #expect(Timestamp.text(seconds: 951_782_400, microseconds: 42) == "2000-02-29T00:00:00.000042Z")
  }

  @Test func aSecondCopyIsDropped() throws {
    let receiver = Session(signer: Signer(key: key))
    let row = Session(signer: Signer(key: key)).row(
      of: OutgoingMessage(channel: .shell, type: "x", content: [:], parent: nil))
    _ = try receiver.receive(row)
    #expect { try receiver.receive(row) } throws: { ($0 as? MessageError)?.reason == "replayed" }
  }

  @Test func withoutAKeyNothingIsChecked() throws {
    let receiver = Session(signer: Signer(key: []))
    let row = Session(signer: Signer(key: [])).row(
      of: OutgoingMessage(channel: .shell, type: "x", content: [:], parent: nil))
    _ = try receiver.receive(row)
    _ = try receiver.receive(row)
  }

  @Test(arguments: [
    ([], "no delimiter"),
    (["a", "b"], "no delimiter"),
    (["<IDS|MSG>", "", "{}", "{}", "{}"], "4 frames after the delimiter, not 5 or more"),
    (["<IDS|MSG>", "", "{", "{}", "{}", "{}"], "the header is not a JSON object"),
    (["<IDS|MSG>", "", "[]", "{}", "{}", "{}"], "the header is not a JSON object"),
    (["<IDS|MSG>", "", "{}", "{}", "{}", "{}"], "the header lacks msg_id or msg_type"),
    (["<IDS|MSG>", "", #"{"msg_id":"1","msg_type":"x"}"#, "{}", "{}", "7"], "the content is not a JSON object"),
    (["<IDS|MSG>", "", #"{"msg_id":"1","msg_type":"x"}"#, "{}", "?", "{}"], "the metadata is not JSON"),
  ])
  func aMalformedMessageIsDroppedWithItsReason(row: [String], reason: String) {
    let session = Session(signer: Signer(key: []))
    #expect { try session.receive(row.map { Array($0.utf8) }) } throws: { ($0 as? MessageError)?.reason == reason }
  }

  @Test func theSignatureIsCheckedBeforeAnythingIsParsed() {
    let session = Session(signer: Signer(key: key))
    let row = ["<IDS|MSG>", "00", "{", "{", "{", "{"].map { Array($0.utf8) }
    #expect { try session.receive(row) } throws: { ($0 as? MessageError)?.reason == "wrong signature" }
  }

  @Test func randomRowsAreDroppedAndNeverCrash() throws {
    var generator = RandomStream(seed: 11, purpose: .user)
    let signer = Signer(key: key)
    let session = Session(signer: signer)
    let honest = Session(signer: signer).row(
      of: OutgoingMessage(channel: .shell, type: "x", content: ["a": [1, 2]], parent: nil))
    for round in 0..<20_000 {
      var row = honest
      let frame = Int.random(in: 0..<row.count, using: &generator)
      switch round % 4 {
      case 0: row.remove(at: frame)
      case 1:
        row[frame] = (0..<Int.random(in: 0...40)).map { _ in
          UInt8.random(in: .min ... .max, using: &generator)
        }
      case 2: row.insert(row[frame], at: 0)
      default: row = row.shuffled(using: &generator)
      }
      // Signed afresh half of the time, so that the parser sees the damage as well.
      if round % 2 == 1, var frames = try? Frames(row) {
        frames.signature = signer.signature(of: frames.signed)
        row = frames.row
      }
      _ = try? session.receive(row)
    }
  }
}
