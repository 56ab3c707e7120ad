// Tasks, problems and prompts.

import CellLanguage
import Display
import Tasks

let taskCommands = [
  Command(
    "addition",
    [
      Parameter(
        "digits", .range, default: .range(ValueRange(lower: 2, upper: 4, isClosed: true)),
        help: "How many digits the numbers have; between 1 and 9.")
    ],
    result: "Task",
    summary: "A world to learn in: column addition, worked column by column.",
    discussion: """
      A solution adds column by column from the units and ends with the answer: 6+6+0=12;2+8+1=11;5+2+1=08;#812$ (the third \
      term is the carry). The student reads the sum alone. The teacher reads the bare answer in front of it, so it must \
      find the columns and the carries itself: it rationalises, it does not copy. One problem in 16 is held out, in every \
      stage.
      """,
    example: "let task = addition(digits: 2...4)"
  ) { arguments, _ in
    let digits = try arguments.levels("digits")
    return try .object(
      TaskObject(
        task: reporting("digits") {
          try AdditionTask(fewestDigits: digits.lowerBound, mostDigits: digits.upperBound)
        }))
  },
  Command(
    "studentPrompt", [Parameter("_", name: "problem", .object("Problem"), help: "The problem, x.")], result: "String",
    summary: "What the student reads before it answers: the problem alone.", example: "print(studentPrompt(exam[0]))"
  ) { arguments, _ in
    let problem = try arguments.object("problem", as: ProblemObject.self)
    return .string(problem.task.studentPrompt(problem.problem))
  },
  Command(
    "teacherPrompt",
    [Parameter("_", name: "problem", .object("Problem"), help: "The problem with its reference, x and y*.")],
    result: "String",
    summary: "What the teacher reads before the same tokens: the problem with the reference beside it.",
    example: "print(teacherPrompt(exam[0]))"
  ) { arguments, _ in
    let problem = try arguments.object("problem", as: ProblemObject.self)
    return .string(problem.task.teacherPrompt(problem.problem))
  },
  Command(
    "verify",
    [
      Parameter("_", name: "completion", .string, help: "An answer as text, with its end mark."),
      Parameter("for", name: "problem", .object("Problem"), help: "The problem it answers."),
    ],
    result: "Bool", summary: "Whether an answer is right: the verifier compares what follows the last #.",
    example: "verify(\"#812$\", for: exam[0])"
  ) { arguments, _ in
    let problem = try arguments.object("problem", as: ProblemObject.self)
    return .bool(problem.task.verify(try arguments.string("completion"), for: problem.problem).isCorrect)
  },
]

let taskTypes = [
  TypeDeclaration(
    "Task", summary: "A world of problems with reference solutions and a verifier.",
    members: [
      .init("name", type: "String", summary: "The command that makes it.", of: TaskObject.self) {
        .string($0.task.name)
      },
      .init("alphabet", type: "String", summary: "Every character of prompts and answers.", of: TaskObject.self) {
        .string($0.task.alphabet)
      },
      .init("longestCompletion", type: "Int", summary: "Tokens that the longest solution needs.", of: TaskObject.self) {
        .int($0.task.longestCompletion)
      },
    ],
    methods: [
      Command(
        "problems",
        [
          Parameter("_", name: "count", .int(.within(1...100_000)), help: "How many, all different."),
          Parameter(
            "split",
            .choice(
              Enumeration(
                "Split", summary: "The halves of a task, which share no problem.",
                cases: [
                  .init("practice", summary: "To train on."),
                  .init("heldOut", summary: "To examine on: one problem in 16, never trained on in any stage."),
                ])), default: .implicit("practice"), help: "Which half they are from."),
          Parameter(
            "levels", .optional(.range), help: "How hard they are, in the task's own measure; nil: every level alike."),
          .seed("Which problems are drawn."),
        ],
        result: "Problems", summary: "Draws different problems with their reference solutions.",
        example: "let exam = task.problems(200, split: .heldOut, seed: 2)"
      ) { arguments, _ in
        let task = try arguments.receiver(as: TaskObject.self).task
        let split: Split = try arguments.choice("split").name == "heldOut" ? .heldOut : .practice
        let count = try arguments.int("count")
        let seed = try arguments.seed()
        guard arguments.isGiven("levels") else {
          let problems = try reporting("count") { try task.problems(count, split: split, seed: seed) }
          return .object(ProblemsObject(task: task, problems: problems, split: split))
        }
        let levels = try arguments.levels("levels")
        let problems = try reporting("levels") {
          try task.problems(count, split: split, levels: levels, seed: seed)
        }
        return .object(ProblemsObject(task: task, problems: problems, split: split))
      }
    ]),
  TypeDeclaration(
    "Problems", summary: "Some problems of one task; exam[0] is the first.", element: "Problem",
    members: [
      .init("count", type: "Int", summary: "How many there are.", of: ProblemsObject.self) { .int($0.problems.count) }
    ],
    methods: [
      Command(
        "show", [Parameter("_", name: "count", .int(.within(1...10_000)), default: 5, help: "How many to show.")],
        result: "Table", summary: "The first problems with their references.", example: "practice.show(3)"
      ) { arguments, _ in
        let problems = try arguments.receiver(as: ProblemsObject.self)
        let places = problems.problems.indices.prefix(try arguments.int("count"))
        return .object(TableObject(problems.table(of: places)))
      }
    ]),
  TypeDeclaration(
    "Problem", summary: "A problem x with its reference solution y*.",
    members: [
      .init("question", type: "String", summary: "The problem, x.", of: ProblemObject.self) {
        .string($0.problem.question)
      },
      .init("solution", type: "String", summary: "The worked reference solution.", of: ProblemObject.self) {
        .string($0.problem.solution)
      },
      .init(
        "answer", type: "String", summary: "The reference answer, which the teacher is shown: y*.",
        of: ProblemObject.self
      ) {
        .string($0.problem.answer)
      },
      .init(
        "level", type: "Int", summary: "How hard it is: for addition, the number of digits.", of: ProblemObject.self
      ) {
        .int($0.problem.level)
      },
    ]),
]
