// What cannot work is refused with what, why and what to do, before any work, and the next cell runs.

import CellLanguage
import Testing
@testable import Workbench

@Suite struct RefusalTests {
  @Test(arguments: [
    ("addition(digits: 0...3)", "digits: 0...3"), ("addition(digits: 5...2)", "starts at 5 and ends at 2"),
    ("addition(digits: 2..<2)", "cannot be 2..<2"), ("addition(digits: 2...)", "needs both bounds"),
    ("addition(digits: 1...10)", "at most 9 digits"), ("addition(digits: 1...9223372036854775807)", "no number"),
    ("addition(digits: -9223372036854775807...3)", "at least 1 digit"), ("addition(digits: \"a\")", "must be a range"),
    ("task.problems(-1)", "between 1 and 100000"), ("task.problems(0)", "cannot be 0"),
    ("task.problems(10_000_000)", "cannot be 10000000"), ("task.problems(2.5)", "whole number"),
    ("task.problems(98)", "there are 97"), ("task.problems(5, seed: -1)", "at least 0"),
    ("task.problems(5, split: .heldout)", "Did you mean `.heldOut`?"), ("task.problems()", "how many, all different"),
    ("exam[1000]", "index 1000 is out of range"), ("exam[-1]", "index -1"), ("exam[0..<9]", "range 0..<9"),
    ("exam[\"a\"]", "cannot be indexed"), ("exam.show(0)", "between 1 and 10000"),
    ("exam.shw()", "Did you mean `show`?"),
    ("studentPrompt(3)", "must be a value of type Problem"), ("verify(3, for: x)", "must be a string"),
  ]) func tasksAndProblems(cell: String, words: String) throws { try refuses(cell, words) }

  @Test(arguments: [
    ("base.rollout(x, maxTokens: 0)", "between 1 and 100000 tokens"),
    ("base.rollout(x, maxTokens: 1_000_000)", "cannot be 1000000"),
    ("base.rollout(x, maxTokens: 1000)", "Choose maxTokens 124 or less"),
    ("base.rollout(x, temperature: -1)", "cannot be -1"),
    ("base.rollout(x, temperature: 1e-300)", "temperature 1e-300"),
    ("base.rollout(x, temperature: 0.0 / 0.0)", "between 0.0 and 100.0"), ("base.rollout(exam)", "type Problems"),
    ("base.rollout()", "because it is the problem, x"), ("base.rollout(x, maxToken: 3)", "Did you mean `maxTokens:`?"),
    ("base.distributions(along: x)", "must be a value of type Rollout"),
    ("base.distributions(along: y, temperature: 1e-300)", "temperature 1e-300 is not possible"),
    (
      "base.distributions(along: y, teacher: model(layers: 1, width: 8, heads: 2, context: 8))",
      "its context is 8 tokens"
    ),
    ("model(layers: 1, width: 8, heads: 2, context: 8).distributions(along: y)", "its context is 8 tokens"),
    ("model(layers: 1, width: 8, heads: 2, context: 8).rollout(x)", "context is 8 tokens"),
    ("y[100]", "out of range"), ("d[\"a\"]", "cannot be indexed"), ("d.teacher[-1]", "index -1"),
    ("d[0].top(0)", "between 1 and 200"),
    ("d.show(.jsd(beta: 2))", "cannot be 2"),
    ("d.values(.kl)", "`.jsd`, `.forwardKL`, `.reverseKL`"), ("d.values(\"jsd\")", "Write one of `.jsd`"),
    ("jsd([0.5, 0.5], [1.0])", "p has 2 probabilities and q has 1"), ("jsd([], [])", "holds no probabilities"),
    ("jsd([0.5, 0.4], [0.5, 0.5])", "the probabilities of `p` sum to 0.9"),
    ("forwardKL([0.5, 0.5], [2.0, -1.0])", "`q` holds 2.0"), ("reverseKL([0.0 / 0.0, 1.0], [0.5, 0.5])", "`p` holds"),
    ("jsd(d.teacher, d.student)", "must be a vector"),
  ]) func rolloutsAndDistributions(cell: String, words: String) throws { try refuses(cell, words) }

  @Test(arguments: [
    ("train(base, on: practice, steps: -5)", "between 1 and 1000000"), ("train(base, on: practice, steps: 0)", "be 0"),
    ("train(base, on: practice, every: 0)", "at least 1"), ("train(base, on: practice, learningRate: 1e30)", "1e+30"),
    ("train(base, on: practice, learningRate: 0.0 / 0.0)", "greater than 0.0"),
    ("train(base, on: practice, with: .opsd(rollouts: 0))", "between 1 and 4096"),
    ("train(base, on: practice, with: .opsd(maxTokens: 200))", "Choose maxTokens 120 or less"),
    ("train(base, on: practice, with: .opsd(temperature: 1e-9))", "temperature 1e-09"),
    ("train(base, on: practice, with: .opsd(divergence: .jsd(beta: 1)))", "reverseKL"),
    ("train(base, on: practice, maxGradientNorm: 1.0 / 0.0)", "maxGradientNorm inf"),
    ("train(base, on: exam[0..<0])", "`problems` holds no problems"),
    ("train(base, on: practice, evaluateOn: exam[0..<0])", "`evaluateOn` holds no problems"),
    ("train(base, on: practice, with: .opssd())", "Did you mean `.opsd`?"),
    ("train(base, on: practice, step: 2)", "Did you mean `steps:`?"), ("train(practice, on: base)", "type Model"),
    ("train(base, practice)", "takes one argument without a label"), ("train(on: practice)", "it is the model"),
    ("train(base, on: practice, evaluateOn: x)", "Problems or nil"), ("trian(base, on: practice)", "`train`"),
    ("evaluate(base, on: exam[0..<0])", "holds no problems"), ("evaluate(base, on: exam, samples: 0)", "1 and 1024"),
    ("evaluate(base, on: exam, as: .judge)", "`.student`, `.teacher`"),
    ("evaluate(base, on: exam, maxTokens: 1000)", "Choose maxTokens 124 or less"),
    ("plot(3)", "must be a value of type Run"), ("plot(run, y: .accurcy)", "Did you mean `.accuracy`?"),
    ("plot([run, 3])", "element 1 is `3`"), ("plot(run, names: [3])", "must be a string"),
    ("plot(exam)", "type Problems"),
    ("table(3)", "array of Run"), ("table([])", "nothing to show"), ("help({ x in x })", "no help about"),
    ("help(\"tarin\")", "Did you mean `train`?"), ("page(3)", "must be a string"),
    ("clearOutput(wait: 3)", "true or false"),
    ("run.lss", "Did you mean `loss`?"), ("run.loss = [1.0]", "cannot be changed"), ("base + 1", "does not work"),
    ("func f(_ n: Int) -> Int { f(n + 1) }\nshow([1, 2].map { f($0) })", "too deep"),
  ]) func trainingAndTheRest(cell: String, words: String) throws { try refuses(cell, words) }

  @Test(arguments: [
    ("model(\"nope\")", "no config.json in"), ("model(\"/etc/passwd\")", "no config.json in /etc/passwd\n"),
    ("model(\"\")", "it is empty"), ("model(\"a\\u{0}b\")", "code 0"), ("model(3)", "must be a string"),
    ("model(\"base\", layers: 3)", "`layers` belongs to a new one"), ("model(\"base\", for: task)", "`for` belongs"),
    ("model(width: 16, headWidth: 3)", "must be even"), ("model(heads: 4, keyValueHeads: 3)", "must be a multiple"),
    ("model(layers: 128, width: 8192)", "headWidth is 2048, but must lie between 2 and 1024"),
    ("model(headWidth: 1026)", "between 2 and 1024"), ("model(layers: 0)", "between 1 and 128"),
    ("model(layers: 128, width: 8192, heads: 128)", "parameters"), ("model(for: base)", "Task or nil"),
    ("model(layrs: 3)", "Did you mean `layers:`?"), ("base.save(\"\")", "it is empty"),
    ("base.save(\"/proc/x\")", "/proc/x cannot be written"), ("base.save(\"/etc/passwd/x\")", "cannot be written"),
  ]) func models(cell: String, words: String) throws {
    _ = Shipped.models
    try refuses(cell, words)
  }

  private func refuses(_ cell: String, _ words: String) throws {
    let bench = try Bench.prepared()
    let error = bench.error(cell)
    #expect(error.contains(words), "\(error)")
    #expect(error.contains("^"), "no caret: \(error)")
    #expect(!error.contains("failed\n"), "no reason of its own: \(error)")
    #expect(try bench.run("1 + 1").map(\.description) == "2")
  }

  /// No file can be written under the path that is one of the arguments.
  ///
  /// A title for each command that the vocabulary has: nothing is called with the wrong kind of thing without an error.
  @Test(arguments: [
    "nil", "true", "-1", "1e300", "\"/dev/null/text\"", "[1, \"a\"]", "{ x in x }", "base", "run", "(1, 2)", "0..<3",
  ])
  func noCommandTrapsOnAnything(argument: String) throws {
    _ = Shipped.models
    let bench = try Bench.prepared()
    for command in workbenchVocabulary.commands {
      let labels = command.parameters.map { parameter in (parameter.label.map { "\($0): " } ?? "") + argument }
      for count in 0...labels.count where command.name != "train" || count < 3 {
        _ = try? bench.run("\(command.name)(\(labels.prefix(count).joined(separator: ", ")))")
      }
      for label in labels { _ = try? bench.run("\(command.name)(\(label))", on: KeepingScreen(interruptedAfter: 300)) }
    }
    for (type, subject) in VocabularyTests.examples {
      for method in workbenchVocabulary.type(type)?.methods ?? [] where method.name != "save" {
        let labels = method.parameters.map { parameter in (parameter.label.map { "\($0): " } ?? "") + argument }
        for label in labels { _ = try? bench.run("\(subject).\(method.name)(\(label))") }
      }
      _ = try? bench.run("\(subject)[\(argument)]")
    }
    #expect(try bench.run("1 + 1").map(\.description) == "2")
  }
}
