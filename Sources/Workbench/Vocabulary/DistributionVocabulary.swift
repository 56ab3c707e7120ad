// Teacher against student: divergences by name, and the distributions that they compare.

import CellLanguage
import Tasks
import Display
import Objectives
import Rollouts
import Training

private let teacherParameter = Parameter("_", name: "p", .vector, help: "The teacher's probabilities.")
private let studentParameter = Parameter("_", name: "q", .vector, help: "The student's probabilities.")

private func divergence(_ arguments: Arguments, _ divergence: Divergence) throws -> Value {
  let p = try arguments.vector("p").elements
  let q = try arguments.vector("q").elements
  guard p.count == q.count else {
    throw CellFailure(
      "p has \(p.count) probabilities and q has \(q.count)", "a divergence compares them token by token",
      fix: "Take both from the same position, such as d.teacher[5] and d.student[5].", argument: "q",
      kind: .wrongArgument)
  }
  for (name, vector) in [("p", p), ("q", q)] {
    guard !vector.isEmpty else {
      throw CellFailure(
        "`\(name)` holds no probabilities", "a distribution has at least one",
        fix: "Take one from a position, such as d.teacher[5].", argument: name, kind: .outOfRange)
    }
    if let wrong = vector.first(where: { !($0 >= 0 && $0 <= 1 + 1e-9) }) {
      throw CellFailure(
        "`\(name)` holds \(wrong)", "probabilities lie between 0 and 1", fix: "softmax makes probabilities of logits.",
        argument: name, kind: .outOfRange)
    }
    let sum = vector.reduce(0, +)
    guard abs(sum - 1) <= 1e-4 else {
      throw CellFailure(
        "the probabilities of `\(name)` sum to \(sum)", "those of a distribution sum to 1",
        fix: "Divide by the sum, as in \(name) / sum(\(name)).", argument: name, kind: .outOfRange)
    }
  }
  return .double(divergence(p, q))
}

let distributionCommands = [
  Command(
    "jsd",
    [
      teacherParameter, studentParameter,
      Parameter("beta", .real(.within(0...1)), default: 0.5, help: "The teacher's weight in the mixture."),
    ],
    result: "Double", summary: "JSD_β = β KL(p‖m) + (1−β) KL(q‖m) with m = β p + (1−β) q, in nats.",
    example: "jsd(d.teacher[5], d.student[5], beta: 0.5)"
  ) { arguments, _ in try divergence(arguments, .jsd(beta: try arguments.real("beta"))) },
  Command(
    "forwardKL", [teacherParameter, studentParameter], result: "Double", summary: "KL(p‖q) = Σ p log(p/q), in nats.",
    example: "forwardKL(d.teacher[5], d.student[5])"
  ) { arguments, _ in try divergence(arguments, .forwardKL) },
  Command(
    "reverseKL", [teacherParameter, studentParameter], result: "Double", summary: "KL(q‖p) = Σ q log(q/p), in nats.",
    example: "reverseKL(d.teacher[5], d.student[5])"
  ) { arguments, _ in try divergence(arguments, .reverseKL) },
]

let stripParameter = Parameter(
  "_", name: "quantity", .either([divergenceType, .choice(stripEnumeration)]), default: .implicit("jsd"),
  help: "What is measured at every token: a divergence, the log-ratio, an entropy.")

private let stripEnumeration = Enumeration(
  "TokenQuantity", summary: "What is measured at a token beside the divergences.",
  cases: [
    .init(
      "logRatio",
      summary: "log p_T − log p_S of the token that was drawn, the advantage of sampled-token distillation."),
    .init("teacherEntropy", summary: "The entropy of p_T."),
    .init("studentEntropy", summary: "The entropy of p_S."),
  ])

func stripQuantity(_ value: Value) throws -> StripQuantity {
  if case .choice(let choice) = value {
    switch choice.name {
    case "logRatio": return .logRatio
    case "teacherEntropy": return .teacherEntropy
    case "studentEntropy": return .studentEntropy
    default: break
    }
  }
  return .divergence(try divergenceArgument(value))
}

let distributionTypes = [
  TypeDeclaration(
    "Distributions", summary: "Teacher and student at every position of a rollout; d[5] is one position.",
    element: "Position",
    members: [
      .init(
        "teacher", type: "DistributionRows", summary: "d.teacher[n] is p_T at position n, a vector.",
        of: DistributionsObject.self
      ) {
        .object(DistributionRowsObject(distributions: $0, isTeacher: true))
      },
      .init(
        "student", type: "DistributionRows", summary: "d.student[n] is p_S at position n, a vector.",
        of: DistributionsObject.self
      ) {
        .object(DistributionRowsObject(distributions: $0, isTeacher: false))
      },
      .init("count", type: "Int", summary: "The positions.", of: DistributionsObject.self) {
        .int($0.scores.positions)
      },
    ],
    methods: [
      Command(
        "show", [stripParameter],
        result: "Figure",
        summary: "The tokens, coloured by how much the teacher would have it otherwise, or by how sure each is.",
        example: "d.show(.jsd(beta: 0.5))"
      ) { arguments, _ in
        let distributions = try arguments.receiver(as: DistributionsObject.self)
        let quantity = try stripQuantity(arguments.value("quantity"))
        return .object(
          FigureObject(
            figure: TokenStrips([distributions.strip(quantity)]),
            summary: "\(quantity.name) along \(distributions.rollout.text)"))
      },
      Command(
        "values", [stripParameter], result: "Vector", summary: "What is measured at every position, in nats.",
        example: "d.values(.forwardKL)"
      ) { arguments, _ in
        let distributions = try arguments.receiver(as: DistributionsObject.self)
        return .reals(distributions.values(try stripQuantity(arguments.value("quantity"))))
      },
    ]),
  TypeDeclaration(
    "DistributionRows", summary: "One side of the distributions: a vector over the vocabulary for each position.",
    element: "Vector",
    members: [
      .init("count", type: "Int", summary: "The positions.", of: DistributionRowsObject.self) {
        .int($0.distributions.scores.positions)
      }
    ]),
  TypeDeclaration(
    "Position", summary: "Teacher and student at one position.",
    members: [
      .init("teacher", type: "Vector", summary: "p_T over the vocabulary.", of: PositionObject.self) {
        .reals($0.teacher)
      },
      .init("student", type: "Vector", summary: "p_S over the vocabulary.", of: PositionObject.self) {
        .reals($0.student)
      },
      .init("token", type: "String", summary: "What the student wrote here.", of: PositionObject.self) {
        .string($0.distributions.rollout.token($0.position))
      },
    ],
    methods: [
      Command(
        "top",
        [
          Parameter("_", name: "count", .int(.within(1...200)), default: 8, help: "How many tokens."),
          Parameter(
            "_", name: "divergence", divergenceType, default: .implicit("jsd"), help: "Whose shares are shown."),
        ],
        result: "Figure",
        summary: "What each would say: the tokens with the largest share of the divergence, then the likeliest.",
        example: "d[5].top(8, .forwardKL)"
      ) { arguments, _ in
        let position = try arguments.receiver(as: PositionObject.self)
        let pair = position.top(try arguments.int("count"), try divergenceArgument(arguments.value("divergence")))
        return .object(FigureObject(figure: pair, summary: pair.title ?? pair.quantity))
      }
    ]),
]

/// Scores a rollout under both prompts.
func distributions(_ arguments: Arguments) throws -> Value {
  let student = try arguments.receiver(as: ModelObject.self)
  let rollout = try arguments.object("rollout", as: RolloutObject.self)
  var teacher = student
  if case .object(let object) = try arguments.value("teacher"), let given = object as? ModelObject { teacher = given }
  guard teacher.policy.vocabulary == student.policy.vocabulary,
    rollout.policy.vocabulary == student.policy.vocabulary
  else {
    throw CellFailure(
      "these models do not speak the same tokens", "their distributions cannot be compared token by token",
      fix: "Use models of one task.", argument: "teacher", kind: .wrongArgument)
  }
  let scores = try reporting("rollout") {
    let studentPrompt = try student.policy.encode(rollout.task.studentPrompt(rollout.problem))
    let teacherPrompt = try teacher.policy.encode(rollout.task.teacherPrompt(rollout.problem))
    let temperature = try arguments.real("temperature")
    return try DistillationScores(
      teacher: teacher.policy.weights, teacherPrompt: teacherPrompt, student: student.policy.weights,
      studentPrompt: studentPrompt, completion: rollout.rollout.tokens, temperature: temperature)
  }
  return .object(DistributionsObject(rollout: rollout, scores: scores))
}
