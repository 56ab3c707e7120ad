// Methods side by side, as cells hold them: a table that says what can be told apart, and courses with bands over seeds.

import CellLanguage
import Display
import Evaluation
import JSONValues
import Training

/// Runs of several methods and seeds from one model.
struct ComparisonObject: CellObject, Pictured, Tabular {
  /// The runs of one method.
  struct Entry {
    let name: String
    let formula: String
    /// The learning rate that was used.
    let rate: Double
    /// The rates that were tried, with their accuracies on the problems that chose.
    let tried: [(rate: Double, accuracy: Double)]
    var runs: [(seed: Int, run: TrainingRun)]
    /// For each further examination, what the seeds' last students did.
    var others: [[EvaluationResult]] = []

    /// The last examinations.
    var last: SeveralRuns? {
      let results = runs.compactMap(\.run.evaluations.last?.result)
      return results.isEmpty ? nil : SeveralRuns(results)
    }
    /// The name, and how many of the runs broke off, whose last examination is that of an earlier step.
    var label: String {
      let broken = runs.count { $0.run.ending != .complete }
      return broken == 0 ? name : "\(name); \(broken) of \(runs.count) broke off: \(note)"
    }
    private var note: String { runs.lazy.compactMap(\.run.endingNote).first ?? "" }
    /// The examinations before any step.
    var first: SeveralRuns? {
      let results = runs.compactMap(\.run.evaluations.first?.result)
      return results.isEmpty ? nil : SeveralRuns(results)
    }
    /// The mean accuracy.
    var accuracy: Double { last?.accuracy ?? .nan }
  }

  let model: String
  let task: String
  /// The names of the further examinations.
  var benchmarks: [String] = []
  var entries: [Entry] = []
  /// Why there are no more runs, in words; nil where all are there.
  var ending: String?

  var typeName: String { "Comparison" }
  var summary: String {
    let percent = NumberFormat.percent()
    return entries.map { "\($0.name) \(percent.text($0.accuracy))" }.joined(separator: "; ")
  }

  /// Every run, method by method.
  var runs: [RunObject] {
    entries.flatMap { entry in
      entry.runs.map { seed, run in
        RunObject(
          run: run, model: ModelObject(policy: run.policy, name: "\(model), \(entry.name)", card: [:]),
          formula: entry.formula, seed: seed)
      }
    }
  }

  func picture() -> MIMEBundle { table().bundle() }

  /// One line for each method, under one for the model that all began with.
  func table() -> Table {
    let percent = NumberFormat.percent()
    let seeds = entries.map(\.runs.count).max() ?? 0
    var table = Table(
      caption:
        "\(entries.count) method\(entries.count == 1 ? "" : "s") from \(model) on \(task), \(seeds) seed\(seeds == 1 ? "" : "s") each"
        + (ending.map { "; \($0); what is here is complete" } ?? ""),
      columns: [
        Table.Column("method", alignment: .leading),
        Table.Column("accuracy", meaning: "avg@k at the last examination, mean over seeds."),
        Table.Column("95 % interval", meaning: "Over problems and attempts, all seeds together."),
        Table.Column("over seeds", meaning: "95 % interval of the mean over seeds, by Student's t."),
        Table.Column("better than the base by", meaning: "Paired on the same problems, with its 95 % interval."),
        Table.Column("learning rate", meaning: "The best of those tried on the problems that choose, or the only one."),
        Table.Column("steps", meaning: "Mean over seeds."),
        Table.Column("generated", unit: "tokens", meaning: "Sampled in training, mean over seeds."),
        Table.Column("learnt from", unit: "tokens", meaning: "At which a loss was taken, mean over seeds."),
        Table.Column("time", unit: "s", meaning: "Of the steps, without examinations, mean over seeds."),
      ]
        + benchmarks.map {
          Table.Column($0, meaning: "avg@k of the last students there, mean over seeds, with its 95 % interval.")
        })
    let base = entries.lazy.compactMap(\.first).first
    if let base {
      table.rows.append([.text("base"), .number(base.accuracy, percent), base.pooled.intervalCell])
    }
    let best = entries.compactMap(\.last).max { $0.accuracy < $1.accuracy }
    for entry in entries {
      guard let last = entry.last else { continue }
      let change = base.map { last.difference(from: $0) }
      func mean(_ value: (TrainingRun) -> Double, _ format: NumberFormat) -> Table.Cell {
        .number(entry.runs.reduce(0) { $0 + value($1.run) } / Double(entry.runs.count), format)
      }
      // Bold where the paired interval cannot tell it from the best.
      if let best, last == best || last.difference(from: best).interval.upperBound >= 0 {
        table.highlighted.insert(Table.Position(row: table.rows.count, column: 1))
      }
      table.rows.append(
        [
          .text(entry.label), .number(last.accuracy, percent), last.pooled.intervalCell,
          last.seedInterval.map { .interval($0, percent) } ?? .missing,
          change.map {
            .text("\(points($0.mean)) (\(points($0.interval.lowerBound)) … \(points($0.interval.upperBound)))")
          }
            ?? .missing,
          .number(entry.rate, .significant(2)), mean({ Double($0.records.count) }, .fixed(0)),
          mean({ Double($0.tokens) }, .count()), mean({ Double($0.records.reduce(0) { $0 + $1.learnt }) }, .count()),
          mean({ $0.records.reduce(0) { $0 + $1.time.seconds } }, .significant(2)),
        ] + benchmarks.indices.map { benchmarkCell(entry, $0, row: table.rows.count, columns: 10, &table) })
    }
    table.highlightMeaning = "the best, and what the paired interval over problems cannot tell from it"
    return table
  }

  /// The accuracy at a further examination; bold where the paired interval cannot tell it from the best there.
  private func benchmarkCell(
    _ entry: Entry, _ place: Int, row: Int, columns: Int, _ table: inout Table
  ) -> Table.Cell {
    func results(_ entry: Entry) -> SeveralRuns? {
      place < entry.others.count && !entry.others[place].isEmpty ? SeveralRuns(entry.others[place]) : nil
    }
    guard let mine = results(entry) else { return .missing }
    let best = entries.compactMap(results).max { $0.accuracy < $1.accuracy }
    if let best, mine == best || mine.difference(from: best).interval.upperBound >= 0 {
      table.highlighted.insert(Table.Position(row: row, column: columns + place))
    }
    let percent = NumberFormat.percent()
    let interval = mine.pooled.interval
    return .text(
      "\(percent.text(mine.accuracy)) (\(percent.text(interval.lowerBound)) … \(percent.text(interval.upperBound)))")
  }

  /// The course of a quantity: for each method the mean over its seeds, and the band of their 95 % interval.
  func series(_ quantity: RunQuantity, against axis: RunAxis) -> [Chart.Series] {
    entries.map { entry in
      let courses = aligned(entry.runs.map(\.run), quantity, against: axis)
      let count = courses.map(\.count).min() ?? 0
      return Chart.Series(
        entry.name,
        points: (0..<count).map { place in
          let values = courses.map { $0[place].value }
          let x = courses.reduce(0) { $0 + $1[place].x } / Double(courses.count)
          let (mean, interval) = meanAndInterval(of: values)
          return Chart.Point(x: x, y: mean, lower: interval?.lowerBound, upper: interval?.upperBound)
        }, showsPoints: quantity.isExamined)
    }
  }
}

/// The courses of several runs at those steps that all of them measured; examinations, which may come after different
/// steps, by their number.
private func aligned(
  _ runs: [TrainingRun], _ quantity: RunQuantity, against axis: RunAxis
) -> [[(x: Double, value: Double)]] {
  let courses = runs.map { run in
    zip(run.course(quantity, against: .step), run.course(quantity, against: axis)).map {
      (step: $0.x, x: $1.x, value: $1.value)
    }
  }
  var common = Set(courses.first?.map(\.step) ?? [])
  for course in courses { common.formIntersection(course.map(\.step)) }
  return courses.map { course in
    course.filter { quantity.isExamined || common.contains($0.step) }.map { ($0.x, $0.value) }
  }
}

/// A share's difference in points of a percent, with its sign.
private func points(_ difference: Double) -> String {
  let text = NumberFormat.fixed(1).text(abs(100 * difference))
  return (difference < 0 ? "−" : "+") + text
}
