// Models on disk: found, saved, and refused where they are broken. And the arguments of subcommands.

import ArgumentParser
import CellLanguage
import Foundation
import Testing
@testable import Workbench

@Suite struct LibraryTests {
  @Test func theShippedBaseIsFoundByItsName() throws {
    _ = Shipped.models
    let bench = Bench()
    #expect(try bench.run("let base = model(\"base\")\nbase.name")?.description == "base")
    #expect(try bench.run("base == model(\"base\")")?.description == "true")
    #expect(bench.error("model(\"bse\")").contains("Shipped models: \"base\""))
  }

  /// Its prompts of other widths are unknown to it; who makes the sums easier by `digits:` sees it fail.
  @Test(arguments: [
    ("addition(digits: 2...4)", 0), ("addition(digits: 2...2)", 1), ("addition()", 0),
  ])
  func aShippedModelInAnotherWorldIsWarnedOf(task: String, count: Int) throws {
    _ = Shipped.models
    let screen = KeepingScreen()
    try Bench().run(
      "evaluate(model(\"base\"), on: \(task).problems(2, split: .heldOut), maxTokens: 2)", on: screen)
    let warnings = screen.events.compactMap { if case .error(let text) = $0 { text } else { nil } }
    #expect(warnings.count == count && warnings.allSatisfy { $0.contains("base was made for other problems") })
  }

  @Test func aSavedModelIsTheSame() throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    try bench.run("run.model.save(\"\(folder.path)/a/b\")")
    #expect(try bench.run("model(\"\(folder.path)/a/b\") == run.model")?.description == "true")
    #expect(try bench.run("model(\"\(folder.path)/a/b\") == base")?.description == "false")
    // Over itself, as who runs a cell twice does.
    try bench.run("run.model.save(\"\(folder.path)/a/b\")")
  }

  /// One file is changed; the message names it, and nothing of the session is lost.
  @Test(arguments: [
    ("config.json", "", "config.json cannot be read"), ("config.json", "{}", "model_type"),
    ("config.json", "[1, 2", "config.json cannot be read"), ("vocabulary.json", "{}", "no text \"characters\""),
    ("vocabulary.json", #"{"characters": "ab"}"#, "vocabulary.json 2 characters"),
    ("model.safetensors", "", "model.safetensors"), ("model.safetensors", "12345678{}", "model.safetensors"),
  ]) func brokenFilesAreNamed(file: String, content: String, words: String) throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    try bench.run("base.save(\"\(folder.path)/m\")")
    try Data(content.utf8).write(to: URL(filePath: "\(folder.path)/m/\(file)"))
    #expect(bench.error("model(\"\(folder.path)/m\")").contains(words))
    #expect(try bench.run("1 + 1")?.description == "2")
  }

  @Test(arguments: [
    ("\"hidden_size\" : 8", "\"hidden_size\" : 16", "its shape is"),
    ("\"hidden_size\" : 8", "\"hidden_size\" : 0", "width"),
    ("\"num_hidden_layers\" : 1", "\"num_hidden_layers\" : 1000", "it is not there"),
    ("\"vocab_size\" : 18", "\"vocab_size\" : 19", "19 tokens"),
    ("\"num_attention_heads\" : 2", "\"num_attention_heads\" : -1", "num_attention_heads"),
    ("\"intermediate_size\" : 32", "\"intermediate_size\" : 1000000", "its shape is"),
    ("\"max_position_embeddings\" : 128", "\"max_position_embeddings\" : 99999999999", "contextLength"),
  ]) func wrongConfigurationsAreRefusedBeforeMemoryIsTaken(old: String, new: String, words: String) throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    try bench.run("base.save(\"\(folder.path)/m\")")
    let url = URL(filePath: "\(folder.path)/m/config.json")
    let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    let loose = text.replacing("\": ", with: "\" : ").replacing("\":", with: "\" :").replacing("\" : ", with: "\" : ")
    let changed = loose.replacing("\" :  ", with: "\" : ").replacing("\"  : ", with: "\" : ").replacing(old, with: new)
    #expect(changed.contains(new), "\(changed)")
    try Data(changed.utf8).write(to: url)
    let error = bench.error("model(\"\(folder.path)/m\")")
    #expect(error.contains(words), "\(error)")
  }

  /// A model of other characters can be held and looked at, and says what it cannot read.
  @Test func aModelOfAnotherAlphabetSaysSo() throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    try bench.run("base.save(\"\(folder.path)/m\")")
    let letters = #"{"characters": "abcdefghijklmnopqr", "end": "r"}"#
    try Data(letters.utf8).write(to: URL(filePath: "\(folder.path)/m/vocabulary.json"))
    try bench.run("let other = model(\"\(folder.path)/m\")")
    #expect(try !bench.output("other").isEmpty)
    for cell in [
      "other.rollout(x)", "evaluate(other, on: exam)", "train(other, on: practice, steps: 2)",
      "train(base, on: practice, steps: 2, evaluateOn: exam)\nother.rollout(practice[0])",
    ] {
      #expect(bench.error(cell).contains("does not speak the task's language"))
    }
    #expect(bench.error("base.distributions(along: y, teacher: other)").contains("do not speak the same tokens"))
    #expect(try bench.run("other == base")?.description == "false")
  }

  @Test func truncatedWeightsAreNamed() throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    try bench.run("base.save(\"\(folder.path)/m\")")
    let url = URL(filePath: "\(folder.path)/m/model.safetensors")
    let whole = try Data(contentsOf: url)
    for count in [1, 7, 8, 9, 100, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: url)
      #expect(bench.error("model(\"\(folder.path)/m\")").contains("model.safetensors"))
    }
  }
}

@Suite struct CommandLineTests {
  @Test(arguments: [
    ["--steps", "0"], ["--steps", "-3"], ["--steps", "2000000"], ["--sequences", "0"], ["--width", "7"],
    ["--width", "12"],
    ["--layers", "0"], ["--layers", "65"], ["--seed", "-1"], ["--seed", "18446744073709551615"],
  ]) func pretrainingRefuses(arguments: [String]) {
    #expect(throws: (any Error).self) { try PretrainCommand.parse(["folder"] + arguments) }
  }

  @Test(arguments: [
    [], ["--size", "huge"], ["--size", "nano", "--threads", "0"], ["--size", "nano", "--threads", "257"],
    ["--size", "nano", "--reps", "0"], ["--size", "nano", "--reps", "-1"], ["--size", "nano", "--reps", "x"],
  ]) func benchRefuses(arguments: [String]) {
    #expect(throws: (any Error).self) { try BenchCommand.parse(arguments) }
  }

  @Test(arguments: ["/proc/none", "/dev/null/none"]) func pretrainingWantsAFolderBeforeItBegins(folder: String) throws {
    let command = try PretrainCommand.parse([folder])
    #expect(throws: ValidationError.self) { try command.run() }
  }

  @Test func installWantsOnePlace() {
    #expect(throws: (any Error).self) { try InstallCommand.parse(["--user", "--sys-prefix"]) }
    #expect(throws: (any Error).self) { try InstallCommand.parse(["--user", "--prefix", "x"]) }
  }

  @Test func aFileIsCutIntoCells() {
    #expect(RunCommand.cells(of: "let a = 1\n// %% two\na\n// %%\n\n// %%\nb") == ["let a = 1\n", "a\n", "b\n"])
    #expect(RunCommand.cells(of: "").isEmpty && RunCommand.cells(of: "// %%").isEmpty)
  }
}
