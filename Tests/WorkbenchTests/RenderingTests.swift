// What objects look like: text always, and the richer forms that front ends choose from.

import CellLanguage
import Display
import Foundation
import JSONValues
import Testing
@testable import Workbench

@Suite struct RenderingTests {
  /// Tables are html and markdown too, charts Vega-Lite and PNG, strips of tokens html.
  @Test(arguments: [
    ("base", ["text/html", "text/markdown"]), ("exam", ["text/html", "text/markdown"]),
    ("x", ["text/html", "text/markdown"]), ("run", ["text/html", "text/markdown"]),
    ("evaluate(base, on: exam)", ["text/html", "text/markdown"]),
    ("table([run, run])", ["text/html", "text/markdown"]),
    ("practice.show(2)", ["text/html", "text/markdown"]), ("y", ["text/html"]), ("d", ["text/html"]),
    ("d.show(.forwardKL)", ["text/html"]), ("d.show(.logRatio)", ["text/html"]),
    ("d.show(.studentEntropy)", ["text/html"]), ("d[0]", ["text/html"]), ("d[0].top(3)", ["text/html"]),
    ("plot(run)", ["application/vnd.vegalite.v5+json", "image/png"]),
    ("plot([run, run], x: .generatedTokens, y: .accuracy)", ["application/vnd.vegalite.v5+json", "image/png"]),
    ("base.attention(along: y)", ["application/vnd.vegalite.v5+json", "image/png"]),
    ("base.attention(along: y)[0][1]", ["application/vnd.vegalite.v5+json", "image/png"]),
    ("base.attention(along: y).at(1)", ["application/vnd.vegalite.v5+json", "image/png"]),
    ("base.logitLens(along: y)", ["application/vnd.vegalite.v5+json", "image/png"]),
    ("base.logitLens(along: y).show(.rank)", ["application/vnd.vegalite.v5+json", "image/png"]),
    ("plot(run, y: [.loss, .accuracy, .length])", ["application/vnd.vegalite.v5+json", "image/png"]),
    ("run.courses()", ["application/vnd.vegalite.v5+json", "image/png"]),
    ("strips([d, d], .jsd(beta: 0.5))", ["text/html", "image/png"]), ("strips([y, y])", ["text/html", "image/png"]),
    ("base.rollouts(x, samples: 3, maxTokens: 4)", ["text/html", "image/png"]),
    ("y.show(by: y.logProbabilities)", ["text/html", "image/png"]), ("run.history", ["text/html", "text/markdown"]),
    ("plot(run.loss)", ["application/vnd.vegalite.v5+json", "image/png"]), ("help(train)", ["text/markdown"]),
  ]) func everythingHasTextAndMore(cell: String, media: [String]) throws {
    let bundle = try #require(try Bench.prepared().output(cell).last)
    #expect(!bundle.plain.isEmpty)
    for type in media { #expect(bundle.data[type] != nil, "\(cell) has \(bundle.data.keys.sorted())") }
    for (type, content) in bundle.data where type.hasPrefix("text/") {
      #expect(content.string?.isEmpty == false, "\(type)")
    }
  }

  /// What a bundle tells by colour stands in its text too, and no notebook gets a number that JSON has not.
  @Test(arguments: ["y", "d", "d[0]", "run", "plot([0.0 / 0.0, 1.0])", "plot([])", "plot([1.0 / 0.0])", "plot([1.0])"])
  func bundlesAreJSON(cell: String) throws {
    for bundle in try Bench.prepared().output(cell) {
      let bytes = JSON.object(bundle.data).bytes()
      #expect(try JSON(parsing: bytes).bytes() == bytes)
    }
  }

  @Test func oneIsWrittenAsOne() throws {
    let bench = try Bench.prepared()
    let steps = try bench.run("table(run)[\"steps\"]")?.description
    #expect(steps == "[\"before\", \"1\", \"2\"]")
    for cell in ["run.profile()", "run.kinds()"] {
      let text = try bench.output(cell).map(\.plain).joined(separator: "\n")
      #expect(text.contains("first step") && text.contains("last step") && !text.contains("1 steps"), "\(cell)")
    }
    #expect(try bench.output("base.rollout(x, maxTokens: 1)").last?.plain.contains("cut off after 1 token\n") == true)
    #expect(try bench.output("base.rollout(x, maxTokens: 2)").last?.plain.contains("cut off after 2 tokens\n") == true)
  }

  /// By hand in the cell, and by command.
  @Test func aStripShowsLogRatiosAndEntropies() throws {
    let bench = try Bench.prepared()
    for (command, byHand) in [
      ("d.values(.teacherEntropy)[2]", "0 - sum(d.teacher[2] * log(d.teacher[2]))"),
      ("d.values(.studentEntropy)[2]", "0 - sum(d.student[2] * log(d.student[2]))"),
    ] {
      let (a, b) = (try bench.run(command)?.number, try bench.run(byHand)?.number)
      #expect(abs((a ?? .nan) - (b ?? 1)) < 1e-9, "\(command)")
    }
    // The log-ratio of the drawn token: what the teacher gave it, above what the student gave it when it was drawn.
    let ratio = try #require(try bench.run("d.values(.logRatio)[0]")?.number)
    let token = try #require(try bench.run("max(d.teacher[0] / d.student[0])")?.number)
    #expect(ratio <= log(token) + 1e-9)
    let error = bench.error("d.show(.x)")
    for name in ["jsd", "skewReverseKL", "logRatio", "teacherEntropy"] { #expect(error.contains("`.\(name)`")) }
    #expect(bench.error("d.show(.logratio)").contains("Did you mean `.logRatio`?"))
    #expect(bench.error("plot(run, y: .lss)").matches(of: /`\.loss`/).count == 2, "the case and the guess, once each")
  }

  @Test func theNumbersOfAStripStandInItsText() throws {
    let bench = try Bench.prepared()
    let text = try bench.output("d.show(.reverseKL)")[0].plain
    let values = try #require(try bench.run("d.values(.reverseKL)")?.numbers)
    for value in values { #expect(text.contains(NumberFormat.fixed(3).text(value))) }
  }

  @Test func longVectorsAreSketched() throws {
    let bench = try Bench.prepared()
    #expect(try bench.output("d[0].teacher")[0].plain.contains("18 numbers, sum 1.000"))
    #expect(try bench.output("[1.0, 2.0]")[0].plain == "[1.0, 2.0]")
  }

  @Test func positiveVectorsShowNoNegativeTicks() throws {
    for cell in ["plot([0.0, 0.0])", "plot([0.0])", "plot([0.1, 0.0, 0.3])", "plot(run.loss)", "plot([0.0, 1e-9])"] {
      #expect(try !Bench.prepared().output(cell)[0].plain.contains(" -"), "\(cell)")
    }
  }

  @Test func divergencesOfRowsAreNeverNegative() throws {
    let bench = try Bench.prepared()
    for divergence in [".forwardKL", ".reverseKL", ".jsd(beta: 0.1)"] {
      for teacher in ["base", "base.distributions(along: y).teacher"] {
        let own = teacher == "base" ? "base.distributions(along: y)" : "d"
        let values = try #require(try bench.run("\(own).values(\(divergence))")?.numbers)
        #expect(values.allSatisfy { $0 >= -1e-15 }, "\(values)")
      }
    }
    for sum in try #require(try bench.run("[sum(d[0].teacher), sum(d[0].student)]")?.numbers) {
      #expect(abs(sum - 1) < 1e-15)
    }
  }

  /// Where a slider of β may stand: the limits are 0, and near them nothing is infinite.
  @Test func theEndsOfTheJSDAreZero() throws {
    let bench = try Bench.prepared()
    for beta in ["0", "1"] { #expect(try bench.run("sum(d.values(.jsd(beta: \(beta))))")?.number == 0) }
    for beta in ["1e-300", "1e-320", "5e-324", "0.9999999999999999"] {
      let value = try #require(try bench.run("jsd([1.0, 0.0], [0.0, 1.0], beta: \(beta))")?.number)
      #expect((0..<1e-13).contains(value), "\(beta) gives \(value)")
    }
    #expect(try bench.output("d.show(.jsd(beta: 0))")[0].plain.contains("mean 0.0000 nats"))
  }

  @Test func sessionCommandsReachTheirPlaces() throws {
    let screen = KeepingScreen()
    let bench = try Bench.prepared()
    try bench.run(
      "print(1)\nprintError(\"two\")\nclearOutput(wait: true)\npage(\"three\")\nshow(4, \"five\")\nprint(input(\"six\"))",
      on: screen)
    let story = screen.events.map { event in
      switch event {
      case .text(let text): "text \(text)"
      case .error(let text): "error \(text)"
      case .shown(let bundle, _): "shown \(bundle.plain)"
      case .updated(let bundle, _): "updated \(bundle.plain)"
      case .cleared(let wait): "cleared \(wait)"
      case .paged(let bundle): "paged \(bundle.plain)"
      case .controls(let controls): "controls \(controls.count)"
      }
    }
    #expect(
      story == [
        "text 1\n", "error two\n", "cleared true", "paged three", "shown 4", "shown five", "text an answer to six\n",
      ])
  }
}
