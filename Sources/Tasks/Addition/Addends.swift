import RandomStreams

/// Two numbers with equally many digits that are to be added.
struct Addends: Exercise {
  let first: Int
  let second: Int
  /// How many digits each has.
  let level: Int

  /// Two numbers of `level` digits.
  init(first: Int, second: Int, level: Int) {
    self.first = first
    self.second = second
    self.level = level
  }

  /// The numbers with so many digits: no leading zeros, except that 0 itself has one digit.
  static func numbers(of level: Int) -> Range<Int> {
    let above = (0..<level).reduce(1) { power, _ in power * 10 }
    return (level == 1 ? 0 : above / 10)..<above
  }

  /// All pairs with so many digits.
  static func all(of level: Int) -> [Addends] {
    let numbers = numbers(of: level)
    return numbers.flatMap { first in numbers.map { Addends(first: first, second: $0, level: level) } }
  }

  /// Any pair with so many digits, all equally likely.
  static func random(of level: Int, with random: inout RandomStream) -> Addends {
    let numbers = numbers(of: level)
    let first = numbers.lowerBound + random.below(numbers.count)
    return Addends(first: first, second: numbers.lowerBound + random.below(numbers.count), level: level)
  }

  /// The pair that a question asks for; nil for any other text.
  init?(question: String) {
    let terms = question.split(separator: "+", omittingEmptySubsequences: false)
    guard terms.count == 2, terms[0].count == terms[1].count, (1...9).contains(terms[0].count),
      let first = Int(terms[0]), let second = Int(terms[1]), first >= 0, second >= 0
    else { return nil }
    self.init(first: first, second: second, level: terms[0].count)
  }

  /// Names the pair: numbers below 2³² and their lengths follow from it.
  var id: UInt64 { UInt64(first) << 32 | UInt64(second) }

  /// 12+34 and 34+12 always stand in the same split: who has seen the one has seen the other.
  var split: Split { Split.of(key: UInt64(min(first, second)) << 32 | UInt64(max(first, second))) }

  /// The digits of one column, 0 for the units.
  func column(_ index: Int) -> (first: Int, second: Int) {
    let power = (0..<index).reduce(1) { power, _ in power * 10 }
    return (first / power % 10, second / power % 10)
  }

  /// The problem with its reference.
  var problem: Problem {
    let solution = worked { first, second, due in (due, first + second + due) }
    return Problem(
      id: id, question: "\(first)+\(second)", solution: solution, answer: "\(first + second)", level: level)
  }

  /// The working of these numbers by somebody who handles a column in the given way.
  ///
  /// `column` is given the two digits and the carry that is due, and returns the carry and the total (0...19) to write.
  /// The next carry and the answer are read off the totals, right or wrong.
  func worked(column write: (_ first: Int, _ second: Int, _ due: Int) -> (carry: Int, total: Int)) -> String {
    var text = ""
    var answer = ""
    var due = 0
    for index in 0..<level {
      let (first, second) = column(index)
      let (carry, total) = write(first, second, due)
      text += "\(first)+\(second)+\(carry)=\(total / 10)\(total % 10);"
      answer = "\(total % 10)" + answer
      due = total / 10
    }
    return text + "#" + withoutLeadingZeros("\(due)" + answer) + "$"
  }

  /// The same number; 0 itself keeps one digit.
  private func withoutLeadingZeros(_ digits: String) -> String {
    let rest = digits.drop { $0 == "0" }
    return rest.isEmpty ? "0" : String(rest)
  }
}
