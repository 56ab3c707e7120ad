import CSQLite
import FoundationEssentials
import Glibc
import JSONValues
import JupyterProtocol
import Testing

@testable import JupyterKernel

/// The cells that were run, across sessions and among kernels.
@Suite(.timeLimit(.minutes(1))) struct HistoryTests {
  /// A folder of the test's own.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/history-test-\(Session.freshID())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func permissions(_ path: String) -> mode_t {
    var facts = stat()
    guard unsafe stat(path, &facts) == 0 else { return 0 }
    return facts.st_mode & 0o777
  }

  private func rows(_ book: HistoryBook, _ access: HistoryRequest.Access, shell: String? = nil) throws -> [String] {
    try book.entries(for: access, shell: shell).map {
      "\($0.session)/\($0.line) \($0.input)\($0.output.map { " -> \($0)" } ?? "")"
    }
  }

  @Test func sessionsAreNumberedAndFoundByDistance() throws {
    try withFolder { folder throws in
      let place = HistoryPlace.file("\(folder)/deep/er/history.sqlite")
      for session in 1...3 {
        let book = try HistoryBook(place)
        #expect(try rows(book, .range(session: 0, lines: 1..<9)) == [])
        for line in 1...2 { try book.record(shell: nil, line: line, input: "cell \(session)\(line)", output: nil) }
      }
      let book = try HistoryBook(place)
      #expect(try rows(book, .range(session: -1, lines: 1..<9)) == ["3/1 cell 31", "3/2 cell 32"])
      try book.record(shell: nil, line: 1, input: "now", output: "42")
      try book.record(shell: "side", line: 1, input: "beside", output: nil)
      #expect(try rows(book, .range(session: 0, lines: 1..<9)) == ["4/1 now -> 42"])
      #expect(try rows(book, .range(session: 0, lines: 1..<9), shell: "side") == ["5/1 beside"])
      #expect(try rows(book, .range(session: -3, lines: 2..<9)) == ["1/2 cell 12"])
      #expect(try rows(book, .range(session: 2, lines: 0..<2)) == ["2/1 cell 21"])
      for distance in [-9, Int.min, 99, Int.max] {
        #expect(try rows(book, .range(session: distance, lines: 0..<9)) == [])
      }
      #expect(try rows(book, .tail(count: 3)) == ["3/2 cell 32", "4/1 now -> 42", "5/1 beside"])
      #expect(try rows(book, .tail(count: .max)).count == 8)
      #expect(try rows(book, .search(pattern: "cell ?2", count: 2, unique: false)) == ["2/2 cell 22", "3/2 cell 32"])
      #expect(try rows(book, .search(pattern: "[now]", count: nil, unique: false)) == [])
    }
  }

  @Test func equalCellsAreFoundOnceAndTheNewestOfThem() throws {
    let book = try HistoryBook(.memory)
    for (line, input) in ["a", "b", "a", "é\0x", "b"].enumerated() {
      try book.record(shell: nil, line: line + 1, input: input, output: nil)
    }
    #expect(try rows(book, .search(pattern: "?", count: nil, unique: true)) == ["1/3 a", "1/5 b"])
    #expect(try rows(book, .search(pattern: "é?x", count: nil, unique: true)) == ["1/4 é\0x"])
  }

  @Test func longTextsAreCutAndTheLongestLeftOut() throws {
    let book = try HistoryBook(.memory)
    try book.record(
      shell: nil, line: 1, input: "long", output: String(repeating: "é", count: HistoryBook.outputLimit))
    try book.record(
      shell: nil, line: 2, input: String(repeating: "x", count: HistoryBook.inputLimit + 1), output: nil)
    let entries = try book.entries(for: .tail(count: 9), shell: nil)
    #expect(entries.count == 1)
    let output = try #require(entries[0].output)
    #expect(output.hasSuffix("é…") && output.utf8.count <= HistoryBook.outputLimit + 3)
  }

  @Test func theFileIsItsUsersAlone() throws {
    try withFolder { folder throws in
      let path = "\(folder)/kernel/history.sqlite"
      let book = try HistoryBook(.file(path))
      try book.record(shell: nil, line: 1, input: "secret", output: nil)
      #expect(permissions(folder) == 0o700)
      for file in [path, path + "-wal", path + "-shm"] { #expect(permissions(file) == 0o600) }
      unsafe _ = chmod(path, 0o644)
      _ = try HistoryBook(.file(path))
      #expect(permissions(path) == 0o600)
    }
  }

  @Test func manyKernelsWriteAtOnceAndNothingIsLost() throws {
    try withFolder { folder throws in
      let place = HistoryPlace.file("\(folder)/history.sqlite")
      let finished = Monitor(0)
      for kernel in 0..<4 {
        PosixThread.start(name: "kernel", stackSize: 1 << 20) {
          let history = History(place, log: KernelLog(descriptor: -1))
          PosixThread.start(name: "history", stackSize: 1 << 20) { history.run() }
          for line in 1...200 { history.record(shell: nil, line: line, input: "\(kernel):\(line)", output: nil) }
          history.finish()
          finished.change { $0 += 1 }
        }
      }
      _ = finished.wait { $0 == 4 ? true : nil }
      let book = try HistoryBook(place)
      let all = try book.entries(for: .tail(count: .max), shell: nil)
      #expect(all.count == 800)
      #expect(Set(all.map(\.session)).count == 4)
      for session in 1...4 {
        let lines = try book.entries(for: .range(session: session, lines: 0..<999), shell: nil).map(\.line)
        #expect(lines == Array(1...200))
      }
    }
  }

  @Test func aKernelThatWaitsForAnotherLosesNothing() throws {
    try withFolder { folder throws in
      let path = "\(folder)/history.sqlite"
      _ = try HistoryBook(.file(path))
      let other = try Database(path: path, busyMilliseconds: 0)
      try other.run("BEGIN IMMEDIATE")
      let history = History(.file(path), log: KernelLog(descriptor: -1))
      PosixThread.start(name: "history", stackSize: 1 << 20) { history.run() }
      history.record(shell: nil, line: 1, input: "patient", output: nil)
      usleep(100_000)
      try other.run("COMMIT")
      history.finish()
      #expect(try rows(HistoryBook(.file(path)), .tail(count: 9)) == ["1/1 patient"])
    }
  }

  @Test(arguments: ["no database", "later version", "a folder", "no folder"])
  func aPlaceThatCannotBeUsedIsSaidOnceAndMemoryTakesItsPlace(what: String) throws {
    try withFolder { folder throws in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      var path = "\(folder)/history.sqlite"
      switch what {
      case "no database": try Data(repeating: 7, count: 5_000).write(to: URL(filePath: path))
      case "later version":
        _ = try HistoryBook(.file(path))
        try Database(path: path, busyMilliseconds: 0).run("PRAGMA user_version = 7")
      case "a folder": path = folder
      default: path = "/proc/nowhere/history.sqlite"
      }
      var log: [Int32] = [-1, -1]
      try #require(unsafe pipe(&log) == 0)
      let history = History(.file(path), log: KernelLog(descriptor: log[1]))
      PosixThread.start(name: "history", stackSize: 1 << 20) { history.run() }
      let found = Monitor<[String]?>(nil)
      for line in 1...2 { history.record(shell: nil, line: line, input: "\(line)", output: nil) }
      history.find(.tail(count: 9), shell: nil) { entries in found.change { $0 = entries.map(\.input) } }
      #expect(found.wait { $0 } == ["1", "2"])
      history.finish()
      close(log[1])
      let lines = try written(to: log[0])
      #expect(lines.count == 1 && lines[0].contains("the history at \(path) cannot be used"))
    }
  }

  @Test func aKernelRemembersWhatAnEarlierOneRan() throws {
    try withFolder { folder throws in
      let place = HistoryPlace.file("\(folder)/history.sqlite")
      for round in 1...2 {
        try withKernel(history: place) { connection, _ throws in
          let front = try FrontEnd(connection)
          defer { front.close() }
          _ = try front.run("value \(round)")
          let id = front.send("history_request", ["hist_access_type": "tail", "n": 9, "output": true])
          _ = try front.outputs(of: id)
          let rows = (1...round).map { number -> JSON in
            [.int(number), 1, [.string("value \(number)"), .string("\(number)")]]
          }
          #expect(try front.reply(to: id).content["history"] == .array(rows))
        }
      }
    }
  }

  @Test(
    arguments: [
      (["HOME": "/h"], .file("/h/.local/share/jupyter/k/history.sqlite")),
      (["HOME": "/h", "XDG_DATA_HOME": "/x"], .file("/x/jupyter/k/history.sqlite")),
      (["HOME": "/h", "JUPYTER_DATA_DIR": "/d"], .file("/d/k/history.sqlite")), ([:], .memory), (["HOME": ""], .memory),
    ] as [([String: String], HistoryPlace)])
  func theStandardPlaceIsAmongJupytersData(variables: [String: String], place: HistoryPlace) {
    #expect(HistoryPlace.standard(for: "k", environment: variables) == place)
  }
}
