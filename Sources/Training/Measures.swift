// What a step measures beside its loss. A method fills in what makes sense for it; names and meanings stand here once.

import Rollouts
import Objectives
import Tasks
import Tensors

/// A number that a step can measure.
package enum Measure: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  case reward, advantageSpread, groupsWithoutSignal
  case studentEntropy, teacherEntropy, forwardKL, reverseKL
  case clippedShare, keptTeacherMass, coveredTeacherMass, ratioClippedShare, referenceKL
  case truncatedShare, contextShare
  case verifiedShare, firstReward, secondReward, reflectedShare, internalisedShare
  case frontierLevel

  /// The unit; nil for shares and other bare numbers.
  package var unit: String? {
    switch self {
    case .studentEntropy, .teacherEntropy, .forwardKL, .reverseKL, .referenceKL: "nats/token"
    default: nil
    }
  }

  /// Whether it lies between 0 and 1.
  package var isShare: Bool {
    switch self {
    case .groupsWithoutSignal, .clippedShare, .keptTeacherMass, .coveredTeacherMass, .ratioClippedShare,
      .truncatedShare, .contextShare, .verifiedShare, .reflectedShare, .internalisedShare:
      true
    default: false
    }
  }

  /// What it means, in one line.
  package var meaning: String {
    switch self {
    case .reward: "Mean reward of the rollouts."
    case .advantageSpread: "Standard deviation of the advantages over the rollouts, or over their tokens."
    case .groupsWithoutSignal: "Share of the groups whose rewards are all equal, so that no advantage is left."
    case .studentEntropy: "Mean entropy of p_S along the sequences."
    case .teacherEntropy: "Mean entropy of p_T along the sequences."
    case .forwardKL: "Mean KL(p_T ‖ p_S) along the sequences, whatever the loss is."
    case .reverseKL: "Mean KL(p_S ‖ p_T) along the sequences, whatever the loss is."
    case .clippedShare: "Share of the loss's summands, or tokens, at the clip."
    case .keptTeacherMass: "Teacher's probability on the summands that the clip left alone, mean over tokens."
    case .coveredTeacherMass: "Teacher's probability on the top-k support, mean over tokens."
    case .ratioClippedShare: "Share of the tokens whose probability ratio is held by the clip."
    case .referenceKL: "Mean estimate of KL(p_S ‖ p_reference) at the sampled tokens."
    case .truncatedShare: "Share of the rollouts that ran out of tokens before their end mark."
    case .contextShare: "Share of the rollouts for which the teacher had a context to see."
    case .verifiedShare: "Share of the teacher's solutions that the verifier lets pass."
    case .firstReward: "Mean reward of the first attempts."
    case .secondReward: "Mean reward of the second attempts, after a reflection."
    case .reflectedShare: "Share of the first attempts that were reflected on."
    case .internalisedShare: "Share of the second attempts that were learnt from the problem alone."
    case .frontierLevel: "Mean level of the problems that a curriculum chose for the step."
    }
  }
}

/// What one step measured.
package struct StepMeasures: Sendable {
  /// Tokens sampled.
  var tokens = 0
  /// Tokens at which a loss was taken.
  var learnt = 0
  /// The share of right rollouts of the student's, and their mean length; nil where it samples none.
  var rolloutAccuracy: Double?
  var meanLength: Double?
  var numbers: [Measure: Double] = [:]
  /// Where in the completions the divergence lies.
  var profile: DivergenceProfile?
  /// The student's rollouts, problem by problem, and whether each was right.
  var rightByProblem: [(problem: Problem, isRight: Bool)] = []

  /// Counts the student's rollouts.
  mutating func count(_ attempts: [Attempt]) {
    let sampled = attempts.reduce(0) { $0 + $1.rollout.tokens.count }
    tokens += sampled
    guard !attempts.isEmpty else { return }
    rolloutAccuracy = mean(attempts) { $0.verdict.isCorrect ? 1 : 0 }
    meanLength = Double(sampled) / Double(attempts.count)
    numbers[.truncatedShare] = mean(attempts) { $0.rollout.hasEnded ? 0 : 1 }
    rightByProblem += attempts.map { ($0.problem, $0.verdict.isCorrect) }
  }

  /// Counts what rewards and advantages came to.
  mutating func count(_ rewards: [Double], _ advantages: Advantages) {
    numbers[.reward] = mean(rewards) { $0 }
    numbers[.groupsWithoutSignal] = advantages.silentShare
  }

  /// Takes in what another part of the step measured; where both measured the same, this one's stays.
  mutating func takeIn(part: StepMeasures) {
    tokens += part.tokens
    learnt += part.learnt
    rolloutAccuracy = rolloutAccuracy ?? part.rolloutAccuracy
    meanLength = meanLength ?? part.meanLength
    numbers.merge(part.numbers) { mine, _ in mine }
    profile = profile ?? part.profile
    rightByProblem += part.rightByProblem
  }

  /// Takes in what a later update of the same step measured: what was sampled is counted already.
  mutating func takeIn(laterUpdate part: StepMeasures) {
    learnt += part.learnt
    numbers[.ratioClippedShare] = part.numbers[.ratioClippedShare]
  }
}

/// The mean of a number over some things; 0 of none.
func mean<Element>(_ elements: [Element], _ number: (Element) -> Double) -> Double {
  elements.isEmpty ? 0 : elements.reduce(0) { $0 + number($1) } / Double(elements.count)
}

/// Numbers of one kind for all attempts, cut into groups of so many.
func inGroups(_ numbers: [Double], of size: Int) -> [[Double]] {
  stride(from: 0, to: numbers.count, by: size).map { Array(numbers[$0..<$0 + size]) }
}
