// Which problems a step works on: epochs without repetition, each in an order of its own, or a curriculum that stays at
// the student's frontier.

import Checkpoints
import RandomStreams
import Rollouts
import Tasks
import Tensors

/// How the problems of the steps are chosen.
package enum ProblemOrderRule: Sendable, Equatable {
  /// Epochs without repetition, each in a random order.
  case shuffled
  /// A curriculum: a level is drawn in proportion to s · (1 − s) + floor, where s is the share of right answers at that
  /// level, an average that keeps 0.9 of itself in each step and begins at one half; then a problem of the level. Levels
  /// that are always or never solved come seldom.
  case frontier(floor: Double)

  /// Its name in titles; nil for the usual one.
  var name: String? {
    switch self {
    case .shuffled: nil
    case .frontier(let floor): "frontier \(floor)"
    }
  }

  /// Throws `SettingError` for an order that these problems cannot have.
  func validate(_ problems: [Problem]) throws(SettingError) {
    guard case .frontier(let floor) = self else { return }
    guard floor >= 1e-6, floor <= 1 else {
      throw SettingError(
        what: "a frontier with floor \(floor) is not possible",
        why: "the floor keeps every level in the draw: above 0, and at most 1", fix: "choose a floor such as 0.02",
        setting: "order")
    }
    guard Set(problems.map(\.level)).count >= 2 else {
      throw SettingError(
        what: "a frontier is not possible here", why: "all of these problems have one level",
        fix: "give problems of several levels, or leave the order shuffled", setting: "order")
    }
  }
}

/// An endless order of problems, given by the seed and, for a curriculum, by how they were answered.
struct ProblemOrder {
  private let problems: [Problem]
  private let seed: UInt64
  private let rule: ProblemOrderRule
  private var epoch = -1
  private var order: [Int] = []
  private let levels: [Int]
  private let byLevel: [[Problem]]
  /// The share of right answers at each level, so far.
  private let solved: Floats

  init(_ problems: [Problem], seed: UInt64, rule: ProblemOrderRule = .shuffled) {
    self.problems = problems
    self.seed = seed
    self.rule = rule
    levels = Set(problems.map(\.level)).sorted()
    byLevel = levels.map { level in problems.filter { $0.level == level } }
    solved = Floats(Array(repeating: 0.5, count: levels.count))
  }

  /// What changes from step to step.
  var groups: [String: [NamedArray]] {
    rule == .shuffled ? [:] : ["frontier": [NamedArray("solved", shape: [levels.count], solved)]]
  }

  /// The `count` problems of a step counted from 1.
  mutating func batch(step: Int, count: Int) -> [Problem] {
    guard case .frontier(let floor) = rule else { return epochs(step: step, count: count) }
    let odds = levels.indices.map { Double(solved[$0] * (1 - solved[$0])) + floor }
    var random = RandomStream(seed: seed, purpose: .batches, step, 1)
    return (0..<count).map { _ in
      var place = random.uniform() * odds.reduce(0, +)
      let level = levels.indices.first { level in
        place -= odds[level]
        return place < 0
      }
      let candidates = byLevel[level ?? levels.count - 1]
      return candidates[random.below(candidates.count)]
    }
  }

  private mutating func epochs(step: Int, count: Int) -> [Problem] {
    let first = (step - 1) * count
    return (first..<first + count).map { place in
      if place / problems.count != epoch {
        epoch = place / problems.count
        var random = RandomStream(seed: seed, purpose: .batches, epoch)
        order = Array(problems.indices)
        for last in order.indices.dropFirst().reversed() { order.swapAt(last, random.below(last + 1)) }
      }
      return problems[order[place % problems.count]]
    }
  }

  /// Takes in how the problems of a step were answered.
  func takeIn(_ answers: [(problem: Problem, isRight: Bool)]) {
    for (index, level) in levels.enumerated() {
      let here = answers.filter { $0.problem.level == level }
      guard !here.isEmpty else { continue }
      let right = Float(here.count(where: \.isRight)) / Float(here.count)
      solved[index] += 0.1 * (right - solved[index])
    }
  }
}
