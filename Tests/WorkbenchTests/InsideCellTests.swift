// Attention and the logit lens in cells: what they say, what they agree with, what they refuse.

import CellLanguage
import Display
import JSONValues
import Testing
@testable import Workbench

@Suite struct InsideCellTests {
  private func numbers(_ bench: Bench, _ cell: String) throws -> [Double] {
    try #require(try bench.run(cell)?.numbers, "\(cell)")
  }

  @Test func everyWayToAWeightGivesTheSame() throws {
    let bench = try Bench.prepared()
    try bench.run("let a = base.attention(along: y)\nlet b = base.attention(along: y, layer: 0, head: 1)")
    // Position 2 of the answer is read by the token before it.
    let row = try numbers(bench, "a[0][1][a.promptLength + 1]")
    #expect(try numbers(bench, "a.weights(position: 2, layer: 0, head: 1)") == row)
    #expect(try numbers(bench, "b.weights(position: 2)") == row)
    let mean = try numbers(bench, "a.weights(position: 2)")
    let other = try numbers(bench, "a[0][0][a.promptLength + 1]")
    #expect(zip(mean, zip(row, other)).allSatisfy { abs($0 - ($1.0 + $1.1) / 2) < 1e-12 })
    #expect(
      try numbers(bench, "[a.tokens.count, a[0][0].count, a.promptLength + y.count - 1]").allSatisfy {
        $0 == Double(row.count)
      })
    #expect(abs(row.reduce(0, +) - 1) < 1e-6 && abs(mean.reduce(0, +) - 1) < 1e-6)
  }

  /// The teacher's prompt holds the reference; the student's does not.
  @Test func theTeachersPromptStandsBeforeTheSameAnswer() throws {
    let bench = try Bench.prepared()
    for role in ["student", "teacher"] {
      let tokens = try #require(
        try bench.run("base.attention(along: y, as: .\(role)).tokens.joined()")?.description)
      let expected = try #require(try bench.run("\(role)Prompt(x) + y.tokens[0..<y.count - 1].joined()")?.description)
      #expect(tokens == expected)
    }
    let title = try bench.output("base.attention(along: y, as: .teacher)")[0].plain
    #expect(title.hasPrefix("Attention, layer 0, mean over 2 heads: ") && title.contains("under the teacher's prompt"))
  }

  /// At temperature 1, bit for bit.
  @Test func theLensEndsWithTheDistributionsOfEitherSide() throws {
    let bench = try Bench.prepared()
    for role in ["student", "teacher"] {
      try bench.run("let lens\(role) = base.logitLens(along: y, as: .\(role))")
      for position in [0, 1, 3] {
        let lens = try numbers(bench, "lens\(role)[lens\(role).count - 1][\(position)]")
        #expect(try numbers(bench, "d.\(role)[\(position)]") == lens)
        #expect(try numbers(bench, "lens\(role)[0][\(position)]") != lens)
      }
    }
  }

  @Test func quantitiesOfALensAreThoseOfItsVectors() throws {
    let bench = try Bench.prepared()
    try bench.run(
      "let lens = base.logitLens(along: y)\nlet p = lens[1][3]\nlet token = base.vocabulary.firstIndex(of: y[3])!")
    for (quantity, byHand) in [
      (".probability", "max(p)"), (".probabilityOfToken", "p[token]"), (".entropy", "0 - sum(p * log(p))"),
      (".rank", "1.0 + Double(p.filter { $0 > p[token] }.count)"),
    ] {
      let found = try numbers(bench, "lens.values(\(quantity), after: 1)")
      let hand = try #require(try bench.run(byHand)?.number)
      #expect(abs(found[3] - hand) < 1e-9, "\(quantity)")
      #expect(try numbers(bench, "lens.values(\(quantity))") == found, "the model of the bench has one layer")
    }
  }

  /// The values that a picture is made of are those that cells can read, and the cells hold the likeliest tokens.
  @Test func picturesHoldTheValues() throws {
    let bench = try Bench.prepared()
    try bench.run("let lens = base.logitLens(along: y)\nlet a = base.attention(along: y)")
    let shown = try bench.output("lens.show(.entropy)")[0]
    let rows = try #require(shown.data["application/vnd.vegalite.v5+json"]?["data"]?["values"]?.array)
    let values = try numbers(bench, "lens.values(.entropy)")
    for (found, value) in zip(try #require(rows[1]["v"]?.array), values) {
      #expect(abs((found.double ?? .nan) - value) < 1e-3 * value)
    }
    let distribution = try numbers(bench, "lens[1][0]")
    let likeliest = try #require(distribution.firstIndex(of: distribution.max() ?? .nan))
    #expect(rows[1]["t"]?[0]?.string == (try bench.run("base.vocabulary[\(likeliest)]")?.description))
    let heads = try bench.output("a.at(2)")[0].data["application/vnd.vegalite.v5+json"]
    let read = try #require(heads?["data"]?["values"]?[1]?["v"]?.array)
    let weights = try numbers(bench, "a.weights(position: 2, layer: 0, head: 1)")
    #expect(read.count == weights.prefix { $0 > 0 }.count)
    for (found, weight) in zip(read, weights) { #expect(abs((found.double ?? .nan) - weight) < 1e-3) }
  }

  @Test func anAdaptedModelIsReadWithItsAdapter() throws {
    let bench = try Bench.prepared()
    try bench.run(
      """
      let small = train(
        base, on: practice, with: .opsd(rollouts: 2, maxTokens: 4), steps: 2, learningRate: 0.05, plot: false,
        adapter: .lora(rank: 2)).model
      let e = small.distributions(along: y)
      let lens = small.logitLens(along: y)
      """)
    #expect(try numbers(bench, "lens[1][3]") == numbers(bench, "e.student[3]"))
    #expect(try numbers(bench, "lens[1][3]") != numbers(bench, "base.logitLens(along: y)[1][3]"))
    #expect(
      try numbers(bench, "small.attention(along: y)[0][0][5]") != numbers(bench, "base.attention(along: y)[0][0][5]"))
  }

  /// A model of the same task with another context or shape may read what another wrote.
  @Test func anotherModelOfTheTaskReadsIt() throws {
    let bench = try Bench.prepared()
    try bench.run("let other = model(layers: 2, width: 12, heads: 3, for: task, seed: 9)")
    #expect(try bench.run("other.attention(along: y).count")?.description == "2")
    #expect(try bench.run("other.logitLens(along: y).count")?.description == "3")
  }

  @Test(arguments: [
    ("model(layers: 1, width: 8, heads: 2, for: sorting()).attention(along: y)", "does not speak the tokens"),
    ("model(layers: 1, width: 8, heads: 2, for: sorting()).logitLens(along: y)", "does not speak the tokens"),
    ("model(layers: 1, width: 8, heads: 2, context: 8).attention(along: y, as: .teacher)", "its context is 8 tokens"),
    ("model(layers: 1, width: 8, heads: 2, context: 8).logitLens(along: y, as: .teacher)", "its context is 8 tokens"),
    ("base.attention(along: x)", "must be a value of type Rollout"), ("base.attention()", "because it is the answer"),
    ("base.attention(along: y, as: .judge)", "`.student`, `.teacher`"),
    ("base.attention(along: y, layer: 1)", "Choose one from 0 to 0"),
    ("base.attention(along: y, head: 2)", "Choose one from 0 to 1"),
    ("base.attention(along: y, layer: -1)", "at least 0"),
    ("base.attention(along: y).show(layer: 1)", "there is no layer 1"),
    ("base.attention(along: y).show(head: 7)", "there is no head 7"),
    ("base.attention(along: y).at(12)", "there is no position 12"), ("base.attention(along: y).at(-1)", "at least 0"),
    ("base.attention(along: y).at(0, layer: 3)", "there is no layer 3"),
    ("base.attention(along: y).weights(position: 100)", "there is no position 100"),
    ("base.attention(along: y)[1]", "index 1 is out of range"), ("base.attention(along: y)[0][2]", "index 2"),
    ("base.attention(along: y)[0][0][900]", "index 900"), ("base.attention(along: y)[0][\"a\"]", "cannot be indexed"),
    ("base.logitLens(along: y)[2]", "index 2 is out of range"), ("base.logitLens(along: y)[0][-1]", "index -1"),
    ("base.logitLens(along: y).show(.ranks)", "Did you mean `.rank`?"),
    ("base.logitLens(along: y).values(.rank, after: 2)", "Choose one from 0 to 1"),
  ]) func whatCannotBeIsRefused(cell: String, words: String) throws {
    let bench = try Bench.prepared()
    let error = bench.error(cell)
    #expect(error.contains(words), "\(error)")
    #expect(error.contains("^"), "no caret: \(error)")
    #expect(try bench.run("1 + 1").map(\.description) == "2")
  }

  @Test(arguments: ["base.attention(along: y)", "base.logitLens(along: y)"]) func anInterruptStopsIt(cell: String)
    throws
  {
    let bench = try Bench.prepared()
    #expect(throws: (any Error).self) { try bench.run(cell, on: KeepingScreen(interruptedAfter: 1)) }
    #expect(try bench.run("1 + 1").map(\.description) == "2")
  }

  // MARK: The card of a model

  /// The lines of the parts, by the name in front.
  private func card(_ bench: Bench, _ model: String) throws -> [String: [Table.Cell]] {
    guard case .object(let object)? = try bench.run(model), let model = object as? ModelObject else { return [:] }
    return Dictionary(
      model.modelCard().rows.map { ($0[0].words, $0) }, uniquingKeysWith: { first, _ in first })
  }

  @Test func theCardsPartsAreAllOfTheModel() throws {
    let bench = try Bench.prepared()
    for model in ["base", "model(layers: 3, width: 24, heads: 4, for: task)"] {
      let rows = try card(bench, model)
      let parts = [
        "embedding", "attention, q", "attention, k", "attention, v", "attention, o", "feed-forward, gate",
        "feed-forward, up", "feed-forward, down", "norms",
      ].compactMap { rows[$0] }
      #expect(parts.count == 9)
      let all = try #require(rows["all"])
      let count = try #require(try bench.run("\(model).parameters")?.number)
      for column in 2...4 {
        #expect(abs(parts.reduce(0) { $0 + $1[column].number } - all[column].number) < 1e-9 * count)
      }
      #expect(all[2].number == count && all[3].number == 1 && all[4].number == count / 256)
    }
    let base = try card(bench, "base")
    #expect(base["attention, k"]?[1] == "4 × 8 × 1 layer" && base["attention, k"]?[2].number == 32)
    #expect(base["head"] == nil && base["embedding"]?[5].words.contains("tied") == true)
    #expect(base["gradient"]?[4].number ?? 0 >= base["all"]?[4].number ?? .infinity)
    #expect(base["checksum"]?[5].words.hasPrefix(try bench.run("base.checksum")?.description ?? "?") == true)
  }

  @Test func theCardOfTheShippedBaseSaysWhereItComesFrom() throws {
    _ = Shipped.models
    let rows = try card(Bench(), "model(\"base\")")
    #expect(rows["made by"]?[5] == "opsd pretrain: 700 steps of 64 sequences, seed 1")
    #expect(rows["as teacher, greedy"]?[3].number == 1)
    #expect(rows["all"]?[2].number == 306_672)
  }

  @Test func theCardOfAnAdaptedModelNamesWhatTrains() throws {
    let bench = try Bench.prepared()
    let cell =
      "train(base, on: practice, with: .opsd(rollouts: 2, maxTokens: 4), steps: 1, plot: false, adapter: .lora(rank: 2)).model"
    try bench.run("let small = \(cell)")
    let (small, base) = (try card(bench, "small"), try card(bench, "base"))
    let adapter = try #require(small["adapter"])
    #expect(adapter[2].number == (small["all"]?[2].number ?? 0) - (base["all"]?[2].number ?? 0))
    #expect(small["gradient"]?[4].number ?? .infinity < base["gradient"]?[4].number ?? 0)
  }
}

extension Table.Cell {
  /// The number, where there is one.
  fileprivate var number: Double { if case .number(let value, _) = self { value } else { .nan } }
  /// The words, where there are any.
  fileprivate var words: String { if case .text(let words) = self { words } else { "" } }
}
