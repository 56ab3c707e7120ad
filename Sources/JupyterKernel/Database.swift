// All of SQLite that the history needs, in Swift's words.

import CSQLite

/// A call of SQLite that failed.
struct DatabaseError: Error, CustomStringConvertible {
  /// SQLite's number of the failure, such as `SQLITE_BUSY`.
  let code: Int32
  let description: String

  /// Whether another process holds the database, so that trying again may help.
  var isBusy: Bool { code & 0xff == SQLITE_BUSY }
}

/// A value in a row.
enum DatabaseValue: Equatable, ExpressibleByNilLiteral {
  case null
  case int(Int)
  case text(String)

  init(nilLiteral: ()) { self = .null }

  var int: Int? { if case .int(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// An open database; belongs to one thread at a time.
@safe final class Database: @unchecked Sendable {
  private let handle: OpaquePointer
  private var statements: [String: OpaquePointer] = unsafe [:]

  /// Opens the file, or an empty database in memory for the path `:memory:`; waits up to `busyMilliseconds` whenever
  /// another process holds it.
  init(path: String, busyMilliseconds: Int32) throws {
    var handle: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    let code = unsafe sqlite3_open_v2(path, &handle, flags, nil)
    guard let handle = unsafe handle else {
      throw DatabaseError(code: code, description: "there is no memory to open a database")
    }
    unsafe self.handle = handle
    guard code == SQLITE_OK else { throw lastError(code) }
    unsafe sqlite3_busy_timeout(handle, busyMilliseconds)
  }

  deinit {
    unsafe statements.values.forEach { unsafe sqlite3_finalize($0) }
    unsafe sqlite3_close(handle)
  }

  /// Runs one statement; `row` sees each row of its result and says whether it wants more.
  func run(_ text: String, _ values: [DatabaseValue] = [], row: ([DatabaseValue]) -> Bool = { _ in true }) throws {
    let statement = try unsafe prepared(text)
    defer { unsafe sqlite3_reset(statement) }
    for (place, value) in values.enumerated() { try unsafe bind(value, at: Int32(place + 1), of: statement) }
    while true {
      switch unsafe sqlite3_step(statement) {
      case SQLITE_ROW: if !row(unsafe columns(of: statement)) { return }
      case SQLITE_DONE: return
      case let code: throw lastError(code)
      }
    }
  }

  /// The first value of the first row.
  func value(_ text: String, _ values: [DatabaseValue] = []) throws -> DatabaseValue {
    var found = DatabaseValue.null
    try run(text, values) { row in
      found = row.first ?? .null
      return false
    }
    return found
  }

  /// The number that the last insertion gave to its row.
  var lastInserted: Int { unsafe Int(sqlite3_last_insert_rowid(handle)) }

  private func prepared(_ text: String) throws -> OpaquePointer {
    if let statement = unsafe statements[text] { return unsafe statement }
    var statement: OpaquePointer?
    let code = unsafe sqlite3_prepare_v2(handle, text, -1, &statement, nil)
    guard let statement = unsafe statement else { throw lastError(code) }
    unsafe statements[text] = statement
    return unsafe statement
  }

  private func bind(_ value: DatabaseValue, at place: Int32, of statement: OpaquePointer) throws {
    let code =
      switch value {
      case .null: unsafe sqlite3_bind_null(statement, place)
      case .int(let value): unsafe sqlite3_bind_int64(statement, place, Int64(value))
      case .text(let value):
        unsafe value.withCString { unsafe sqlite3_bind_copied_text(statement, place, $0, UInt64(value.utf8.count)) }
      }
    guard code == SQLITE_OK else { throw lastError(code) }
  }

  private func columns(of statement: OpaquePointer) -> [DatabaseValue] {
    let count = unsafe sqlite3_column_count(statement)
    return (0..<count).map { column in
      switch unsafe sqlite3_column_type(statement, column) {
      case SQLITE_INTEGER: return .int(Int(unsafe sqlite3_column_int64(statement, column)))
      case SQLITE_TEXT:
        let start = unsafe sqlite3_column_text(statement, column)
        let count = unsafe Int(sqlite3_column_bytes(statement, column))
        return .text(unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
      default: return .null
      }
    }
  }

  private func lastError(_ code: Int32) -> DatabaseError {
    DatabaseError(code: code, description: unsafe String(cString: sqlite3_errmsg(handle)))
  }
}
