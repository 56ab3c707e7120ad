// Training from cells: what it leaves, what stops it, what it leaves alone.

import CellLanguage
import Display
import Foundation
import Tasks
import Testing
@testable import Training
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

  /// The cell that trains and keeps the run, with what may be changed in it.
  private func kept(_ path: String, steps: Int = 6, method: String = "rollouts: 2, maxTokens: 4", _ more: String = "")
    -> String
  {
    "let kept = train(base, on: practice, with: .opsd(\(method)), steps: \(steps), evaluateOn: exam, every: 2, "
      + "checkpoint: \"\(path)\", checkpointEvery: 1\(more))"
  }

  @Test(arguments: [10, 40, 80]) func aCellThatWasStoppedGoesOnWhenItIsRunAgain(polls: Int) throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    let whole = KeepingScreen()
    try bench.run(kept(folder.path + "/new/whole"), on: whole)
    try bench.run("let whole = kept")
    let screen = KeepingScreen(interruptedAfter: polls)
    try bench.run(kept(folder.path + "/run"), on: screen)
    #expect(try bench.run("kept.wasInterrupted")?.description == "true")
    let line = try #require(screen.final.first).plain
    #expect(line.hasSuffix("and the same cell goes on from \(folder.path)/run"), "\(line)")
    // In another session: nothing but the file is left.
    let other = try Bench.prepared()
    let again = KeepingScreen()
    try other.run(kept(folder.path + "/run"), on: again)
    #expect(again.final.map(\.plain) == whole.final.map(\.plain))
    for member in ["model.checksum", "loss", "accuracy", "gradientNorm", "tokens", "ending"] {
      #expect(try other.run("kept.\(member)")?.description == bench.run("whole.\(member)")?.description, "\(member)")
    }
    #expect(try other.output("kept").map(\.plain) == bench.output("whole").map(\.plain))
  }

  @Test func anotherRunIsRefusedUnderTheCaretOfItsFile() throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    try bench.run(kept(folder.path + "/run"))
    let error = bench.error(kept(folder.path + "/run", method: "divergence: .forwardKL, rollouts: 2, maxTokens: 4"))
    #expect(error.contains("holds another run") && error.contains("divergence was jsd(beta: 0.5) and is now forwardKL"))
    let caret = try #require(error.split(separator: "\n").first { $0.contains("^") })
    let cell = try #require(error.split(separator: "\n").first { $0.contains("checkpoint:") })
    let place = try #require(cell.firstRange(of: "checkpoint:"))
    #expect(
      caret.distance(from: caret.startIndex, to: caret.firstIndex(of: "^") ?? caret.endIndex)
        == cell.distance(from: cell.startIndex, to: place.lowerBound))
    // More steps are the same run, and its first steps stay.
    try bench.run("let six = kept")
    try bench.run(kept(folder.path + "/run", steps: 8))
    #expect(try bench.run("kept.loss.count == 8 && kept.loss[0..<6] == six.loss")?.description == "true")
    #expect(bench.error(kept(folder.path + "/run", steps: 7)).contains("it holds 8 steps and 7 are asked for"))
  }

  @Test func aRunThatCannotBeKeptIsNotLost() throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    let path = folder.path + "/run"
    // While the cell runs, a folder takes the place of the file.
    let screen = KeepingScreen(atPoll: 200) {
      try? FileManager.default.removeItem(atPath: path)
      try? FileManager.default.createDirectory(atPath: path + "/full", withIntermediateDirectories: true)
    }
    try bench.run(kept(path, steps: 40, ", plot: false"), on: screen)
    #expect(try bench.run("kept.loss.count")?.description == "40")
    let ending = try #require(try bench.run("kept.ending")).description
    #expect(ending.contains("the run is not saved: \(path) cannot be written"), "\(ending)")
    #expect(screen.final[0].plain.contains("the run is not saved"))
  }

  @Test func problemsThatWereNotFiniteAreNamedUpToThree() throws {
    let problems = try AdditionTask(digits: 1...1).problems(6, split: .practice, seed: 1)
    func note(_ count: Int, _ quantity: NotFinite.Quantity = .loss) -> String {
      NotFinite(step: 5, quantity: quantity, problems: Array(problems.prefix(count))).note
    }
    let names = problems.map(\.question)
    #expect(note(0, .gradient) == "the gradient of step 5 was not finite")
    #expect(note(2) == "the loss of step 5 was not finite for \(names[0]), \(names[1])")
    #expect(note(5) == "the loss of step 5 was not finite for \(names[0]), \(names[1]), \(names[2]) and 2 more")
    #expect(note(0, .parameters) == "step 5 would have made weights that are not finite")
  }
}
