// Strips of tokens in cells: side by side, by numbers of one's own, and groups of answers by their advantages.

import CellLanguage
import Display
import Foundation
import JSONValues
import Objectives
import Testing
@testable import Workbench

@Suite struct StripCellTests {
  /// Answers worth 1, 0, 0, 1, 0, 0, 0 and 0.
  static let group = """
    var calls = 0
    let mine = reward("given") { problem, text in
      calls += 1
      return calls == 1 || calls == 4 ? 1.0 : 0.0
    }
    let group = base.rollouts(x, samples: 8, maxTokens: 6, reward: mine, seed: 3)
    """

  @Test func advantagesAreThoseOfGRPO() throws {
    let bench = try Bench.prepared()
    try bench.run(Self.group)
    #expect(try bench.run("group.rewards")?.numbers == [1, 0, 0, 1, 0, 0, 0, 0])
    // As TRL standardises them (ε 1e-4, unbiased deviation), and as Dr. GRPO centres them.
    let standardised = try #require(try bench.run("group.advantages()")?.numbers)
    #expect(abs(standardised[0] - 1.61983525) < 1e-8 && abs(standardised[1] + 0.53994508) < 1e-8)
    #expect(
      try bench.run("group.advantages(.centred)")?.numbers == [0.75, -0.25, -0.25, 0.75] + [-0.25, -0.25, -0.25, -0.25])
    let text = try #require(try bench.output("group.show(.centred)").last?.plain)
    #expect(text.contains("Answer 0, ") && text.contains("reward 1.00, A = +0.750"))
    #expect(text.contains("(reward above the group's mean), tinted -0.750 … +0.750"))
    #expect(try bench.output("group").last?.plain.contains("standard deviations of the group's rewards") == true)
  }

  @Test func aGroupIsItsAnswers() throws {
    let bench = try Bench.prepared()
    try bench.run("let group = base.rollouts(x, samples: 4, maxTokens: 6, seed: 3)")
    #expect(try bench.run("group[0].text == base.rollout(x, maxTokens: 6, seed: 3).text")?.description == "true")
    #expect(try bench.run("group.count")?.number == 4)
    #expect(try bench.run("var n = 0\nfor y in group { n += y.count }\nn")?.number ?? 0 >= 4)
    // The verifier's word is the reward where none is given; where all are worth the same nothing is credited.
    let rewards = try #require(try bench.run("group.rewards")?.numbers)
    #expect(rewards.allSatisfy { $0 == 0 || $0 == 1 })
    #expect(try bench.run("group.accuracy")?.number == rewards.reduce(0, +) / 4)
    if Set(rewards).count == 1 { #expect(try bench.run("group.advantages()")?.numbers == [0, 0, 0, 0]) }
    let other = try bench.run("base.rollouts(x, samples: 4, maxTokens: 6, seed: 4).answers.map { $0.text }")
    #expect(try bench.run("group.answers.map { $0.text }")?.description != other?.description)
    let again = try bench.run("base.rollouts(x, samples: 4, maxTokens: 6, seed: 3).answers.map { $0.text }")
    #expect(try bench.run("group.answers.map { $0.text }")?.description == again?.description)
    #expect(try bench.output("strips(group.answers.map { base.distributions(along: $0) }, .logRatio)").count == 1)
  }

  @Test func twoModelsStandSideBySideInOneScale() throws {
    let bench = try Bench.prepared()
    try bench.run("let e = run.model.distributions(along: y)")
    let bundle = try #require(
      try bench.output("strips([d, e], .forwardKL, names: [\"before\", \"after\"])").last)
    #expect(bundle.plain.contains("before: ") && bundle.plain.contains("after: "))
    #expect(bundle.plain.matches(of: /under each token/).count == 1, "one legend")
    let largest = try #require(
      try bench.run("max(max(d.values(.forwardKL)), max(e.values(.forwardKL)))")?.number)
    #expect(bundle.plain.contains("… \(NumberFormat.fixed(3).text(Swift.max(1, largest)))"))
    #expect(bundle.data["text/html"]?.string?.contains("flex-wrap: wrap") == true)
  }

  @Test func numbersOfOnesOwnColourAnAnswer() throws {
    let bench = try Bench.prepared()
    let text = try #require(
      try bench.output("y.show(by: d.values(.logRatio), name: \"my advantage\", unit: \"nats\")").last?.plain)
    #expect(text.contains("under each token: my advantage (nats), tinted -"))
    #expect(
      try bench.output("y.show(by: 0 - y.logProbabilities, name: \"surprise\")").last?.plain.contains("tinted 0.000 …")
        == true)
    #expect(try bench.output("y.show()").last?.plain == bench.output("y").last?.plain)
    let nameless = try bench.output("y.show(by: 0 - y.logProbabilities, name: \"\", unit: \" \")").last?.plain
    #expect(nameless?.contains("under each token: value, tinted 0.000 …") == true)
  }

  @Test(arguments: [
    ("y.show(by: [1.0])", "each token takes one"), ("y.show(unit: \"nats\")", "would change nothing"),
    ("strips([d, d], names: [\"one\"])", "2 strips have 1 names"), ("strips([])", "0 strips"),
    ("strips([y, y], .forwardKL)", "coloured by their surprise"), ("base.rollouts(x, samples: 0)", "between 1 and 256"),
    ("base.rollouts(x, samples: 2, reward: reward(\"nan\") { p, t in 0.0 / 0.0 })", "no finite number"),
  ]) func whatCannotBeShownIsRefused(cell: String, words: String) throws {
    let bench = try Bench.prepared()
    #expect(bench.error(cell).contains(words), "\(bench.error(cell))")
  }

  @Test func thePairListsWhatTellsMostFirst() throws {
    let bench = try Bench.prepared()
    guard case .object(let object)? = try bench.run("d[0]"), let position = object as? PositionObject else {
      Issue.record("d[0] is no position")
      return
    }
    let pair = position.top(5, .forwardKL)
    let shares = pair.entries.compactMap(\.share).map(abs)
    let inOrder = pair.entries.last?.label == position.distributions.rollout.token(0) ? shares.dropLast() : shares[...]
    #expect(Array(inOrder) == inOrder.sorted(by: >))
    let terms = zip(position.teacher, position.student).map { p, q in abs(p * log(p / q)) }.sorted(by: >)
    #expect(abs(shares[0] - terms[0]) < 1e-12, "the largest of the whole vocabulary")
    #expect(pair.chosen != nil, "the token that stands there is always listed")
    for count in 1...18 { #expect(position.top(count, .reverseKL).chosen != nil) }
  }
}
