// Adapters from cells: trained, looked at, merged, saved, loaded, and refused where they cannot be.

import CellLanguage
import Display
import Foundation
import Testing
@testable import Workbench

@Suite struct AdapterCellTests {
  /// A prepared session with `small`, a run that trained an adapter.
  private func prepared(_ more: String = "") throws -> Bench {
    let bench = try Bench.prepared()
    try bench.run(
      """
      let small = train(
        base, on: practice, with: .opsd(rollouts: 2, maxTokens: 4\(more)), adapter: .lora(rank: 2, targets: [.q, .v]),
        steps: 3, plot: false)
      """)
    return bench
  }

  private func text(_ bench: Bench, _ cell: String) throws -> String { try #require(try bench.run(cell)).description }

  /// What the product is for: the shipped base learns to add by moving 4 % as many numbers as it has.
  @Test func theShippedBaseLearnsToAdd() throws {
    _ = Shipped.models
    let bench = Bench()
    try bench.run(
      """
      let task = addition(digits: 2...4)
      let base = model("base")
      let exam = task.problems(100, split: .heldOut, seed: 2)
      let run = train(
        base, on: task.problems(2000, seed: 1), with: .opsd(rollouts: 32), adapter: .lora(), steps: 10,
        learningRate: 0.01, evaluateOn: exam, every: 100, plot: false)
      """)
    let accuracy = try #require(try bench.run("run.accuracy")?.numbers)
    // Measured: 28 % before and 72 % after; the 95 % intervals of hundred problems are ± 9 points.
    #expect(accuracy[0] < 0.5 && accuracy[1] > accuracy[0] + 0.2, "\(accuracy)")
    #expect(try text(bench, "base == model(\"base\")") == "true", "base has changed")
    #expect(try text(bench, "evaluate(merge(run.model), on: exam).accuracy > \(accuracy[0] + 0.2)") == "true")
  }

  @Test(arguments: ["", ", teacher: .fixed", ", teacher: .live", ", teacher: .ema(decay: 0.5)"])
  func theSameCellLeavesTheSameModel(more: String) throws {
    let bench = try prepared(more)
    let checksum = try text(bench, "small.model.checksum")
    #expect(try text(prepared(more), "small.model.checksum") == checksum)
    #expect(try text(bench, "small.model.base == base && small.model != base && !base.hasAdapter") == "true")
    #expect(try text(bench, "base.base == base && small.model.parameters > base.parameters") == "true")
    let teacher = more.contains("live") ? "live teacher, " : more.contains("ema") ? "EMA teacher 0.5, " : ""
    #expect(try text(bench, "\"\\(small)\"").contains("OPSD, JSD β=0.5, \(teacher)LoRA r=2 on q, v, 3 of 3 steps"))
  }

  @Test func everythingThatModelsDoIsDoneWithAnAdapter() throws {
    let bench = try prepared()
    // The same up to the rounding of one sum, whose worst is 10⁻⁶ at weights of this size.
    #expect(
      try text(
        bench,
        """
        let a = small.model.rollout(x, maxTokens: 12, temperature: 0, seed: 3)
        let b = merge(small.model).rollout(x, maxTokens: 12, temperature: 0, seed: 3)
        a.text == b.text && max(abs(a.logProbabilities - b.logProbabilities)) < 1e-4
        """) == "true")
    #expect(
      try text(
        bench,
        """
        let one = small.model.distributions(along: y)
        let two = merge(small.model).distributions(along: y)
        max(abs(one[0].student - two[0].student)) < 1e-4 && max(abs(one[0].student - d[0].student)) > 1e-6
        """) == "true")
    #expect(
      try text(bench, "base.distributions(along: y, teacher: small.model)[0].teacher == one[0].teacher") == "true")
    #expect(try text(bench, "evaluate(small.model, on: exam).accuracy >= 0") == "true")
    let picture = try bench.output("small.model")[0].plain
    #expect(picture.contains("LoRA, alpha 4, on q, v of every layer: what training changes; the rest stays as it is"))
    #expect(try text(bench, "\"\\(small.model)\"").contains("with an adapter, LoRA r=2 on q, v"))
  }

  @Test func trainingGoesOnWithTheAdapterOrWithTheMergedWeights() throws {
    let bench = try prepared()
    let more = "on: practice, with: .opsd(rollouts: 2, maxTokens: 4), steps: 1, plot: false"
    try bench.run("let further = train(small.model, \(more))\nlet full = train(merge(small.model), \(more))")
    #expect(try text(bench, "further.model.hasAdapter && further.model.base == base") == "true")
    #expect(try text(bench, "further.model == small.model || full.model.hasAdapter") == "false")
    try bench.run("let again = train(merge(small.model), \(more), adapter: .lora)")
    #expect(try text(bench, "again.model.base == merge(small.model)") == "true")
  }

  @Test func modelsAndAdaptersAreSavedAndLoaded() throws {
    let folder = try TemporaryFolder()
    let bench = try prepared()
    try bench.run(
      """
      small.model.save("\(folder.path)/m")
      small.model.saveAdapter("\(folder.path)/a")
      base.save("\(folder.path)/b")
      """)
    #expect(try text(bench, "model(\"\(folder.path)/m\") == small.model") == "true")
    for adapter in ["a", "m", "m/adapter"] {
      let cell = "model(\"\(folder.path)/b\", adapter: \"\(folder.path)/\(adapter)\") == small.model"
      #expect(try text(bench, cell) == "true")
    }
    // The base over it: its adapter must be gone.
    try bench.run("base.save(\"\(folder.path)/m\")")
    #expect(try text(bench, "model(\"\(folder.path)/m\") == base") == "true")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/a").sorted()
    #expect(files == ["adapter_config.json", "adapter_model.safetensors"])
  }

  @Test(arguments: [
    ("train(base, on: practice, adapter: .lora(rank: 0))", "between 1 and 1024"),
    ("train(base, on: practice, adapter: .lora(alpha: 0))", "greater than 0"),
    ("train(base, on: practice, adapter: .lora(alpha: -1))", "greater than 0"),
    ("train(base, on: practice, adapter: .lora(targets: []))", "it has no targets: name at least one of q, k, v"),
    ("train(base, on: practice, adapter: .lora(targets: [.x]))", "`.gate`"),
    ("train(base, on: practice, adapter: .lora(rnk: 3))", "Did you mean `rank:`?"),
    ("train(base, on: practice, adapter: .dora)", "`.lora`"), ("train(base, on: practice, adapter: 3)", "or nil"),
    ("train(small.model, on: practice, adapter: .lora)", "this model has an adapter already"),
    ("train(base, on: practice, with: .opsd(teacher: .ema(decay: 1)))", "less than 1"),
    ("train(base, on: practice, with: .opsd(teacher: .ema(decay: -0.1)))", "at least 0"),
    ("train(base, on: practice, with: .opsd(teacher: .slow))", "`.fixed`, `.live`, `.ema`"),
    ("merge(base)", "this model has no adapter"), ("merge(3)", "type Model"),
    ("base.saveAdapter(\"x\")", "there is nothing to save without its weights"),
    ("small.model.saveAdapter(\"\")", "it is empty"), ("small.model.saveAdapter(\"/proc/x\")", "cannot be written"),
    ("model(adapter: \"x\")", "a new model has no use for an adapter"),
    ("model(\"base\", adapter: \"no-such-folder\")", "no-such-folder/adapter_config.json cannot be read"),
    ("model(\"base\", adapter: \"FOLDER/a\")", "this model needs"),
    ("model(\"FOLDER/m\", adapter: \"FOLDER/a\")", "has an adapter already"),
    ("model(\"base\", adapter: \"\")", "it is empty"),
  ]) func whatCannotBeIsRefused(cell: String, words: String) throws {
    _ = Shipped.models
    let folder = try TemporaryFolder()
    let bench = try prepared()
    try bench.run("small.model.save(\"\(folder.path)/m\")\nsmall.model.saveAdapter(\"\(folder.path)/a\")")
    let error = bench.error(cell.replacing("FOLDER", with: folder.path))
    #expect(error.contains(words) && error.contains("^"), "\(error)")
    #expect(try text(bench, "1 + 1") == "2")
  }

  @Test func helpTellsOfAdaptersAndTeachers() throws {
    let bench = Bench()
    let help = try bench.output("help(train)")[0].plain
    for words in ["lora(rank: Int = 8", "teacher: Teacher = .fixed", "TRL", "merged", "after each step", "10"] {
      #expect(help.contains(words), "\(words) is not in \(help)")
    }
  }
}
