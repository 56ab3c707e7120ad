// The worlds beside addition, and problems from files. Each world of ours has a base that ships under its name.

import CellLanguage
import Tasks

let worldCommands = [
  Command(
    "chain", [levels("length", 3...5, help: "How many operations a chain has; between 1 and 9.")], result: "Task",
    summary: "A world whose references are bare answers: chains of operations on last digits.",
    discussion: """
      7+8*3-5 is worked from the left, only last digits kept: 7+8=5;5*3=5;5-5=0;#0$. But the reference solution is #0$ \
      and nothing else. To imitate it (SFT) is to unlearn the working, and the sum with it; a teacher who reads the answer \
      must find the working itself. The base that ships, model("chain"), is right on 37 % of 1,000 held-out problems, and on \
      all of them when it reads the answer; 100 steps of OPSD bring it to 99 %.
      """,
    example: "let task = chain(length: 3...5)"
  ) { arguments, _ in
    try world(arguments, "length") { try ChainTask(shortest: $0, longest: $1) }
  },
  Command(
    "calculator", [levels("length", 2...4, help: "How many operations an expression has; between 1 and 6.")],
    result: "Task",
    summary: "A world that says which line is wrong: a calculator that goes from left to right.",
    discussion: """
      2+3*4+5 is worked 2+3=5;5*4=0;0+5=5;#5$: one key after another, only last digits kept. Pupils do products first, as they \
      learnt at school, and the calculator says where and what: line 1: got 3*4=2, want 2+3=5. Its words can be shown to a \
      teacher (SDPO), who is right as far as they reach, or be reflected upon before a second attempt (ERL). The base that \
      ships, model("calculator"), is right on 39 % of 1,000 held-out problems, and on 95 % when it reads the answer; 100 \
      steps of OPSD bring it to 94 %. Of problems that it got wrong it is right on 23 % when it tries again, and on 63 % when \
      it reads what the calculator said.
      """,
    example: "let task = calculator(length: 2...4)"
  ) { arguments, _ in
    try world(arguments, "length") { try CalculatorTask(shortest: $0, longest: $1) }
  },
  Command(
    "sorting", [levels("length", 2...8, help: "How many letters a list has; between 2 and 12.")], result: "Task",
    summary: "A world for a curriculum: letters to be sorted, two of them with ease, eight hardly ever.",
    discussion: """
      gcakf is sorted #acfgk$. Pupils misjudge some letters that are close in the alphabet; the longer the list, the more \
      such pairs it holds. task.problems(200, levels: 2...3) gives easy ones. The base that ships, \
      model("sorting"), is right on 30 % of 1,000 held-out lists, of pairs on most and of eight letters on 7 %, and on 98 % \
      when it reads the answer; 100 steps of OPSD bring it to 97 %.
      """,
    example: "let task = sorting(length: 2...8)"
  ) { arguments, _ in
    try world(arguments, "length") { try SortingTask(shortest: $0, longest: $1) }
  },
  Command(
    "subsetSum", [levels("numbers", 4...6, help: "How many numbers are given; between 4 and 8.")], result: "Task",
    summary: "A world where an answer is easy to check and hard to find: numbers that make a target.",
    discussion: """
      9,7,4,3,2>16 is worked 16-9=7;7-7=0;#9+7$; any given numbers that make the target are right, #9+4+3$ too. Pupils take \
      whatever fits and never look ahead. The base that ships, model("subsetSum"), is right on 40 % of 1,000 held-out \
      problems, and on 94 % when it reads the answer; 100 steps of OPSD bring it to 57 %, for most \
      of what is missing is a search that the weights never learnt.
      """,
    example: "let task = subsetSum(numbers: 4...6)"
  ) { arguments, _ in
    try world(arguments, "numbers") { try SubsetSumTask(fewest: $0, most: $1) }
  },
  Command(
    "jsonl",
    [
      Parameter("_", name: "file", .string, help: "A file with one JSON object a line.", texts: .paths),
      Parameter("problem", .string, default: "problem", help: "The field that holds the problem."),
      Parameter(
        "solution", .optional(.string), help: "The field that holds the worked solution; nil: the bare answer is all."),
      Parameter(
        "answer", .optional(.string),
        help: "The field that holds the answer; nil: what follows the solution's last marker."
      ),
      Parameter("marker", .string, default: "#", help: "What stands in front of the answer in a completion."),
      Parameter("endMark", .string, default: "$", help: "The character that ends a completion; it is in no text."),
      Parameter("ignoresCase", .bool, default: false, help: "Whether small and capital letters are the same."),
    ],
    result: "Task", summary: "A task from a file of your own, one JSON object a line.",
    discussion: """
      Right is a completion whose answer, between its last marker and the end mark, is the reference's, spaces around it \
      aside. One problem in 16 is held out, chosen by its text. Every character of the file is a token, so a model for it is \
      made anew: model(width: 96, for: task).
      """,
    example: "let task = jsonl(\"problems.jsonl\", problem: \"question\", answer: \"answer\")"
  ) { arguments, _ in
    let marker = try arguments.string("endMark")
    guard let endMark = marker.first, marker.count == 1 else {
      throw CellFailure(
        "`endMark` cannot be \"\(marker)\"", "it is one character", fix: "Write endMark: \"$\".", argument: "endMark",
        kind: .outOfRange)
    }
    func field(_ name: String) throws -> String? { try arguments.isGiven(name) ? arguments.string(name) : nil }
    let file = try ModelLibrary.path(arguments.string("file"), argument: "file", example: "problems.jsonl")
    return try .object(
      TaskObject(
        task: reporting("file") {
          try JSONLTask(
            file: file,
            fields: .init(
              problem: arguments.string("problem"), solution: field("solution"), answer: field("answer")),
            format: WrittenFormat(
              marker: arguments.string("marker"), endMark: endMark, ignoresCase: arguments.bool("ignoresCase")))
        }))
  },
]

/// The parameter that says which levels a world has.
private func levels(_ label: String, _ usual: ClosedRange<Int>, help: String) -> Parameter {
  let range = ValueRange(lower: usual.lowerBound, upper: usual.upperBound, isClosed: true)
  return Parameter(label, .range, default: .range(range), help: help)
}

/// A world from the bounds of its levels.
private func world(
  _ arguments: Arguments, _ label: String, _ make: (Int, Int) throws -> some ReasoningTask
) throws -> Value {
  let bounds = try arguments.levels(label)
  return try .object(TaskObject(task: reporting(label) { try make(bounds.lowerBound, bounds.upperBound) }))
}

extension Arguments {
  /// The levels that a range names, both bounds among them.
  func levels(_ label: String) throws -> ClosedRange<Int> {
    let range = try self.range(label)
    guard let bounds = range.bounds, !bounds.isEmpty else {
      let isOpen = range.lower == nil || range.upper == nil
      throw CellFailure(
        "`\(label)` cannot be \(Value.range(range))", isOpen ? "it needs both bounds" : "it holds no number",
        fix: "Write \(label): 2...4.", argument: label, kind: .outOfRange)
    }
    return bounds.lowerBound...bounds.upperBound - 1
  }
}
