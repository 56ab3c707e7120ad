// Methods from cells: each is one expression, settings of one's own are functions of the cell, comparisons say what can
// be told apart, and nothing that was given is ignored.

import CellLanguage
import Display
import Testing
@testable import Training
@testable import Workbench

/// Methods as cells write them, small enough for a test.
private let writtenMethods = [
  ".opsd(rollouts: 2, maxTokens: 4)", ".opsd(recipe: .paperV1, rollouts: 2, maxTokens: 4)",
  ".opsd(recipe: .march, rollouts: 2, maxTokens: 4)", ".opsd(recipe: .paperV3, rollouts: 2, maxTokens: 4)",
  ".opsd(divergence: .totalVariation, support: .topK(3, of: .student, rest: .tail), clip: .token(0.5), "
    + "teacher: .trustRegion(share: 0.2), context: .wrongAnswer, rollouts: 2, maxTokens: 4, positions: .late(), "
    + "verification: 0.5)",
  ".opsd(divergence: mine, rollouts: 2, maxTokens: 4)", ".opsd(context: shown, rollouts: 2, maxTokens: 4)",
  ".sampledToken(teacher: .ema(decay: 0.9), rollouts: 2, maxTokens: 4)", ".sft(sequences: 2)",
  ".sft(solutions: .teacher(verified: false), sequences: 2, maxTokens: 4)",
  ".distillation(divergence: .skewKL(alpha: 0.2), sequences: 2)", ".opd(teacher: base, rollouts: 2, maxTokens: 4)",
  ".opd(teacher: base, divergence: .forwardKL, rollouts: 2, maxTokens: 4)",
  ".grpo(samples: 2, groups: 2, reward: short, maxTokens: 4)",
  ".grpo(samples: 2, groups: 2, advantage: .centred, clip: .ratio(high: 0.3), klCoefficient: 0.1, updates: 2, "
    + "reward: short, maxTokens: 4, reduction: .fixedLength(4))",
  ".sdpo(samples: 2, groups: 2, reward: short, feedback: words, successReward: 4, maxTokens: 4)",
  ".sdpo(level: .token, samples: 2, groups: 2, grpoShare: 0.5, reward: short, maxTokens: 4)",
  ".mixture(.opsd(rollouts: 2, maxTokens: 4), .sft(sequences: 2), weights: [1, 0.1])",
]

@Suite struct MethodCellTests {
  /// A bench that also has settings of its own.
  private func prepared() throws -> Bench {
    let bench = try Bench.prepared()
    try bench.run(
      """
      let mine = divergence("mine") { p, q in sum(p * log(p / q)) + 0.1 * sum(abs(p - q)) }
      let short = reward("short") { problem, text in 10.0 - text.count }
      let words = feedback("words") { problem, text in "=" }
      let shown = teacherContext("shown") { problem, others in "[" + others[0].answer + "]" }
      """)
    return bench
  }

  @Test(arguments: writtenMethods)
  func everyMethodTrainsFromACell(method: String) throws {
    let bench = try prepared()
    let output = try bench.output("train(base, on: practice, with: \(method), steps: 2, plot: false)")
    #expect(output.first?.plain.hasPrefix("Trained 2 of 2 steps") == true)
    // As a value of its own it is the same method.
    let direct = try bench.run("train(base, on: practice, with: \(method), steps: 2, plot: false).loss")
    let value = try bench.run("train(base, on: practice, with: method(\(method)), steps: 2, plot: false).loss")
    #expect(direct?.description == value?.description)
    let page = try bench.output("method(\(method))")
    #expect(page.first?.plain.contains("setting") == true)
  }

  /// A setting that were accepted and ignored would leave the run as it is without it.
  @Test(arguments: [
    "divergence: .forwardKL", "divergence: .totalVariation", "divergence: mine", "support: .topK(3)",
    "support: .topK(3, rest: .tail)", "support: .topK(3, of: .student)", "clip: .pointwise(0.01)", "clip: .token(0.01)",
    "context: .none", "context: .wrongAnswer", "context: .otherProblem", "temperature: 2", "topK: 2", "topP: 0.3",
    "reduction: .tokenMean", "reduction: .fixedLength(9)", "positions: .late()", "positions: .first(1)",
    "positions: .skip(1)", "teacher: .live", "teacher: .ema(decay: 0.5)",
    "teacher: .trustRegion(share: 0.9)", "recipe: .paperV3",
  ]) func everySettingOfOPSDChangesTheRun(setting: String) throws {
    let bench = try prepared()
    let name = setting.prefix { $0 != ":" }
    // Labels stand in the order of the signature.
    let before = ["recipe", "divergence", "support", "clip", "teacher", "context"].contains(String(name))
    let after = ["reduction", "positions"].contains(String(name))
    let call =
      before
      ? ".opsd(\(setting), rollouts: 6, maxTokens: 6)"
      : after ? ".opsd(rollouts: 6, maxTokens: 6, \(setting))" : ".opsd(rollouts: 6, \(setting), maxTokens: 6)"
    func run(_ method: String) throws -> String? {
      try bench.run("train(base, on: practice, with: \(method), steps: 3, plot: false).model.checksum")?.description
    }
    #expect(try run(call) != run(".opsd(rollouts: 6, maxTokens: 6)"))
  }

  /// The verifier has something to say of models that are right now and then.
  @Test func theVerifiersWordChangesTheRun() throws {
    _ = Shipped.models
    let bench = Bench()
    try bench.run(
      "let base = model(\"base\")\nlet practice = addition(digits: 2...4).problems(50, seed: 1)")
    func run(_ setting: String) throws -> String? {
      let cell = "train(base, on: practice, with: .opsd(rollouts: 16\(setting)), steps: 2, plot: false).model.checksum"
      return try bench.run(cell)?.description
    }
    #expect(try run(", verification: 1.0") != run(""))
  }

  @Test func aFormulaOfOnesOwnTrainsAsTheOneOfTheSameName() throws {
    let bench = try prepared()
    try bench.run("let kl = divergence(\"kl\") { p, q in sum(p * log(p / q)) }")
    func losses(_ divergence: String) throws -> [Double] {
      let cell =
        "train(base, on: practice, with: .opsd(divergence: \(divergence), rollouts: 4, maxTokens: 6), steps: 3, "
      guard case .vector(let vector) = try bench.run(cell + "plot: false).loss") else { return [] }
      return vector.elements
    }
    for (mine, named) in zip(try losses("kl"), try losses(".forwardKL")) { #expect(abs(mine - named) < 1e-5 * named) }
  }

  @Test func aComparisonShowsItsRunsAndWhatCanBeToldApart() throws {
    let bench = try prepared()
    let cell = """
      let c = compare(base, [.opsd(rollouts: 2, maxTokens: 4), .sft(sequences: 2)], on: practice, evaluateOn: exam[0..<2], \
      seeds: 1...2, steps: 2, learningRates: [0.001, 0.01], validateOn: exam[2..<3], every: 1, names: ["one", "two"])
      c
      """
    let output = try bench.output(cell)
    #expect(output.first?.plain.contains("8 of 8 runs") == true, "two rates and two seeds for each of two methods")
    let table = try #require(output.last).plain
    for words in ["base", "one", "two", "95 % interval", "over seeds", "learning rate"] {
      #expect(table.contains(words))
    }
    #expect(
      try bench.run("c.runs.count")?.description == "4" && bench.run("c.names")?.description.contains("two") == true)
    let plot = try bench.output("plot(c, x: .generatedTokens, y: .accuracy)")
    #expect(plot.first?.plain.contains("one") == true)
    #expect(try bench.output("plot(c)").first?.plain.contains("accuracy") == true, "losses have no common scale")
  }

  @Test func aComparisonHasAColumnForEveryExamination() throws {
    let bench = try prepared()
    let cell = """
      compare(base, [.sft(sequences: 2)], on: practice, evaluateOn: [exam[0..<2], exam[2..<3]], seeds: 1...2, steps: 1)
      """
    let table = try #require(try bench.output(cell).last).plain
    #expect(table.contains("addition, level 1"))
    #expect(bench.error("compare(base, [.sft()], on: practice, evaluateOn: [])").contains("holds no problems"))
  }

  /// Every method on every world that ships with a base; ERL and feedback where the world has them.
  @Test(arguments: [
    ("addition(digits: 2...4)", "base"), ("chain()", "chain"), ("calculator()", "calculator"), ("sorting()", "sorting"),
    ("subsetSum()", "subsetSum"),
  ]) func everyWorldIsLearntWithEveryMethodThatIsMeantForIt(world: String, base: String) throws {
    _ = Shipped.models
    let bench = Bench()
    try bench.run("let task = \(world)\nlet base = model(\"\(base)\")\nlet practice = task.problems(60, seed: 1)")
    var methods = [
      ".opsd(rollouts: 4)", ".sampledToken(rollouts: 4)", ".sft(sequences: 4)", ".opd(teacher: base, rollouts: 4)",
      ".sft(solutions: .teacher(verified: true), sequences: 4)", ".distillation(sequences: 4)",
      ".grpo(samples: 4, groups: 2)", ".sdpo(samples: 4, groups: 2)",
    ]
    if base == "calculator" { methods.append(".erl(samples: 4, groups: 2)") }
    for method in methods {
      let run = try bench.run("train(base, on: practice, with: \(method), steps: 1, plot: false).ending")
      #expect(run?.description == "complete", "\(method)")
    }
  }

  @Test(arguments: [
    ("train(base, on: practice, with: .grpo(samples: 1))", "one alone has no others"),
    ("train(base, on: practice, with: .grpo(clip: .ratio()))", "every ratio is 1"),
    ("train(base, on: practice, with: .erl())", "no prompts for a reflection"),
    ("train(base, on: practice, with: .opd())", "teacher"),
    ("train(base, on: practice, with: .sft(temperature: 2))", "`temperature` would change nothing here"),
    ("train(base, on: practice, with: .distillation(maxTokens: 3))", "`maxTokens` would change nothing here"),
    ("train(base, on: practice, samples: 3)", "`samples` would change nothing here"),
    ("train(base, on: practice, checkpointEvery: 3)", "`checkpointEvery` would change nothing here"),
    ("train(base, on: practice, with: .sft(), order: .frontier())", "cannot follow a frontier"),
    ("train(base, on: practice, with: .mixture(.opsd(), .sft(), weights: [1]))", "2 methods have 1 weights"),
    ("train(base, on: practice, schedule: .cosine, tokens: 100)", "how many steps there will be"),
    ("train(base, on: practice, with: .opsd(support: .topK(1000)))", "k 1000"),
    (
      "train(base, on: practice, with: .grpo(samples: 2, groups: 2, reward: reward { p, t in \"a\" }), steps: 1)",
      "a number is wanted"
    ),
    (
      "train(base, on: practice, with: .grpo(samples: 2, groups: 2, reward: reward { p, t in 0.0 / 0.0 }), steps: 1)",
      "no finite number"
    ),
    ("reward { text in 1 }", "takes 1 argument"), ("divergence(\"a\") { p, q in sum(p) }", "does not occur in it"),
    ("divergence(\"a\") { p, q in p * q }", "is a vector"), ("divergence(\"a\") { p, q in 3 }", "depends on q"),
    ("divergence(\"a\") { p, q in sum(tanh(q)) }", "`tanh` cannot be part of a divergence"),
    ("divergence(\"a\") { p, q in sum(log(q - 2)) }", "has no value"),
    ("train(base, on: practice, with: .opsd(context: teacherContext { p, o in \"é\" }))", "is not in the alphabet"),
    (
      "train(base, on: practice, with: .sdpo(samples: 2, groups: 2, feedback: feedback { p, t in \"é\" }))",
      "Feedback custom returned \"é\""
    ),
    ("train(base, on: practice, with: .mixture(method(.mixture(.sft()))))", "cannot be part of a mixture"),
    ("compare(base, [], on: practice, evaluateOn: exam)", "nothing to compare"),
    ("compare(base, [.sft()], on: practice, evaluateOn: exam, seeds: 1...9_000_000_000_000_000_000)", "1 and 1000"),
    ("compare(base, [.sft()], on: practice, evaluateOn: exam, seeds: 0...)", "1 and 1000"),
    (
      "compare(base, [.sft()], on: practice, evaluateOn: [exam, chain().problems(3)], seeds: 1...1, steps: 1)",
      "does not speak the task's language"
    ),
    ("train(base, on: practice, evaluateOn: addition(digits: 70...70).problems(2))", "not possible"),
    (
      "plot(compare(base, [.sft()], on: practice, evaluateOn: exam, seeds: 1...1, steps: 1), names: [\"a\"])",
      "`names` would change nothing here"
    ),
    ("compare(base, [.sft()], on: practice, evaluateOn: exam, names: [\"a\", \"b\"])", "1 methods have 2 names"),
    ("compare(base, [.opsd()], on: practice, evaluateOn: practice)", "that are trained on"),
    (
      "compare(base, [.opsd()], on: practice, evaluateOn: exam, learningRates: [0.1, 0.2])",
      "problems that choose between them"
    ),
    (
      "compare(base, [.opsd()], on: practice, evaluateOn: exam, learningRates: [0.1, 0.2], validateOn: exam)",
      "shares problems"
    ),
  ]) func wrongCombinationsAreRefusedWithTheReason(cell: String, words: String) throws {
    let bench = try prepared()
    let text = bench.error(cell)
    #expect(text.contains(words), "\(text)")
  }

  @Test func aSettingOfAMethodHasItsCaretUnderTheMethod() throws {
    let bench = try prepared()
    #expect(bench.error("train(base, on: practice, with: .grpo(samples: 1))").contains("line 1, column 27"))
    #expect(bench.error("train(base, on: practice, with: .sft(), order: .frontier())").contains("line 1, column 41"))
  }

  /// Most of the time goes by in the function, so that is where the interrupt comes.
  @Test(arguments: [
    ".grpo(samples: 2, groups: 2, reward: slow, maxTokens: 4)",
    ".opsd(context: slowly, rollouts: 2, maxTokens: 4)",
  ]) func anInterruptInsideAFunctionKeepsTheCompleteSteps(method: String) throws {
    let bench = try prepared()
    try bench.run(
      """
      func wait() -> Int {
        var n = 0
        for i in 0..<300 { n += i }
        return n
      }
      let slow = reward { problem, text in wait() }
      let slowly = teacherContext { problem, others in wait() > 0 ? problem.answer : "" }
      """)
    try bench.run(
      "let stopped = train(base, on: practice, with: \(method), steps: 500, plot: false)",
      on: KeepingScreen(interruptedAfter: 30_000))
    #expect(try bench.run("stopped.wasInterrupted")?.description == "true")
    #expect(try bench.run("stopped.steps > 0 && stopped.steps < 500")?.description == "true")
  }

  @Test func aComparisonThatBreaksOffKeepsWhatIsComplete() throws {
    let bench = try prepared()
    let output = try bench.output(
      """
      var asked = 0
      let late = reward { problem, text in
        asked += 1
        return asked > 20 ? "x" : text.count
      }
      let c = compare(base, [.grpo(samples: 2, groups: 2, reward: late, maxTokens: 4), .sft(sequences: 2)], on: practice, \
      evaluateOn: exam, seeds: 1...4, steps: 2)
      c
      """)
    let table = try #require(output.last).plain
    #expect(table.contains("stopped by an error of GRPO") && table.contains("a number is wanted"))
    #expect(try bench.run("c.runs.count")?.description == "2", "eight answers a run, and the third breaks off")
  }

  @Test(arguments: [
    "compare(base, [.sft(sequences: 2), .grpo(samples: 1)], on: practice, evaluateOn: exam, steps: 1)",
    "compare(base, [.sft(sequences: 2)], on: practice, evaluateOn: [exam, chain().problems(3)], steps: 1)",
  ]) func whatCannotBeComparedIsRefusedBeforeAnyRun(cell: String) throws {
    let bench = try prepared()
    let screen = KeepingScreen()
    #expect(throws: CellError.self) { try bench.run(cell, on: screen) }
    #expect(screen.events.isEmpty)
  }

  @Test func runsThatBreakOffAreNamedAsSuch() throws {
    let bench = try prepared()
    let output = try bench.output(
      """
      let huge = reward { problem, text in 1e300 * (1 + text.count) }
      compare(base, [.grpo(samples: 4, groups: 4, advantage: .centred, reward: huge, maxTokens: 9), .sft(sequences: 2), \
      .sft(sequences: 3)], on: practice, evaluateOn: exam, seeds: 1...1, steps: 1)
      """)
    let table = try #require(output.last).plain
    #expect(table.contains("1 of 1 broke off") && !table.contains("2 of"))
    #expect(table.contains("SFT on references (2)"), "two methods of one name can be told apart")
  }

  @Test(arguments: [
    ("train(base, on: practice, with: .opsd(|", "divergence:"), ("train(base, with: .opsd(divergence: .|", "skewKL"),
    ("train(base, with: .opsd(divergence: .jsd(|", "beta:"), ("train(base, with: .|", "mixture"),
    ("train(base, with: .opsd(context: .|", "wrongAnswer"), ("compare(base, [.|", "grpo"),
    ("compare(base, [.opsd(), .|", "sdpo"), ("compare(base, [.sft(), .grpo(|", "klCoefficient:"),
    ("train(base, with: .mixture(.opsd(), .|", "erl"), ("train(base, with: .sdpo(level: .logit(support: .|", "topK"),
    ("method(.opsd(clip: .|", "pointwise"), ("train(base, with: .opd(divergence: .|", "forwardKL"),
  ]) func whatAMethodTakesIsOffered(marked: String, name: String) throws {
    let bench = try prepared()
    let text = marked.dropLast()
    let found = bench.session.complete(String(text), cursor: text.unicodeScalars.count).matches.map(\.text)
    #expect(found.contains(name), "\(found)")
  }

  @Test(arguments: ["help(.opsd)", "help(\"opsd\")", "help(\".opsd\")"])
  func helpExplainsTheLabelsOfAMethod(cell: String) throws {
    let bench = try prepared()
    let page = try bench.output(cell)[0].plain
    for words in [".opsd(", "verification:", "The weight of the verifier's word", "default 0.0", "wrongAnswer"] {
      #expect(page.contains(words))
    }
    let inspected = bench.session.inspect("train(base, with: .opsd())", cursor: 21)
    #expect(inspected?.text.contains("The weight of the verifier's word") == true)
    #expect(bench.error("help(.mixtur)").contains("mixture"))
  }
}
