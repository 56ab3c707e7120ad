/// Column addition: two numbers with equally many digits, worked column by column from the units.
///
/// The reference solution of 526+286 is `6+6+0=12;2+8+1=11;5+2+1=08;#812$`: digit + digit + carry = total, and at last
/// the answer. The student reads ` 526+ 286=`. The teacher reads the same with the bare answer in front,
/// `[  812] 526+ 286=`: it must find the columns and the carries itself, so it rationalises and does not copy. Numbers
/// stand in fields of one width, which keeps `=` in one place.
///
/// Where the gap between the two comes from is told in `Pupils`.
package struct AdditionTask: ReasoningTask {
  /// How many digits a number may have.
  package let digits: ClosedRange<Int>
  /// Who wrote the student-format text that a base is pretrained on.
  package let pupils: Pupils

  /// Column addition of numbers with `digits` digits.
  ///
  /// Throws `TaskError` for anything outside 1...9 digits.
  package init(digits: ClosedRange<Int> = 2...4, pupils: Pupils = .usual) throws {
    try self.init(fewestDigits: digits.lowerBound, mostDigits: digits.upperBound, pupils: pupils)
  }

  /// The same from two bounds that may come in any order; a pair that is no range throws `TaskError`.
  package init(fewestDigits: Int, mostDigits: Int, pupils: Pupils = .usual) throws {
    func refused(_ why: String, _ fix: String) -> TaskError {
      TaskError(what: "addition(digits: \(fewestDigits)...\(mostDigits)) is not possible", why: why, fix: fix)
    }
    guard fewestDigits <= mostDigits else {
      throw refused("the first bound is above the second", "write digits: \(mostDigits)...\(fewestDigits)")
    }
    guard fewestDigits >= 1 else { throw refused("a number has at least 1 digit", "begin at 1, as in digits: 1...4") }
    guard mostDigits <= Self.mostDigits else {
      throw refused(
        "numbers have at most \(Self.mostDigits) digits here", "end at \(Self.mostDigits) or below, as in digits: 2...4"
      )
    }
    digits = fewestDigits...mostDigits
    self.pupils = pupils
  }

  /// The widest numbers there are: their sums and pairs of them still fit in one word.
  package static let mostDigits = 9

  package var name: String { "addition" }

  package var summary: String {
    let width = digits.count == 1 ? "\(digits.lowerBound)" : "\(digits.lowerBound) to \(digits.upperBound)"
    let unit = digits.upperBound == 1 ? "digit" : "digits"
    return "Column addition of two numbers of \(width) \(unit), worked from the units with carries, then the answer."
  }

  package var alphabet: String { "0123456789+=;#$[] " }
  package var endMark: Character { "$" }

  package var levels: ClosedRange<Int>? { digits }

  /// 9 characters a column, `#`, an answer with one digit more than the numbers, `$`, and 3 to spare.
  package var longestCompletion: Int { 10 * digits.upperBound + 6 }

  package func studentPrompt(_ problem: Problem) -> String {
    let width = digits.upperBound
    let terms = problem.question.split(separator: "+", omittingEmptySubsequences: false)
    return terms.map { padded($0, to: width) }.joined(separator: "+") + "="
  }

  package func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext) -> String {
    let words = context.words(
      for: problem, endMark: endMark, wrongAnswer: wrongAnswer, wrongSolution: wrongSolution)
    guard let shown = words else { return studentPrompt(problem) }
    return "[" + padded(shown, to: digits.upperBound + 1) + "]" + studentPrompt(problem)
  }

  /// Judges by what stands between the last `#` and the closing `$`: the digits of the answer and nothing else.
  ///
  /// The working is not read, so a right answer after a wrong column is right. Where 812 is wanted, `#0812$` is wrong.
  package func verify(_ completion: String, for problem: Problem) -> Verdict {
    let stated = StatedAnswer(completion, endMark: endMark, characters: isDigit)
    return StatedAnswer.verdict(stated) { $0 == problem.answer }
  }

  /// The answer with one of its digits, chosen by the problem, one higher (a 9 becomes an 8).
  private func wrongAnswer(to problem: Problem) -> String {
    var characters = Array(problem.answer)
    guard !characters.isEmpty else { return problem.answer }
    let place = Int(scrambled(problem.id ^ 0x57_52_4F_4E_47) % UInt64(characters.count))
    let digit = characters[place].wholeNumberValue ?? 0
    characters[place] = Character(String(digit == 9 ? 8 : digit + 1))
    return String(characters)
  }

  /// The working of somebody who counts one too many in one column, chosen by the problem (one too few at 19).
  private func wrongSolution(to problem: Problem) -> String {
    guard let addends = Addends(question: problem.question) else { return problem.solution }
    let place = Int(scrambled(problem.id ^ 0x57_53_4F_4C) % UInt64(addends.level))
    var column = 0
    return addends.worked { first, second, due in
      defer { column += 1 }
      let total = first + second + due
      return (due, column == place ? (total == 19 ? 18 : total + 1) : total)
    }
  }
}
