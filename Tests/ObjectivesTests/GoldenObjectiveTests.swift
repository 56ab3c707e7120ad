// Objectives against TRL's own functions and the papers' formulas, differentiated by PyTorch; see the README of Fixtures.

import Evidence
import JSONValues
import Objectives
import Tensors
import Testing

/// The rows of the fixture as log-probabilities.
private struct GoldenRows {
  let json: JSON
  let tokens: [Int32]
  let width = 17
  var rows: Int { tokens.count }

  init() throws {
    json = try goldenJSON("objectives")
    tokens = try json.at("tokens").tokens
  }

  func logProbabilities(_ side: String, temperature: Double = 1) throws -> Floats {
    let values = Floats(try json.at(side).rows.map { Float($0) })
    logSoftmax(values, rows: rows, width: width, temperature: Float(temperature))
    return values
  }

  func floats(_ path: String...) throws -> [Float] {
    try path.reduce(json) { try $0.at($1) }.numbers.map { Float($0) }
  }
}

extension Divergence {
  fileprivate init(_ entry: JSON) throws {
    let weight = try #require(entry["weight"]?.double)
    switch try entry.at("name").string {
    case "forward": self = .forwardKL
    case "reverse": self = .reverseKL
    case "jsd": self = .jsd(beta: weight)
    case "totalVariation": self = .totalVariation
    case "skew": self = .skewKL(alpha: weight)
    default: self = .skewReverseKL(alpha: weight)
    }
  }
}

extension DistillationObjective {
  fileprivate init(_ entry: JSON) throws {
    self.init(try Divergence(entry))
    if let support = entry["support"]?.array {
      self.support = .topK(
        try #require(support[0].int), of: try #require(support[1].string.flatMap(Side.init)),
        try #require(support[2].string.flatMap(SupportNormalisation.init)))
    }
    if let clip = entry["clip"]?.array {
      let threshold = try #require(clip[1].double)
      self.clip = clip[0].string == "pointwise" ? .pointwise(threshold) : .perToken(threshold)
    }
  }
}

@Suite struct GoldenObjectiveTests {
  @Test func everyDistillationObjectiveEqualsPyTorch() throws {
    let golden = try GoldenRows()
    let cases = try #require(try golden.json.at("divergences").array)
    #expect(cases.count == 111 && cases.count { $0["source"]?.string == "trl" } == 20)
    for entry in cases {
      let objective = try DistillationObjective(entry)
      let temperature = try #require(entry["temperature"]?.double)
      let student = try golden.logProbabilities("student", temperature: temperature)
      let losses = Floats(zeros: golden.rows)
      try objective.validate(vocabulary: golden.width)
      objective.lossAndGradient(
        teacher: try golden.logProbabilities("teacher", temperature: temperature), student: student,
        weights: Floats([Float](repeating: 1, count: golden.rows)), losses: losses, rows: golden.rows,
        vocabulary: golden.width, temperature: temperature)
      // Log-probabilities of up to 9 are rounded to 5 · 10⁻⁷, and so are the probabilities in proportion. Of a JSD that is
      // cut off at 10⁻⁶ less than that is left.
      func isClose(_ found: [Double], _ expected: [Double]) -> Bool {
        relativeError(found, expected) < 3e-6 || zip(found, expected).allSatisfy { abs($0 - $1) < 2e-7 }
      }
      let label = "\(objective.name) T=\(temperature)"
      #expect(isClose(losses.doubles, try entry.at("losses").numbers), "\(label)")
      #expect(isClose(student.doubles, try entry.at("gradients").rows), "\(label)")
    }
  }

  @Test func everyPolicyLossEqualsTRL() throws {
    let golden = try GoldenRows()
    let cases = try #require(try golden.json.at("policies").array)
    #expect(cases.count == 10)
    for entry in cases {
      func number(_ key: String) throws -> Double { try #require(entry[key]?.double) }
      let beta = try number("beta")
      let type = try entry.at("lossType").string
      let loss = TokenPolicyLoss(
        type == "cispo"
          ? .cappedRatio(try number("high")) : .clippedRatio(low: try number("low"), high: try number("high")),
        penalty: beta == 0 ? nil : KLPenalty(.k3, coefficient: beta))
      let reduction: Reduction =
        switch type {
        case "grpo": .sequenceMean
        case "dr_grpo": .fixedLength(8)
        default: .tokenMean
        }
      try loss.validate()
      let weights = reduction.weights(lengths: try golden.json.at("lengths").tokens.map(Int.init))
      let student = try golden.logProbabilities("student")
      let outcomes = loss.lossAndGradient(
        student: student,
        .init(
          tokens: golden.tokens, advantages: try entry.at("advantages").numbers.map { Float($0) },
          old: try golden.floats("old"), reference: try golden.floats("reference")),
        weights: Floats(weights), vocabulary: golden.width)
      let total = zip(outcomes, weights).reduce(0) { $0 + $1.0.loss * Double($1.1) }
      #expect(abs(total - (try number("loss"))) < 1e-6, "\(type ?? "") β=\(beta)")
      #expect(relativeError(student, try entry.at("gradients").rows) < 2e-6, "\(type ?? "") β=\(beta)")
      let count = Double(outcomes.count)
      if type != "cispo" {
        #expect(abs(Double(outcomes.count(where: \.isClippedLow)) / count - (try number("low_mean"))) < 1e-6)
        #expect(abs(Double(outcomes.count(where: \.isClippedHigh)) / count - (try number("high_mean"))) < 1e-6)
      }
      if beta != 0 {
        #expect(abs(outcomes.reduce(0) { $0 + $1.kl } / count - (try number("kl"))) < 1e-6)
      }
    }
  }

  @Test func sampledTokenDistillationEqualsTRL() throws {
    let golden = try GoldenRows()
    for entry in try #require(try golden.json.at("sampledToken").array) {
      let loss = TokenPolicyLoss(
        entry["cap"]?.double.map { .cappedRatio($0) } ?? .logProbability, advantage: .teacher)
      let student = try golden.logProbabilities("student")
      let outcomes = loss.lossAndGradient(
        student: student,
        .init(tokens: golden.tokens, old: try golden.floats("old"), teacher: try golden.floats("teacherToken")),
        weights: Floats([Float](repeating: 1, count: golden.rows)), vocabulary: golden.width)
      #expect(relativeError(outcomes.map(\.loss), try entry.at("losses").numbers) < 1e-6)
      #expect(relativeError(student, try entry.at("gradients").rows) < 2e-6)
    }
  }

  @Test func advantagesEqualTRL() throws {
    let golden = try GoldenRows()
    let rewards = try #require(try golden.json.at("rewards").array).map(\.numbers)
    let rules: [String: GroupAdvantage] = [
      "group": .groupStandardised(), "batch": .batchStandardised(), "none": .meanOnly,
    ]
    for entry in try #require(try golden.json.at("advantages").array) {
      let rule = try #require(entry["scale"]?.string.flatMap { rules[$0] })
      let advantages = rule(rewards)
      // The factor n/(n−1) of TRL's nanstd is in float32.
      #expect(relativeError(advantages.values.flatMap { $0 }, try entry.at("advantages").rows) < 1e-7)
      #expect(advantages.hasSignal == [true, true, false] && advantages.silentShare == 1 / 3.0)
    }
  }
}
