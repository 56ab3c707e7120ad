// What the kinds of context become in a teacher's prompt, shown on addition, whose text is known by heart.

import Tasks
import Testing

@Suite struct PrivilegedContextTests {
  let task: AdditionTask
  let problem = Problem(
    id: 526 << 32 | 286, question: "526+286", solution: "6+6+0=12;2+8+1=11;5+2+1=08;#812$", answer: "812", level: 3)
  let other = Problem(id: 12 << 32 | 34, question: "12+34", solution: "2+4+0=06;1+3+0=04;#46$", answer: "46", level: 2)

  init() throws { task = try AdditionTask() }

  @Test func everyKindHasOneExample() {
    #expect(PrivilegedContext.examples(other: other).map(\.kind) == PrivilegedContext.Kind.allCases)
  }

  @Test(arguments: [
    (0.0, "     "), (0.25, "6+6+0=12"), (0.5, "6+6+0=12;2+8+1=1"), (1, "6+6+0=12;2+8+1=11;5+2+1=08;#812"),
    (-1, "     "), (.nan, "     "), (.infinity, "6+6+0=12;2+8+1=11;5+2+1=08;#812"), (0.01, "    6"),
  ])
  func aPrefixIsAShareOfTheSolutionWithoutItsEnd(share: Double, shown: String) {
    #expect(task.teacherPrompt(problem, seeing: .prefix(share: share)) == "[\(shown)] 526+ 286=")
  }

  @Test(arguments: [
    (
      PrivilegedContext.other(Problem(id: 1, question: "12+34", solution: "", answer: "46", level: 2)),
      "[   46] 526+ 286="
    ), (.text("7;"), "[   7;] 526+ 286="),
    (.solution, "[6+6+0=12;2+8+1=11;5+2+1=08;#812] 526+ 286="),
    (.revision(solution: nil, feedback: nil), " 526+ 286="),
    (.revision(solution: "#812$", feedback: nil), "[ #812] 526+ 286="),
    (.revision(solution: "#812$", feedback: "=7"), "[#812 =7] 526+ 286="),
    (.revision(solution: nil, feedback: "=7"), "[   =7] 526+ 286="),
  ])
  func eachKindIsShownInFrontOfTheQuestion(context: PrivilegedContext, prompt: String) {
    #expect(task.teacherPrompt(problem, seeing: context) == prompt)
  }

  @Test func aWrongSolutionHasOneWrongColumnAndFollowsFromIt() throws {
    for problem in try task.problems(200, split: .practice, seed: 1) {
      let prompt = task.teacherPrompt(problem, seeing: .wrongSolution)
      let shown = prompt.dropFirst().prefix { $0 != "]" }
      #expect(shown + "$" != problem.solution)
      #expect(prompt == task.teacherPrompt(problem, seeing: .wrongSolution))
      let verdict = task.verify(shown + "$", for: problem)
      #expect(verdict.isFormatted && !verdict.isCorrect)
    }
  }
}
