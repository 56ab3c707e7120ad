// How worlds with levels hand out their problems: each once, every level equally likely, the same for the same seed.

import RandomStreams

/// What a problem is made from.
protocol Exercise: Hashable {
  /// The half of the world it stands in.
  var split: Split { get }
  /// The problem with its reference.
  var problem: Problem { get }
}

/// A draw of problems from the levels of a world.
struct ProblemDraw<Item: Exercise> {
  /// The levels that the world has.
  let levels: ClosedRange<Int>
  /// What a cell calls the levels, as in `digits: 2...4`.
  let label: String
  /// All exercises of a level, in an order that never changes; nil where they are too many to list.
  let all: (_ level: Int) -> [Item]?
  /// Any exercise of a level.
  let random: (_ level: Int, _ random: inout RandomStream) -> Item
  /// How many different exercises `random` can give in a level that is not listed.
  let size: (_ level: Int) -> Int

  /// Distinct problems of the levels in `wanted`.
  ///
  /// Throws `TaskError` for a negative count, levels that are not there and more problems than there are.
  func problems(_ count: Int, split: Split, levels wanted: ClosedRange<Int>, seed: UInt64) throws -> [Problem] {
    func refused(_ why: String, _ fix: String) -> TaskError {
      let kind = split == .heldOut ? "held-out" : "practice"
      return TaskError(what: "\(count) \(kind) problems are not possible", why: why, fix: fix)
    }
    guard count >= 0 else { throw refused("a count is never negative", "ask for 0 or more") }
    guard levels.lowerBound <= wanted.lowerBound, wanted.upperBound <= levels.upperBound else {
      throw refused(
        "the levels \(wanted.lowerBound)...\(wanted.upperBound) are not all there",
        "choose levels in \(levels.lowerBound)...\(levels.upperBound)")
    }
    var supplies = wanted.map { supply(level: $0, split: split) }
    let most = supplies.reduce(0) { $0 + $1.left }
    guard count <= most else {
      let range = "\(wanted.lowerBound)...\(wanted.upperBound)"
      throw refused(
        "with \(label): \(range) there are \(most) to draw from", "ask for at most \(most), or for more \(label)")
    }
    var random = RandomStream(seed: seed, purpose: .problems)
    return (0..<count).map { _ in
      let open = supplies.indices.filter { supplies[$0].left > 0 }
      return supplies[open[random.below(open.count)]].next(with: &random).problem
    }
  }

  /// An exercise of the practice split, every level equally likely.
  func practice(with random: inout RandomStream) -> Item {
    let level = levels.lowerBound + random.below(levels.count)
    while true {
      let item = self.random(level, &random)
      if item.split == .practice { return item }
    }
  }

  private func supply(level: Int, split: Split) -> LevelSupply<Item> {
    if let all = all(level) { return LevelSupply(listed: all.filter { $0.split == split }) }
    return LevelSupply(size: size(level), split: split) { random(level, &$0) }
  }
}

/// The exercises of one level and split, each given out once.
///
/// What is not listed is drawn until it is new, and counts as used up when half of what there is has been given out, so
/// that no draw takes long.
private struct LevelSupply<Item: Exercise> {
  private let split: Split
  private let draw: (inout RandomStream) -> Item
  /// How many may still be asked for.
  private(set) var left: Int
  private var listed: [Item]?
  private var given: Set<Item> = []

  init(listed: [Item]) {
    self.listed = listed
    left = listed.count
    split = .practice
    draw = { listed[$0.below(listed.count)] }
  }

  init(size: Int, split: Split, draw: @escaping (inout RandomStream) -> Item) {
    self.split = split
    self.draw = draw
    // A million is a bound on memory.
    left = min(size / 32 * (split == .heldOut ? 1 : 15), 1_000_000)
  }

  mutating func next(with random: inout RandomStream) -> Item {
    left -= 1
    if let count = listed?.count, count > 0 {
      listed?.swapAt(random.below(count), count - 1)
      if let last = listed?.popLast() { return last }
    }
    while true {
      let item = draw(&random)
      if item.split == split, given.insert(item).inserted { return item }
    }
  }
}
