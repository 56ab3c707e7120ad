// Which problems a step works on: epochs without repetition, each in an order of its own.

import RandomStreams
import Tasks

/// An endless order of problems, given by the seed alone.
struct ProblemOrder {
  private let problems: [Problem]
  private let seed: UInt64
  private var epoch = -1
  private var order: [Int] = []

  init(_ problems: [Problem], seed: UInt64) {
    self.problems = problems
    self.seed = seed
  }

  /// The `count` problems of a step counted from 1.
  mutating func batch(step: Int, count: Int) -> [Problem] {
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
}
