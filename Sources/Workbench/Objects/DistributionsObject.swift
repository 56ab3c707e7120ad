// What the teacher and the student say at every position of a rollout.

import CellLanguage
import Rollouts
import Tokenizer
import Tasks
import Display
import LanguageModel
import Objectives
import Tensors
import Training

/// Both distributions over the vocabulary at each position of a rollout.
struct DistributionsObject: CellObject, Pictured {
  let rollout: RolloutObject
  /// Log-probabilities of the teacher and of the student: positions × vocabulary.
  let scores: DistillationScores

  var typeName: String { "Distributions" }
  var summary: String {
    "teacher and student over \(scores.vocabulary) tokens at \(scores.positions) positions of \(rollout.text)"
  }
  var elementCount: Int? { scores.positions }

  func element(at index: Value) throws -> Value {
    try elements(at: index) { .object(PositionObject(distributions: self, position: $0)) }
  }

  func picture() -> MIMEBundle { strip(.divergence(.jsd(beta: 0.5))).bundle() }

  /// What is measured at every position.
  func values(_ quantity: StripQuantity) -> [Double] {
    (0..<scores.positions).map { place in
      let (p, q) = (scores.teacher(place), scores.student(place))
      switch quantity {
      case .divergence(let divergence): return divergence(p, q)
      case .logRatio:
        let token = Int(rollout.rollout.tokens[place])
        return logarithm(p[token]) - logarithm(q[token])
      case .teacherEntropy: return nats(p)
      case .studentEntropy: return nats(q)
      }
    }
  }

  /// The tokens, each coloured by what is measured there.
  func strip(_ quantity: StripQuantity) -> TokenStrip {
    let values = values(quantity)
    let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    return TokenStrip(
      title: "\(rollout.problem.question), \(rollout.judgement): mean \(NumberFormat.fixed(4).text(mean)) nats a token",
      quantity: quantity.name, unit: "nats", format: quantity.format, scale: quantity.scale(of: values),
      tokens: values.indices.map { place in
        let position = PositionObject(distributions: self, position: place)
        return TokenStrip.Token(
          rollout.token(place), value: values[place],
          details: [
            "teacher  " + position.leaders(scores.teacher(place)),
            "student  " + position.leaders(scores.student(place)),
          ])
      })
  }
}

/// What a strip of tokens can be coloured by.
enum StripQuantity {
  /// How far apart teacher and student are.
  case divergence(Divergence)
  /// log p_T − log p_S of the token that was drawn: the advantage of sampled-token distillation.
  case logRatio
  case teacherEntropy
  case studentEntropy

  var name: String {
    switch self {
    case .divergence(let divergence): divergence.name
    case .logRatio: "log p_T − log p_S of the token"
    case .teacherEntropy: "entropy of the teacher"
    case .studentEntropy: "entropy of the student"
    }
  }

  /// How values are written.
  var format: NumberFormat { if case .logRatio = self { .fixed(3).signed } else { .fixed(3) } }

  /// How values become tints.
  func scale(of values: [Double]) -> TokenStrip.Scale {
    switch self {
    // Below e⁻⁷⁴⁵ a probability is 0 and its logarithm infinite.
    case .logRatio: .diverging(limit: max(1, values.lazy.map(abs).filter(\.isFinite).max() ?? 0))
    case .divergence(let divergence): .sequential(to: divergence.largestValue ?? max(1, values.max() ?? 0))
    case .teacherEntropy, .studentEntropy: .sequential(to: max(0.1, values.max() ?? 0))
    }
  }
}

/// The entropy −Σ p log p, in nats.
func nats(_ probabilities: [Double]) -> Double {
  -probabilities.reduce(0) { $0 + ($1 > 0 ? $1 * logarithm($1) : 0) }
}

/// One side of the distributions: a vector for each position.
struct DistributionRowsObject: CellObject {
  let distributions: DistributionsObject
  let isTeacher: Bool

  var typeName: String { "DistributionRows" }
  var summary: String {
    let scores = distributions.scores
    return
      "the \(isTeacher ? "teacher" : "student")'s probabilities: \(scores.positions) vectors of \(scores.vocabulary)"
  }
  var elementCount: Int? { distributions.scores.positions }

  func element(at index: Value) throws -> Value {
    let scores = distributions.scores
    return try elements(at: index) { .reals(isTeacher ? scores.teacher($0) : scores.student($0)) }
  }
}

/// Both distributions at one position.
struct PositionObject: CellObject, Pictured {
  let distributions: DistributionsObject
  let position: Int

  var typeName: String { "Position" }
  var summary: String {
    "position \(position), where the student wrote \(distributions.rollout.token(position)): "
      + "teacher \(leaders(teacher)), student \(leaders(student))"
  }
  var teacher: [Double] { distributions.scores.teacher(position) }
  var student: [Double] { distributions.scores.student(position) }

  private func text(_ token: Int) -> String { distributions.rollout.policy.vocabulary.displayText(of: token) }

  /// The three likeliest tokens in one line.
  func leaders(_ probabilities: [Double]) -> String {
    likeliest(3, by: probabilities).map { "\(text($0)) \(NumberFormat.fixed(3).text(probabilities[$0]))" }
      .joined(separator: " · ")
  }

  func picture() -> MIMEBundle { top(8, .jsd(beta: 0.5)).bundle() }

  /// The tokens that tell most, with the mixture of a JSD: those with the largest share of the divergence first, equal
  /// shares by the larger of their probabilities; the one that stands here is always among them.
  func top(_ count: Int, _ divergence: Divergence) -> DistributionPair {
    let (p, q) = (teacher, student)
    let terms = divergence.terms(p, q)
    var mixture: [Double]?
    if case .jsd(let beta) = divergence { mixture = zip(p, q).map { beta * $0 + (1 - beta) * $1 } }
    let chosen = Int(distributions.rollout.rollout.tokens[position])
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      // What is not a number, as a share of a formula of one's own may be, is last.
      let (shareA, shareB) = (terms[a].isNaN ? -1 : abs(terms[a]), terms[b].isNaN ? -1 : abs(terms[b]))
      if shareA != shareB { return shareA > shareB }
      let (likelyA, likelyB) = (max(p[a], q[a]), max(p[b], q[b]))
      return likelyA != likelyB ? likelyA > likelyB : a < b
    }
    var tokens = Array(p.indices.sorted(by: isBefore).prefix(count))
    if !tokens.contains(chosen), !tokens.isEmpty { tokens[tokens.count - 1] = chosen }
    return DistributionPair(
      title: "Position \(position): after \(distributions.rollout.tokenTexts.prefix(position).suffix(12).joined()) "
        + "the student wrote \(text(chosen))",
      quantity: divergence.name, total: terms.reduce(0, +),
      entries: tokens.map {
        DistributionPair.Entry(text($0), first: p[$0], second: q[$0], mixture: mixture?[$0], share: terms[$0])
      },
      chosen: tokens.firstIndex(of: chosen))
  }

  private func likeliest(_ count: Int, by probabilities: [Double]) -> [Int] {
    let order = probabilities.indices.sorted {
      probabilities[$0] != probabilities[$1] ? probabilities[$0] > probabilities[$1] : $0 < $1
    }
    return Array(order.prefix(count))
  }
}
