import CZeroMQ
import FoundationEssentials
import Glibc
import JSONValues
import JupyterProtocol
import RandomStreams
import Testing

@testable import JupyterKernel

/// What anybody on the machine can send to a kernel, and what somebody who has the key should not have sent.
@Suite(.timeLimit(.minutes(5))) struct HostileTests {
  @Test func messagesThatAreTooLargeAreDroppedAndTheConnectionLivesOn() throws {
    var log: [Int32] = [-1, -1]
    try #require(unsafe pipe(&log) == 0)
    try withKernel(log: log[1], messageLimit: 1 << 20) { connection, _ throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      let text = String(repeating: "x", count: 1 << 20)
      front.execute("print \(text)")
      front.send([[UInt8]](repeating: [], count: 40_000), on: .shell)
      let last = front.execute("value 1")
      #expect(try front.transcript(of: last).last == "execute_reply ok [1]")
      #expect(try front.run("value \(text.prefix(900_000).count)").last == "execute_reply ok [2]")
    }
    close(log[1])
    let remark = "[kernel] dropped a message on shell: larger than 1 MiB"
    #expect(try written(to: log[0]) == [remark[...], remark[...]])
  }

  @Test func aFrameFarTooLargeEndsItsConnectionAndNoOther() throws {
    try withKernel(messageLimit: 1 << 20) { connection, _ throws in
      let (front, other) = (try FrontEnd(connection), try FrontEnd(connection))
      defer {
        front.close()
        other.close()
      }
      front.send([[UInt8](repeating: 7, count: 8 << 20)], on: .shell)
      usleep(50_000)
      let id = other.execute("value 1")
      #expect(FrontEnd.line(try other.reply(to: id)) == "execute_reply ok [1]")
    }
  }

  @Test func nothingThatIsLoggedHoldsUpTheKernelOrShowsTheKey() throws {
    var log: [Int32] = [-1, -1]
    try #require(unsafe pipe(&log) == 0)
    // Nobody reads: the pipe fills up.
    try withKernel(log: log[1]) { connection, _ throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      for number in 0..<3_000 {
        let type = "strange\u{1b}[2J\n\(number)" + String(repeating: "é", count: 300)
        front.send(front.row(type, id: "i\(number)"), on: .shell)
        front.send([[1, 2, 3]], on: .control)
        if number % 100 == 0 { front.drain() }
      }
      let id = front.execute("print alive")
      while try front.next(on: .shell).parentHeader["msg_id"] != .string(id) {}
    }
    close(log[1])
    let lines = try written(to: log[0])
    #expect(lines.count > 10 && lines.count < 3_000)
    for line in lines {
      #expect(line.hasPrefix("[kernel] ") && !line.contains("\u{1b}") && !line.contains("secret"))
    }
  }

  /// Waits until everything sent on shell before has been dealt with.
  private func fence(_ front: FrontEnd) throws {
    let id = front.send("kernel_info_request")
    while try front.next(on: .shell).parentHeader["msg_id"] != .string(id) {}
  }

  /// `KERNEL_FUZZ_ROWS` asks for more than fits into every run.
  @Test func randomRowsChangeNothing() throws {
    let count = ProcessInfo.processInfo.environment["KERNEL_FUZZ_ROWS"].flatMap { Int($0) } ?? 20_000
    try withKernel { connection, _ throws in
      let front = try FrontEnd(connection)
      defer { front.close() }
      var hostile = HostileRows(seed: 7, signer: Signer(key: connection.key))
      for number in 0..<count {
        let row = hostile.next()
        let channel = Channel.allCases[hostile.pick(4)]
        // Signed requests are few: each is served, and takes its time.
        let signed = number % 16 == 0
        let sent = signed ? hostile.signed(row, session: front.session) : row
        front.send(sent, on: channel == .heartbeat || channel == .iopub ? .shell : channel)
        if number % 64 == 0 { front.drain() }
        // Not more under way than a moment's worth.
        if number % 4096 == 0 { try fence(front) }
      }
      // A question on each channel is answered after all of that.
      let info = front.send("kernel_info_request", on: .control)
      while try front.next(on: .control).parentHeader["msg_id"] != .string(info) {}
      var reply: Message
      repeat {
        let cell = front.execute("value 42", ["stop_on_error": false])
        repeat { reply = try front.next(on: .shell) } while reply.parentHeader["msg_id"] != .string(cell)
        // One of the signed rows may be a cell that fails, and takes those that wait behind it with it.
      } while reply.content["ename"] == "Aborted"
      #expect(reply.content["status"] == "ok")
      front.send([[9]], on: .heartbeat)
      #expect(try front.nextRow(on: .heartbeat) == [[9]])
    }
  }
}

/// Rows of frames that no front end would send; the same for the same seed.
struct HostileRows {
  private var stream: RandomStream
  private let signer: Signer

  init(seed: UInt64, signer: Signer) {
    stream = RandomStream(seed: seed, purpose: .user)
    self.signer = signer
  }

  private mutating func random() -> UInt64 { stream.next() }

  /// A number below `count`.
  mutating func pick(_ count: Int) -> Int { stream.below(count) }

  private mutating func bytes(_ most: UInt64) -> [UInt8] {
    (0..<(random() % (most + 1))).map { _ in UInt8(random() & 255) }
  }

  /// A row that cannot be right: random frames, a delimiter in odd places, wrong signatures, cut off.
  mutating func next() -> [[UInt8]] {
    var row = (0..<(1 + random() % 8)).map { _ in bytes(24) }
    let delimiter = Array("<IDS|MSG>".utf8)
    switch random() % 4 {
    case 0: break
    case 1: row.insert(delimiter, at: pick(row.count + 1))
    case 2: row = [delimiter, Array("0123456789abcdef".utf8)] + (0..<4).map { _ in Array(json(2).text().utf8) }
    default: row = [delimiter] + row + row
    }
    return row
  }

  /// A signed request of a type that exists and with contents that make no sense; parts of the row where it is damaged.
  mutating func signed(_ row: [[UInt8]], session: Session) -> [[UInt8]] {
    let types = [
      "execute_request", "complete_request", "inspect_request", "is_complete_request", "history_request",
      "comm_info_request", "comm_open", "comm_msg", "comm_close", "connect_request", "interrupt_request",
      "list_subshell_request", "delete_subshell_request", "kernel_info_request", "input_reply", "debug_request", "",
    ]
    let keys = [
      "code", "cursor_pos", "detail_level", "silent", "user_expressions", "stop_on_error", "store_history", "comm_id",
      "target_name", "data", "subshell_id", "hist_access_type", "n", "session", "start", "stop", "pattern", "unique",
      "output",
    ]
    var content: [String: JSON] = [:]
    for _ in 0..<(random() % 6) { content[keys[pick(keys.count)]] = json(2) }
    var header: JSON = [
      "msg_id": .string("h\(random())"), "msg_type": .string(types[pick(types.count)]),
      "session": "s", "subshell_id": random() % 8 == 0 ? json(1) : .null,
    ]
    if random() % 16 == 0 { header = json(2) }
    var frames = Frames(
      identities: random() % 8 == 0 ? row : [], header: header.bytes(),
      parentHeader: random() % 4 == 0 ? json(2).bytes() : Array("{}".utf8),
      metadata: random() % 4 == 0 ? json(2).bytes() : Array("{}".utf8), content: JSON.object(content).bytes(),
      buffers: random() % 8 == 0 ? row : [])
    if random() % 16 == 0 { frames.content = bytes(40) }
    frames.signature = signer.signature(of: frames.signed)
    return frames.row
  }

  private mutating func json(_ depth: Int) -> JSON {
    switch random() % (depth > 0 ? 9 : 7) {
    case 0: .null
    case 1: .bool(random() % 2 == 0)
    case 2: .int(Int(truncatingIfNeeded: random()))
    case 3: .int([.min, -1, 0, 1, .max][pick(5)])
    case 4: .double(Double(bitPattern: random()))
    case 5: .string(String(decoding: bytes(12), as: UTF8.self))
    case 6: .string(["range", "tail", "search", "echo", "value 1", "*?*", "\u{0}"][pick(7)])
    case 7: .array((0..<(random() % 4)).map { _ in json(depth - 1) })
    default: .object(["data": json(depth - 1), "comm_id": json(depth - 1)])
    }
  }
}
