// A task of one's own: a function of the cell writes problems, one for each seed.

import CellLanguage
import Tasks

let ownTaskCommands = [
  Command(
    "ownTask",
    [
      Parameter("_", name: "name", .string, help: "What tables and plots call it."),
      Parameter(
        "count", .int(.within(32...100_000)), default: 2000,
        help: "How many seeds the function is given, counted from 0; equal problems count once."),
      Parameter("marker", .string, default: "#", help: "What stands in front of the answer in a completion."),
      Parameter("endMark", .string, default: "$", help: "The character that ends a completion; it is in no text."),
      Parameter(
        "_", name: "function", .function,
        help: "seed → (problem: …, solution: …, answer: …), or a dictionary with these keys."),
    ],
    result: "Task", summary: "A task of your own: a function writes the problem of each seed.",
    discussion: """
      The function is called once for each seed and returns three strings. The solution is the working that comes before the \
      marker and the answer; "" where the answer is all there is. The verifier compares what follows the last marker. One \
      problem in 16 is held out, chosen by its text. Every character of the texts is a token, so a model for it is made anew: \
      model(width: 96, for: task), and learns first with train(…, with: .sft()).
      """,
    example: """
      let doubles = ownTask("doubles") { seed in (problem: "\\(seed)*2", solution: "\\(seed)+\\(seed)", answer: "\\(2 * seed)") }
      """
  ) { arguments, context in
    let function = try arguments.function("function")
    let marker = try arguments.string("endMark")
    guard let endMark = marker.first, marker.count == 1 else {
      throw CellFailure(
        "`endMark` cannot be \"\(marker)\"", "it is one character", fix: "Write endMark: \"$\".", argument: "endMark",
        kind: .outOfRange)
    }
    var texts: [WrittenTexts] = []
    for seed in 0..<(try arguments.int("count")) {
      try context.checkInterruption()
      texts.append(try WrittenTexts(function.call([.int(seed)], context), seed: seed))
    }
    let name = try arguments.string("name")
    let written = texts
    return try reporting("function") {
      let format = try WrittenFormat(marker: arguments.string("marker"), endMark: endMark)
      let longest = written.reduce(1) { max($0, $1.solution.count + $1.answer.count) }
      let task = try ClosureTask(
        name: name, summary: "\(name), written by a function of a cell.",
        alphabet: String(Set(written.flatMap { Array($0.problem + $0.solution + $0.answer) }).sorted()),
        longestCompletion: longest + format.marker.count + 2, format: format
      ) { seed in
        let texts = written[Int(seed % UInt64(written.count))]
        return (texts.problem, texts.solution, texts.answer)
      }
      return .object(TaskObject(task: task))
    }
  }
]

/// One problem as a function of a cell wrote it.
private struct WrittenTexts {
  let problem: String
  let solution: String
  let answer: String

  /// Throws `CellFailure` for anything but three strings by their names.
  init(_ value: Value, seed: Int) throws {
    func text(_ name: String) throws -> String {
      var found: Value?
      switch value {
      case .tuple(let tuple): found = zip(tuple.labels, tuple.elements).first { $0.0 == name }?.1
      case .dictionary(let dictionary): found = dictionary[name]
      default: break
      }
      guard case .string(let text)? = found else {
        throw CellFailure(
          "the function returned \(value.debugDescribed(limit: 60)) for the seed \(seed)",
          "a problem has three strings, and `\(name)` is missing or none",
          fix: "Return (problem: \"…\", solution: \"…\", answer: \"…\").", argument: "function", kind: .typeMismatch)
      }
      return text
    }
    problem = try text("problem")
    solution = try text("solution")
    answer = try text("answer")
  }
}
