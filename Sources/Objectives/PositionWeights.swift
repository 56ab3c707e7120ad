// What a position of a completion counts by where it stands.
//
// | name                        | weight of position n of N (from 1)               | source                               |
// |-----------------------------|--------------------------------------------------|--------------------------------------|
// | uniform                     | 1                                                | most                                 |
// | late(minimum, centre, scale)| w + (1−w) σ(((n−½)/N − c)/s)                     | PW-OPSD (arXiv 2605.21606): .25 .3 .1 |
// | early(minimum, …)           | w + (1−w) σ((c − (n−½)/N)/s)                     | its mirror                           |
// | first(k)                    | 1 up to k, then 0                                | Prefix OPD (arXiv 2602.15260)        |
// | skip(k)                     | 0 up to k, then 1                                | SDFT (arXiv 2601.19897): 3           |

import Tensors

/// The weight of each position within its sequence.
package enum PositionWeights: Sendable, Hashable {
  /// Every position counts the same.
  case uniform
  /// Later positions count more: a logistic curve over the share of the completion that is written.
  case late(minimum: Double = 0.25, centre: Double = 0.3, scale: Double = 0.1)
  /// Earlier positions count more.
  case early(minimum: Double = 0.25, centre: Double = 0.3, scale: Double = 0.1)
  /// The first positions alone.
  case first(Int)
  /// All but the first positions.
  case skip(Int)

  /// The name in tables and plots.
  package var name: String {
    switch self {
    case .uniform: "all positions alike"
    case .late: "late positions"
    case .early: "early positions"
    case .first(let count): "the first \(count) positions"
    case .skip(let count): "all but the first \(count) positions"
    }
  }

  /// Throws where a weight would be negative, a curve has no width, or nothing is left.
  package func validate() throws(ObjectiveError) {
    switch self {
    case .uniform: break
    case .late(let minimum, let centre, let scale), .early(let minimum, let centre, let scale):
      try ObjectiveError.check("minimum", minimum, in: 0...1)
      try ObjectiveError.check("centre", centre, in: 0...1)
      try ObjectiveError.checkPositive("scale", scale)
    case .first(let count):
      try ObjectiveError.check("first", count, in: 1...1 << 40, why: "no position is left", fix: "choose 1 or more")
    case .skip(let count):
      try ObjectiveError.check("skip", count, in: 0...1 << 40, why: "it counts positions", fix: "choose 0 or more")
    }
  }

  /// The weight of each position of a sequence of this length.
  package func weights(_ length: Int) -> [Double] {
    func logistic(_ x: Double) -> Double { 1 / (1 + exponential(-x)) }
    return (0..<length).map { index in
      let written = (Double(index) + 0.5) / Double(length)
      switch self {
      case .uniform: return 1
      case .late(let minimum, let centre, let scale):
        return minimum + (1 - minimum) * logistic((written - centre) / scale)
      case .early(let minimum, let centre, let scale):
        return minimum + (1 - minimum) * logistic((centre - written) / scale)
      case .first(let count): return index < count ? 1 : 0
      case .skip(let count): return index < count ? 0 : 1
      }
    }
  }
}
