import RandomStreams

/// Digits, of which some make a sum.
struct SubsetSum: Exercise {
  /// In any order; some may be equal.
  let numbers: [Int]
  let target: Int

  /// A number that is taken, what was missing before, and what is missing after.
  struct Line: Hashable {
    let missing: Int
    let number: Int
    let left: Int

    /// As it is written, with its semicolon.
    var text: String { "\(missing)-\(number)=\(left);" }
  }

  /// Any question with so many numbers, whose target two or more of them make.
  static func random(of level: Int, with random: inout RandomStream) -> SubsetSum {
    let numbers = (0..<level).map { _ in 1 + random.below(9) }
    var taken: [Int] = []
    while taken.count < 2 { taken = numbers.filter { _ in random.below(2) == 0 } }
    return SubsetSum(numbers: numbers, target: taken.reduce(0, +))
  }

  /// Reads `9,7,4>16`; nil for any other text.
  init?(question: String) {
    let parts = question.split(separator: ">", omittingEmptySubsequences: false)
    guard parts.count == 2, let target = Int(parts[1]), (0...99).contains(target) else { return nil }
    let numbers = parts[0].split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard numbers.count <= 9, numbers.allSatisfy((1...9).contains) else { return nil }
    self.init(numbers: numbers, target: target)
  }

  init(numbers: [Int], target: Int) {
    self.numbers = numbers
    self.target = target
  }

  private var question: String { numbers.map(String.init).joined(separator: ",") + ">\(target)" }

  var split: Split { Split.of(key: fingerprint(of: question)) }

  var problem: Problem {
    let taken = taken ?? []
    return Problem(
      id: fingerprint(of: question), question: question, solution: Self.text(lines(taking: taken)),
      answer: Self.sum(taken), level: numbers.count)
  }

  /// The first numbers that make the target, those on the left tried first; nil where none do.
  var taken: [Int]? { Self.taken(from: numbers[...], making: target) }

  private static func taken(from numbers: ArraySlice<Int>, making target: Int) -> [Int]? {
    if target == 0 { return [] }
    guard target > 0, let first = numbers.first else { return nil }
    let rest = numbers.dropFirst()
    if let taken = taken(from: rest, making: target - first) { return [first] + taken }
    return taken(from: rest, making: target)
  }

  /// The lines of somebody who takes these numbers and subtracts right.
  func lines(taking numbers: [Int]) -> [Line] {
    var missing = target
    return numbers.map { number in
      let line = Line(missing: missing, number: number, left: missing - number)
      missing = line.left
      return line
    }
  }

  /// A pupil's lines: without looking ahead the next number that fits is taken, and some results are believed wrong.
  func homework(by pupils: Misbeliefs, with random: inout RandomStream) -> [Line] {
    var missing = target
    var lines: [Line] = []
    for number in numbers where number <= missing {
      // A result is off by one in its last digit, or it is right.
      let believed = pupils.result(.minus, lastDigit(missing), number, with: &random)
      let mistake = [-1, 0, 1].first { lastDigit(missing - number + $0) == believed } ?? 0
      let line = Line(missing: missing, number: number, left: max(0, missing - number + mistake))
      lines.append(line)
      missing = line.left
    }
    return lines
  }

  /// Lines with the answer that they come to, as a completion.
  static func text(_ lines: [Line]) -> String {
    lines.map(\.text).joined() + "#" + sum(lines.map(\.number)) + "$"
  }

  static func sum(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: "+") }
}
