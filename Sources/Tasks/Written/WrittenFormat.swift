// Problems that somebody else has written: how they become prompts and completions, and how an attempt is judged.

/// How written problems become text: the same for files and for closures.
package struct WrittenFormat: Sendable, Hashable {
  /// What stands in front of the answer.
  package let marker: String
  /// What ends a completion; it occurs nowhere else.
  package let endMark: Character
  /// What stands between the problem and the completion.
  package let separator: String
  /// Whether `Paris` is right where `paris` is wanted.
  package let ignoresCase: Bool

  /// A format in all its parts.
  ///
  /// Throws `TaskError` where the marker is empty, or the end mark is part of the marker or of the separator.
  package init(
    marker: String = "#", endMark: Character = "$", separator: String = "\n", ignoresCase: Bool = false
  ) throws {
    guard !marker.isEmpty, !marker.contains(endMark), !separator.contains(endMark), !endMark.isWhitespace else {
      throw TaskError(
        what: "the marker \"\(marker)\" with the end mark \"\(endMark)\" is not possible",
        why: marker.isEmpty
          ? "without a marker no answer can be told from its working"
          : "the end mark ends a completion, so it is no space and stands in no other mark",
        fix: "choose other marks, such as \"#\" and \"$\"")
    }
    self.marker = marker
    self.endMark = endMark
    self.separator = separator
    self.ignoresCase = ignoresCase
  }

  /// Characters of prompts and completions that are in no problem.
  var ownCharacters: String { marker + String(endMark) + separator + "[] " }

  /// The characters of texts and of what is put around them, each once, in the order of their codes.
  func alphabet(of texts: some Sequence<String>) -> String {
    var characters = Set(ownCharacters)
    for text in texts { characters.formUnion(text) }
    return String(characters.sorted())
  }

  /// A problem from its parts; the solution ends with the marker, the answer and the end mark, whether it was written
  /// so or not.
  ///
  /// Without an answer, that of the solution is taken; without a solution, the answer is all there is. Throws `TaskError`, which names the place, where that is not possible.
  func problem(
    question: String, solution: String?, answer: String?, place: String
  ) throws(TaskError) -> Problem {
    func refused(_ why: String, _ fix: String) -> TaskError {
      TaskError(what: "\(place) is no problem", why: why, fix: fix)
    }
    guard !question.isEmpty else { throw refused("the problem is empty", "write one, or take the line out") }
    for text in [question, solution ?? "", answer ?? ""] where text.contains(endMark) {
      throw refused(
        "\"\(endMark)\" stands in the text and ends completions", "choose an endMark that stands in no text")
    }
    let stated = solution.flatMap(stated)
    guard let answer = (answer ?? stated).map(trimmed), !answer.isEmpty else {
      throw refused(
        solution == nil ? "the answer is empty" : "no answer is given, and none stands behind a \"\(marker)\"",
        "name the field that holds the answer, or the marker that stands in front of it")
    }
    guard !answer.contains(marker) else {
      throw refused("the answer \"\(answer)\" holds the marker \"\(marker)\"", "choose another marker")
    }
    let ending = "\(marker)\(answer)\(endMark)"
    let worked: String
    if let solution, stated.map(trimmed) == answer {
      worked = trimmed(solution) + String(endMark)
    } else {
      worked = (solution ?? "") + ending
    }
    return Problem(id: fingerprint(of: question), question: question, solution: worked, answer: answer, level: 1)
  }

  func studentPrompt(_ problem: Problem) -> String { problem.question + separator }

  func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext, alphabet: String) -> String {
    func wrong(_ answer: String) -> String { self.wrong(answer, alphabet: alphabet) }
    let words = context.words(
      for: problem, endMark: endMark, wrongAnswer: { wrong($0.answer) },
      wrongSolution: { problem in
        let working = problem.solution.dropLast(problem.answer.count + 1)
        return working + wrong(problem.answer) + String(endMark)
      })
    return words.map { "[\($0)]" + studentPrompt(problem) } ?? studentPrompt(problem)
  }

  /// Judges what stands between the last marker and the end mark, without the spaces around it.
  func verify(_ completion: String, for problem: Problem) -> Verdict {
    let hasEnded = completion.last == endMark
    let body = hasEnded ? String(completion.dropLast()) : completion
    guard !body.contains(endMark), let stated = stated(body).map(trimmed), !stated.isEmpty else {
      return Verdict(isCorrect: false, isFormatted: false, answer: nil)
    }
    let isRight =
      ignoresCase ? stated.lowercased() == problem.answer.lowercased() : stated == problem.answer
    return Verdict(isCorrect: hasEnded && isRight, isFormatted: hasEnded, answer: stated)
  }

  /// What stands behind the last marker; nil where there is none.
  private func stated(_ text: String) -> String? {
    text.ranges(of: marker).last.map { String(text[$0.upperBound...]) }
  }

  private func trimmed(_ text: String) -> String {
    let start = text.drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }

  /// The answer with its last digit or letter changed to the next that the alphabet has.
  private func wrong(_ answer: String, alphabet: String) -> String {
    var characters = Array(answer)
    func isOrdinary(_ character: Character) -> Bool { isDigit(character) || character.isLetter }
    guard let place = characters.lastIndex(where: isOrdinary) else { return String(answer.reversed()) }
    let isNumeric = isDigit(characters[place])
    let others = alphabet.filter { isOrdinary($0) && isDigit($0) == isNumeric && !marker.contains($0) }.sorted()
    guard let next = others.first(where: { $0 > characters[place] }) ?? others.first else { return answer }
    characters[place] = next
    return String(characters)
  }
}
