// How far a long command has come. A value: whoever works fills it in, and decides with a `ProgressThrottle` when to
// show it.

import JSONValues

/// What is being done, and how much of it is done.
///
/// While it runs, the display tells rate and time. In the end one line stays that holds no time, so that a notebook
/// that is run again gives the same bytes.
public struct Progress: Sendable, Equatable {
  /// Whether the work goes on.
  public enum Phase: Sendable, Equatable {
    case running
    /// Done as asked.
    case finished
    /// Ended before it was done, such as by an interrupt.
    case stopped
  }

  /// What happens, such as "Training".
  public var activity: String
  /// What has happened then, such as "Trained".
  public var past: String
  /// How much is done.
  public var done: Int
  /// How much there is to do; nil where nobody knows.
  public var total: Int?
  /// What is counted, such as "steps".
  public var unit: String
  /// How much was done before this work began, and took none of its time.
  public var before = 0
  /// Seconds since the start; only shown while running.
  public var elapsed: Double
  /// One more thing to say, such as the latest loss; the last line keeps it.
  public var note: String?
  /// Whether the work goes on.
  public var phase: Phase

  /// A state of progress.
  public init(
    _ activity: String, past: String, done: Int = 0, of total: Int? = nil, unit: String, elapsed: Double = 0,
    note: String? = nil, phase: Phase = .running
  ) {
    self.activity = activity
    self.past = past
    self.done = done
    self.total = total
    self.unit = unit
    self.elapsed = elapsed
    self.note = note
    self.phase = phase
  }

  /// Units per second; nil before the first is done.
  public var rate: Double? {
    done > before && elapsed > 0 && elapsed.isFinite ? Double(done - before) / elapsed : nil
  }

  /// Seconds that the rest will take at the present rate; nil where that cannot be said.
  public var remaining: Double? {
    guard let rate, let total, total >= done else { return nil }
    return Double(total - done) / rate
  }

  /// The state as html with a bar and as one line of plain text; in the end only the line.
  public func bundle() -> MIMEBundle {
    let line = TextLayout.singleLine(self.line)
    guard phase == .running else {
      return MIMEBundle(plain: line, ["text/html": .string("<div>\(Markup.html(line))</div>")])
    }
    let bar: String
    if let total, total > 0 {
      bar = "<progress value=\"\(min(max(done, 0), total))\" max=\"\(total)\"></progress>"
    } else {
      bar = "<progress></progress>"
    }
    return MIMEBundle(plain: line, ["text/html": .string("<div>\(bar) \(Markup.html(line))</div>")])
  }

  /// The state in one line.
  public var line: String {
    let count = NumberFormat.count()
    let amount = total.map { "\(count.text(Double(done))) of \(count.text(Double($0))) \(unit)" }
    var parts = [amount ?? "\(count.text(Double(done))) \(unit)"]
    switch phase {
    case .running:
      if let total, total > 0 {
        // Never 100% before the end: 99.6% is not done.
        parts.append(NumberFormat.percent(0).text(min(Double(done) / Double(total), done < total ? 0.99 : 1)))
      }
      if let rate { parts.append(NumberFormat.significant(3).text(rate) + " \(unit)/s") }
      parts.append(NumberFormat.duration.text(max(elapsed, 0)))
      if let remaining { parts.append("\(NumberFormat.duration.text(remaining)) left") }
    case .finished: break
    case .stopped: parts[0] += " (stopped)"
    }
    if let note { parts.append(note) }
    return "\(phase == .running ? activity : past) \(parts.joined(separator: " · "))"
  }
}

/// Says when a progress display is due, so that a fast loop does not flood the front end.
///
/// Work of less than a second shows nothing until its end; longer work shows up to ten states a second; the last state
/// is always due, so that what stays in the notebook does not depend on the speed of the machine.
public struct ProgressThrottle: Sendable {
  /// Seconds before the first display.
  public static let patience = 1.0
  /// Seconds between two displays.
  public static let interval = 0.1

  private var next: Double

  /// A throttle for work that starts at this time, in seconds of any clock that only goes forward.
  public init(start: Double) { next = start + Self.patience }

  /// Whether a display is due now; if so, the next one waits its interval.
  public mutating func isDue(at now: Double, isLast: Bool = false) -> Bool {
    guard isLast || now >= next else { return false }
    next = now + Self.interval
    return true
  }
}
