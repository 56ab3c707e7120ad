// Training: the methods with their settings, and the runs that come of it.

import CellLanguage
import JSONValues
import LanguageModel
import Tasks
import Display
import Evaluation
import Objectives
import Rollouts
import Training

let trainingCommands = [
  Command(
    "train",
    [
      Parameter("_", name: "model", .object("Model"), help: "The model to start from; it stays as it is."),
      Parameter(
        "on", name: "problems", .object("Problems"), help: "The problems to train on, in epochs of random order."),
      Parameter("with", name: "method", methodType, default: .implicit("opsd"), help: "The method."),
      Parameter(
        "adapter", .optional(.choice(adapterEnumeration)),
        help:
          "A fresh low-rank adapter, trained in place of the weights; nil: all weights, or the adapter the model has."),
      Parameter("steps", .int(.within(1...1_000_000)), default: 100, help: "Steps of the optimiser."),
      Parameter(
        "learningRate", .optional(.real(.above(0, upTo: 1))),
        help: "The highest learning rate of AdamW; nil: 0.0003, and ten times as much for an adapter."),
      Parameter(
        "schedule",
        .choice(
          Enumeration(
            "Schedule", summary: "How the learning rate goes over the steps.",
            cases: [
              .init("constant", summary: "The same at every step after warm-up."),
              .init("linear", summary: "Straight down to a twentieth."),
              .init("cosine", summary: "Half a cosine down to a twentieth."),
            ])), default: .implicit("constant"), help: "How the rate goes over the steps."),
      Parameter(
        "warmup", .int(.atLeast(0)), default: 0, unit: "steps", help: "Steps over which the rate rises from 0."),
      Parameter(
        "weightDecay", .real(.within(0...10)), default: 0.0, help: "Decoupled decay of the matrices; norms never decay."
      ),
      Parameter(
        "maxGradientNorm", .real(.above(0)), default: 1.0, help: "Longer gradients are scaled down to this norm."),
      Parameter(
        "evaluateOn", .optional(.object("Problems")),
        help: "Problems of an examination in the course of training; nil: none."),
      Parameter("every", .int(.atLeast(1)), default: 20, unit: "steps", help: "Steps between examinations."),
      Parameter("samples", .int(.within(1...64)), default: 1, help: "k of avg@k in the examinations."),
      Parameter(
        "order",
        .choice(
          Enumeration(
            "ProblemOrder", summary: "How the problems of the steps are chosen.",
            cases: [
              .init("shuffled", summary: "Epochs without repetition, each in a random order."),
              .init(
                "frontier",
                [
                  Parameter(
                    "floor", .real(.within(1e-6...1)), default: 0.02, help: "Keeps every level in the draw.")
                ],
                summary: """
                  A curriculum: levels are drawn in proportion to s · (1 − s) + floor, where s is the share of right \
                  answers at the level so far.
                  """),
            ])), default: .implicit("shuffled"), help: "How the problems of the steps are chosen."),
      Parameter(
        "tokens", .optional(.int(.atLeast(1))), unit: "tokens",
        help: """
          A budget: the run ends with the step in which it has sampled so many tokens, or learnt from so many where it \
          samples none. nil: it takes all its steps.
          """),
      .seed("The order of the problems and the random numbers of the rollouts."),
      Parameter(
        "microBatch", .optional(.int(.atLeast(1))), unit: "tokens",
        help: """
          Tokens that go through a model at a time, so that large steps fit into memory; nil: 1,024 to 8,192, by the \
          model's size. It changes results by rounding alone.
          """),
      Parameter(
        "checkpoint", .optional(.string),
        help: "A file that keeps the run on disk; the same cell goes on from it. nil: none.", texts: .paths),
      Parameter(
        "checkpointEvery", .int(.atLeast(1)), default: 10, unit: "steps",
        help: "Steps between two checkpoints; the last complete step is kept in any case."),
      Parameter(
        "plot", .bool, default: true, help: "Whether the loss is plotted as it goes, beside the progress line."),
    ],
    result: "Run", summary: "Trains a copy of a model, and shows the loss as it goes.",
    discussion: """
      help(.opsd) explains the labels of a method, and so for each of them.

      The result holds the trained student (run.model), the loss of every step (run.loss) and the accuracy at every \
      examination (run.accuracy). Stopping the cell keeps the last complete step: the run is there, with the student as \
      it was then. With a checkpoint it is on disk too, whole at any moment, and the same cell goes on from there, in this \
      session or another, to the same bytes as if it had never been stopped. More steps may be asked for then, where the \
      learning rates of those that are done stay the same, as with a constant schedule; anything else that is changed is \
      refused, and the file is left as it is. A function of yours is compared as it is written, without the values of the \
      variables that it reads.

      With adapter: .lora(rank: 8) the weights stay as they are and so does their memory: gradients and moments exist for \
      the adapter alone, and the teacher is the model with the adapter off. run.model then holds the base and the adapter; \
      merge(run.model) makes one set of weights of them, and training run.model again trains the adapter further.

      An .ema teacher is an average of full weights: with an adapter, of the weights with the adapter merged into them. \
      Others average the factors of the adapter one by one, which is not the average of their product: the authors' \
      program begins its average as a copy after the first step, TRL's with an adapter of zeros.
      """,
    example:
      "let run = train(base, on: practice, with: .opsd(divergence: .jsd(beta: 0.5)), steps: 100, evaluateOn: exam)"
  ) { arguments, context in try train(arguments, context) }
]

private func train(_ arguments: Arguments, _ context: CellContext) throws -> Value {
  let model = try arguments.object("model", as: ModelObject.self)
  let problems = try someProblems(arguments, "problems")
  let method = try methodArgument(
    arguments.value("method"), MethodSetting(task: problems.task, context: context))
  let plan = try runPlan(arguments, for: model)
  warnOfAnotherWorld(model, problems.task, arguments, context)
  let live = LiveTraining(
    title: "\(plan.title(of: method.name)), seed \(plan.seed)", steps: plan.steps, plots: try arguments.bool("plot"),
    context.workplace)
  let workplace = context.workplace
  let run = try reportingMethod(arguments) {
    try method.train(
      model.policy, task: problems.task, problems: problems.problems, plan,
      RunObserver(
        isInterrupted: { workplace.isInterrupted }, onEvent: live.observe, onToken: live.onToken,
        clock: monotonicSeconds))
  }
  live.finish(run)
  return .object(
    RunObject(
      run: run, model: ModelObject(policy: run.policy, name: "\(model.name), \(run.method)", card: [:]),
      formula: method.formula, seed: Int(plan.seed)))
}

/// The plan that the labels of `train` describe.
func runPlan(_ arguments: Arguments, for model: ModelObject) throws -> RunPlan {
  let seed = try arguments.seed()
  let adapter = try adapterConfiguration(arguments, for: model)
  let trainsAdapter = adapter != nil || model.policy.weights.adapter != nil
  var rate = trainsAdapter ? 3e-3 : 3e-4
  if case .double(let given) = try arguments.value("learningRate") { rate = given }
  var plan = RunPlan(
    steps: try arguments.int("steps"),
    optimiser: OptimiserSettings(
      learningRate: rate, schedule: Schedule(rawValue: try arguments.choice("schedule").name) ?? .constant,
      warmup: try arguments.int("warmup"), weightDecay: try arguments.real("weightDecay"),
      maxGradientNorm: try arguments.real("maxGradientNorm")),
    adapter: adapter, seed: seed, every: try arguments.int("every"))
  let order = try arguments.choice("order")
  if order.name == "frontier" { plan.order = .frontier(floor: try order.arguments.real("floor")) }
  if case .int(let tokens) = try arguments.value("tokens") {
    plan.tokenBudget = tokens
    // The budget ends the run, unless steps were given too.
    if !arguments.isGiven("steps") { plan.steps = 1_000_000 }
  }
  if case .int(let tokens) = try arguments.value("microBatch") { plan.microBatch = tokens }
  if case .string(let file) = try arguments.value("checkpoint") {
    plan.checkpoint = CheckpointPlan(
      path: try ModelLibrary.path(file, argument: "checkpoint"), every: try arguments.int("checkpointEvery"))
  }
  if plan.checkpoint == nil {
    try arguments.refuse(["checkpointEvery"], because: "without a checkpoint nothing is kept on disk")
  }
  if case .null = try arguments.value("evaluateOn") {
    try arguments.refuse(["every", "samples"], because: "without evaluateOn there is no examination")
  } else {
    let exam = try someProblems(arguments, "evaluateOn")
    try checkExamination(exam, model, "evaluateOn")
    plan.examination = Examination(
      task: exam.task, problems: exam.problems, samples: try arguments.int("samples"),
      rule: SamplingRule(temperature: 1, maxTokens: exam.task.longestCompletion), seed: seed)
  }
  return plan
}

/// Throws, with the caret under the argument, where a model cannot read the problems of an examination.
func checkExamination(_ exam: ProblemsObject, _ model: ModelObject, _ argument: String) throws {
  try reporting(argument) {
    let policy = model.policy
    let longest = try exam.problems.reduce(0) { max($0, try policy.encode(exam.task.studentPrompt($1)).count) }
    do {
      try SamplingRule(maxTokens: exam.task.longestCompletion).validate(
        longestPrompt: longest, contextLength: policy.weights.configuration.contextLength)
    } catch let error as SettingError {
      // How long an answer may be is no setting of a run.
      throw SettingError(
        what: error.what, why: error.why,
        fix: "examine it on shorter problems, or choose a model with a longer context",
        setting: argument)
    }
  }
}

let trainingTypes = [
  TypeDeclaration(
    "Run", summary: "A training run: the trained student and what was measured on the way.",
    members: [
      .init("model", type: "Model", summary: "The trained student, as of the last complete step.", of: RunObject.self) {
        .object($0.model)
      },
      .init("steps", type: "Int", summary: "Complete steps.", of: RunObject.self) { .int($0.run.records.count) },
      .init("formula", type: "String", summary: "What was minimised.", of: RunObject.self) { .string($0.formula) },
      .init("tokens", type: "Int", summary: "Tokens sampled in all.", of: RunObject.self) {
        .int($0.run.tokens)
      },
      .init("ending", type: "String", summary: "How it ended, in words.", of: RunObject.self) {
        .string($0.run.endingNote ?? "complete")
      },
      .init(
        "history", type: "Table", summary: "A row for every step with all that was measured, for other programs.",
        of: RunObject.self
      ) { .object(TableObject($0.history())) },
      .init("wasInterrupted", type: "Bool", summary: "Somebody stopped it.", of: RunObject.self) {
        .bool($0.run.ending == .interrupted)
      },
    ]
      + RunQuantity.all.filter { $0 != .tokens }.map { quantity in
        .init(quantity.name, type: "Vector", summary: quantity.meaning, of: RunObject.self) {
          .reals($0.run.course(quantity, against: .step).map(\.value))
        }
      },
    methods: [
      Command(
        "diagnostics", result: "Table",
        summary: "Everything that the run measured: at the first step, at the last, and what it means.",
        example: "run.diagnostics()"
      ) { arguments, _ in
        .object(TableObject(try arguments.receiver(as: RunObject.self).diagnostics()))
      },
      Command(
        "courses", [axisParameter], result: "Figure",
        summary: "Plots everything that changed in the course of the run, a panel each over one axis.",
        example: "run.courses()"
      ) { arguments, _ in
        let run = try arguments.receiver(as: RunObject.self)
        return .object(run.courses(against: RunAxis(rawValue: try arguments.choice("x").name) ?? .step))
      },
      Command(
        "profile", result: "Figure",
        summary: "Plots where the divergence lies, by position in the completion, in the first steps and the last.",
        example: "run.profile()"
      ) { arguments, _ in
        .object(try arguments.receiver(as: RunObject.self).profile())
      },
      Command(
        "kinds", result: "Table",
        summary: "Where the divergence lies, by kind of token, in the first steps and the last.",
        example: "run.kinds()"
      ) { arguments, _ in
        .object(try arguments.receiver(as: RunObject.self).kinds())
      },
    ])
]
