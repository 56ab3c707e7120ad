// What a run measured beside loss and accuracy, as tables and plots.

import CellLanguage
import Display
import Objectives
import Training

extension RunObject {
  /// Every quantity that the run measured, at its first step, at its last and in the mean.
  func diagnostics() -> Table {
    var table = Table(
      caption: title,
      columns: [
        Table.Column("quantity", alignment: .leading), Table.Column("first"), Table.Column("last"),
        Table.Column("mean", meaning: "Over the steps, or over the examinations."),
        Table.Column("meaning", alignment: .leading),
      ])
    table.subtitle = "minimised: \(formula)"
    for quantity in RunQuantity.all {
      let values = run.course(quantity, against: .step).map(\.value)
      guard let first = values.first, let last = values.last else { continue }
      let isShare = quantity.axis.domain == 0...1
      func cell(_ value: Double) -> Table.Cell { .number(value, isShare ? .percent() : .significant(3)) }
      table.rows.append([
        .text(quantity.name), cell(first), cell(last), cell(values.reduce(0, +) / Double(values.count)),
        .text(quantity.meaning),
      ])
    }
    return table
  }

  /// Everything that changed in the course of the run, a panel each.
  func courses(against axis: RunAxis) -> FigureObject {
    let style = PlotStyle(title: title, axis: axis)
    let changing = RunQuantity.all.filter { quantity in
      Set(run.course(quantity, against: .step).map(\.value)).count > 1
    }
    return style.figure(of: changing.isEmpty ? [.loss] : changing, title) { style.series([self], $0) }
  }

  /// A row for every step: what it measured, and what the examination after it found.
  func history() -> Table {
    let quantities = RunQuantity.all.filter { !run.course($0, against: .step).isEmpty }
    var table = Table(
      caption: title,
      columns: [Table.Column("step", meaning: "0 is before the first.")]
        + quantities.map { Table.Column($0.name, unit: $0.axis.unit, meaning: $0.meaning) })
    let found = Dictionary(
      uniqueKeysWithValues: quantities.map { quantity in
        let course = run.course(quantity, against: .step).map { ($0.x, $0.value) }
        return (quantity, Dictionary(course, uniquingKeysWith: { $1 }))
      })
    for step in 0...run.records.count {
      let values = quantities.map { found[$0]?[Double(step)] }
      guard step > 0 || values.contains(where: { $0 != nil }) else { continue }
      table.rows.append([.number(Double(step), .count())] + values.map { .optional($0, .significant(4)) })
    }
    return table
  }

  /// The divergence by position, the first fifth of the steps against the last.
  func profile() throws -> FigureObject {
    let parts = try profiles()
    let chart = Chart.lines(
      parts.map { name, profile in
        Chart.Series(
          name,
          points: profile.byPosition.enumerated().map { bin, part in
            Chart.Point(x: Double(bin * DivergenceProfile.positionsInBin), y: part.mean)
          })
      },
      title: "Divergence by position",
      subtitle: "KL(p_T ‖ p_S); each point is the mean over a bin of \(DivergenceProfile.positionsInBin) tokens, and "
        + "stands at the first of them",
      x: Chart.Axis("position in the completion, bins of \(DivergenceProfile.positionsInBin)", unit: "tokens"),
      y: Chart.Axis("divergence", unit: "nats/token"))
    return FigureObject(figure: chart, summary: "\(title): divergence by position")
  }

  /// The divergence by kind of token, the first fifth of the steps against the last.
  func kinds() throws -> TableObject {
    let parts = try profiles()
    var table = Table(
      caption: "Divergence by kind of token",
      columns: [
        Table.Column("token", alignment: .leading), Table.Column("share of tokens", meaning: "In the last steps."),
      ] + parts.map { Table.Column($0.0, unit: "nats/token", meaning: "Mean divergence at such tokens.") })
    table.subtitle = "KL(p_T ‖ p_S)"
    let all = parts[1].1.byClass.values.reduce(0) { $0 + $1.count }
    for kind in TokenClass.allCases {
      let cells = parts.map { $0.1.byClass[kind] }
      guard cells.contains(where: { $0 != nil }) else { continue }
      table.rows.append(
        [.text(kind.rawValue), .number(Double(cells[1]?.count ?? 0) / Double(max(1, all)), .percent())]
          + cells.map { part in part.map { .number($0.mean, .significant(3)) } ?? .missing })
    }
    return TableObject(table)
  }

  /// What was measured in the first fifth of the steps and in the last, with what each is called.
  private func profiles() throws -> [(name: String, DivergenceProfile)] {
    let profiles = run.records.compactMap(\.profile)
    guard !profiles.isEmpty else {
      throw CellFailure(
        "this run has no profile", "its method has no teacher whose distribution could be compared",
        fix: "Use a method with a teacher, such as .opsd().")
    }
    let portion = max(1, profiles.count / 5)
    let steps = portion == 1 ? "step" : "\(portion) steps"
    return [
      ("first \(steps)", profiles.prefix(portion)), ("last \(steps)", profiles.suffix(portion)),
    ].map { ($0, DivergenceProfile(of: $1)) }
  }
}
