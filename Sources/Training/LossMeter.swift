// What is measured along the completions while their loss is taken: entropies and both KLs at every token, and where the
// divergence lies, by position and by kind of token.

import Tasks
import Objectives
import Rollouts
import Tokenizer
import Tensors

/// Where in the completions the divergence KL(p_T ‖ p_S) lies.
package struct DivergenceProfile: Sendable, Equatable, Codable {
  /// Sums over the tokens of one kind.
  package struct Part: Sendable, Equatable, Codable {
    /// Tokens.
    package fileprivate(set) var count = 0
    /// The sum of their divergences, in nats.
    package fileprivate(set) var sum = 0.0

    /// The mean, in nats; NaN of none.
    package var mean: Double { count == 0 ? .nan : sum / Double(count) }
  }

  /// By position in the completion, `positionsInBin` positions each.
  package fileprivate(set) var byPosition: [Part] = []
  /// By the kind of the token.
  package fileprivate(set) var byClass: [TokenClass: Part] = [:]
  /// Positions that one entry of `byPosition` sums up.
  package static let positionsInBin = 4
  /// Entries of `byPosition`; positions beyond are in the last.
  static let bins = 64

  init() {}

  /// Several taken together.
  package init(of profiles: some Sequence<DivergenceProfile>) {
    for profile in profiles {
      for (bin, part) in profile.byPosition.enumerated() {
        if byPosition.count <= bin { byPosition.append(Part()) }
        byPosition[bin].add(part)
      }
      for (kind, part) in profile.byClass { byClass[kind, default: Part()].add(part) }
    }
  }
}

/// What kind of token a character is.
package enum TokenClass: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  case digits, letters, signs, spaces, end

  /// The kind of a character.
  package init(_ character: Character, endMark: Character) {
    if character == endMark {
      self = .end
    } else if character.isNumber {
      self = .digits
    } else if character.isLetter {
      self = .letters
    } else {
      self = character.isWhitespace ? .spaces : .signs
    }
  }
}

/// Adds up what is measured over the tokens of a step.
struct LossMeter {
  private let classes: [TokenClass]
  private let places: [Int]
  private var count = 0
  private var hasTeacher = false
  private var sums: [Measure: Double] = [:]
  private var advantages = (count: 0, sum: 0.0, squares: 0.0)
  private var profile = DivergenceProfile()

  /// A meter for completions of these lengths, one after the other, over a vocabulary whose tokens are of these kinds.
  init(lengths: [Int], classes: [TokenClass]) {
    self.classes = classes
    places = lengths.flatMap { Array(0..<$0) }
  }

  private mutating func add(_ measure: Measure, _ value: Double) { sums[measure, default: 0] += value }

  /// Takes in a chunk in which teacher and student are log-probabilities at one temperature.
  mutating func measure(_ chunk: LossChunk, teacher: Floats) {
    hasTeacher = true
    count += chunk.count
    let rows = RowComparison.rows(
      teacher: teacher, student: chunk.logits, rows: chunk.count, vocabulary: chunk.vocabulary)
    for (row, comparison) in rows.enumerated() {
      add(.studentEntropy, comparison.studentEntropy)
      add(.teacherEntropy, comparison.teacherEntropy)
      add(.forwardKL, comparison.forwardKL)
      add(.reverseKL, comparison.reverseKL)
      profile.add(
        comparison.forwardKL, at: places[chunk.positions.lowerBound + row], classes[Int(chunk.targets[row])])
    }
  }

  /// Takes in a chunk without a teacher.
  mutating func measureStudent(_ chunk: LossChunk) {
    let entropies = Floats(zeros: chunk.count)
    entropy(chunk.logits, into: entropies, rows: chunk.count, width: chunk.vocabulary)
    count += chunk.count
    for row in 0..<chunk.count { add(.studentEntropy, Double(entropies[row])) }
  }

  /// Takes in what an objective cut off and left out.
  mutating func measure(_ statistics: DistillationStatistics, of objective: DistillationObjective) {
    for row in 0..<statistics.keptMass.count {
      if objective.clip != .none {
        add(.clippedShare, Double(statistics.clipFraction[row]))
        add(.keptTeacherMass, Double(statistics.keptMass[row]))
      }
      if objective.support != .full { add(.coveredTeacherMass, Double(statistics.teacherCoverage[row])) }
    }
  }

  /// Takes in what the sampled tokens contributed.
  mutating func measure(_ outcomes: [TokenPolicyLoss.Outcome], of loss: TokenPolicyLoss) {
    advantages.count += outcomes.count
    for outcome in outcomes {
      advantages.sum += outcome.advantage
      advantages.squares += outcome.advantage * outcome.advantage
      if case .clippedRatio = loss.surrogate {
        add(.ratioClippedShare, outcome.isClippedLow || outcome.isClippedHigh ? 1 : 0)
      }
      if loss.penalty != nil { add(.referenceKL, outcome.kl) }
    }
  }

  /// The means over all tokens; what another part of the step measured before stays.
  func report(to measures: inout StepMeasures) {
    measures.learnt += count
    guard count > 0 else { return }
    let tokens = Double(count)
    for (measure, sum) in sums where measures.numbers[measure] == nil { measures.numbers[measure] = sum / tokens }
    if advantages.count > 0, measures.numbers[.advantageSpread] == nil {
      let mean = advantages.sum / tokens
      measures.numbers[.advantageSpread] = max(0, advantages.squares / tokens - mean * mean).squareRoot()
    }
    if hasTeacher, measures.profile == nil { measures.profile = profile }
  }
}

extension DivergenceProfile {
  fileprivate mutating func add(_ divergence: Double, at place: Int, _ kind: TokenClass) {
    let bin = min(place / Self.positionsInBin, Self.bins - 1)
    while byPosition.count <= bin { byPosition.append(Part()) }
    byPosition[bin].add(divergence)
    byClass[kind, default: Part()].add(divergence)
  }
}

extension DivergenceProfile.Part {
  fileprivate mutating func add(_ other: Self) {
    count += other.count
    sum += other.sum
  }

  fileprivate mutating func add(_ divergence: Double) {
    count += 1
    sum += divergence
  }
}

extension RunContext {
  /// What kind each token of the vocabulary is.
  var tokenClasses: [TokenClass] { initial.vocabulary.characters.map { TokenClass($0, endMark: task.endMark) } }
}
