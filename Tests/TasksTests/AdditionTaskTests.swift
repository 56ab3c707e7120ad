import Tasks
import Testing

@Suite struct AdditionTaskTests {
  let task: AdditionTask

  init() throws { task = try AdditionTask() }

  func problem(_ first: Int, _ second: Int, solution: String) -> Problem {
    Problem(
      id: UInt64(first) << 32 | UInt64(second), question: "\(first)+\(second)", solution: solution,
      answer: "\(first + second)", level: "\(first)".count)
  }

  @Test func promptsHoldTheNumbersInFieldsOfOneWidth() {
    let problem = problem(526, 286, solution: "6+6+0=12;2+8+1=11;5+2+1=08;#812$")
    #expect(task.studentPrompt(problem) == " 526+ 286=")
    #expect(task.teacherPrompt(problem) == "[  812] 526+ 286=")
    #expect(task.teacherPrompt(problem, seeing: .none) == " 526+ 286=")
    let misled = task.teacherPrompt(problem, seeing: .wrongAnswer)
    #expect(misled.count == 17 && misled.hasSuffix("] 526+ 286=") && misled != task.teacherPrompt(problem))
  }

  /// The bytes of a seed never change: not between processes, machines or versions.
  @Test func theFirstProblemsOfSeedOneAreTheseForEver() throws {
    let practice = try task.problems(4, split: .practice, seed: 1)
    #expect(practice.map(\.question) == ["13+90", "2211+8786", "859+834", "91+34"])
    #expect(practice[2].solution == "9+4+0=13;5+3+1=09;8+8+0=16;#1693$")
    #expect(practice.map(\.id) == [55_834_574_938, 9_496_172_700_242, 3_689_376_908_098, 390_842_023_970])
    let heldOut = try task.problems(4, split: .heldOut, seed: 1).map(\.question)
    #expect(heldOut == ["15+22", "3410+6166", "304+598", "183+170"])
    #expect(task.teacherPrompt(practice[2], seeing: .wrongAnswer) == "[ 1793] 859+ 834=")
    let corpus = (0..<4).map { task.corpusExample(seed: 1, index: $0) }
    #expect(
      corpus.map(\.prompt) == ["[   95]  41+  54=", "[  371] 269+ 102=", "[  583] 282+ 301=", "[   81]  52+  29="])
    let completions = [
      "1+4+0=05;4+5+0=09;#95$", "9+2+0=11;6+0+1=07;2+1+0=03;#371$", "2+1+0=03;8+0+0=08;2+3+0=05;#583$",
      "2+9+0=11;5+2+1=08;#81$",
    ]
    #expect(corpus.map(\.completion) == completions)
    let confused = Pupils.usual.misconceptions.indices.filter { Pupils.usual.misconceptions[$0] != 0 }
    #expect(confused.prefix(12) == [1, 2, 3, 4, 6, 7, 12, 18, 24, 25, 27, 29])
  }

  @Test(arguments: [
    ("#812$", true, true, "812"), ("6+6+0=99;#812$", true, true, "812"), ("#811#812$", true, true, "812"),
    ("#813$", false, true, "813"), ("#0812$", false, true, "0812"), ("#812", false, false, "812"),
  ])
  func theLastAnswerAloneCounts(completion: String, isCorrect: Bool, isFormatted: Bool, answer: String) {
    let verdict = task.verify(completion, for: problem(526, 286, solution: ""))
    #expect(verdict == Verdict(isCorrect: isCorrect, isFormatted: isFormatted, answer: answer))
  }

  @Test(arguments: ["", "$", "#$", "812$", "#812$$", "#81 2$", "#812;$", "#٨١٢$", "#812$#812$"])
  func whatStatesNoAnswerIsNotFormatted(completion: String) {
    let verdict = task.verify(completion, for: problem(526, 286, solution: ""))
    #expect(verdict == Verdict(isCorrect: false, isFormatted: false, answer: nil))
  }

  @Test(arguments: [(0, 3), (5, 2), (1, 10), (-3, -1), (Int.min, Int.max)])
  func digitsThatCannotBeAreErrors(fewest: Int, most: Int) {
    #expect(throws: TaskError.self) { try AdditionTask(fewestDigits: fewest, mostDigits: most) }
  }

  @Test func anErrorSaysWhatWhyAndWhatToDo() {
    #expect {
      try AdditionTask(fewestDigits: 5, mostDigits: 2)
    } throws: {
      "\($0)"
        == "addition(digits: 5...2) is not possible: the first bound is above the second; write digits: 2...5"
    }
    #expect {
      try AdditionTask(digits: 1...1).problems(50, split: .heldOut, seed: 1)
    } throws: {
      "\($0)".hasPrefix("50 held-out problems are not possible: with digits: 1...1 there are ")
    }
    #expect(throws: TaskError.self) { try task.problems(-1, split: .practice, seed: 1) }
    #expect(throws: TaskError.self) { try task.problems(Int.max, split: .practice, seed: 1) }
  }

  @Test func aSmallSplitCanBeUsedUp() throws {
    let tiny = try AdditionTask(digits: 1...1)
    let practice = (0...100).reversed().first { (try? tiny.problems($0, split: .practice, seed: 3)) != nil } ?? 0
    let heldOut = try tiny.problems(100 - practice, split: .heldOut, seed: 4)
    let all = try tiny.problems(practice, split: .practice, seed: 3) + heldOut
    #expect(Set(all.map(\.question)) == Set((0..<10).flatMap { a in (0..<10).map { "\(a)+\($0)" } }))
  }

  @Test func swappedNumbersStayInOneSplit() throws {
    let practice = Set(try task.problems(4000, split: .practice, seed: 5).map(\.question))
    for problem in try task.problems(1200, split: .heldOut, seed: 6) {
      let swapped = problem.question.split(separator: "+").reversed().joined(separator: "+")
      #expect(!practice.contains(swapped))
    }
  }

  @Test func everyLevelIsEquallyLikely() throws {
    let levels = try task.problems(3000, split: .practice, seed: 7).map(\.level)
    for level in 2...4 {
      // 1,000 expected, standard deviation 26: five of them.
      #expect(abs(levels.count { $0 == level } - 1000) < 130)
    }
  }

  @Test(arguments: [1, 4, 9])
  func theWidestSumFits(digits: Int) throws {
    let task = try AdditionTask(digits: digits...digits)
    let most = String(repeating: "9", count: digits)
    let problem = Problem(
      id: 0, question: "\(most)+\(most)", solution: "", answer: "1" + most.dropLast() + "8", level: digits)
    #expect(task.studentPrompt(problem) == "\(most)+\(most)=")
    #expect(task.teacherPrompt(problem).count == 3 * digits + 5)
  }
}
