// Training from cells: what it leaves, what stops it, what it leaves alone.

import CellLanguage
import Display
import Testing
@testable import Workbench

@Suite struct TrainingCellTests {
  private let cell = """
    train(base, on: practice, with: .opsd(rollouts: 2, maxTokens: 4), steps: 4, evaluateOn: exam, every: 2, seed: 5)
    """

  @Test func theSameCellLeavesTheSameBytes() throws {
    let bench = try Bench.prepared()
    let first = try bench.output(cell)
    #expect(try bench.output(cell) == first)
    #expect(try Bench.prepared().output(cell) == first)
    #expect(first.count == 3, "a line, a plot and the loss table")
  }

  @Test func whatStaysHoldsNoTimes() throws {
    let line = try #require(try Bench.prepared().output(cell).first).plain
    #expect(line.hasPrefix("Trained 4 of 4 steps · loss ") && line.hasSuffix(" after step 4"))
    #expect(!line.contains("steps/s") && !line.contains("left"))
  }

  @Test func everyOtherNameKeepsWhatItHolds() throws {
    let bench = try Bench.prepared()
    let names = ["base", "exam", "practice", "x", "y", "d", "run"]
    func checksums() throws -> [String] {
      try ["base.checksum", "run.model.checksum", "run.loss", "y.logProbabilities", "d[0].teacher", "exam[0].question"]
        .map { try #require(try bench.run($0)).description }
    }
    let before = try checksums()
    try bench.run("let other = \(cell)\nlet same = base\nlet third = train(same, on: exam, steps: 1, plot: false)")
    #expect(try checksums() == before)
    #expect(try bench.run("other.model == base")?.description == "false")
    for name in names { #expect(bench.session[name] != nil) }
  }

  /// The flag is raised in the midst of some step: what is kept is the student of as many steps as the run has.
  @Test(arguments: [50, 120, 333]) func anInterruptKeepsTheLastCompleteStep(polls: Int) throws {
    let bench = try Bench.prepared()
    let long = "let long = train(base, on: practice, with: .opsd(rollouts: 2, maxTokens: 4), steps: 1000)"
    let screen = KeepingScreen(interruptedAfter: polls)
    try bench.run(long, on: screen)
    let steps = try #require(try bench.run("long.steps")).description
    #expect(try bench.run("long.wasInterrupted")?.description == "true")
    let line = try #require(screen.final.first).plain
    #expect(line.hasPrefix("Trained \(steps) of 1,000 steps (stopped)"))
    #expect(line.hasSuffix("interrupted: run.model is the student after step \(steps)"))
    #expect(
      try bench.run(
        "long.model == train(base, on: practice, with: .opsd(rollouts: 2, maxTokens: 4), steps: \(steps)).model")?
        .description == "true")
  }

  @Test func anInterruptBeforeTheFirstStepLeavesTheModel() throws {
    let bench = try Bench.prepared()
    let screen = KeepingScreen(interruptedAfter: 4)
    try bench.run("let none = train(base, on: practice, steps: 10, evaluateOn: exam)", on: screen)
    #expect(screen.final.map(\.plain).last?.hasSuffix("run.model is the model it started from") == true)
    #expect(try bench.run("none.model == base")?.description == "true")
    #expect(
      try !bench.output("none").isEmpty && !bench.output("plot(none)").isEmpty && !bench.output("table(none)").isEmpty)
  }

  @Test(arguments: [
    "evaluate(base, on: practice, samples: 64)", "base.rollout(x)", "model(layers: 4, width: 64)",
    "while true { }",
  ]) func otherWorkEndsAsAnInterruptedCell(cell: String) throws {
    let bench = try Bench.prepared()
    let error = #expect(throws: CellError.self) { try bench.run(cell, on: KeepingScreen(interruptedAfter: 1)) }
    #expect(error?.isInterruption == true)
    #expect(try bench.run("1 + 1")?.description == "2")
  }

  @Test func aLossThatIsNotFiniteEndsTheRunAndIsSaid() throws {
    let bench = try Bench.prepared()
    let screen = KeepingScreen()
    try bench.run(
      """
      let wild = train(
        base, on: practice, with: .opsd(rollouts: 2, maxTokens: 4), steps: 400, learningRate: 1, weightDecay: 10)
      """, on: screen)
    let line = try #require(screen.final.first).plain
    #expect(line.contains("finite") && line.contains(": run.model is the student after step "))
    #expect(line.contains("lower learning rate"), "\(line)")
    #expect(try bench.run("wild.wasInterrupted")?.description == "false")
    #expect(try bench.run("wild.model.rollout(x, maxTokens: 4).count > 0")?.description == "true")
    #expect(try bench.output("wild")[0].plain.contains("not finite"))
    #expect(line.contains(try #require(try bench.run("wild.ending")).description))
  }

  @Test func longWorkLeavesOneLine() throws {
    let screen = KeepingScreen()
    let bench = try Bench.prepared()
    try bench.run("let e = evaluate(base, on: practice, samples: 32, maxTokens: 8)", on: screen)
    #expect(screen.final.map(\.plain) == ["Examined 640 answers"])
    let stopped = KeepingScreen(interruptedAfter: 40)
    #expect(throws: CellError.self) {
      try bench.run("evaluate(base, on: practice, samples: 32, maxTokens: 8)", on: stopped)
    }
    #expect(stopped.final.count == 1 && stopped.final[0].plain.hasSuffix("tokens (stopped)"))
  }

  @Test func namesMayBeRedefinedWhileResultsLive() throws {
    let bench = try Bench.prepared()
    try bench.run("let base = 3\nlet exam = \"e\"")
    #expect(try bench.run("run.model.rollout(x, maxTokens: 4).problem.question == x.question")?.description == "true")
    #expect(bench.error("base.rollout(x)").contains("rollout"))
  }
}
