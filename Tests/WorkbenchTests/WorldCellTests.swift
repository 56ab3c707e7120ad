// The worlds beside addition, in cells: their commands, their bases, and problems from files.

import ArgumentParser
import CellLanguage
import Foundation
import Tasks
import Testing
@testable import Workbench

@Suite struct WorldCellTests {
  @Test(arguments: BaseRecipe.names)
  func everyWorldHasACommandOfItsName(name: String) throws {
    let recipe = try #require(try BaseRecipe(task: name))
    #expect(recipe.task.name == name)
    let bench = Bench()
    #expect(try bench.run("let task = \(name)()\ntask.name")?.description == name)
    #expect(try bench.run("task.alphabet")?.description == recipe.task.alphabet)
  }

  @Test(arguments: BaseRecipe.names)
  func everyWorldHasABaseThatSpeaksItsLanguage(name: String) throws {
    _ = Shipped.models
    let recipe = try #require(try BaseRecipe(task: name))
    let bench = Bench()
    let cell = """
      let base = model("\(recipe.model)")
      base.rollout(\(name)().problems(1, split: .heldOut)[0], maxTokens: 3, seed: 1)
      """
    #expect(try bench.run(cell)?.typeName == "Rollout")
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "kernelspec/models/\(recipe.model)")
    let size = try FileManager.default.attributesOfItem(atPath: folder.appending(path: "model.safetensors").path())
    #expect(try #require(size[.size] as? Int) <= 1_500_000)
    let card = try String(contentsOf: folder.appending(path: "card.json"), encoding: .utf8)
    #expect(card.contains("\"command\" : \"\(recipe.command)\"") && card.contains("\"task\" : \"\(name)\""))
  }

  @Test func anUnknownTaskIsRefused() throws {
    #expect(try BaseRecipe(task: "nonsense") == nil)
    #expect(throws: (any Error).self) { try PretrainCommand.parse(["folder", "--task", "nonsense"]) }
    #expect(try PretrainCommand.parse(["folder", "--task", "chain"]).task == "chain")
  }

  @Test func problemsComeByLevel() throws {
    let bench = Bench()
    let level = try bench.run("let task = sorting()\nlet easy = task.problems(9, levels: 2...2)\neasy[8].level")
    #expect(level?.description == "2")
    #expect(try bench.run("easy[3] == task.problems(9, levels: 2...2)[3]")?.description == "true")
    #expect(bench.error("task.problems(9, levels: 2...9)").contains("Choose levels in 2...8"))
    #expect(bench.error("task.problems(9, levels: 2...)").contains("needs both bounds"))
  }

  @Test(arguments: [
    ("chain(length: 0...3)", "length lies in 1...9"), ("calculator(length: 5...2)", "starts at 5 and ends at 2"),
    ("sorting(length: 2...)", "needs both bounds"), ("subsetSum(numbers: 1...9223372036854775807)", "no number"),
    ("jsonl(\"/no/such\", answer: \"a\")", "no such file"), ("jsonl(\"/\")", "gives no references"),
    ("jsonl(\"/\", answer: \"a\")", "it is a folder"), ("jsonl(\"\", answer: \"a\")", "it is empty"),
    ("jsonl(\"/x\", answer: \"a\", endMark: \"ab\")", "it is one character"),
    ("jsonl(\"/x\", answer: \"a\", marker: \"\")", "without a marker"),
  ])
  func whatIsNoWorldIsRefused(cell: String, words: String) {
    let error = Bench().error(cell)
    #expect(error.contains(words), "\(error)")
  }

  @Test func aFileBecomesATaskThatAFreshModelSpeaks() throws {
    let folder = try TemporaryFolder()
    let lines = (0..<64).map { "{\"question\": \"\($0)+1\", \"reply\": \($0 + 1)}\n" }.joined()
    try Data(lines.utf8).write(to: URL(filePath: folder.path + "/sums.jsonl"))
    let bench = Bench()
    let cell = """
      let task = jsonl("\(folder.path)/sums.jsonl", problem: "question", answer: "reply")
      let fresh = model(width: 8, layers: 1, heads: 2, for: task, seed: 1)
      fresh.rollout(task.problems(3)[0], maxTokens: 3, seed: 1)
      """
    #expect(try bench.run(cell)?.typeName == "Rollout")
    #expect(try bench.run("task.name")?.description == "jsonl")
    #expect(bench.error("task.problems(3, levels: 1...1)").contains("counts no levels"))
  }
}
