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
  .object("Run"), .array(of: .object("Run")), .object("Comparison"), .vector, .array(of: .vector), .dictionary,
])

/// The horizontal axis of runs.
let axisParameter = Parameter(
  "x", .choice(axisEnumeration), default: .implicit("step"), help: "For runs: the horizontal axis.")

let plotCommands = [
  Command(
    "plot",
    [
      Parameter(
        "_", name: "values", plottable,
        help: "A run, several runs, a comparison, a vector, several vectors, or a dictionary of them by their names."),
      axisParameter,
      Parameter(
        "y", .either([.choice(quantityEnumeration), .array(of: .choice(quantityEnumeration))]),
        default: .implicit("loss"),
        help:
          "For runs: what is plotted, or several quantities in panels; of a comparison, the accuracy unless given."),
      Parameter("title", .optional(.string), help: "A line above the plot."),
      Parameter(
        "names", .array(of: .string), default: [], help: "For several vectors or runs: their names in the legend."),
      Parameter("logarithmic", .bool, default: false, help: "A logarithmic vertical axis."),
      Parameter(
        "logarithmicX", .bool, default: false,
        help: "A logarithmic horizontal axis, on which what was measured before the first step has no place."),
    ],
    result: "Figure", summary: "Plots vectors against their places, or runs against steps, tokens or time.",
    discussion: """
      A plot on a line of its own is shown, in the middle of a cell too; let figure = plot(run) keeps it, and \
      figure.pdf("loss") writes it as a file. y: [.loss, .accuracy, .length] makes a panel of each, over one axis.
      """,
    example: "plot(run, x: .generatedTokens, y: .accuracy)"
  ) { arguments, _ in .object(try figure(arguments)) },
  Command(
    "table",
    [
      Parameter(
        "_", name: "values",
        .either(
          ["Run", "Comparison", "Evaluation", "Problems", "Rollouts"].map { .object($0) } + [
            .array(of: .object("Run")), .array(of: .object("Evaluation")), .array(of: .any), .dictionary,
          ]),
        help:
          "A run or several, a comparison, an examination or several, problems, a group of answers; or a table of one's "
          + "own: an array of labelled tuples or of dictionaries, its rows, or a dictionary of arrays, its columns.")
    ],
    result: "Table", summary: "The table of a run or of something else that has one, or a line for each of several.",
    discussion: """
      A table on a line of its own is shown, in the middle of a cell too; let t = table(runs) keeps it. t.sorted(by: \
      "accuracy after") has its rows in another order, t["accuracy after"] is a column, and t.csv("runs") writes it as a \
      file. A table of one's own is table([(step: 1, loss: 0.5), (step: 2, loss: 0.4)]), or by columns table(["step": [1, \
      2], "loss": [0.5, 0.4]]).
      """,
    example: "table([first, second])"
  ) { arguments, _ in
    let value = try arguments.value("values")
    if case .object(let object) = value, let tabular = object as? any Tabular {
      return .object(TableObject(tabular.table()))
    }
    let found = objects(value, as: RunObject.self)
    let examinations = objects(value, as: EvaluationObject.self)
    let count = if case .array(let list) = value { list.elements.count } else { 0 }
    if count == 0 || count != max(found.count, examinations.count) {
      return .object(TableObject(try OwnTable(value).table()))
    }
    if !examinations.isEmpty { return .object(TableObject(comparison(examinations))) }
    return .object(TableObject(found.count == 1 ? found[0].table() : comparison(found)))
  },
]

private func objects<Object: CellObject>(_ value: Value, as type: Object.Type) -> [Object] {
  switch value {
  case .object(let object): (object as? Object).map { [$0] } ?? []
  case .array(let list): list.elements.flatMap { objects($0, as: type) }
  default: []
  }
}

/// The names and the lines of a dictionary: vectors, or runs.
private func named(_ lines: ValueDictionary) throws -> (names: [String], lines: Value) {
  let names = lines.keys.compactMap { if case .string(let name) = $0 { name } else { nil } }
  let values = Value.list(lines.values)
  let areLines =
    lines.values.allSatisfy { $0.numbers != nil } || objects(values, as: RunObject.self).count == lines.count
  guard !names.isEmpty, names.count == lines.count, areLines else {
    throw CellFailure(
      "this dictionary makes no plot", "its keys are the names of the lines, its values all vectors or all runs",
      fix: "Write plot([\"train\": first, \"exam\": second]).", argument: "values", kind: .wrongArgument)
  }
  return (names, values)
}

private func figure(_ arguments: Arguments) throws -> FigureObject {
  var value = try arguments.value("values")
  var title: String?
  if case .string(let text) = try arguments.value("title") { title = text }
  var names = try arguments.array("names").compactMap { if case .string(let name) = $0 { name } else { nil } }
  if case .dictionary(let lines) = value {
    try arguments.refuse(["names"], because: "the names are the keys of the dictionary")
    (names, value) = try named(lines)
  }
  var style = PlotStyle(
    title: title, names: names, axis: RunAxis(rawValue: try arguments.choice("x").name) ?? .step,
    x: try arguments.bool("logarithmicX") ? .logarithmic : .linear,
    y: try arguments.bool("logarithmic") ? .logarithmic : .linear)
  if case .object(let object) = value, let comparison = object as? ComparisonObject {
    try arguments.refuse(["names"], because: "the names are those of the comparison; give them to compare")
    // Losses of several methods have several scales; what they can be compared by is the accuracy.
    let quantities = arguments.isGiven("y") ? try quantities(arguments) : [.accuracy]
    if style.title == nil { style.title = "mean over seeds and 95 % interval" }
    return style.figure(of: quantities, "\(comparison.entries.count) methods") {
      comparison.series($0, against: style.axis)
    }
  }
  let runs = objects(value, as: RunObject.self)
  guard runs.isEmpty else {
    return style.figure(of: try quantities(arguments), runs.count == 1 ? runs[0].title : "\(runs.count) runs") {
      style.series(runs, $0)
    }
  }
  try arguments.refuse(["x", "y"], because: "vectors are plotted against the places of their numbers")
  var vectors: [[Double]] = []
  if let numbers = value.numbers {
    vectors = [numbers]
  } else if case .array(let list) = value {
    vectors = list.elements.compactMap(\.numbers)
  }
  let chart = Chart.lines(
    vectors.enumerated().map { Chart.Series(style.name($0, "\($0)"), x: $1.indices.map(Double.init), y: $1) },
    title: title, x: Chart.Axis("place", scale: style.x), y: Chart.Axis("value", scale: style.y))
  return FigureObject(figure: chart, summary: "\(title ?? "a plot"): \(vectors.count) lines")
}

private func quantities(_ arguments: Arguments) throws -> [RunQuantity] {
  let value = try arguments.value("y")
  let choices: [Value] = if case .array(let list) = value { list.elements } else { [value] }
  let found = choices.compactMap { one in
    if case .choice(let choice) = one { RunQuantity(name: choice.name) } else { nil }
  }
  guard found.isEmpty || found.count > 24 else { return found }
  throw CellFailure(
    "\(found.count) quantities make no plot", "between 1 and 24 have room", fix: "Write y: [.loss, .accuracy].",
    argument: "y", kind: .outOfRange)
}
