// Plots of runs: one chart, or panels over a common axis.

import CellLanguage
import Display
import Evaluation
import Training

/// How runs are plotted, whatever is plotted of them.
struct PlotStyle {
  var title: String?
  var names: [String] = []
  var axis = RunAxis.step
  /// The scale of the horizontal axis.
  var x = Chart.Axis.Scale.linear
  /// The scale of the vertical axis.
  var y = Chart.Axis.Scale.linear

  /// The name of a line.
  func name(_ index: Int, _ standard: String) -> String { index < names.count ? names[index] : standard }

  /// The courses of a quantity in several runs, with the intervals of examinations.
  func series(_ runs: [RunObject], _ quantity: RunQuantity) -> [Chart.Series] {
    runs.enumerated().map { index, run in
      Chart.Series(
        name(index, "\(run.run.method), seed \(run.seed)"),
        points: run.run.course(quantity, against: axis).map {
          Chart.Point(x: $0.x, y: $0.value, lower: $0.interval?.lowerBound, upper: $0.interval?.upperBound)
        },
        showsPoints: quantity.isExamined)
    }
  }

  /// One chart of one quantity, a panel of each of several.
  func figure(
    of quantities: [RunQuantity], _ subject: String, _ series: (RunQuantity) -> [Chart.Series]
  ) -> FigureObject {
    let charts = quantities.map { quantity in
      var (across, up) = (axis.axis, quantity.axis)
      (across.scale, up.scale) = (x, y)
      return Chart.lines(series(quantity), title: quantities.count == 1 ? title : nil, x: across, y: up)
    }
    let summary = "\(quantities.map(\.name).joined(separator: ", ")) of \(subject)"
    if charts.count == 1 { return FigureObject(figure: charts[0], summary: summary) }
    return FigureObject(figure: ChartPanels(charts, title: title), summary: summary)
  }
}

/// A line for each of several runs.
func comparison(_ runs: [RunObject]) -> Table {
  let percent = NumberFormat.percent()
  var table = Table(
    caption: "\(runs.count) runs",
    columns: [
      Table.Column("method", alignment: .leading), Table.Column("seed"), Table.Column("steps"),
      Table.Column("generated", unit: "tokens"),
      Table.Column("accuracy before", meaning: "avg@k at the first examination."),
      Table.Column("accuracy after", meaning: "avg@k at the last examination."),
      Table.Column("95 % interval", meaning: "Of the accuracy after, over problems and attempts."),
    ])
  for run in runs {
    let (first, last) = (run.run.evaluations.first?.result, run.run.evaluations.last?.result)
    table.rows.append([
      .text(run.run.method), .number(Double(run.seed), .fixed(0)), .number(Double(run.run.records.count), .count()),
      .number(Double(run.run.tokens), .count()),
      .optional(first?.accuracy, percent), .optional(last?.accuracy, percent), last?.intervalCell ?? .missing,
    ])
  }
  return table
}

/// A line for each of several examinations.
func comparison(_ examinations: [EvaluationObject]) -> Table {
  let percent = NumberFormat.percent()
  var table = Table(
    caption: "\(examinations.count) examinations",
    columns: [
      Table.Column("examination", alignment: .leading),
      Table.Column("accuracy", meaning: "avg@k, the share of right answers."),
      Table.Column("95 % interval", meaning: "Wilson's, over problems and attempts."),
      Table.Column("samples", meaning: "k, attempts at each problem."),
      Table.Column("truncated", meaning: "The share of attempts without an end mark."),
      Table.Column("length", unit: "tokens", meaning: "The mean of an attempt."),
    ])
  for examination in examinations {
    let result = examination.result
    table.rows.append([
      .text(examination.title), .number(result.accuracy, percent), result.intervalCell,
      .number(Double(result.samples), .fixed(0)), .number(result.truncationRate, percent),
      .number(result.meanLength, .fixed(1)),
    ])
  }
  return table
}
