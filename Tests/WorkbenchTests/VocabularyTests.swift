// Every command, member and method is declared in full, and does what its example says.

import CellLanguage
import Display
import Foundation
import Testing
@testable import Workbench

/// The workbench's own commands and methods.
private let commands: [(type: String?, command: Command)] =
  (taskCommands + worldCommands + modelCommands + evaluationCommands + adapterCommands + distributionCommands
  + stripCommands + controlCommands + trainingCommands + plotCommands + sessionCommands)
  .map { (nil, $0) } + types.flatMap { type in type.methods.map { (type.name, $0) } }

private let types =
  taskTypes + modelTypes + distributionTypes + insideTypes + trainingTypes + exportTypes + stripTypes

@Suite struct VocabularyTests {
  /// A value of each type in a prepared session.
  static let examples = [
    "Task": "task", "Problems": "exam", "Problem": "x", "Model": "base", "Rollout": "y", "Distributions": "d",
    "DistributionRows": "d.teacher", "Position": "d[0]", "Run": "run", "Evaluation": "evaluate(base, on: exam)",
    "Attention": "base.attention(along: y)", "AttentionLayer": "base.attention(along: y)[0]",
    "AttentionHead": "base.attention(along: y)[0][0]", "LogitLens": "base.logitLens(along: y)",
    "LogitLensLayer": "base.logitLens(along: y)[0]",
    "Figure": "plot(run)", "Table": "table(run)", "Rollouts": "base.rollouts(x, samples: 2, maxTokens: 4)",
  ]

  @Test(arguments: commands.indices) func everythingIsDocumented(index: Int) {
    let (type, command) = commands[index]
    let name = (type.map { $0 + "." } ?? "") + command.name
    #expect(isSentence(command.summary), "\(name) has the summary \"\(command.summary)\"")
    #expect(!command.example.isEmpty, "\(name) has no example")
    #expect(command.example.contains(command.name), "the example of \(name) does not use it")
    check(command.parameters, of: name)
    for enumeration in command.parameters.flatMap(\.type.enumerations) {
      #expect(isSentence(enumeration.summary), "\(enumeration.name) has the summary \"\(enumeration.summary)\"")
      for one in enumeration.cases {
        #expect(isSentence(one.summary), "\(enumeration.name).\(one.name) has the summary \"\(one.summary)\"")
        check(one.parameters, of: ".\(one.name)")
      }
    }
  }

  private func check(_ parameters: [Parameter], of owner: String) {
    for parameter in parameters {
      #expect(isSentence(parameter.help), "\(parameter.name) of \(owner) has the help \"\(parameter.help)\"")
    }
    #expect(Set(parameters.map(\.name)).count == parameters.count, "two parameters of \(owner) have one name")
  }

  @Test(arguments: types.indices) func everyTypeIsDocumented(index: Int) {
    let type = types[index]
    #expect(isSentence(type.summary) && !type.names.isEmpty)
    #expect(Set(type.names).count == type.names.count, "two members of \(type.name) have one name")
    for member in type.members { #expect(isSentence(member.summary), "\(type.name).\(member.name)") }
    #expect(Self.examples[type.name] != nil, "no test has a value of type \(type.name)")
  }

  private func isSentence(_ text: String) -> Bool { text.count > 3 && text.hasSuffix(".") }

  @Test(arguments: commands.indices) func everyExampleRuns(index: Int) throws {
    _ = Shipped.models
    let (_, command) = commands[index]
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    try Data("{\"question\": \"6*7\", \"answer\": 42}".utf8).write(to: URL(filePath: folder.path + "/problems.jsonl"))
    let example = command.example.replacing("my-model", with: folder.path + "/my-model")
      .replacing("problems.jsonl", with: folder.path + "/problems.jsonl")
      .replacing("my-adapter", with: folder.path + "/my-adapter")
      .replacing("my-figure", with: folder.path + "/my-figure").replacing("my-table", with: folder.path + "/my-table")
      .replacing("d[5]", with: "d[0]").replacing(
        "[5]", with: "[0]"
      ).replacing("problems(200", with: "problems(3")
    #expect(CellSession.isComplete(command.example) == .complete)
    // Training as long as its example says is too long for a debug build: it is stopped, and a run comes of it still.
    let screen = KeepingScreen(interruptedAfter: command.name == "train" ? 400 : .max)
    let result = try bench.run(example, on: screen)
    if let wanted = command.result, !wanted.hasSuffix("?"), !example.hasPrefix("let "), !example.hasPrefix("print(") {
      #expect(try #require(result).typeName == wanted)
    }
    if command.result == nil { #expect(!screen.events.isEmpty || command.name.hasPrefix("save")) }
  }

  @Test(arguments: types.indices) func everyMemberIsOfItsType(index: Int) throws {
    let type = types[index]
    let bench = try Bench.prepared()
    let subject = try #require(Self.examples[type.name])
    #expect(try bench.run(subject)?.typeName == type.name)
    for member in type.members {
      let value = try #require(try bench.run("\(subject).\(member.name)"), "\(type.name).\(member.name)")
      #expect(value.typeName == (member.type.hasPrefix("[") ? "Array" : member.type), "\(type.name).\(member.name)")
    }
    if let element = type.element {
      #expect(try bench.run("\(subject)[0]")?.typeName == element)
      #expect(try bench.run("\(subject)[0..<1]") != nil)
    }
  }

  @Test func helpKnowsEverything() throws {
    let bench = try Bench.prepared()
    let all = try #require(try bench.output("help()").first?.plain)
    for (type, command) in commands where type == nil { #expect(all.contains(command.name + "(")) }
    for type in types { #expect(all.contains(type.name)) }
    for (type, command) in commands where type == nil {
      let text = try bench.output("help(\(command.name))")[0].plain
      #expect(text.hasPrefix(command.signature) && text.contains(command.summary))
      for parameter in command.parameters { #expect(text.contains(parameter.help.dropLast())) }
      #expect(try bench.output("help(\"\(command.name)\")")[0].plain == text)
    }
    for (name, subject) in Self.examples {
      #expect(try bench.output("help(\(subject))")[0].plain.contains(workbenchVocabulary.type(name)?.summary ?? "?"))
    }
  }

  @Test(arguments: [
    ("base", "parameters, 1 layers of width 8, 18 tokens"), ("exam", "3 held-out problems of the task addition: "),
    ("run", "2 of 2 steps, accuracy "), ("run", "at the first step"), ("d", "teacher and student over 18 tokens at "),
    ("y", ": "), ("d.teacher", "vectors of 18"),
  ]) func summariesHoldShapeAndSketch(subject: String, words: String) throws {
    #expect(try Bench.prepared().run("\"\\(\(subject))\"")?.description.contains(words) == true)
  }

  @Test(arguments: ["base", "run", "d", "y", "exam", "x", "task"])
  func aLiveVariableIsInspectedWithItsShape(name: String) throws {
    let bench = try Bench.prepared()
    guard case .object(let object)? = bench.session[name] else {
      Issue.record("\(name) is no object")
      return
    }
    let found = try #require(bench.session.inspect("show(\(name))", cursor: 6))
    #expect(found.text.contains(object.typeName) && found.text.contains(object.summary))
    #expect(bench.session.inspect(name, cursor: name.count)?.text.contains(object.summary) == true)
    let completion = bench.session.complete("\(name).", cursor: name.count + 1)
    #expect(Set(completion.matches.map(\.text)).isSuperset(of: workbenchVocabulary.type(object.typeName)?.names ?? []))
  }
}
