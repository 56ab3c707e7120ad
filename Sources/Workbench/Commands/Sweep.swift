// `opsd bench --sweep`: what a step costs as rollouts grow longer and batches larger, as a table and as a plot.

import Display
import LanguageModel
import Training

/// Steps of one decoder with rollouts of several lengths, or batches of several sizes.
struct Sweep {
  /// What grows.
  enum Axis: CaseIterable {
    case length
    case batch

    var title: String { self == .length ? "tokens of a rollout" : "sequences in the batch" }

    /// The values from a quarter of the usual one to eight times it.
    func values(of work: StepBenchmark) -> [Int] {
      let usual = self == .length ? work.newTokens : work.batch
      return [1, 2, 4, 8, 16, 32].map { max(1, usual * $0 / 4) }
    }

    func work(_ value: Int, like work: StepBenchmark) -> StepBenchmark {
      StepBenchmark(
        configuration: work.configuration, batch: self == .batch ? value : work.batch,
        studentPrompt: work.studentPrompt, teacherPrompt: work.teacherPrompt,
        newTokens: self == .length ? value : work.newTokens)
    }
  }

  /// One measured step.
  struct Row {
    let value: Int
    let tokens: Int
    /// Medians, in seconds.
    let phases: StepBenchmark.Phases
  }

  let axis: Axis
  let rows: [Row]

  /// Measures.
  init(_ axis: Axis, of work: StepBenchmark, repetitions: Int, seconds: () -> Double) throws {
    self.axis = axis
    rows = try axis.values(of: work).filter { value in
      axis == .batch || work.teacherPrompt + value <= work.configuration.contextLength
    }.map { value in
      let work = axis.work(value, like: work)
      let phases = StepBenchmark.Phases.median(of: try work.measure(repetitions, seconds: seconds))
      return Row(value: value, tokens: work.batch * work.newTokens, phases: phases)
    }
  }

  /// Microseconds for each generated token: a flat line is a cost that grows linearly.
  private func perToken(_ row: Row, _ phase: (StepBenchmark.Phases) -> Double) -> Double {
    phase(row.phases) / Double(row.tokens) * 1e6
  }

  /// A Markdown table.
  var table: String {
    func text(_ value: Double) -> String { NumberFormat.significant(3).text(value) }
    var lines = [
      "| \(axis.title) | generated tokens | rollout (s) | teacher (s) | forward + backward (s) | step (s) | step, µs per token |",
      "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows {
      let phases = row.phases
      let seconds = [phases.rollout, phases.teacher, phases.studentForwardBackward, phases.step].map(text)
      lines.append(
        "| \(row.value) | \(row.tokens) | \(seconds.joined(separator: " | ")) | \(text(perToken(row, \.step))) |")
    }
    return lines.joined(separator: "\n")
  }

  /// Microseconds for each generated token against what grows.
  var chart: Chart {
    func series(_ name: String, _ phase: (StepBenchmark.Phases) -> Double) -> Chart.Series {
      Chart.Series(name, x: rows.map { Double($0.value) }, y: rows.map { perToken($0, phase) }, showsPoints: true)
    }
    return .lines(
      [
        series("rollout", \.rollout), series("teacher", \.teacher),
        series("forward + backward", \.studentForwardBackward), series("step", \.step),
      ], title: "Cost of a generated token", x: Chart.Axis(axis.title, scale: .logarithmic),
      y: Chart.Axis("time per generated token", unit: "µs"))
  }
}
