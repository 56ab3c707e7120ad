// Answers to look at: groups of them with their advantages, and strips of tokens side by side.

import CellLanguage
import Display
import Objectives
import Rollouts
import Tasks
import Training

/// The method of a model that answers one problem several times.
let rolloutsCommand = Command(
  "rollouts",
  [
    Parameter("_", name: "problem", .object("Problem"), help: "The problem, x."),
    Parameter("samples", .int(.within(1...256)), default: 8, help: "G, the answers of the group."),
    .maxTokens, .temperature,
    Parameter(
      "reward", .optional(.object("Reward")),
      help: "What an answer is worth; nil: 1 where the verifier calls it right, 0 elsewhere."),
    .seed("The random numbers of the tokens; the first answer is the one that rollout gives."),
  ],
  result: "Rollouts", summary: "Lets the model answer a problem several times: the group that GRPO compares.",
  example: "let group = base.rollouts(exam[0], samples: 4, seed: 3)"
) { arguments, context in
  let model = try arguments.receiver(as: ModelObject.self)
  let problem = try arguments.object("problem", as: ProblemObject.self)
  let rule = try samplingRule(arguments, problem.task)
  let reward = try rewardArgument(
    arguments.value("reward"), MethodSetting(task: problem.task, context: context))
  let (count, seed) = (try arguments.int("samples"), try arguments.seed())
  return try LiveSampling.watch(
    "Answering", past: "Sampled", attempts: count, longest: rule.maxTokens, context.workplace
  ) { onToken in
    try reporting {
      let answers = try model.answers(
        to: problem, count: count, rule, seed: seed, context.workplace, onToken: onToken)
      let rewards = try answers.map { try reward($0.problem, $0.text, $0.verdict) }
      return .object(
        RolloutsObject(
          answers: answers, rewards: rewards, reward: arguments.isGiven("reward") ? reward.description : nil))
    }
  }
}

let stripCommands = [
  Command(
    "strips",
    [
      Parameter(
        "_", name: "values",
        .either([.array(of: .object("Distributions")), .array(of: .object("Rollout")), .object("Rollouts")]),
        help: "Distributions or answers, such as those of one problem before and after training."),
      stripParameter,
      Parameter("names", .array(of: .string), default: [], help: "What stands above each of them."),
    ],
    result: "Figure",
    summary: "Strips of tokens side by side in one scale, so that equal tints mean equal values.",
    discussion: """
      Distributions are coloured by the quantity that is named; answers by their surprise, −log p_S of each token. \
      strips([d, e], .logRatio, names: ["before", "after"]) shows two models, or one model at two steps of its training.
      """,
    example: "strips([d, d], .jsd(beta: 0.5), names: [\"before\", \"after\"])"
  ) { arguments, _ in
    let value = try arguments.value("values")
    var strips: [TokenStrip] = []
    var quantity = "surprise"
    if case .object(let object) = value, let group = object as? RolloutsObject {
      strips = group.answers.map { $0.strip() }
    } else if case .array(let list) = value {
      for case .object(let object) in list.elements {
        if let distributions = object as? DistributionsObject {
          let chosen = try stripQuantity(arguments.value("quantity"))
          quantity = chosen.name
          strips.append(distributions.strip(chosen))
        } else if let rollout = object as? RolloutObject {
          strips.append(rollout.strip())
        }
      }
    }
    if quantity == "surprise" {
      try arguments.refuse(["quantity"], because: "answers are coloured by their surprise")
    }
    let names = try arguments.array("names").compactMap { if case .string(let name) = $0 { name } else { nil } }
    guard !strips.isEmpty, strips.count <= 64, names.isEmpty || names.count == strips.count else {
      throw CellFailure(
        strips.isEmpty || strips.count > 64
          ? "\(strips.count) strips cannot stand side by side" : "\(strips.count) strips have \(names.count) names",
        strips.isEmpty || strips.count > 64 ? "between 1 and 64 have room" : "each has one",
        fix: "Write strips([d, e], .jsd(), names: [\"before\", \"after\"]).",
        argument: names.isEmpty ? "values" : "names", kind: .outOfRange)
    }
    for (index, name) in names.enumerated() {
      strips[index].title = [name, strips[index].title].compactMap(\.self).joined(separator: ": ")
    }
    return .object(
      FigureObject(figure: TokenStrips(strips, .beside), summary: "\(quantity) of \(strips.count) answers"))
  }
]

/// What a rollout can do.
let rolloutMethods = [
  Command(
    "show",
    [
      Parameter(
        "by", name: "values", .optional(.vector),
        help: "A number for each token; nil: the surprise, −log p_S of the token, in nats."),
      Parameter("name", .string, default: .string("value"), help: "What the numbers are."),
      Parameter("unit", .optional(.string), help: "Their unit, such as nats."),
    ],
    result: "Figure", summary: "The tokens, coloured by numbers of one's own, or by how little they were expected.",
    example: "y.show(by: d.values(.logRatio), name: \"my advantage\", unit: \"nats\")"
  ) { arguments, _ in
    let rollout = try arguments.receiver(as: RolloutObject.self)
    guard let values = try arguments.value("values").numbers else {
      try arguments.refuse(["name", "unit"], because: "the surprise has its own")
      return .object(FigureObject(figure: TokenStrips([rollout.strip()]), summary: "surprise of \(rollout.text)"))
    }
    guard values.count == rollout.rollout.tokens.count else {
      throw CellFailure(
        "\(values.count) numbers cannot colour \(rollout.rollout.tokens.count) tokens", "each token takes one",
        fix: "Give as many as y.count, such as d.values(.logRatio).", argument: "values", kind: .wrongArgument)
    }
    func words(_ argument: String) throws -> String? {
      guard case .string(let given) = try arguments.value(argument) else { return nil }
      return given.allSatisfy(\.isWhitespace) ? nil : given
    }
    let unit = try words("unit")
    let name = try words("name") ?? "value"
    let isSigned = values.contains { $0 < 0 }
    let strip = TokenStrip(
      title: "\(rollout.problem.question): \(rollout.judgement)", quantity: name, unit: unit,
      format: isSigned ? .fixed(3).signed : .fixed(3), scale: isSigned ? .diverging() : .sequential(),
      tokens: zip(rollout.tokenTexts, values).map { TokenStrip.Token($0, value: $1) })
    return .object(FigureObject(figure: TokenStrips([strip]), summary: "\(name) along \(rollout.text)"))
  }
]

private let advantageParameter = Parameter(
  "_", name: "advantage", .choice(advantageEnumeration), default: .implicit("standardised"),
  help: "How rewards become advantages.")

let stripTypes = [
  TypeDeclaration(
    "Rollouts", summary: "A group of answers to one problem; group[0] is the first.", element: "Rollout",
    members: [
      .init("count", type: "Int", summary: "How many there are.", of: RolloutsObject.self) { .int($0.answers.count) },
      .init("answers", type: "[Rollout]", summary: "The answers as an array.", of: RolloutsObject.self) {
        .list($0.answers.map { .object($0) })
      },
      .init("rewards", type: "Vector", summary: "What each answer is worth.", of: RolloutsObject.self) {
        .reals($0.rewards)
      },
      .init("accuracy", type: "Double", summary: "The share of right answers.", of: RolloutsObject.self) {
        .double(Double($0.answers.count { $0.verdict.isCorrect }) / Double(max($0.answers.count, 1)))
      },
    ],
    methods: [
      Command(
        "advantages", [advantageParameter], result: "Vector",
        summary: "A_i, how much better than its group each answer is: all of its tokens are credited with it.",
        example: "base.rollouts(exam[0], samples: 4).advantages(.centred)"
      ) { arguments, _ in
        let advantage = GroupAdvantage(try arguments.choice("advantage"))
        return .reals(try arguments.receiver(as: RolloutsObject.self).advantages(advantage))
      },
      Command(
        "show", [advantageParameter], result: "Figure",
        summary: "The answers, each coloured as a whole by its advantage: what GRPO credits every token with.",
        discussion: """
          OPSD credits each token by itself: strips(group.answers.map { base.distributions(along: $0) }, .logRatio) shows \
          the same answers so.
          """,
        example: "base.rollouts(exam[0], samples: 4).show(.centred)"
      ) { arguments, _ in
        let group = try arguments.receiver(as: RolloutsObject.self)
        let advantage = GroupAdvantage(try arguments.choice("advantage"))
        return .object(FigureObject(figure: group.strips(advantage), summary: "advantages of \(group.summary)"))
      },
    ])
]
