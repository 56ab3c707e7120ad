// Tables and plots of vectors and runs.

import CellLanguage
import Evaluation
import Training
import Display

private let axisEnumeration = Enumeration(
  "PlotAxis", summary: "What runs are plotted against.",
  cases: RunAxis.allCases.map { .init($0.rawValue, summary: $0.meaning) })

private let quantityEnumeration = Enumeration(
  "RunQuantity", summary: "What is plotted of a run.",
  cases: RunQuantity.all.map { .init($0.name, summary: $0.meaning) })

private let plottable = ValueType.either([
  .object("Run"), .array(of: .object("Run")), .object("Comparison"), .vector, .array(of: .vector),
])

let plotCommands = [
  Command(
    "plot",
    [
      Parameter(
        "_", name: "values", plottable, help: "A run, several runs, a comparison, a vector, or several vectors."),
      Parameter("x", .choice(axisEnumeration), default: .implicit("step"), help: "For runs: the horizontal axis."),
      Parameter(
        "y", .choice(quantityEnumeration), default: .implicit("loss"),
        help: "For runs: what is plotted; of a comparison, the accuracy unless given."),
      Parameter("title", .optional(.string), help: "A line above the plot."),
      Parameter(
        "names", .array(of: .string), default: [], help: "For several vectors or runs: their names in the legend."),
      Parameter("logarithmic", .bool, default: false, help: "A logarithmic vertical axis."),
      fileParameter("a .png, .svg, .pdf, or .vega, its Vega-Lite description"),
    ],
    summary: "Plots vectors against their places, or runs against steps or tokens.",
    example: "plot(run, x: .generatedTokens, y: .accuracy)"
  ) { arguments, context in
    let chart = try chart(arguments)
    try export(chart, arguments)
    context.workplace.screen.display(chart.bundle(), id: nil)
    return .void
  },
  Command(
    "table",
    [
      Parameter(
        "_", name: "runs", .either([.object("Run"), .array(of: .object("Run")), .object("Comparison")]),
        help: "One run or several, or a comparison."),
      fileParameter("a .csv with every row and numbers in full, or a .md"),
    ],
    summary: "Shows the loss table of a run, or one line for each of several runs.", example: "table([first, second])"
  ) { arguments, context in
    if case .object(let object) = try arguments.value("runs"), let comparison = object as? ComparisonObject {
      try show(comparison.table(), arguments, context)
      return .void
    }
    let runs = try runs(arguments.value("runs"))
    guard !runs.isEmpty else {
      throw CellFailure(
        "there are no runs to show", "the array is empty",
        fix: "Give what `train` returned, as in table([first, second]).",
        argument: "runs", kind: .outOfRange)
    }
    let table = runs.count == 1 ? runs[0].table() : comparison(runs)
    try show(table, arguments, context)
    return .void
  },
]

private func show(_ table: Table, _ arguments: Arguments, _ context: CellContext) throws {
  try export(table, arguments)
  context.workplace.screen.display(table.bundle(), id: nil)
}

private func runs(_ value: Value) throws -> [RunObject] {
  switch value {
  case .object(let object): return (object as? RunObject).map { [$0] } ?? []
  case .array(let list): return try list.elements.flatMap { try runs($0) }
  default: return []
  }
}

private func chart(_ arguments: Arguments) throws -> Chart {
  let value = try arguments.value("values")
  let names = try arguments.array("names").compactMap { if case .string(let name) = $0 { name } else { nil } }
  func name(_ index: Int, _ standard: String) -> String { index < names.count ? names[index] : standard }
  var title: String?
  if case .string(let text) = try arguments.value("title") { title = text }
  let scale: Chart.Axis.Scale = try arguments.bool("logarithmic") ? .logarithmic : .linear
  if case .object(let object) = value, let comparison = object as? ComparisonObject {
    try arguments.refuse(["names"], because: "the names are those of the comparison; give them to compare")
    // Losses of several methods have several scales; what they can be compared by is the accuracy.
    let named = arguments.isGiven("y") ? RunQuantity(name: try arguments.choice("y").name) : .accuracy
    let quantity = named ?? .accuracy
    let axis = RunAxis(rawValue: try arguments.choice("x").name) ?? .step
    var y = quantity.axis
    y.scale = scale
    return Chart.lines(
      comparison.series(quantity, against: axis), title: title ?? "mean over seeds and 95 % interval", x: axis.axis,
      y: y)
  }
  let runs = try runs(value)
  guard runs.isEmpty else {
    let quantity = RunQuantity(name: try arguments.choice("y").name) ?? .loss
    let axis = RunAxis(rawValue: try arguments.choice("x").name) ?? .step
    var y = quantity.axis
    y.scale = scale
    return Chart.lines(
      runs.enumerated().map { index, run in
        Chart.Series(
          name(index, "\(run.run.method), seed \(run.seed)"),
          points: run.run.course(quantity, against: axis).map {
            Chart.Point(x: $0.x, y: $0.value, lower: $0.interval?.lowerBound, upper: $0.interval?.upperBound)
          },
          showsPoints: quantity.isExamined)
      },
      title: title, x: axis.axis, y: y)
  }
  var vectors: [[Double]] = []
  if let numbers = value.numbers {
    vectors = [numbers]
  } else if case .array(let list) = value {
    vectors = list.elements.compactMap(\.numbers)
  }
  return Chart.lines(
    vectors.enumerated().map { Chart.Series(name($0, "\($0)"), x: $1.indices.map(Double.init), y: $1) }, title: title,
    x: Chart.Axis("place"),
    y: Chart.Axis("value", scale: scale))
}

private func comparison(_ runs: [RunObject]) -> Table {
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
      .text(run.run.method), .text("\(run.seed)"), .number(Double(run.run.records.count), .count()),
      .number(Double(run.run.tokens), .count()),
      first.map { .number($0.accuracy, percent) } ?? .missing, last.map { .number($0.accuracy, percent) } ?? .missing,
      last?.intervalCell ?? .missing,
    ])
  }
  return table
}
