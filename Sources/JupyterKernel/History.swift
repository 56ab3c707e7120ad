// The cells that were run, for consoles and for searching. A thread of its own writes and reads them: no cell waits for a
// disk, and what was asked about is found, since question and record stand in one queue.

import JupyterProtocol

/// The record of what was run, from the threads that run it and ask about it.
final class History: Sendable {
  /// How long the end of the kernel may wait for the last cells to be written.
  static let patienceMilliseconds = 2_000

  private struct State {
    var book: HistoryBook?
    var hasComplained = false
  }

  private let place: HistoryPlace
  private let log: KernelLog
  private let queue = WorkQueue()
  /// Changed by the queue's thread alone.
  private let state = Monitor(State())

  /// A history at that place, or in memory where the place cannot be used.
  init(_ place: HistoryPlace, log: KernelLog) {
    self.place = place
    self.log = log
  }

  /// Writes and reads until the history is finished.
  func run() { queue.run() }

  /// Records a cell that counts.
  func record(shell: String?, line: Int, input: String, output: String?) {
    queue.enqueue { [self] in
      while true {
        do {
          return try book.record(shell: shell, line: line, input: input, output: output)
        } catch let error as DatabaseError where error.isBusy && !queue.isFinishing {
          continue
        } catch {
          complain("cells that were run are missing from the history: \(error)")
          return
        }
      }
    }
  }

  /// Hands over the cells that a request to a shell means, oldest first, once all before them are recorded.
  func find(
    _ access: HistoryRequest.Access, shell: String?, _ take: @escaping @Sendable ([HistoryReply.Entry]) -> Void
  ) {
    queue.enqueue { [self] in
      do {
        take(try book.entries(for: access, shell: shell))
      } catch {
        complain("the history cannot be read: \(error)")
        take([])
      }
    }
  }

  /// Writes what waits to be written and closes the book; gives up when it takes too long.
  func finish() {
    queue.enqueue { [self] in state.withLock { $0.book = nil } }
    if !queue.finish(milliseconds: Self.patienceMilliseconds) {
      log("the last cells are missing from the history: it could not be written in time")
    }
  }

  // MARK: On the queue's thread

  /// The book, opened when it is first wanted.
  private var book: HistoryBook {
    get throws {
      if let book = state.withLock({ $0.book }) { return book }
      let opened: HistoryBook
      do {
        opened = try HistoryBook(place)
      } catch {
        let path = if case .file(let path) = place { path } else { "memory" }
        complain(
          "the history at \(path) cannot be used (\(error)) and is kept in memory; move the file away to begin anew")
        opened = try HistoryBook(.memory)
      }
      state.withLock { $0.book = opened }
      return opened
    }
  }

  /// Says once what is wrong.
  private func complain(_ what: String) {
    let isFirst = state.withLock { state in
      defer { state.hasComplained = true }
      return !state.hasComplained
    }
    if isFirst { log(what) }
  }
}

/// Patterns in which `*` stands for anything and `?` for one code point.
enum Glob {
  /// Whether the whole text is as the pattern says; takes at most the product of the two lengths.
  static func matches(_ pattern: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool {
    var (p, t) = (0, 0)
    var afterStar: Int?
    var retry = 0
    while t < text.count {
      if p < pattern.count, pattern[p] == "*" {
        p += 1
        afterStar = p
        retry = t
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
        p += 1
        t += 1
      } else if let star = afterStar {
        retry += 1
        (p, t) = (star, retry)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
