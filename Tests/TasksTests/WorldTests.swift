// What is special in the worlds beside addition: their prompts, their verifiers, and the first bytes of their seeds.

import Tasks
import Testing

private func problem(_ question: String, answer: String) -> Problem {
  Problem(id: 7, question: question, solution: "#\(answer)$", answer: answer, level: 3)
}

/// How often homework of a task is right, in all or at one level.
private func rightShare(_ task: any ReasoningTask, level: Int? = nil) -> Double {
  let homework = (0..<6000).map { task.corpusExample(seed: 11, index: $0) }
    .filter { $0.format == .student && (level == nil || $0.problem.level == level) }
  return Double(homework.count { task.verify($0.completion, for: $0.problem).isCorrect }) / Double(homework.count)
}

@Suite struct ChainTests {
  let task: ChainTask

  init() throws { task = try ChainTask() }

  @Test func theReferenceIsTheBareAnswer() throws {
    for problem in try task.problems(300, split: .practice, seed: 1) {
      #expect(problem.solution == "#\(problem.answer)$" && problem.answer.count == 1)
      let terms = problem.question.filter(\.isNumber)
      #expect(terms.count == problem.level + 1)
    }
  }

  @Test func lessonsAreWorkedAllTheSame() throws {
    let lessons = (0..<200).map { task.corpusExample(seed: 1, index: $0) }.filter { $0.format == .teacher }
    #expect(lessons.allSatisfy { $0.prompt.contains("=;") || $0.completion.count > 3 || $0.prompt.contains(";") })
    // In some of them somebody has begun, and what is learnt goes on from there.
    let begun = lessons.filter { $0.prompt.last == ";" }
    #expect(begun.count > lessons.count / 8 && begun.count < lessons.count / 2)
    for example in begun { #expect(example.completion.hasSuffix("#\(example.problem.answer)$")) }
  }

  @Test func promptsStandInOneField() {
    let chain = problem("7+8*3-5", answer: "0")
    #expect(task.studentPrompt(chain) == "    7+8*3-5=")
    #expect(task.teacherPrompt(chain) == "[0]    7+8*3-5=")
    #expect(task.teacherPrompt(chain, seeing: .wrongSolution) == "[#1]    7+8*3-5=")
  }

  @Test func mostHomeworkIsWrong() {
    // Of 3,000 the standard deviation is 0.009: five of them.
    #expect(abs(rightShare(task) - 0.40) < 0.05, "\(rightShare(task))")
  }
}

@Suite struct SortingTests {
  let task: SortingTask

  init() throws { task = try SortingTask() }

  @Test func theReferenceIsSorted() throws {
    for problem in try task.problems(300, split: .practice, seed: 1) {
      #expect(problem.answer == String(problem.question.sorted()) && problem.question.count == problem.level)
      #expect(Set(problem.question).count == problem.level)
    }
  }

  @Test func theSameLettersStayInOneSplit() throws {
    let practice = Set(try task.problems(4000, split: .practice, seed: 5).map(\.answer))
    #expect(try task.problems(300, split: .heldOut, seed: 6).allSatisfy { !practice.contains($0.answer) })
  }

  @Test func longListsAreSeldomSortedRight() {
    let shares = [2, 4, 6, 8].map { rightShare(task, level: $0) }
    #expect(shares == shares.sorted(by: >) && shares[0] > 0.8 && shares[3] < 0.1, "\(shares)")
  }
}

@Suite struct SubsetSumTests {
  let task: SubsetSumTask

  init() throws { task = try SubsetSumTask() }

  @Test(arguments: [
    ("#9+7$", true), ("#7+9$", true), ("#9+4+3$", true), ("16-9=7;#3+4+9$", true), ("#9+7+$", false), ("#16$", false),
    ("#8+8$", false), ("#9+7", false), ("#7+7+2$", false), ("#9+4+2$", false), ("#$", false), ("#9 +7$", false),
    ("#9++7$", false),
  ])
  func anyGivenNumbersThatMakeTheTargetAreRight(completion: String, isCorrect: Bool) {
    let question = problem("9,7,4,3,2>16", answer: "9+7")
    #expect(task.verify(completion, for: question).isCorrect == isCorrect)
  }

  @Test func aNumberThatIsGivenTwiceMayBeTakenTwice() {
    #expect(task.verify("#5+5$", for: problem("5,5,1,2>10", answer: "5+5")).isCorrect)
    #expect(!task.verify("#5+5$", for: problem("5,4,1,2>10", answer: "5+4+1")).isCorrect)
  }

  @Test(arguments: ["", ">", "9>", ",>3", "99>99", "9,7,4", "9,7>x", "9,7>99999999999999999999"])
  func whatIsNoQuestionHasNoRightAnswer(question: String) {
    #expect(!task.verify("#9$", for: problem(question, answer: "9")).isCorrect)
    #expect(task.teacherPrompt(problem(question, answer: "9"), seeing: .wrongSolution).hasPrefix("["))
  }

  @Test func homeworkTakesWhatFits() throws {
    #expect(abs(rightShare(task) - 0.43) < 0.06, "\(rightShare(task))")
    // Right results, wrong numbers: the text says itself that something is missing, or it is right.
    let homework = (0..<400).map { task.corpusExample(seed: 2, index: $0) }.filter { $0.format == .student }
    #expect(homework.contains { !$0.completion.contains("=0;") })
  }
}

@Suite struct WorldBoundsTests {
  @Test(arguments: [(0, 3), (5, 2), (1, 90), (-3, -1), (Int.min, Int.max)])
  func levelsThatCannotBeAreErrors(fewest: Int, most: Int) {
    #expect(throws: TaskError.self) { try ChainTask(shortest: fewest, longest: most) }
    #expect(throws: TaskError.self) { try CalculatorTask(shortest: fewest, longest: most) }
    #expect(throws: TaskError.self) { try SortingTask(shortest: fewest, longest: most) }
    #expect(throws: TaskError.self) { try SubsetSumTask(fewest: fewest, most: most) }
  }
}
