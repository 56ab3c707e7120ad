// A group of answers to one problem, as GRPO looks at them: each worth as much as it is better than the others.

import CellLanguage
import Display
import Objectives
import Rollouts
import Tasks
import Training

/// Several answers of one model to one problem.
struct RolloutsObject: CellObject, Pictured, Tabular {
  let answers: [RolloutObject]
  /// What each answer is worth.
  let rewards: [Double]
  /// What the rewards are called; nil for the verifier's word.
  let reward: String?

  var typeName: String { "Rollouts" }
  var summary: String {
    let question = answers.first?.problem.question ?? ""
    return "\(answers.count) answers to \(question): \(answers.count { $0.verdict.isCorrect }) right"
  }
  var elementCount: Int? { answers.count }

  func element(at index: Value) throws -> Value { try elements(at: index) { .object(answers[$0]) } }

  func picture() -> MIMEBundle { strips(.groupStandardised()).bundle() }

  /// A_i: how much better than the group each answer is.
  func advantages(_ advantage: GroupAdvantage) -> [Double] { advantage([rewards]).values[0] }

  /// Each answer tinted as a whole by its advantage, which all of its tokens share.
  func strips(_ advantage: GroupAdvantage) -> TokenStrips {
    let advantages = advantages(advantage)
    let format = NumberFormat.fixed(3).signed
    return TokenStrips(
      answers.enumerated().map { index, answer in
        var strip = TokenStrip(
          title: "Answer \(index), \(answer.judgement): reward \(NumberFormat.significant(3).text(rewards[index])), "
            + "A = \(format.text(advantages[index]))",
          quantity: "advantage A of the whole answer", unit: unit(advantage), format: format, scale: .diverging(),
          tokens: answer.tokenTexts.map { TokenStrip.Token($0, details: ["answer \(index)"]) })
        strip.wholeValue = advantages[index]
        return strip
      })
  }

  /// In what an advantage is measured.
  private func unit(_ advantage: GroupAdvantage) -> String {
    switch advantage {
    case .groupStandardised, .batchStandardised: "standard deviations of the group's rewards"
    case .meanOnly: "reward above the group's mean"
    }
  }

  func table() -> Table {
    var table = Table(
      caption: summary,
      columns: [
        Table.Column("answer", meaning: "Its place in the group."), Table.Column("text", alignment: .leading),
        Table.Column("verdict", alignment: .leading),
        Table.Column("reward", meaning: "\(reward ?? "1 for a right answer, 0 for any other")."),
        Table.Column("advantage", meaning: "GRPO's: against the group's mean, in its standard deviations."),
        Table.Column("length", unit: "tokens"),
      ])
    let advantages = advantages(.groupStandardised())
    table.rows = answers.enumerated().map { index, answer in
      [
        .number(Double(index), .fixed(0)), .text(answer.text), .text(answer.judgement),
        .number(rewards[index], .significant(3)), .number(advantages[index], .fixed(3).signed),
        .number(Double(answer.rollout.tokens.count), .count()),
      ]
    }
    return table
  }
}
