import Tasks
import Testing

/// The share of wrong homework is what the whole world rests on, so it is counted.
@Suite struct PupilsTests {
  let task: AdditionTask
  let homework: [CorpusExample]
  let lessons: [CorpusExample]

  init() throws {
    let task = try AdditionTask()
    let examples = (0..<6000).map { task.corpusExample(seed: 11, index: $0) }
    self.task = task
    homework = examples.filter { $0.format == .student }
    lessons = examples.filter { $0.format == .teacher }
  }

  func isRight(_ example: CorpusExample) -> Bool { task.verify(example.completion, for: example.problem).isCorrect }

  @Test func halfTheTextIsHomework() {
    // 3,000 expected, standard deviation 39.
    #expect(abs(homework.count - 3000) < 195)
  }

  @Test func mostHomeworkIsWrong() {
    let share = Double(homework.count(where: isRight)) / Double(homework.count)
    // 0.381 over 32,000; of 3,000 the standard deviation is 0.009: five of them.
    #expect(abs(share - 0.381) < 0.045, "\(share)")
  }

  @Test func lessonsAreAlwaysRight() {
    #expect(lessons.allSatisfy { isRight($0) && $0.completion == $0.problem.solution })
  }

  @Test func homeworkIsWellFormedAndConsistentWithItsOwnTotals() {
    for example in homework {
      #expect(task.verify(example.completion, for: example.problem).isFormatted)
      let columns = example.completion.split(separator: "#")[0].split(separator: ";")
      #expect(columns.allSatisfy { $0.count == 8 } && columns.count == example.problem.level)
      let read = columns.reversed().enumerated().map { $0.offset == 0 ? $0.element.suffix(2) : $0.element.suffix(1) }
      #expect(Int(read.joined()) == Int(example.completion.split(separator: "#")[1].dropLast()))
    }
  }

  @Test func misconceptionsAreOneTooMuchOrTooLittle() throws {
    let table = Pupils.usual.misconceptions
    #expect(table.count == 100 && table.count { $0 != 0 } == 35 && table.allSatisfy { abs($0) <= 1 })
    #expect(table[0] >= 0 && table[99] <= 0)
    #expect(Pupils.usual == (try Pupils()))
    #expect(try Pupils(seed: 1) != Pupils.usual)
    #expect(try Pupils(confusedPairs: 100).misconceptions.allSatisfy { $0 != 0 })
  }

  @Test func pupilsWithoutSlipsAreRight() throws {
    let perfect = try AdditionTask(pupils: Pupils(confusedPairs: 100, confusion: 0, forgetfulness: 0))
    for index in 0..<200 {
      let example = perfect.corpusExample(seed: 1, index: index)
      #expect(example.completion == example.problem.solution)
    }
  }

  @Test(arguments: [(101, 0.5, 0.5), (-1, 0.5, 0.5), (35, 1.5, 0.5), (35, 0.5, -0.1), (35, .nan, 0.5)])
  func pupilsThatCannotBeAreErrors(pairs: Int, confusion: Double, forgetfulness: Double) {
    #expect(throws: TaskError.self) {
      try Pupils(confusedPairs: pairs, confusion: confusion, forgetfulness: forgetfulness)
    }
  }
}
