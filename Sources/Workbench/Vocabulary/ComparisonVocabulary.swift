// Methods side by side: the same model, problems, examination and budget for each, several seeds, and learning rates that
// are searched with equal effort on problems that are neither trained on nor reported.

import CellLanguage
import Display
import Evaluation
import LanguageModel
import Rollouts
import Tasks
import Training

let comparisonCommands = [
  Command(
    "compare",
    [
      Parameter("_", name: "model", .object("Model"), help: "The model that every run starts from."),
      Parameter("_", name: "methods", .array(of: methodType), help: "The methods."),
      Parameter("on", name: "problems", .object("Problems"), help: "The problems to train on."),
      Parameter(
        "evaluateOn", .either([.object("Problems"), .array(of: .object("Problems"))]),
        help: "The problems of the examinations, which are reported; of several, the others are taken at the end."),
      Parameter(
        "seeds", .range, default: .range(ValueRange(lower: 1, upper: 3, isClosed: true)),
        help: "A run of each method for each seed."),
      Parameter(
        "tokens", .optional(.int(.atLeast(1))), unit: "tokens",
        help: "Each run ends when it has sampled so many, or learnt from so many where it samples none."),
      Parameter(
        "steps", .int(.within(1...1_000_000)), default: 100, help: "Steps of each run, where no tokens are given."),
      Parameter(
        "learningRates", .array(of: .real(.above(0, upTo: 1))), default: [0.0003],
        help: "Tried for every method; the best on `validateOn` is kept."),
      Parameter(
        "validateOn", .optional(.object("Problems")),
        help: "Problems that choose the learning rate: not those of the examination. Needed for several rates."),
      Parameter("every", .int(.atLeast(1)), default: 20, unit: "steps", help: "Steps between examinations."),
      Parameter("samples", .int(.within(1...64)), default: 2, help: "k of avg@k in the examinations."),
      Parameter(
        "names", .array(of: .string), default: [],
        help: "What the methods are called, one name for each; none: their own names."),
    ],
    result: "Comparison", summary: "Trains a model with several methods and seeds, and compares what comes of it.",
    discussion: """
      The result shows one line for each method: the mean accuracy over seeds and problems with its 95 % interval, the \
      spread over seeds, and the paired difference from the first line, on the same problems. Lines in bold are the best, \
      and those that the interval cannot tell from it. plot(comparison, x: .generatedTokens, y: .accuracy) draws the \
      courses with bands over the seeds. Stopping the cell keeps the runs that are complete, \
      and so does an error in a later one.
      """,
    example:
      "compare(base, [.opsd(), .sft(), .grpo()], on: practice, evaluateOn: exam, seeds: 1...3, tokens: 200_000)"
  ) { arguments, context in try compare(arguments, context) }
]

private func compare(_ arguments: Arguments, _ context: CellContext) throws -> Value {
  let model = try arguments.object("model", as: ModelObject.self)
  let problems = try someProblems(arguments, "problems")
  let exams = try examinations(arguments)
  let exam = exams[0]
  let setting = MethodSetting(task: problems.task, context: context)
  let methods = try arguments.array("methods").map { try methodArgument($0, setting) }
  let seeds = try seeds(arguments)
  let rates = try arguments.array("learningRates").compactMap(\.number)
  guard !methods.isEmpty, !rates.isEmpty else {
    throw CellFailure(
      "there is nothing to compare", "at least one method and one learning rate are needed",
      fix: "Write compare(base, [.opsd(), .sft()], on: practice, evaluateOn: exam, seeds: 1...3).",
      argument: methods.isEmpty ? "methods" : "learningRates", kind: .outOfRange)
  }
  let names = try names(arguments, of: methods)
  var validation: ProblemsObject?
  if case .object = try arguments.value("validateOn") { validation = try someProblems(arguments, "validateOn") }
  for exam in exams { try checkDisjoint(problems, exam, validation, severalRates: rates.count > 1) }

  var plan = RunPlan(steps: try arguments.int("steps"), every: try arguments.int("every"))
  if case .int(let tokens) = try arguments.value("tokens") {
    plan.tokenBudget = tokens
    if !arguments.isGiven("steps") { plan.steps = 1_000_000 }
  }
  let samples = try arguments.int("samples")
  // Every seed draws answers of its own; methods of one seed draw with the same numbers.
  func examination(_ problems: ProblemsObject, seed: Int) -> Examination {
    Examination(
      task: problems.task, problems: problems.problems, samples: samples,
      rule: SamplingRule(temperature: 1, maxTokens: problems.task.longestCompletion), seed: UInt64(seed))
  }
  for exam in exams { try checkExamination(exam, model, "evaluateOn") }
  if let validation { try checkExamination(validation, model, "validateOn") }
  // What cannot be is refused before the first run, not after hours of others.
  for method in methods {
    try reporting("methods") {
      try method.validate(model.policy, task: problems.task, problems: problems.problems, plan)
    }
  }
  warnOfAnotherWorld(model, problems.task, arguments, context)
  let searches = rates.count > 1 ? rates.count : 0
  let watch = ComparisonWatch(runs: methods.count * (searches + seeds.count), context.workplace)
  var current = ""
  var result = ComparisonObject(
    model: model.name, task: problems.task.name,
    benchmarks: exams.dropFirst().enumerated().map { index, exam in benchmarkName(exam, index + 2) })
  do {
    for (name, method) in zip(names, methods) {
      current = name
      func run(_ rate: Double, seed: Int, every: Int, on exam: Examination) throws -> TrainingRun {
        var mine = plan
        mine.optimiser.learningRate = rate
        mine.seed = UInt64(seed)
        mine.every = every
        mine.examination = exam
        return try watch.run("\(name), rate \(rate), seed \(seed)") { observer in
          try reporting {
            try method.train(model.policy, task: problems.task, problems: problems.problems, mine, observer)
          }
        }
      }
      var tried: [(rate: Double, accuracy: Double)] = []
      if let validation, rates.count > 1 {
        for rate in rates {
          // Only the end counts here.
          let found = try run(rate, seed: seeds[0], every: .max, on: examination(validation, seed: seeds[0]))
          // One that broke off was examined before its first step alone, where it was as good as the base.
          tried.append((rate, found.ending == .complete ? found.evaluations.last?.result.accuracy ?? .nan : .nan))
        }
      }
      let best = tried.max { ($0.accuracy.isNaN ? -1 : $0.accuracy) < ($1.accuracy.isNaN ? -1 : $1.accuracy) }
      var entry = ComparisonObject.Entry(
        name: name, formula: method.formula, rate: best?.rate ?? rates[0], tried: tried, runs: [])
      entry.others = exams.dropFirst().map { _ in [] }
      let place = result.entries.count
      result.entries.append(entry)
      for seed in seeds {
        let found = try run(entry.rate, seed: seed, every: plan.every, on: examination(exam, seed: seed))
        let others = try exams.dropFirst().map {
          try watch.examine(examination($0, seed: seed), found.policy)
        }
        // A run is there with all its examinations or not at all.
        result.entries[place].runs.append((seed, found))
        for (index, other) in others.enumerated() { result.entries[place].others[index].append(other) }
      }
    }
  } catch is CellInterrupted {
    result.ending = "interrupted"
  } catch {
    // What is complete was paid for: it stays, with the reason why there is no more.
    guard result.entries.contains(where: { !$0.runs.isEmpty }) else {
      watch.finish(isComplete: false)
      throw error
    }
    result.ending = "stopped by an error of \(current): \(reason(error))"
  }
  result.entries.removeAll(where: \.runs.isEmpty)
  watch.finish(isComplete: result.ending == nil)
  return .object(result)
}

/// The seeds; throws for a range that has none, too many or negative ones.
private func seeds(_ arguments: Arguments) throws -> [Int] {
  let range = try arguments.range("seeds")
  guard let bounds = range.bounds, bounds.lowerBound >= 0, (1...1000).contains(bounds.count) else {
    throw CellFailure(
      "these seeds are not possible", "a comparison has between 1 and 1000 of them, and none is negative",
      fix: "Write seeds: 1...3.", argument: "seeds", kind: .outOfRange)
  }
  return Array(bounds)
}

/// What the methods are called, each by a name that no other has.
private func names(_ arguments: Arguments, of methods: [any TrainingMethod]) throws -> [String] {
  var names = try arguments.array("names").compactMap { if case .string(let name) = $0 { name } else { nil } }
  if names.isEmpty { names = methods.map(\.name) }
  guard names.count == methods.count else {
    throw CellFailure(
      "\(methods.count) methods have \(names.count) names", "each has one", fix: "Write as many names as methods.",
      argument: "names", kind: .wrongArgument)
  }
  var counts: [String: Int] = [:]
  return names.map { name in
    counts[name, default: 0] += 1
    return counts[name] == 1 ? name : "\(name) (\(counts[name] ?? 1))"
  }
}

/// An error in one clause.
private func reason(_ error: any Error) -> String {
  switch error {
  case let failure as CellFailure: failure.why.isEmpty ? failure.what : "\(failure.what), because \(failure.why)"
  case let error as CellError: error.evalue
  default: "\(error)"
  }
}

/// The examinations of a comparison, the first of which is also taken in the course of every run.
private func examinations(_ arguments: Arguments) throws -> [ProblemsObject] {
  guard case .array(let list) = try arguments.value("evaluateOn") else {
    return [try someProblems(arguments, "evaluateOn")]
  }
  let exams = list.elements.compactMap { value in
    if case .object(let object) = value { object as? ProblemsObject } else { nil }
  }
  guard !exams.isEmpty, exams.allSatisfy({ !$0.problems.isEmpty }) else {
    throw CellFailure(
      "`evaluateOn` holds no problems", "an examination needs at least one",
      fix: "Give problems, as in task.problems(200, split: .heldOut, seed: 2).", argument: "evaluateOn",
      kind: .outOfRange)
  }
  return exams
}

/// What a column of a further examination is called.
private func benchmarkName(_ exam: ProblemsObject, _ number: Int) -> String {
  let levels = Set(exam.problems.map(\.level)).sorted()
  guard let first = levels.first, let last = levels.last else { return "examination \(number)" }
  return "\(exam.task.name), level \(first == last ? "\(first)" : "\(first)–\(last)")"
}

/// Throws where what is reported was trained on or chosen by.
private func checkDisjoint(
  _ problems: ProblemsObject, _ exam: ProblemsObject, _ validation: ProblemsObject?, severalRates: Bool
) throws {
  func overlap(_ a: ProblemsObject, _ b: ProblemsObject) -> Bool {
    !Set(a.problems.map(\.id)).isDisjoint(with: b.problems.map(\.id))
  }
  guard !overlap(problems, exam) else {
    throw CellFailure(
      "the examination holds problems that are trained on", "what is reported would be memory",
      fix: "Take them from the other split, as in task.problems(200, split: .heldOut, seed: 2).",
      argument: "evaluateOn", kind: .wrongArgument)
  }
  guard let validation else {
    guard severalRates else { return }
    throw CellFailure(
      "several learning rates need problems that choose between them",
      "the examination that is reported must not choose",
      fix: "Give validateOn: problems of their own, such as held[200..<400] beside held[0..<200].",
      argument: "learningRates", kind: .wrongArgument)
  }
  guard !overlap(validation, exam), !overlap(validation, problems) else {
    throw CellFailure(
      "`validateOn` shares problems with the examination or with those trained on",
      "what chooses the learning rate must be neither", fix: "Take three sets without common problems.",
      argument: "validateOn", kind: .wrongArgument)
  }
}

let comparisonTypes = [
  TypeDeclaration(
    "Comparison", summary: "Methods side by side: runs of several seeds each.",
    members: [
      .init("runs", type: "[Run]", summary: "Every run, method by method.", of: ComparisonObject.self) { comparison in
        .list(comparison.runs.map { .object($0) })
      },
      .init("names", type: "[String]", summary: "The methods.", of: ComparisonObject.self) {
        .strings($0.entries.map(\.name))
      },
      .init("accuracy", type: "Vector", summary: "The mean accuracy of each method.", of: ComparisonObject.self) {
        .reals($0.entries.map(\.accuracy))
      },
    ])
]
