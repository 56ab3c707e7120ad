import Tasks
import Testing

/// Every task there is; a new one is added here and has the whole contract tested.
private let everyTask: [any ReasoningTask] =
  ([
    try? AdditionTask(), try? AdditionTask(digits: 1...2), try? AdditionTask(digits: 5...9), try? ChainTask(),
    try? ChainTask(length: 1...9), try? CalculatorTask(), try? CalculatorTask(length: 1...6), try? SortingTask(),
    try? SortingTask(length: 3...12), try? SubsetSumTask(), try? SubsetSumTask(numbers: 5...8), try? Written.file(),
    try? Written.closure(),
  ] as [(any ReasoningTask)?]).compactMap(\.self)

/// What every task promises, whatever it is about.
@Suite struct ReasoningTaskContract {
  let count = 90

  @Test func theTasksCanBeMade() { #expect(everyTask.count == 13) }

  @Test(arguments: everyTask)
  func theAlphabetListsEachCharacterOnce(task: any ReasoningTask) {
    #expect(Set(task.alphabet).count == task.alphabet.count)
    #expect(task.alphabet.contains(task.endMark))
    #expect(!task.name.isEmpty && task.summary.hasSuffix("."))
  }

  @Test(arguments: everyTask)
  func allTextIsInTheAlphabet(task: any ReasoningTask) throws {
    let alphabet = Set(task.alphabet)
    for problem in try task.problems(count, split: .practice, seed: 2) {
      #expect(alphabet.isSuperset(of: task.studentPrompt(problem) + problem.solution))
      for context in PrivilegedContext.examples(other: problem) {
        #expect(alphabet.isSuperset(of: task.teacherPrompt(problem, seeing: context)))
      }
    }
    for index in 0..<count {
      let example = task.corpusExample(seed: 2, index: index)
      #expect(alphabet.isSuperset(of: example.prompt + example.completion))
    }
  }

  @Test(arguments: everyTask)
  func theSameSeedGivesTheSameProblemsAndMoreOnlyAddsToThem(task: any ReasoningTask) throws {
    for split in Split.allCases {
      let most = split == .heldOut ? 40 : count
      let problems = try task.problems(most, split: split, seed: 3)
      #expect(try task.problems(most, split: split, seed: 3) == problems)
      #expect(try task.problems(most / 2, split: split, seed: 3) == Array(problems.prefix(most / 2)))
      #expect(try task.problems(most, split: split, seed: 4) != problems)
      #expect(try task.problems(0, split: split, seed: 3).isEmpty)
      #expect(Set(problems).count == most && Set(problems.map(\.id)).count == most)
    }
  }

  @Test(arguments: everyTask)
  func problemsCanBeAskedForByLevel(task: any ReasoningTask) throws {
    guard let levels = task.levels else {
      #expect(throws: TaskError.self) { try task.problems(1, split: .practice, levels: 1...1, seed: 3) }
      return
    }
    for level in levels {
      let problems = try task.problems(12, split: .practice, levels: level...level, seed: 3)
      #expect(Set(problems).count == 12 && problems.allSatisfy { $0.level == level })
    }
    let all = try task.problems(count, split: .practice, seed: 3)
    #expect(try task.problems(count, split: .practice, levels: levels, seed: 3) == all)
    #expect(Set(all.map(\.level)) == Set(levels))
    for wrong in [levels.lowerBound - 1...levels.upperBound, levels.lowerBound...levels.upperBound + 1] {
      #expect(throws: TaskError.self) { try task.problems(1, split: .practice, levels: wrong, seed: 3) }
    }
  }

  @Test(arguments: everyTask)
  func theSplitsShareNothing(task: any ReasoningTask) throws {
    let heldOut = Set((0..<20).flatMap { (try? task.problems(40, split: .heldOut, seed: $0)) ?? [] }.map(\.id))
    let practice = Set((0..<20).flatMap { (try? task.problems(200, split: .practice, seed: $0)) ?? [] }.map(\.id))
    #expect(heldOut.count >= 40 && practice.count >= 200)
    #expect(heldOut.isDisjoint(with: practice))
    #expect((0..<2000).allSatisfy { !heldOut.contains(task.corpusExample(seed: 5, index: $0).problem.id) })
  }

  @Test(arguments: everyTask)
  func theVerifierAcceptsTheReferenceAndNothingElse(task: any ReasoningTask) throws {
    for problem in try task.problems(count, split: .practice, seed: 6) {
      #expect(
        task.verify(problem.solution, for: problem)
          == Verdict(isCorrect: true, isFormatted: true, answer: problem.answer))
      #expect(problem.solution.count <= task.longestCompletion)
      #expect(problem.solution.last == task.endMark)
      #expect(!task.verify(String(problem.solution.dropLast()), for: problem).isCorrect)
      for digit in "0123456789" where digit != problem.answer.last {
        let changed = problem.solution.dropLast(2) + String([digit, task.endMark])
        #expect(!task.verify(String(changed), for: problem).isCorrect)
      }
      #expect(!task.verify("", for: problem).isFormatted)
    }
  }

  @Test(arguments: everyTask)
  func theTeacherReadsTheStudentsPromptAndMore(task: any ReasoningTask) throws {
    for problem in try task.problems(count, split: .practice, seed: 7) {
      let prompt = task.studentPrompt(problem)
      let answer = task.teacherPrompt(problem)
      let misled = task.teacherPrompt(problem, seeing: .wrongAnswer)
      #expect(answer.hasSuffix(prompt) && answer.contains(problem.answer))
      #expect(misled.hasSuffix(prompt) && misled != answer && misled.count == answer.count)
      #expect(task.teacherPrompt(problem, seeing: .none) == prompt)
    }
  }

  @Test(arguments: everyTask)
  func corpusTextIsDeterminedByItsPlaceAndWrittenUnderItsPrompt(task: any ReasoningTask) {
    for index in 0..<count {
      let example = task.corpusExample(seed: 8, index: index)
      #expect(example == task.corpusExample(seed: 8, index: index))
      let prompt = task.studentPrompt(example.problem)
      #expect(example.prompt.contains(prompt))
      #expect((example.prompt == prompt) == (example.format == .student))
      #expect(example.format != .reflection || task is any ReflectiveTask)
      #expect(example.completion.count <= task.longestCompletion && example.completion.last == task.endMark)
    }
  }

  @Test(arguments: everyTask)
  func teachersTextIsRightWhereTheAnswerIsKnown(task: any ReasoningTask) {
    let lessons = (0..<600).map { task.corpusExample(seed: 9, index: $0) }.filter { $0.format == .teacher }
    #expect(lessons.count > 150)
    for example in lessons where example.prompt.hasPrefix(task.teacherPrompt(example.problem)) {
      #expect(task.verify(example.completion, for: example.problem).isCorrect || !example.completion.contains("#"))
    }
    #expect(task.knownContexts.contains(.none) && task.knownContexts.contains(.answer))
    #expect(Set(task.knownContexts).count == task.knownContexts.count)
  }

  @Test(arguments: everyTask)
  func theEnvironmentSpeaksOfWrongAttemptsAlone(task: any ReasoningTask) throws {
    for problem in try task.problems(count, split: .practice, seed: 10) {
      #expect(task.feedback(on: problem.solution, for: problem) == nil)
      for attempt in ["", "#", "$", String(problem.solution.dropLast()), "é\n" + problem.solution] {
        let words = task.feedback(on: attempt, for: problem)
        #expect(words == nil || Set(task.alphabet).isSuperset(of: words ?? ""))
        #expect((words != nil) == (task.givesFeedback && !task.verify(attempt, for: problem).isCorrect))
      }
    }
  }
}
