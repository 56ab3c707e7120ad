// The cells that were run, in a database: in a file of the user's own that outlives the process and may be written by
// several kernels at once, or in memory.

import CSQLite
import FoundationEssentials
import Glibc
import JupyterProtocol

/// Where a kernel keeps the cells that were run.
public enum HistoryPlace: Sendable, Equatable {
  /// Nowhere: the history ends with the process.
  case memory
  /// A file that only its user can read; folders that lead to it are made where they are missing.
  case file(String)

  /// The file for a kernel of that name in the user's folder for Jupyter's data; memory where the user has none.
  public static func standard(for kernel: String, environment variables: [String: String]) -> HistoryPlace {
    guard let data = KernelSpec.Place.dataFolder(environment: variables) else { return .memory }
    return .file("\(data)/\(kernel)/history.sqlite")
  }
}

/// The record of what was run; belongs to one thread at a time.
final class HistoryBook: @unchecked Sendable {
  /// A cell longer than this many bytes is not kept: it is data rather than something to be typed again.
  static let inputLimit = 1 << 20
  /// Of a result no more than this many bytes are kept.
  static let outputLimit = 1 << 16
  static let schemaVersion = 1

  private let database: Database
  /// The session of each shell that has run a cell; nil is the main shell.
  private var sessions: [String?: Int] = [:]

  /// Opens the book; throws `DatabaseError` where the place cannot be used.
  init(_ place: HistoryPlace, busyMilliseconds: Int32 = 5_000) throws {
    if case .file(let path) = place {
      try Self.makePrivate(path)
      database = try Database(path: path, busyMilliseconds: busyMilliseconds)
      try Self.persistently { try database.run("PRAGMA journal_mode = WAL") }
      try database.run("PRAGMA synchronous = NORMAL")
    } else {
      database = try Database(path: ":memory:", busyMilliseconds: 0)
    }
    try database.run("PRAGMA cache_size = -256")
    try Self.persistently { try prepare() }
  }

  private func prepare() throws {
    try database.run("BEGIN IMMEDIATE")
    do {
      let version = try database.value("PRAGMA user_version").int ?? 0
      guard version <= Self.schemaVersion else {
        throw DatabaseError(code: SQLITE_SCHEMA, description: "it was written by a later version of the kernel")
      }
      if version == 0 {
        try database.run("CREATE TABLE sessions (session INTEGER PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL)")
        try database.run(
          """
          CREATE TABLE cells (cell INTEGER PRIMARY KEY, session INTEGER NOT NULL, line INTEGER NOT NULL, \
          input TEXT NOT NULL, output TEXT, UNIQUE (session, line))
          """)
        try database.run("PRAGMA user_version = \(Self.schemaVersion)")
      }
      try database.run("COMMIT")
    } catch {
      try? database.run("ROLLBACK")
      throw error
    }
  }

  // MARK: Writing

  /// Records a cell that counts.
  func record(shell: String?, line: Int, input: String, output: String?) throws {
    guard input.utf8.count <= Self.inputLimit else { return }
    let session = try session(of: shell)
    try database.run(
      "INSERT INTO cells (session, line, input, output) VALUES (?, ?, ?, ?)",
      [.int(session), .int(line), .text(input), output.map { .text(Self.beginning(of: $0)) } ?? .null])
  }

  /// The session of a shell, made with its first cell.
  private func session(of shell: String?) throws -> Int {
    if let session = sessions[shell] { return session }
    try database.run("INSERT INTO sessions (started) VALUES (?)", [.text(Timestamp.now())])
    sessions[shell] = database.lastInserted
    return database.lastInserted
  }

  private static func beginning(of output: String) -> String {
    guard output.utf8.count > outputLimit else { return output }
    let cut = output.utf8.index(output.startIndex, offsetBy: outputLimit)
    return output[..<(output.unicodeScalars.index(before: cut))] + "…"
  }

  // MARK: Reading

  /// The cells that a request to a shell means, oldest first.
  func entries(for access: HistoryRequest.Access, shell: String?) throws -> [HistoryReply.Entry] {
    switch access {
    case .range(let session, let lines):
      guard let session = try resolved(session, shell) else { return [] }
      return try select(
        "WHERE session = ? AND line >= ? AND line < ? ORDER BY line DESC",
        [.int(session), .int(lines.lowerBound), .int(lines.upperBound)])
    case .tail(let count):
      return try select("ORDER BY cell DESC LIMIT ?", [.int(count)])
    case .search(let pattern, let count, let unique):
      let pattern = Array(pattern.unicodeScalars)
      var seen: Set<String> = []
      return try select("ORDER BY cell DESC", limit: count ?? .max) { input in
        Glob.matches(pattern, Array(input.unicodeScalars)) && (!unique || seen.insert(input).inserted)
      }
    }
  }

  /// How many cells it holds.
  var cellCount: Int { get throws { try database.value("SELECT count(*) FROM cells").int ?? 0 } }

  /// The number of a session that was named by its distance: 0 is the shell's own, -1 the one before.
  private func resolved(_ session: Int, _ shell: String?) throws -> Int? {
    if session > 0 { return session }
    if session == 0 { return sessions[shell] }
    return try database.value(
      "SELECT session FROM sessions WHERE session < ? ORDER BY session DESC LIMIT 1 OFFSET ?",
      [.int(sessions[shell] ?? .max), .int(Int(clamping: session.magnitude) - 1)]
    ).int
  }

  /// Entries, given newest first and returned oldest first.
  private func select(
    _ which: String, _ values: [DatabaseValue] = [], limit: Int = .max, isMeant: (String) -> Bool = { _ in true }
  ) throws -> [HistoryReply.Entry] {
    guard limit > 0 else { return [] }
    var entries: [HistoryReply.Entry] = []
    try database.run("SELECT session, line, input, output FROM cells " + which, values) { row in
      guard let session = row[0].int, let line = row[1].int, let input = row[2].text, isMeant(input) else {
        return true
      }
      entries.append(HistoryReply.Entry(session: session, line: line, input: input, output: row[3].text))
      return entries.count < limit
    }
    return entries.reversed()
  }

  // MARK: The file

  /// Makes the file, where it is missing, and keeps everybody else out; the files that SQLite puts beside it are as
  /// private as this one.
  private static func makePrivate(_ path: String) throws {
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try? FileManager.default.createDirectory(
        atPath: String(path[..<slash]), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw DatabaseError(code: SQLITE_CANTOPEN, description: unsafe String(cString: strerror(errno)))
    }
    fchmod(descriptor, 0o600)
    close(descriptor)
  }

  /// Tries again, for a second, what another kernel that starts at the same moment holds up.
  private static func persistently(_ body: () throws -> Void) throws {
    for _ in 0..<20 {
      do {
        return try body()
      } catch let error as DatabaseError where error.isBusy {
        usleep(50_000)
      }
    }
    try body()
  }
}
