// The interpreter of the world of the calculator: what it says of which attempt, and what is made of its words.

import Tasks
import Testing

@Suite struct CalculatorTests {
  let task: CalculatorTask
  let problem = Problem(
    id: 7, question: "2+3*4+5", solution: "2+3=5;5*4=0;0+5=5;#5$", answer: "5", level: 3)

  init() throws { task = try CalculatorTask() }

  @Test(arguments: [
    ("3*4=2;2+2=4;4+5=9;#9$", "line 1: got 3*4=2, want 2+3=5"),
    ("2+3=6;6*4=4;4+5=9;#9$", "line 1: got 2+3=6, want 2+3=5"),
    ("2+3=5;4+5=9;5*9=5;#9$", "line 2: got 4+5=9, want 5*4=0"),
    ("2+3=5;5*4=0;0+5=6;#6$", "line 3: got 0+5=6, want 0+5=5"),
    ("2+3=5;5*4=0;0+5=5;#8$", "line 4: got #8, want #5"), ("2+3=5;5*4=0;0+5=5;#5", "line 4: got #5, want #5$"),
    ("2+3=5;#2$", "line 2: got #2, want 5*4=0"), ("", "line 1: got nothing, want 2+3=5"),
    ("2+3=5;", "line 2: got nothing, want 5*4=0"), ("2+3=5;5*4=0;0+5=5;", "line 4: got nothing, want #5"),
    ("2+3=5;5*4=0;0+5=5;4+5=9;#8$", "line 4: got 4+5=9, want #5$"),
    ("2+3=51111111111111$", "line 1: got 2+3=5111, want 2+3=5"), ("??é??;$", "line 1: got ????, want 2+3=5"),
  ])
  func theInterpreterNamesTheFirstWrongLine(attempt: String, words: String) {
    #expect(task.feedback(on: attempt, for: problem) == words)
  }

  @Test func theInterpreterHasNothingToSayOfARightAnswer() {
    #expect(task.feedback(on: problem.solution, for: problem) == nil)
    // The verifier reads the answer alone, and so the environment is content.
    #expect(task.feedback(on: "3*4=7;#5$", for: problem) == nil)
    #expect(task.givesFeedback)
  }

  @Test func wordsAndSolutionsStandBehindBracketsOfTheirOwn() {
    let words = "line 1: got 2+3=5, want 3*4=2"
    #expect(
      task.teacherPrompt(problem, seeing: .revision(solution: nil, feedback: words)) == "<\(words)>  2+3*4+5=")
    #expect(
      task.teacherPrompt(problem, seeing: .revision(solution: problem.solution, feedback: words))
        == "<\(words)>[2+3=5;5*4=0;0+5=5;#5]  2+3*4+5=")
    #expect(task.teacherPrompt(problem) == "[5]  2+3*4+5=")
    #expect(task.teacherPrompt(problem, seeing: .wrongAnswer) == "[6]  2+3*4+5=")
  }

  @Test func reflectionsAreAboutTheAttemptAndStandBeforeTheSecond() {
    let prompt = task.reflectionPrompt(
      problem, attempt: "2+3=5;5*4=0;0+5=5;#5$", feedback: "line 1: got 2+3=5, want 3*4=2", memory: "line 2: 1+1=2$")
    #expect(prompt == "{line 2: 1+1=2}  2+3*4+5=2+3=5;5*4=0;0+5=5;#5[line 1: got 2+3=5, want 3*4=2]?")
    #expect(task.secondPrompt(problem, reflection: "line 1: 3*4=2$") == "{line 1: 3*4=2}  2+3*4+5=")
    let none = task.reflectionPrompt(problem, attempt: "", feedback: "", memory: nil)
    #expect(none == "{}  2+3*4+5=[]?")
  }

  @Test func theCorpusHoldsReflectionsAndSecondAttempts() {
    let examples = (0..<2000).map { task.corpusExample(seed: 3, index: $0) }.filter { $0.format == .reflection }
    let reflections = examples.filter { $0.prompt.last == "?" }
    // 200 of each expected, standard deviation 13: five of them.
    #expect(abs(reflections.count - 200) < 67 && abs(examples.count - reflections.count - 200) < 67)
    for example in reflections {
      #expect(example.completion.count <= task.longestReflection && example.completion.hasPrefix("line "))
    }
    // Three of four say what the interpreter wants.
    let right = reflections.count { $0.prompt.contains("want \($0.completion.dropFirst(8).dropLast())]") }
    #expect(abs(Double(right) / Double(reflections.count) - 0.75) < 0.16)
  }

  @Test func aWrongSolutionIsWrongAndEndsAsItFollows() throws {
    for problem in try task.problems(200, split: .practice, seed: 1) {
      let shown = task.teacherPrompt(problem, seeing: .wrongSolution).dropFirst().prefix { $0 != "]" } + "$"
      #expect(shown.count == problem.solution.count && shown != problem.solution)
      let words = task.feedback(on: String(shown), for: problem)
      // Times 0 the mistake vanishes, and the answer is right after all.
      #expect(words != nil || shown.hasSuffix("#\(problem.answer)$"))
    }
  }
}
