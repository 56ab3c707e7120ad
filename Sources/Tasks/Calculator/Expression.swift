import RandomStreams

/// An expression of single digits, as it stands at some moment of its working.
struct Expression: Hashable {
  /// Digits and operations in turn.
  private(set) var characters: [Character]

  init(_ text: String) { characters = Array(text) }

  /// A step that can be taken: the place of its operation, and what is written for it.
  struct Step: Hashable {
    let place: Int
    let first: Int
    let operation: Operation
    let second: Int

    /// The operation without its result, as in `3*4`.
    var left: String { "\(first)\(operation.rawValue)\(second)" }
    /// The right result.
    var result: Int { operation(first, second) }
    /// The step with its right result, as in `3*4=2`.
    var text: String { "\(left)=\(result)" }
  }

  /// The digit that is left; nil while there is something to work out.
  var value: Int? { characters.count == 1 ? characters[0].wholeNumberValue : nil }

  /// The step that the calculator takes: the leftmost operation.
  var next: Step? { steps.first }

  /// The step that school teaches: the leftmost product, if there is one.
  var product: Step? { steps.first { $0.operation == .times } }

  /// After a step whose result is given.
  func after(_ step: Step, result: Int) -> Expression {
    var next = characters
    next.replaceSubrange(step.place - 1...step.place + 1, with: [Character(String(lastDigit(result)))])
    return Expression(String(next))
  }

  /// Every operation that stands between two digits.
  private var steps: [Step] {
    characters.indices.compactMap { place in
      guard let operation = Operation(rawValue: characters[place]), place > 0, place + 1 < characters.count,
        let first = characters[place - 1].wholeNumberValue, let second = characters[place + 1].wholeNumberValue
      else { return nil }
      return Step(place: place, first: first, operation: operation, second: second)
    }
  }
}

/// An expression to be worked out.
struct CalculatorExercise: Exercise {
  let question: String
  let level: Int

  /// Any expression with so many operations.
  static func random(of level: Int, with random: inout RandomStream) -> CalculatorExercise {
    let digits = (0...level).map { _ in 1 + random.below(9) }
    let operations = (0..<level).map { _ in Operation.allCases[random.below(3)] }
    let text = zip(operations, digits.dropFirst()).reduce("\(digits[0])") { "\($0)\($1.0.rawValue)\($1.1)" }
    return CalculatorExercise(question: text, level: level)
  }

  /// All expressions with one operation.
  static var allOfOne: [CalculatorExercise] {
    (11...99).filter { $0 % 10 > 0 }.flatMap { pair in
      Operation.allCases.map {
        CalculatorExercise(question: "\(pair / 10)\($0.rawValue)\(pair % 10)", level: 1)
      }
    }
  }

  var split: Split { Split.of(key: fingerprint(of: question)) }

  var problem: Problem {
    let lines = Self.reference(Expression(question))
    let answer = lines.last.map { String($0.suffix(1)) } ?? question
    return Problem(
      id: fingerprint(of: question), question: question, solution: Self.text(lines, answer: answer), answer: answer,
      level: level)
  }

  /// The lines of the reference from some state on.
  static func reference(_ expression: Expression) -> [String] {
    var state = expression
    var lines: [String] = []
    while let step = state.next {
      lines.append(step.text)
      state = state.after(step, result: step.result)
    }
    return lines
  }

  /// Lines and the answer, as a completion.
  static func text(_ lines: [String], answer: String) -> String {
    lines.map { $0 + ";" }.joined() + "#\(answer)$"
  }
}
