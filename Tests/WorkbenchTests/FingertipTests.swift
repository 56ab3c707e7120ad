// What the keyboard finds: paths and models inside strings, live values, help by subject, warnings of the workbench.

import CellLanguage
import Display
import Foundation
import JSONValues
import Testing
@testable import Workbench

@Suite("At one's fingertips") struct FingertipTests {
  let bench = Bench()

  private func names(_ marked: String) -> [String] {
    let parts = marked.split(separator: "|", omittingEmptySubsequences: false)
    return bench.session.complete(parts.joined(), cursor: parts[0].unicodeScalars.count).matches.map(\.text)
  }

  /// A folder with a visible and a hidden file, and a folder inside.
  private func filled() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in ["notes.jsonl", "née.csv", ".hidden"] { try Data().write(to: URL(filePath: "\(folder.path)/\(name)")) }
    try FileManager.default.createDirectory(atPath: folder.path + "/nested/deep", withIntermediateDirectories: true)
    return folder
  }

  @Test(arguments: [
    ("n", ["nested/", "notes.jsonl", "née.csv"]), ("no", ["notes.jsonl"]), ("", ["nested/", "notes.jsonl", "née.csv"]),
    (".", [".hidden"]), ("nested/", ["deep/"]), ("nowhere/", []), ("notes.jsonl/", []),
  ])
  func pathsAreFoundInFolders(typed: String, expected: [String]) throws {
    let folder = try filled()
    #expect(names("jsonl(\"\(folder.path)/\(typed)|") == expected)
  }

  @Test func thePathsOfTheWorkingFolderAndOfTheHomeFolderAreFound() throws {
    let here = LocalNames.paths(completing: "").map(\.text)
    #expect(Set(here) == Set(LocalNames.paths(completing: "./").map { String($0.text.dropFirst(2)) }))
    #expect(LocalNames.paths(completing: "~").map(\.text) == ["~/"])
    #expect(LocalNames.paths(completing: "~/").allSatisfy { $0.text.hasPrefix("~/") })
    #expect(LocalNames.paths(completing: "a\0b").isEmpty)
  }

  @Test(arguments: [
    "model(\"|", "model(\"base\", adapter: \"|", "jsonl(\"|", "train(base, on: practice, checkpoint: \"|",
  ])
  func everyParameterThatIsAPathOffersPaths(marked: String) throws {
    let folder = try filled()
    #expect(names(marked.replacing("|", with: folder.path + "/nest|")) == ["nested/"])
  }

  @Test(arguments: ["base.save(\"|", "base.saveAdapter(\"|", "run.history.csv(\"|"]) func savingOffersFolders(
    marked: String
  ) throws {
    let folder = try filled()
    let parts = marked.replacing("|", with: folder.path + "/nest")
    #expect(try Bench.prepared().session.complete(parts, cursor: parts.count).matches.map(\.text) == ["nested/"])
  }

  /// A parameter whose help speaks of a file or a folder takes a path, and says so.
  @Test func noPathIsForgotten() {
    let methods = workbenchVocabulary.types.flatMap(\.methods)
    for command in workbenchVocabulary.commands + methods {
      for parameter in command.parameters where parameter.type.name.hasPrefix("String") {
        let first = parameter.help.prefix { $0 != "." && $0 != ";" && $0 != ":" }
        let isPath = ["A file", "The file", "The folder", "A folder"].contains { first.hasPrefix($0) }
        #expect(!isPath || parameter.texts != nil, "\(command.name), \(parameter.name)")
      }
    }
  }

  @Test func modelsAreOfferedWithoutFiles() throws {
    let folder = try filled()
    #expect(names("model(\"\(folder.path)/n|") == ["nested/"])
    #expect(names("model(\"base\", adapter: \"\(folder.path)/no|") == ["notes.jsonl"])
  }

  @Test func ofManyFilesTheFirstAreOffered() throws {
    let folder = try TemporaryFolder()
    for number in 1000..<2500 { try Data().write(to: URL(filePath: "\(folder.path)/file\(number)")) }
    let found = names("jsonl(\"\(folder.path)/|")
    #expect(found == (1000..<1300).map { "file\($0)" })
    #expect(names("jsonl(\"\(folder.path)/file2|").count == 300)
    #expect(names("jsonl(\"\(folder.path)/file249|") == (2490..<2500).map { "file\($0)" })
  }

  @Test func theColumnsOfATableAreOffered() throws {
    let bench = try Bench.prepared()
    try bench.run("let t = table([first, second])")
    func names(_ text: String) -> [String] { bench.session.complete(text, cursor: text.count).matches.map(\.text) }
    guard case .array(let columns)? = try bench.run("t.columns") else { throw CellFailure("no columns") }
    let titles = columns.elements.map(\.description)
    #expect(titles.contains { $0.contains(" ") })
    #expect(names("t[\"") == titles && names("t.sorted(by: \"") == titles)
    #expect(names("t.csv(\"acc").isEmpty)
    #expect(names("plot(run, y: [.acc") == ["accuracy"])
  }

  @Test func whatACellMakesIsCompletedBeforeItHasRun() {
    #expect(names("slider(0...1) { beta in be|") == ["beta"])
    #expect(names("slider(0...1) { beta in d.show(.jsd(beta: be|").contains("beta"))
    #expect(names("let m = model(\"base\")\nm.|") == names("model(\"base\").|"))
    #expect(names("for problem in addition().problems(3) { problem.te|") == names("addition().problems(3)[0].te|"))
  }

  @Test func shippedModelsAreOffered() throws {
    _ = Shipped.models
    #expect(names("model(\"ba|").contains("base"))
    #expect(names("model(\"base|\")").contains("base"))
  }

  @Test func theHuggingFaceCacheIsReadAsItsProgramsLeaveIt() throws {
    let folder = try TemporaryFolder()
    func write(_ path: String, _ text: String = "{}") throws {
      let url = URL(filePath: folder.path + "/hub/" + path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    try write("models--Ada--tiny-one/snapshots/old/config.json")
    try write("models--Ada--tiny-one/snapshots/new/config.json")
    try write("models--Ada--tiny-one/refs/main", "new")
    try write("models--alone/snapshots/1/config.json")
    try write("models--Ada--broken/refs/main", "gone")
    try write("datasets--Ada--sums/snapshots/1/config.json")
    for variables in [["HF_HUB_CACHE": folder.path + "/hub"], ["HF_HOME": folder.path, "HF_HUB_CACHE": ""]] {
      let cache = HuggingFaceCache(variables)
      #expect(cache.names == ["Ada/tiny-one", "alone"])
      #expect(cache.folder(of: "Ada/tiny-one") == folder.path + "/hub/models--Ada--tiny-one/snapshots/new")
      #expect(cache.folder(of: "Ada/broken") == nil && cache.folder(of: "../alone") == nil)
    }
    #expect(HuggingFaceCache(["HOME": "/ada"]).folder == "/ada/.cache/huggingface/hub")
  }

  @Test func equalAnswersAreToldBeforeTheyAreMade() throws {
    let bench = try Bench.prepared()
    func errors(_ cell: String) throws -> [String] {
      let screen = KeepingScreen()
      try bench.run(cell, on: screen)
      return screen.events.compactMap { if case .error(let text) = $0 { text } else { nil } }
    }
    let told = try errors("evaluate(base, on: exam, samples: 2, temperature: 0, maxTokens: 2)")
    #expect(told.count == 1 && told[0].contains("all 2 answers to a problem will be equal"))
    #expect(told[0].contains("samples: 2, temp") && told[0].contains("^~~~~~~~~~"))
    #expect(try errors("evaluate(base, on: exam, samples: 1, temperature: 0, maxTokens: 2)").isEmpty)
    #expect(try errors("evaluate(base, on: exam, samples: 2, maxTokens: 2)").isEmpty)
  }

  @Test func noShippedNotebookWarns() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Notebooks")
    let notebooks = try FileManager.default.contentsOfDirectory(atPath: root.path()).filter { $0.hasSuffix(".ipynb") }
    #expect(notebooks.count >= 3)
    for name in notebooks {
      let notebook = try JSON(parsing: Array(Data(contentsOf: root.appending(path: name))))
      for cell in notebook["cells"]?.array ?? [] where cell["cell_type"] == "code" {
        let source = (cell["source"]?.array ?? []).compactMap(\.string).joined()
        let found = try bench.session.warnings(of: source)
        #expect(found.isEmpty, "\(name): \(found)")
      }
    }
  }

  @Test func helpIsGroupedAndFitsAHundredColumns() throws {
    let all = try bench.output("help()")[0]
    #expect(all.plain.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let markdown = try #require(all.data["text/markdown"]?.string)
    #expect(markdown.ranges(of: "<details>").count == workbenchVocabulary.subjects.count)
    for subject in workbenchVocabulary.subjects {
      #expect(all.plain.contains("\(subject.name): \(subject.summary)"))
      let page = try bench.output("help(\"\(subject.name.lowercased())\")")[0].plain
      for command in subject.commands { #expect(page.contains(command.labels.prefix(90)), "\(command.name)") }
    }
    #expect(names("help(\"trai|") == ["training", "train"])
  }

  /// Those of the workbench's larger subjects run in `VocabularyTests`; a comparison takes too long for a test.
  @Test func everyExampleIsACellThatRunsWithoutAWarning() throws {
    let bench = try Bench.prepared()
    let methods = workbenchVocabulary.types.flatMap(\.methods)
    for command in workbenchVocabulary.commands + methods where !command.example.isEmpty {
      #expect(CellSession.isComplete(command.example) == .complete, "\(command.name)")
      #expect(try bench.session.warnings(of: command.example).isEmpty, "\(command.name)")
    }
    try bench.run("let p = vector([0.2, 0.8])\nlet q = vector([0.5, 0.5])")
    let quick = ["Language", "Objectives", "Methods"].compactMap { workbenchVocabulary.subject($0) }
    let own = try #require(workbenchVocabulary.command("ownTask"))
    for command in quick.flatMap(\.commands) + [own] {
      #expect(!command.example.isEmpty, "\(command.name) has no example")
      #expect(throws: Never.self, "\(command.name)") { try bench.run(command.example) }
    }
  }

  @Test func theReferenceBeginsWithACellThatMakesWhatItsExamplesUse() throws {
    _ = Shipped.models
    #expect(ReferenceCommand.notebook(of: workbenchVocabulary).contains("let base = model(\\\"base\\\")"))
    try bench.run(ReferenceCommand.preparation)
    for (name, type) in [
      ("exam", "Problems"), ("practice", "Problems"), ("base", "Model"), ("y", "Rollout"), ("d", "Distributions"),
      ("run", "Run"),
    ] {
      #expect(bench.session[name]?.typeName == type)
    }
    #expect(try bench.session.warnings(of: ReferenceCommand.preparation).isEmpty)
  }

  @Test func theReferenceIsAsTheDeclarationsSay() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: ReferenceCommand.place)
    let made = ReferenceCommand.notebook(of: workbenchVocabulary)
    let kept = try String(decoding: Data(contentsOf: file), as: UTF8.self)
    #expect(kept == made, "the reference is out of date: run `opsd reference \(ReferenceCommand.place)`")
    for command in workbenchVocabulary.commands {
      #expect(made.contains("### \(command.name)\\n"), "\(command.name) has no page")
    }
    let enumerations = workbenchVocabulary.enumerations.flatMap(\.cases)
    for one in enumerations { #expect(made.contains("**`.\(one.name)`** "), ".\(one.name) is in no page") }
  }
}
