// Arithmetic of last digits: 8 + 7 is 5, 3 - 8 is 5, 4 * 6 is 4. And what pupils believe of it.

import RandomStreams

/// An operation on two digits, of which the last digit of the result is kept.
enum Operation: Character, CaseIterable {
  case plus = "+"
  case minus = "-"
  case times = "*"

  /// The result, 0...9.
  func callAsFunction(_ first: Int, _ second: Int) -> Int {
    switch self {
    case .plus: lastDigit(first + second)
    case .minus: lastDigit(first - second)
    case .times: lastDigit(first * second)
    }
  }

  /// 0, 1 or 2.
  var place: Int {
    switch self {
    case .plus: 0
    case .minus: 1
    case .times: 2
    }
  }
}

/// Pupils who believe wrong results of some operations: always the same ones, off by one, and written often.
struct Misbeliefs: Hashable {
  /// How often a wrong belief is written, 0...1.
  let confusion: Double
  /// What is added by mistake to operation · 100 + 10 · first + second: -1, 0 or 1.
  private let table: [Int]

  /// Wrong beliefs of `count` of the 300 results, chosen by the seed.
  init(count: Int, confusion: Double, seed: UInt64) {
    self.confusion = confusion
    var random = RandomStream(seed: seed, purpose: .corpus, 0, 1)
    var open = Array(0..<300)
    var table = [Int](repeating: 0, count: 300)
    for _ in 0..<min(max(count, 0), 300) {
      table[open.remove(at: random.below(open.count))] = random.below(2) == 0 ? -1 : 1
    }
    self.table = table
  }

  /// What a pupil writes as the result.
  func result(_ operation: Operation, _ first: Int, _ second: Int, with random: inout RandomStream) -> Int {
    // The stream is used in any case, so pupils who believe other things make the same other slips.
    let isConfused = random.uniform() < confusion
    let mistake = isConfused ? table[100 * operation.place + 10 * first + second] : 0
    return lastDigit(operation(first, second) + mistake)
  }
}
