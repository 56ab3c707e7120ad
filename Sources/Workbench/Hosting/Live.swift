// Work that can be watched: a progress line that updates in place, and for training the growing plot. What stays in the
// notebook holds no times: the same cell leaves the same bytes.

import CellLanguage
import Checkpoints
import Display
import Evaluation
import Rollouts
import Synchronization
import Training

/// Watches sampling by its tokens.
enum LiveSampling {
  /// Work below this many tokens takes less than a second anywhere and shows nothing.
  ///
  /// It depends on the request alone, so that what a cell shows does not depend on the machine.
  private static let quietTokens = 4_000

  /// Runs `body`, which reports every token drawn, under a progress line of attempts.
  static func watch<Result>(
    _ activity: String, past: String, attempts: Int, longest: Int, _ workplace: Workplace,
    _ body: (@escaping @Sendable (Int) -> Void) throws -> Result
  ) throws -> Result {
    guard attempts * longest > quietTokens else { return try body { _ in } }
    let line = ProgressLine(activity, past: past, total: nil, unit: "tokens", workplace)
    let drawn = Atomic<Int>(0)
    do {
      let result = try body { count in line.advance(to: drawn.wrappingAdd(count, ordering: .relaxed).newValue) }
      line.finish(as: "\(past) \(NumberFormat.count().text(Double(attempts))) answers")
      return result
    } catch {
      line.stop(at: drawn.load(ordering: .relaxed))
      throw error
    }
  }
}

/// One display that is shown the first time and replaced from then on.
final class LiveDisplay: Sendable {
  /// Under what it is shown.
  let id: String
  private let workplace: Workplace
  private let isShown = Atomic<Bool>(false)

  init(_ workplace: Workplace) {
    self.workplace = workplace
    id = workplace.newDisplayID()
  }

  func show(_ bundle: MIMEBundle) {
    if isShown.exchange(true, ordering: .relaxed) {
      workplace.screen.update(bundle, id: id)
    } else {
      workplace.screen.display(bundle, id: id)
    }
  }
}

/// A progress line under one display identifier; safe to be advanced from several threads.
final class ProgressLine: Sendable {
  private struct State {
    var progress: Progress
    var throttle: ProgressThrottle
  }

  private let state: Mutex<State>
  private let display: LiveDisplay
  private let start: Double

  init(_ activity: String, past: String, total: Int?, unit: String, _ workplace: Workplace) {
    start = monotonicSeconds()
    display = LiveDisplay(workplace)
    state = Mutex(
      State(progress: Progress(activity, past: past, of: total, unit: unit), throttle: ProgressThrottle(start: start)))
  }

  /// Says how much was done before the work began.
  func begin(after done: Int) {
    state.withLock { state in
      state.progress.before = done
      state.progress.done = done
    }
  }

  /// Shows a state when one is due.
  func advance(to done: Int, note: String? = nil) {
    let now = monotonicSeconds()
    state.withLock { state in
      guard done >= state.progress.done, state.throttle.isDue(at: now) else { return }
      state.progress.done = done
      state.progress.note = note
      state.progress.elapsed = now - start
      display.show(state.progress.bundle())
    }
  }

  /// Shows the state as it is again, with the time that has passed, when that is due.
  func tick(note: String? = nil) {
    let now = monotonicSeconds()
    state.withLock { state in
      guard state.throttle.isDue(at: now) else { return }
      if let note { state.progress.note = note }
      state.progress.elapsed = now - start
      display.show(state.progress.bundle())
    }
  }

  /// Leaves the last line.
  func finish(done: Int, note: String? = nil, isStopped: Bool = false) {
    state.withLock { state in
      state.progress.done = done
      state.progress.note = note
      state.progress.phase = isStopped ? .stopped : .finished
      display.show(state.progress.bundle())
    }
  }

  /// Leaves a line of one's own.
  func finish(as line: String) {
    state.withLock { _ in display.show(MIMEBundle(plain: line)) }
  }

  /// Leaves the line of work that was stopped.
  func stop(at done: Int) { finish(done: done, isStopped: true) }
}

/// Watches the runs of a comparison: one progress line for all of them.
final class ComparisonWatch {
  private let line: ProgressLine
  private let workplace: Workplace
  private let runs: Int
  private var done = 0

  init(runs: Int, _ workplace: Workplace) {
    self.runs = runs
    self.workplace = workplace
    line = ProgressLine("Comparing", past: "Compared", total: runs, unit: "runs", workplace)
  }

  /// Watches one run; throws `CellInterrupted` where it was stopped.
  func run(_ title: String, _ body: (RunObserver) throws -> TrainingRun) throws -> TrainingRun {
    let (workplace, line, done) = (workplace, line, done)
    let run = try body(
      RunObserver(
        isInterrupted: { workplace.isInterrupted },
        onEvent: { event in
          if case .step(let record) = event { line.advance(to: done, note: "\(title), step \(record.step)") }
        }, onToken: { _ in line.tick() }, clock: monotonicSeconds))
    if run.ending == .interrupted { throw CellInterrupted() }
    self.done += 1
    return run
  }

  /// Examines a policy beside the runs.
  func examine(_ examination: Examination, _ policy: Policy) throws -> EvaluationResult {
    let workplace = workplace
    return try reporting {
      try examination(policy, isInterrupted: { workplace.isInterrupted }, onToken: { [line] _ in line.tick() })
    }
  }

  /// Leaves the last line.
  func finish(isComplete: Bool) { line.finish(done: done, isStopped: !isComplete) }
}

/// Watches a training run: a progress line and the plot of the loss, both updated in place.
final class LiveTraining {
  private let line: ProgressLine
  private let plot: LiveDisplay
  private let title: String
  private let plots: Bool
  private var throttle = ProgressThrottle(start: monotonicSeconds())
  private var losses: [Chart.Point] = []
  private var accuracy: String?
  private var fault: String?

  init(title: String, steps: Int, plots: Bool, _ workplace: Workplace) {
    self.title = title
    self.plots = plots
    line = ProgressLine("Training", past: "Trained", total: steps, unit: "steps", workplace)
    plot = LiveDisplay(workplace)
  }

  /// Told from any thread that tokens are drawn: the line shows that time passes.
  var onToken: @Sendable (Int) -> Void { { [line] _ in line.tick() } }

  /// Takes in what the run tells.
  func observe(_ event: TrainingEvent) {
    switch event {
    case .step(let record):
      losses.append(point(record))
      line.advance(to: record.step, note: note(record.loss))
    case .evaluation(let record):
      noteAccuracy(record)
    case .resumed(let records, let evaluations):
      losses = records.map(point)
      evaluations.last.map(noteAccuracy)
      line.begin(after: records.count)
    case .unsaved(let error):
      fault = "not saved: \(error.why)"
    }
    if plots, throttle.isDue(at: monotonicSeconds()) { plot.show(chart.liveBundle()) }
  }

  /// Leaves the final line and the final plot.
  func finish(_ run: TrainingRun) {
    fault = nil
    let parts = [run.records.last.map { note($0.loss) }, run.endingNote].compactMap(\.self)
    line.finish(
      done: run.records.count, note: parts.isEmpty ? nil : parts.joined(separator: " · "),
      isStopped: run.ending != .complete)
    if plots, !losses.isEmpty { plot.show(chart.bundle()) }
  }

  private func point(_ record: StepRecord) -> Chart.Point { Chart.Point(x: Double(record.step), y: record.loss) }

  private func noteAccuracy(_ record: EvaluationRecord) {
    accuracy = "accuracy \(NumberFormat.percent().text(record.result.accuracy)) after step \(record.step)"
  }

  private func note(_ loss: Double) -> String {
    (["loss \(NumberFormat.significant(3).text(loss))"] + [accuracy, fault].compactMap(\.self)).joined(separator: ", ")
  }

  private var chart: Chart {
    Chart.lines(
      [Chart.Series("loss", points: losses)], title: title, x: Chart.Axis("step"), y: RunQuantity.loss.axis)
  }
}
