// The result of training, as cells hold it.

import CellLanguage
import Checkpoints
import Display
import Evaluation
import Tasks
import Training

/// A training run.
struct RunObject: CellObject, Pictured, Tabular {
  let run: TrainingRun
  let model: ModelObject
  /// What was minimised.
  let formula: String
  let seed: Int

  var typeName: String { "Run" }
  var summary: String {
    guard let first = run.records.first, let last = run.records.last else { return title }
    let format = NumberFormat.significant(3)
    return "\(title); loss \(format.text(first.loss)) at the first step, \(format.text(last.loss)) at the last"
  }
  /// What it did and how it ended.
  var title: String {
    let taken = run.records.count
    var text = "\(run.method), \(taken) of \(run.steps) steps"
    if let last = run.evaluations.last { text += ", accuracy \(NumberFormat.percent().text(last.result.accuracy))" }
    return text + (run.endingNote.map { "; \($0)" } ?? "")
  }

  func picture() -> MIMEBundle { table().bundle() }

  /// The loss table: means over the steps between two examinations.
  func table() -> Table {
    let percent = NumberFormat.percent()
    var table = Table(
      caption: title,
      columns: [
        Table.Column("steps", meaning: "Which steps the row sums up."),
        Table.Column("loss", meaning: "Mean of \(formula)."),
        Table.Column("gradient norm", meaning: "Mean, before clipping."),
        Table.Column("rollouts right", meaning: "The share of practice rollouts with the right answer."),
        Table.Column("length", unit: "tokens", meaning: "Mean length of a rollout."),
        Table.Column("generated", unit: "tokens", meaning: "Tokens sampled since the start."),
        Table.Column("accuracy", meaning: "avg@k on the examination after these steps."),
        Table.Column("95 % interval", meaning: "Over problems and attempts; not over training seeds."),
      ])
    func row(_ name: String, _ records: ArraySlice<StepRecord>, tokens: Int, _ evaluation: EvaluationRecord?) {
      func mean(_ quantity: RunQuantity, _ format: NumberFormat) -> Table.Cell {
        let values = records.compactMap(quantity.value)
        return values.isEmpty ? .missing : .number(values.reduce(0, +) / Double(values.count), format)
      }
      table.rows.append([
        .text(name), mean(.loss, .significant(4)), mean(.gradientNorm, .significant(3)),
        mean(.rolloutAccuracy, percent), mean(.length, .fixed(1)), .number(Double(tokens), .count()),
        evaluation.map { .number($0.result.accuracy, percent) } ?? .missing,
        evaluation?.result.intervalCell ?? .missing,
      ])
    }
    var tokens = 0
    var done = 0
    var marks = run.evaluations.map(\.step)
    if marks.isEmpty {
      marks = stride(from: 0, through: run.records.count, by: max(1, run.records.count / 10)).map { $0 }
    }
    if marks.last != run.records.count { marks.append(run.records.count) }
    for mark in marks {
      let records = run.records[done..<max(done, mark)]
      tokens += records.reduce(0) { $0 + $1.tokens }
      let name = records.isEmpty ? "before" : done + 1 == mark ? "\(mark)" : "\(done + 1)–\(mark)"
      let evaluation = run.evaluations.first { $0.step == mark }
      if !records.isEmpty || evaluation != nil { row(name, records, tokens: tokens, evaluation) }
      done = max(done, mark)
    }
    return table
  }
}

/// The result of an examination.
struct EvaluationObject: CellObject, Pictured, Tabular {
  let result: EvaluationResult
  let title: String

  var typeName: String { "Evaluation" }
  var summary: String {
    let percent = NumberFormat.percent()
    return "\(percent.text(result.accuracy)) right (95 % interval \(percent.text(result.interval.lowerBound)) to "
      + "\(percent.text(result.interval.upperBound)))"
  }

  func picture() -> MIMEBundle { table().bundle() }

  func table() -> Table {
    let percent = NumberFormat.percent()
    return Table(
      caption: title,
      columns: [
        Table.Column("quantity", alignment: .leading), Table.Column("value"),
        Table.Column("meaning", alignment: .leading),
      ],
      rows: [
        [
          .text("avg@\(result.samples)"), .number(result.accuracy, percent),
          .text("share of right answers, \(result.samples) for each of \(result.correct.count) problems"),
        ],
        [
          "95 % interval", result.intervalCell, "Wilson's, over problems and attempts",
        ],
        [
          .text("pass@\(result.samples)"), .optional(result.passRate(result.samples), percent),
          "share of problems that one of so many attempts solves",
        ],
        [
          .text("maj@\(result.samples)"), .number(result.majorityAccuracy, percent),
          "share of problems whose most frequent answer is right",
        ],
        ["truncated", .number(result.truncationRate, percent), "share of attempts without an end mark"],
        ["format", .number(result.formatRate, percent), "share of attempts that ended and stated an answer"],
        ["length", .number(result.meanLength, .fixed(1, unit: "tokens")), "mean of an attempt"],
      ])
  }
}

extension EvaluationResult {
  /// The interval as tables show it.
  var intervalCell: Table.Cell { .interval(interval, .percent()) }
}

extension TrainingRun {
  /// Tokens sampled in all.
  var tokens: Int { records.reduce(0) { $0 + $1.tokens } }

  /// Why it ended before its time, what is left of it, and what is not on disk; nil for one that is complete.
  var endingNote: String? {
    var kept =
      records.isEmpty
      ? "run.model is the model it started from" : "run.model is the student after step \(records.count)"
    if case .saved(let path) = checkpoint { kept += ", and the same cell goes on from \(path)" }
    var notes: [String] = []
    switch ending {
    case .complete: break
    case .interrupted: notes.append("interrupted: \(kept)")
    case .notFinite(let fault): notes.append("\(fault.note): \(kept); try a lower learning rate")
    }
    if case .failed(let error) = checkpoint { notes.append("the run is not saved: \(error)") }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
  }
}

extension NotFinite {
  /// What was not finite, and where.
  var note: String {
    switch quantity {
    case .parameters: return "step \(step) would have made weights that are not finite"
    case .loss, .gradient:
      var questions: [String] = []
      for problem in problems where !questions.contains(problem.question) { questions.append(problem.question) }
      let named = questions.prefix(3).joined(separator: ", ")
      let more = questions.count > 3 ? " and \(questions.count - 3) more" : ""
      return "the \(quantity.rawValue) of step \(step) was not finite" + (named.isEmpty ? "" : " for \(named)\(more)")
    }
  }
}
