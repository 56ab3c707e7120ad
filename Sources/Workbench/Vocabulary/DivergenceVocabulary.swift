// Divergences: by name, and of one's own. A formula is recorded by calling the cell's function once, with stand-ins for
// the teacher's and the student's probabilities that take part in arithmetic.

import CellLanguage
import Display
import Objectives
import Training

/// The divergences that a cell can name; what each is stands in Objectives.
let divergenceEnumeration = Enumeration(
  "DivergenceName", summary: "How far the student q = p_S is from the teacher p = p_T, at one position.",
  cases: [
    .init(
      "jsd",
      [
        Parameter(
          "beta", .real(.within(0...1)), default: 0.5,
          help: "The teacher's weight in the mixture m = β p + (1−β) q; at 0 and 1, where JSD is 0, nothing is learnt.")
      ], summary: "β KL(p‖m) + (1−β) KL(q‖m), generalised Jensen–Shannon."),
    .init("forwardKL", summary: "KL(p‖q): the student must cover what the teacher holds possible."),
    .init("reverseKL", summary: "KL(q‖p): the student must leave what the teacher holds impossible."),
    .init("totalVariation", summary: "½ Σ |p − q|: at most 1, with a gradient that does not grow."),
    .init(
      "skewKL", [skewParameter],
      summary: "KL(p‖αp + (1−α)q): forward KL that stays finite (DistiLLM, arXiv 2402.03898)."),
    .init(
      "skewReverseKL", [skewParameter], summary: "KL(q‖αq + (1−α)p): reverse KL that stays finite (DistiLLM)."),
  ])

private let skewParameter = Parameter(
  "alpha", .real(.within(0...1)), default: 0.1, help: "How much of the first is mixed into the second.")

/// A divergence by name, or one of one's own.
let divergenceType = ValueType.either([.choice(divergenceEnumeration), .object("Divergence")])

/// The divergence that a label of this type holds.
func divergenceArgument(_ value: Value) throws -> Divergence {
  if case .object(let object) = value, let object = object as? DivergenceObject { return object.divergence }
  guard case .choice(let choice) = value else { return .jsd(beta: 0.5) }
  switch choice.name {
  case "forwardKL": return .forwardKL
  case "reverseKL": return .reverseKL
  case "totalVariation": return .totalVariation
  case "skewKL": return .skewKL(alpha: try choice.arguments.real("alpha"))
  case "skewReverseKL": return .skewReverseKL(alpha: try choice.arguments.real("alpha"))
  default: return .jsd(beta: try choice.arguments.real("beta"))
  }
}

/// A divergence of one's own.
struct DivergenceObject: CellObject {
  let name: String
  let divergence: Divergence

  var typeName: String { "Divergence" }
  var summary: String { "divergence \(name): \(divergence.formula)" }
  func isEqual(to other: any CellObject) -> Bool? { (other as? Self).map { $0.divergence == divergence } }
}

/// A formula over p and q while it is recorded.
struct ExpressionObject: ArithmeticObject {
  let expression: Expression

  var typeName: String { "Formula" }
  var summary: String { expression.description }

  func apply(_ operation: String, _ left: Value, _ right: Value) throws(CellFailure) -> Value? {
    guard let a = recorded(left), let b = recorded(right) else { return nil }
    switch operation {
    case "+": return value(a + b)
    case "-": return value(a - b)
    case "*": return value(a * b)
    case "/": return value(a / b)
    default: return nil
    }
  }

  func apply(command: String, _ arguments: [Value]) throws(CellFailure) -> Value? {
    let operands = arguments.compactMap(recorded)
    guard operands.count == arguments.count, let first = operands.first else { return nil }
    switch (command, operands.count) {
    case ("log", 1): return value(first.logarithm)
    case ("exp", 1): return value(first.exponential)
    case ("abs", 1): return value(first.magnitude)
    case ("sqrt", 1): return value(first.squareRoot)
    case ("sum", 1): return value(first.sum)
    case ("mean", 1): return value(first.mean)
    case ("max", 1): return value(first.maximum)
    case ("softmax", 1): return value(first.softmax)
    case ("dot", 2): return value(.dot(first, operands[1]))
    case ("min", 2): return value(.minimum(first, operands[1]))
    case ("max", 2): return value(.maximum(first, operands[1]))
    case ("pow", 2): if let exponent = arguments[1].number { return value(first.power(exponent)) }
    default: break
    }
    throw CellFailure(
      "`\(command)` cannot be part of a divergence", "no gradient is known for it here",
      fix: "Use + - * /, log, exp, abs, sqrt, pow, min, max, sum, mean, softmax and dot.", kind: .typeMismatch)
  }

  private func value(_ expression: Expression) -> Value { .object(ExpressionObject(expression: expression)) }

  private func recorded(_ value: Value) -> Expression? {
    if let number = value.number { return .constant(number) }
    if case .object(let object) = value { return (object as? ExpressionObject)?.expression }
    return nil
  }
}

let divergenceCommands = [
  Command(
    "divergence",
    [
      Parameter("_", name: "name", .string, help: "What tables and plots call it."),
      Parameter("_", name: "function", .function, help: "p, q → a number: vector operations over both."),
    ],
    result: "Divergence", summary: "A divergence of one's own, trained on like any other.",
    discussion: """
      The function is given the teacher's and the student's probabilities at one position, p and q, as vectors over the \
      vocabulary, and returns one number. It is called once, with stand-ins: what it computes is recorded, and its gradient \
      by the student's logits derived from the record (reverse mode), then checked against differences. Operations: + - * /, \
      log, exp, abs, sqrt, pow, min, max, sum, mean, softmax, dot. 0 · log 0 counts as 0.
      """,
    example: "let mine = divergence(\"mine\") { p, q in sum(p * log(p / q)) + 0.1 * sum(abs(p - q)) }"
  ) { arguments, context in
    let function = try arguments.function("function")
    let result = try function.call(
      [
        .object(ExpressionObject(expression: .teacher)), .object(ExpressionObject(expression: .student)),
      ], context)
    guard case .object(let object) = result, let recorded = object as? ExpressionObject else {
      throw CellFailure(
        "this function returned \(result.debugDescribed(limit: 60))", "a divergence depends on q",
        fix: "Return a number made of p and q, as in sum(p * log(p / q)).", argument: "function", kind: .typeMismatch)
    }
    let name = try arguments.string("name")
    var expression = recorded.expression
    expression.name = name
    let divergence = Divergence.custom(expression)
    try reporting("function") {
      try divergence.validate()
      try expression.checkGradient()
    }
    return .object(DivergenceObject(name: name, divergence: divergence))
  }
]

let divergenceTypes = [
  TypeDeclaration(
    "Divergence", summary: "A divergence of one's own.",
    members: [
      .init("name", type: "String", summary: "What tables and plots call it.", of: DivergenceObject.self) {
        .string($0.name)
      },
      .init("formula", type: "String", summary: "What was recorded.", of: DivergenceObject.self) {
        .string($0.divergence.formula)
      },
    ]),
  TypeDeclaration("Formula", summary: "A formula over p and q while it is recorded."),
]
