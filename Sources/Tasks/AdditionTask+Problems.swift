import RandomStreams

extension AdditionTask {
  package func problems(_ count: Int, split: Split, seed: UInt64) throws -> [Problem] {
    func refused(_ why: String, _ fix: String) -> TaskError {
      let kind = split == .heldOut ? "held-out" : "practice"
      return TaskError(what: "\(count) \(kind) problems are not possible", why: why, fix: fix)
    }
    guard count >= 0 else { throw refused("a count is never negative", "ask for 0 or more") }
    var supplies = digits.map { AddendsSupply(level: $0, split: split) }
    let most = supplies.reduce(0) { $0 + $1.left }
    guard count <= most else {
      let range = "\(digits.lowerBound)...\(digits.upperBound)"
      throw refused(
        "with digits: \(range) there are \(most) to draw from", "ask for at most \(most), or for more digits")
    }
    var random = RandomStream(seed: seed, purpose: .problems)
    return (0..<count).map { _ in
      let open = supplies.indices.filter { supplies[$0].left > 0 }
      return supplies[open[random.below(open.count)]].next(with: &random).problem
    }
  }
}

/// The pairs of one level and split, each given out once.
///
/// Levels of one and two digits are listed. Larger ones are drawn until one is new, and count as used up when half of
/// what they hold is given out, so that no draw takes long.
private struct AddendsSupply {
  let level: Int
  let split: Split
  /// How many may still be asked for.
  private(set) var left: Int
  private var listed: [Addends] = []
  private var given: Set<Addends> = []

  init(level: Int, split: Split) {
    self.level = level
    self.split = split
    let numbers = Addends.numbers(of: level)
    guard level <= 2 else {
      // Half of 1/16 or of 15/16, which four digits and more hold in plenty; a million is a bound on memory.
      let half = level == 3 ? numbers.count * numbers.count / 32 * (split == .heldOut ? 1 : 15) : 1_000_000
      left = min(half, 1_000_000)
      return
    }
    for first in numbers {
      for second in numbers {
        let pair = Addends(first: first, second: second, level: level)
        if pair.split == split { listed.append(pair) }
      }
    }
    left = listed.count
  }

  mutating func next(with random: inout RandomStream) -> Addends {
    left -= 1
    if level <= 2 {
      listed.swapAt(random.below(listed.count), listed.count - 1)
      return listed.removeLast()
    }
    while true {
      let pair = Addends.random(of: level, with: &random)
      if pair.split == split, given.insert(pair).inserted { return pair }
    }
  }
}
