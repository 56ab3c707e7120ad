import RandomStreams

/// A digit, and what is done with it.
struct Chain: Exercise {
  /// An operation with its second digit.
  struct Step: Hashable {
    let operation: Operation
    let digit: Int
  }

  /// A line of working.
  struct Line: Hashable {
    let first: Int
    let step: Step
    let result: Int

    /// As it is written, with its semicolon.
    var text: String { "\(first)\(step.operation.rawValue)\(step.digit)=\(result);" }
  }

  let first: Int
  let steps: [Step]

  /// All chains of one operation.
  static var allOfOne: [Chain] {
    Operation.allCases.flatMap { operation in
      (0..<100).map { Chain(first: $0 / 10, steps: [Step(operation: operation, digit: $0 % 10)]) }
    }
  }

  /// Any chain of so many operations, all equally likely.
  static func random(of level: Int, with random: inout RandomStream) -> Chain {
    let first = random.below(10)
    return Chain(
      first: first,
      steps: (0..<level).map { _ in
        let choice = random.below(3 * 10)
        return Step(operation: Operation.allCases[choice / 10], digit: choice % 10)
      })
  }

  private var question: String { "\(first)" + steps.map { "\($0.operation.rawValue)\($0.digit)" }.joined() }

  var split: Split { Split.of(key: fingerprint(of: question)) }

  var problem: Problem {
    let answer = "\(worked { $0($1, $2) }.last?.result ?? first)"
    return Problem(
      id: fingerprint(of: question), question: question, solution: "#\(answer)$", answer: answer, level: steps.count)
  }

  /// The working of somebody who finds results in the given way, each line going on from the result before.
  func worked(result: (Operation, Int, Int) -> Int) -> [Line] {
    var state = first
    return steps.map { step in
      let line = Line(first: state, step: step, result: result(step.operation, state, step.digit))
      state = line.result
      return line
    }
  }

  /// Lines with the answer that follows from them.
  static func text(_ lines: [Line]) -> String {
    lines.map(\.text).joined() + "#\(lines.last?.result ?? 0)$"
  }
}
