// Models: finding and building them, letting them answer and examining them; saving stands in AdapterVocabulary.swift.

import CellLanguage
import Checkpoints
import Evaluation
import JSONValues
import LanguageModel
import Rollouts
import Tasks
import Tokenizer

private let modelParameter = Parameter("_", name: "model", .object("Model"), help: "The model.")

let modelCommands = [
  Command(
    "model",
    [
      Parameter(
        "_", name: "source", .optional(.string),
        help:
          "A base that ships with the kernel, \"base\" for addition or the name of another world, or the path of a saved "
          + "model's folder; without it, a new model.", texts: .models),
      Parameter(
        "adapter", .optional(.string),
        help: "The folder of a LoRA adapter, as saveAdapter or the peft library wrote it, to put onto a saved model.",
        texts: .paths),
      Parameter("layers", .int(.within(1...128)), default: 3, help: "Layers of a new model."),
      Parameter("width", .int(.within(4...8192)), default: 96, help: "Numbers in its residual stream."),
      Parameter("heads", .int(.within(1...128)), default: 4, help: "Query heads of each layer."),
      Parameter(
        "keyValueHeads", .optional(.int(.within(1...128))), help: "Key-value heads; nil: one for two query heads."),
      Parameter(
        "headWidth", .optional(.int(.within(DecoderConfiguration.headWidths))),
        help: "Numbers in a head, an even number; nil: width / heads."),
      Parameter(
        "feedForward", .optional(.int(.within(1...65_536))),
        help: "Hidden numbers of the feed-forward part; nil: 8/3 of the width."),
      Parameter("context", .int(.within(8...65_536)), default: 128, unit: "tokens", help: "The longest sequence."),
      Parameter(
        "for", name: "task", .optional(.object("Task")), help: "The task whose characters it speaks; nil: addition()."),
      .seed("The random initial weights of a new model."),
    ],
    result: "Model", summary: "A model: the shipped base, a saved one, or a new one with random weights.",
    discussion: """
      The base is a Qwen3-style decoder pretrained on addition: half on clean working under the teacher's prompt, half on \
      homework of pupils with misconceptions under the student's. It knows how to add, and does not when it is asked \
      plainly: that gap is what OPSD closes. A new model knows nothing yet.
      """,
    example: "let base = model(\"base\")"
  ) { arguments, context in
    if case .string(let source) = try arguments.value("source") {
      for label in ["layers", "width", "heads", "keyValueHeads", "headWidth", "feedForward", "context", "task", "seed"]
      where arguments.isGiven(label) {
        throw CellFailure(
          "a saved model has its shape already", "`\(label == "task" ? "for" : label)` belongs to a new one",
          fix: "Leave it out, or leave out \"\(source)\".", argument: label, kind: .wrongArgument)
      }
      let folder = try ModelLibrary.folder(of: source)
      let saved = try reporting("source") { try ModelFolder(reading: folder) }
      let model = ModelObject(
        policy: Policy(weights: saved.weights, vocabulary: saved.vocabulary), name: source, card: saved.card)
      return .object(arguments.isGiven("adapter") ? try adapted(model, arguments) : model)
    }
    guard case .null = try arguments.value("adapter") else {
      throw CellFailure(
        "a new model has no use for an adapter", "it was trained on the weights of another",
        fix: "Name the model that it belongs to, as in model(\"base\", adapter: …).", argument: "adapter",
        kind: .wrongArgument)
    }
    return try newModel(arguments, context)
  }
]

let evaluationCommands = [
  Command(
    "evaluate",
    [
      modelParameter,
      Parameter("on", name: "problems", .object("Problems"), help: "The problems of the examination."),
      Parameter("samples", .int(.within(1...1024)), default: 1, help: "k of avg@k: attempts at each problem."),
      .role("What the model sees."),
      .temperature, .maxTokens, .seed("The random numbers of the answers."),
    ],
    result: "Evaluation", summary: "Examines a model: avg@k with a 95 % interval.",
    example: "evaluate(base, on: exam, samples: 4)"
  ) { arguments, context in
    let model = try arguments.object("model", as: ModelObject.self)
    let problems = try someProblems(arguments, "problems")
    let role = try arguments.role()
    let examination = Examination(
      task: problems.task, problems: problems.problems, role: role, samples: try arguments.int("samples"),
      rule: try samplingRule(arguments, problems.task), seed: try arguments.seed())
    warnOfEqualAnswers(arguments, samples: examination.samples, temperature: examination.rule.temperature, context)
    warnOfAnotherWorld(model, problems.task, arguments, context)
    let attempts = problems.problems.count * examination.samples
    let result = try LiveSampling.watch(
      "Examining", past: "Examined", attempts: attempts, longest: examination.rule.maxTokens, context.workplace
    ) { onToken in
      try reporting {
        try examination(
          model.policy, isInterrupted: { [workplace = context.workplace] in workplace.isInterrupted }, onToken: onToken)
      }
    }
    return .object(
      EvaluationObject(
        result: result,
        title: "\(model.name) as \(role.rawValue) on \(problems.title), temperature \(examination.rule.temperature)"))
  }
]

/// Models below this size are made in less than a second anywhere, and show no progress.
private let quietParameters = 5_000_000

private func newModel(_ arguments: Arguments, _ context: CellContext) throws -> Value {
  let task: any ReasoningTask
  if case .object(let object) = try arguments.value("task"), let given = object as? TaskObject {
    task = given.task
  } else {
    task = try AdditionTask()
  }
  let width = try arguments.int("width")
  let heads = try arguments.int("heads")
  func given(_ name: String, else standard: Int) throws -> Int {
    if case .int(let value) = try arguments.value(name) { value } else { standard }
  }
  let shape = DecoderConfiguration(
    vocabulary: task.alphabet.count, width: width, layers: try arguments.int("layers"), heads: heads,
    keyValueHeads: try given("keyValueHeads", else: heads % 2 == 0 ? heads / 2 : heads),
    headWidth: try given("headWidth", else: max(2, width / heads)),
    feedForward: try given("feedForward", else: DecoderConfiguration.usualFeedForward(width: width)), rotaryBase: 1e4,
    contextLength: try arguments.int("context"))
  return try reporting {
    try shape.validate()
    let count = ParameterLayout(shape).count
    try SettingError.checkMemory(
      16 * Double(count), for: "training a model of \(count) parameters", fix: "choose fewer layers or a smaller width")
    let vocabulary = try CharacterVocabulary(characters: task.alphabet, endMark: task.endMark)
    let seed = try arguments.seed()
    let line =
      count > quietParameters
      ? ProgressLine("Making", past: "Made", total: count, unit: "parameters", context.workplace) : nil
    var filled = 0
    let parameters = Parameters(randomly: shape, seed: seed) { count in
      filled = count
      line?.advance(to: count)
      return context.isInterrupted
    }
    guard let parameters else {
      line?.stop(at: filled)
      throw Interruption()
    }
    line?.finish(done: count)
    return .object(
      ModelObject(
        policy: Policy(parameters: parameters, vocabulary: vocabulary),
        name: "new, seed \(seed)", card: ["task": .string(task.name)]))
  }
}

/// Problems of which there is at least one.
func someProblems(_ arguments: Arguments, _ name: String) throws -> ProblemsObject {
  let problems = try arguments.object(name, as: ProblemsObject.self)
  guard problems.problems.isEmpty else { return problems }
  throw CellFailure(
    "`\(name)` holds no problems", "there is nothing to answer", fix: "Take some, as in task.problems(200).",
    argument: name, kind: .outOfRange)
}

/// The sampling rule of a command with `temperature` and `maxTokens`.
func samplingRule(_ arguments: Arguments, _ task: any ReasoningTask) throws -> SamplingRule {
  SamplingRule(temperature: try arguments.real("temperature"), maxTokens: try arguments.maxTokens(for: task))
}

let modelTypes = [
  TypeDeclaration(
    "Model", summary: "A language model; nothing that is done with it changes it.",
    members: [
      .init("name", type: "String", summary: "Where it comes from.", of: ModelObject.self) { .string($0.name) },
      .init(
        "parameters", type: "Int", summary: "How many numbers it has, those of an adapter included.",
        of: ModelObject.self
      ) { .int($0.policy.weights.parameterCount) },
      .init("layers", type: "Int", summary: "Its layers.", of: ModelObject.self) {
        .int($0.policy.weights.configuration.layers)
      },
      .init("width", type: "Int", summary: "Numbers in its residual stream.", of: ModelObject.self) {
        .int($0.policy.weights.configuration.width)
      },
      .init("hasAdapter", type: "Bool", summary: "A LoRA adapter stands beside its weights.", of: ModelObject.self) {
        .bool($0.policy.weights.adapter != nil)
      },
      .init("base", type: "Model", summary: "The same model with the adapter off.", of: ModelObject.self) {
        .object($0.withoutAdapter)
      },
      .init("vocabulary", type: "[String]", summary: "The text of each token.", of: ModelObject.self) {
        .strings($0.policy.vocabulary.characters.map { String($0) })
      },
      .init(
        "checksum", type: "String", summary: "Equal checksums, equal parameters.", isCostly: true, of: ModelObject.self
      ) {
        .string($0.checksum)
      },
    ],
    methods: [
      Command(
        "rollout",
        [
          Parameter("_", name: "problem", .object("Problem"), help: "The problem, x."),
          .maxTokens, .temperature, .seed("The random numbers of the tokens."),
        ],
        result: "Rollout", summary: "Lets the model answer a problem as the student: ŷ ~ p_S(·|x).",
        example: "let y = base.rollout(exam[0], temperature: 1.0, seed: 3)"
      ) { arguments, context in
        let model = try arguments.receiver(as: ModelObject.self)
        let problem = try arguments.object("problem", as: ProblemObject.self)
        let rule = try samplingRule(arguments, problem.task)
        warnOfAnotherWorld(model, problem.task, arguments, context)
        return try reporting {
          .object(
            try model.answers(to: problem, count: 1, rule, seed: try arguments.seed(), context.workplace) { _ in }[0])
        }
      },
      Command(
        "distributions",
        [
          Parameter("along", name: "rollout", .object("Rollout"), help: "The answer, ŷ, whose every token is scored."),
          Parameter(
            "teacher", .optional(.object("Model")),
            help: "The model that is the teacher; nil: this one, which sees the reference."),
          Parameter(
            "temperature", .real(.above(0, upTo: 100)), default: 1.0, help: "Logits of both are divided by it."),
        ],
        result: "Distributions",
        summary: "What teacher and student say at every position: p_T(·|x, y*, ŷ<n) and p_S(·|x, ŷ<n).",
        example: "let d = base.distributions(along: y)"
      ) { arguments, _ in try distributions(arguments) },
      rolloutsCommand, saveCommand, saveAdapterCommand,
    ] + insideMethods),
  TypeDeclaration(
    "Rollout", summary: "An answer of the student, token by token.", element: "String",
    members: [
      .init("text", type: "String", summary: "The whole answer.", of: RolloutObject.self) { .string($0.text) },
      .init("tokens", type: "[String]", summary: "The text of each token.", of: RolloutObject.self) {
        .strings($0.tokenTexts)
      },
      .init(
        "logProbabilities", type: "Vector", summary: "log p_S of each token as it was drawn, in nats.",
        of: RolloutObject.self
      ) { .reals($0.rollout.logProbabilities.map(Double.init)) },
      .init("isCorrect", type: "Bool", summary: "The verifier's verdict.", of: RolloutObject.self) {
        .bool($0.verdict.isCorrect)
      },
      .init("hasEnded", type: "Bool", summary: "It ended by itself, not for want of room.", of: RolloutObject.self) {
        .bool($0.rollout.hasEnded)
      },
      .init("problem", type: "Problem", summary: "What it answers.", of: RolloutObject.self) {
        .object(ProblemObject(task: $0.task, problem: $0.problem))
      },
      .init("count", type: "Int", summary: "Its tokens.", of: RolloutObject.self) { .int($0.rollout.tokens.count) },
    ], methods: rolloutMethods),
  TypeDeclaration(
    "Evaluation", summary: "What an examination found.",
    members: [
      .init("accuracy", type: "Double", summary: "avg@k, the share of right answers.", of: EvaluationObject.self) {
        .double($0.result.accuracy)
      },
      .init("interval", type: "[Double]", summary: "A 95 % interval of the accuracy.", of: EvaluationObject.self) {
        .list([.double($0.result.interval.lowerBound), .double($0.result.interval.upperBound)])
      },
      .init(
        "majority", type: "Double", summary: "maj@k, the share of problems whose most frequent answer is right.",
        of: EvaluationObject.self
      ) { .double($0.result.majorityAccuracy) },
      .init(
        "truncationRate", type: "Double", summary: "The share that ran out of tokens before the end mark.",
        of: EvaluationObject.self
      ) { .double($0.result.truncationRate) },
      .init(
        "decodingError", type: "Double",
        summary: "The standard error of the accuracy over draws of the attempts; NaN of one attempt each.",
        of: EvaluationObject.self
      ) { .double($0.result.decodingError ?? .nan) },
      .init("correct", type: "Vector", summary: "Right answers to each problem.", of: EvaluationObject.self) {
        .reals($0.result.correct.map(Double.init))
      },
      .init(
        "formatRate", type: "Double", summary: "The share that ended and stated an answer.", of: EvaluationObject.self
      ) {
        .double($0.result.formatRate)
      },
      .init(
        "meanLength", type: "Double", summary: "The mean length of an answer, in tokens.", of: EvaluationObject.self
      ) {
        .double($0.result.meanLength)
      },
    ],
    methods: [
      Command(
        "passRate",
        [Parameter("_", name: "k", .int(.atLeast(1)), help: "Attempts, at most as many as were made at each problem.")],
        result: "Double", summary: "pass@k without bias: the chance that one of k attempts is right.",
        example: "evaluate(base, on: exam, samples: 16).passRate(4)"
      ) { arguments, _ in
        let result = try arguments.receiver(as: EvaluationObject.self).result
        let k = try arguments.int("k")
        guard let rate = result.passRate(k) else {
          throw CellFailure(
            "pass@\(k) is not known", "\(result.samples) attempts were made at each problem",
            fix: "Examine with samples: \(k) or more.", argument: "k", kind: .outOfRange)
        }
        return .double(rate)
      },
      Command(
        "difference",
        [
          Parameter(
            "from", name: "other", .object("Evaluation"), help: "Another examination on the same problems.")
        ],
        result: "Tuple",
        summary: "How much more is right than in another examination: the paired mean and its 95 % interval.",
        example: "evaluate(run.model, on: exam).difference(from: evaluate(base, on: exam))"
      ) { arguments, _ in
        let mine = try arguments.receiver(as: EvaluationObject.self).result
        let other = try arguments.object("other", as: EvaluationObject.self).result
        guard mine.correct.count == other.correct.count, !mine.correct.isEmpty else {
          throw CellFailure(
            "\(mine.correct.count) problems cannot be paired with \(other.correct.count)",
            "a paired difference takes the same problems on both sides", fix: "Examine both on the same problems.",
            argument: "other", kind: .wrongArgument)
        }
        let found = SeveralRuns([mine]).difference(from: SeveralRuns([other]))
        return .tuple(
          ValueTuple(
            elements: [.double(found.mean), .double(found.interval.lowerBound), .double(found.interval.upperBound)],
            labels: ["mean", "lower", "upper"]))
      },
    ]),
]
