// Problems from files and closures: what becomes of them, and what is refused with which words.

import Foundation
import Tasks
import Testing

@Suite struct WrittenTaskTests {
  private func task(
    _ text: String, problem: String = "q", solution: String? = nil, answer: String? = "a", marker: String = "#",
    endMark: Character = "$", ignoresCase: Bool = false
  ) throws -> JSONLTask {
    try JSONLTask(
      file: Written.file(text.utf8), fields: .init(problem: problem, solution: solution, answer: answer),
      format: WrittenFormat(marker: marker, endMark: endMark, ignoresCase: ignoresCase))
  }

  /// The only problem of a task, in whichever split it stands.
  private func only(_ task: JSONLTask) throws -> Problem {
    try #require(try task.problems(1, split: .practice, seed: 1).first)
  }

  @Test func aLineBecomesAProblem() throws {
    let bare = try only(task("{\"q\": \"6*7\", \"a\": 42}"))
    #expect(bare.question == "6*7" && bare.answer == "42" && bare.solution == "#42$")
    let worked = try only(task("{\"q\": \"6*7\", \"s\": \"7 six times.\", \"a\": \"42\"}", solution: "s"))
    #expect(worked.solution == "7 six times.#42$")
    let stated = try only(
      task("{\"q\": \"6*7\", \"s\": \"7 six times.\\n#### 42\"}", solution: "s", answer: nil, marker: "####"))
    #expect(stated.answer == "42" && stated.solution == "7 six times.\n#### 42$")
    let both = try only(task("{\"q\": \"6*7\", \"s\": \"so #42\", \"a\": 42}", solution: "s"))
    #expect(both.solution == "so #42$")
  }

  @Test func promptsAreTheProblemAndTheContextInFront() throws {
    let task = try task("{\"q\": \"6*7\", \"a\": 42}")
    let problem = try only(task)
    #expect(task.studentPrompt(problem) == "6*7\n")
    #expect(task.teacherPrompt(problem) == "[42]6*7\n")
    #expect(task.teacherPrompt(problem, seeing: .wrongAnswer) == "[44]6*7\n")
    #expect(task.teacherPrompt(problem, seeing: .wrongSolution) == "[#44]6*7\n")
    #expect(task.alphabet == "\n #$*2467[]")
  }

  @Test(arguments: [
    ("#Paris$", true), ("# Paris $", true), ("so #no#Paris$", true), ("#paris$", false), ("#Paris", false),
    ("Paris$", false), ("#Paris#$", false), ("#$", false), ("#Paris$$", false),
  ])
  func theTextBehindTheLastMarkerIsCompared(completion: String, isCorrect: Bool) throws {
    let line = "{\"q\": \"France\", \"a\": \"Paris\"}"
    let (strict, lenient) = (try task(line), try task(line, ignoresCase: true))
    #expect(strict.verify(completion, for: try only(strict)).isCorrect == isCorrect)
    #expect(lenient.verify(completion, for: try only(lenient)).isCorrect == (isCorrect || completion == "#paris$"))
  }

  @Test func aQuestionCountsOnceAndBlankLinesDoNot() throws {
    let text = "\u{FEFF}{\"q\": \"6*7\", \"a\": 42}\r\n\n  \r\n{\"q\": \"6*7\", \"a\": 43}\n"
    let task = try task(text)
    #expect(task.summary.hasPrefix("1 problems"))
    #expect(try only(task).answer == "42")
    #expect(throws: TaskError.self) { try task.problems(2, split: .practice, seed: 1) }
    #expect(throws: TaskError.self) { try task.problems(-1, split: .practice, seed: 1) }
  }

  @Test(arguments: [
    ("", "it is empty"), ("\n \n", "it is empty"), ("{\"q\": \"x\"}", "line 1, is no problem: it has no field \"a\""),
    (
      "{\"q\": 1, \"a\": 1}\n{\"q\": \"x\", \"A\": 1}",
      "line 2, is no problem: it has no field \"a\"; its fields are \"A\""
    ),
    ("{}", "no fields at all"), ("{\"q\": 1, \"a\": 1}\n\nnonsense", "line 3, is no problem: not valid JSON"),
    ("{\"q\": 1, \"a\": 1", "not valid JSON"), ("[1]", "it is not an object"), ("7", "it is not an object"),
    ("{\"q\": [1], \"a\": 1}", "neither a text nor a number"),
    ("{\"q\": null, \"a\": 1}", "neither a text nor a number"),
    ("{\"q\": \"\", \"a\": 1}", "the problem is empty"), ("{\"q\": \"x\", \"a\": \" \"}", "the answer is empty"),
    ("{\"q\": \"5$\", \"a\": 1}", "\"$\" stands in the text"), ("{\"q\": \"x\", \"a\": \"1#2\"}", "holds the marker"),
    ("\u{0}\u{FF}\n", "not valid JSON"),
  ])
  func whatIsNoProblemIsRefusedWithItsLine(text: String, words: String) {
    #expect {
      try task(text)
    } throws: {
      "\($0)".contains(words)
    }
  }

  @Test func linesWithoutAnAnswerAreRefused() {
    #expect(throws: TaskError.self) { try task("{\"q\": \"x\", \"s\": \"no marker\"}", solution: "s", answer: nil) }
    #expect(throws: TaskError.self) { try task("{\"q\": \"x\"}", answer: nil) }
  }

  @Test(arguments: [("/", "it is a folder"), ("/no/such/file", "no such file"), ("/dev/zero", "no regular file")])
  func whatIsNoFileIsRefused(path: String, words: String) {
    #expect {
      try JSONLTask(file: path, fields: .init(problem: "q", answer: "a"), format: WrittenFormat())
    } throws: {
      "\($0)".contains(words)
    }
  }

  @Test func whatIsTooLargeIsNotRead() throws {
    let long = "{\"q\": 1, \"a\": 1}\n{\"q\": \"" + String(repeating: "x", count: 1 << 20) + "\", \"a\": 1}"
    #expect {
      try task(long)
    } throws: {
      "\($0)".contains("line 2,") && "\($0)".contains("1048576 are read at most")
    }
    // A line of a gigabyte: a file with a hole, which takes no room.
    let path = try Written.file("{".utf8)
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.truncate(atOffset: 1 << 30)
    try handle.close()
    #expect {
      try JSONLTask(file: path, fields: .init(problem: "q", answer: "a"), format: WrittenFormat())
    } throws: {
      "\($0)".contains("1073741824 bytes")
    }
  }

  @Test(arguments: [("", "$"), ("$", "$"), ("a$", "$"), ("#", " "), ("#", "\n")])
  func marksThatCannotBeAreErrors(marker: String, endMark: Character) {
    #expect(throws: TaskError.self) { try WrittenFormat(marker: marker, endMark: endMark) }
  }

  private struct Broken: Error {}

  private func closure(
    alphabet: String = "0123456789", longest: Int = 8, _ write: @escaping ClosureTask.Writer
  ) throws -> ClosureTask {
    try ClosureTask(
      name: "mine", summary: "Mine.", alphabet: alphabet, longestCompletion: longest, format: WrittenFormat(),
      write: write)
  }

  @Test func aClosureThatFailsFailsWithItsOwnError() throws {
    #expect(throws: Broken.self) { try closure { _ in throw Broken() } }
    let seldom = try closure { seed in
      if seed > 100 { throw Broken() }
      return ("\(seed)", "", "\(seed)")
    }
    #expect(throws: Broken.self) { try seldom.problems(1, split: .practice, seed: 1) }
    #expect(seldom.corpusExample(seed: 1, index: 1).completion.last == "$")
  }

  @Test func aClosureIsHeldToItsAlphabetAndLength() {
    #expect(throws: TaskError.self) { try closure { ("x\($0)", "", "1") } }
    #expect(throws: TaskError.self) { try closure { ("\($0)", "12345678", "1") } }
    #expect(throws: TaskError.self) { try closure { _ in ("", "", "1") } }
    #expect(throws: TaskError.self) { try closure(longest: 0) { ("\($0)", "", "1") } }
  }

  @Test func aClosureThatRepeatsItselfRunsOut() throws {
    let few = try closure { ("\($0 % 40)", "", "1") }
    #expect {
      try few.problems(41, split: .practice, seed: 1)
    } throws: {
      "\($0)".contains("the closure has ")
    }
  }
}
