// Figures and tables as values: when they are shown, what they hold, and what stands in the files they write.

import CellLanguage
import Display
import Foundation
import Testing
@testable import Workbench

@Suite struct ExportTests {
  @Test(arguments: [("png", "\u{89}PNG"), ("svg", "<?xml"), ("pdf", "%PDF"), ("vega", "{\"$schema\"")])
  func aPlotIsWrittenAsItsMethodSays(ending: String, beginning: String) throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    for file in ["figure", "other." + ending] {
      let name = try bench.run("plot(run).\(ending)(\"\(folder.path)\(file)\")")?.description ?? ""
      #expect(name == folder.path + (file == "figure" ? "figure." + ending : file))
      let bytes = try Data(contentsOf: URL(filePath: name))
      let wanted = beginning.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      #expect(Array(bytes.prefix(wanted.count)) == wanted)
      if ending == "vega" { #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: bytes) } }
    }
  }

  /// Text of a cell may hold code points that no font and no drawing library knows.
  @Test(arguments: ["FFFE", "FFFF", "FDD0", "10FFFF"])
  func everyNameIsDrawn(point: String) throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    try bench.run("let f = y.show(by: y.logProbabilities, name: \"a\\u{\(point)}\")")
    for ending in ["png", "svg", "pdf"] {
      let file = try bench.run("f.\(ending)(\"\(folder.path)/figure\")")?.description ?? ""
      #expect(try Data(contentsOf: URL(filePath: file)).count > 1000)
    }
    #expect(try bench.output("f").last?.data["image/png"] != nil)
  }

  @Test func nothingIsWrittenWhereNothingWasDrawn() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CellFailure.self) { try writeExport(Data(), to: folder.path + "/figure.png") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test func whatIsWrittenNeedNotBeUsed() throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    let screen = KeepingScreen()
    try bench.run(
      """
      let f = plot(run)
      f.png("\(folder.path)/a")
      f.svg("\(folder.path)/b")
      table(run).csv("\(folder.path)/c")
      1
      """, on: screen)
    #expect(screen.events.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.png", "b.svg", "c.csv"])
  }

  @Test func aTableIsWrittenInFull() throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    let shown = try bench.output(
      "_ = table([run, run]).csv(\"\(folder.path)runs\")\n_ = table(run).markdown(\"\(folder.path)run\")")
    #expect(shown.isEmpty, "what is written is not shown")
    let lines = try String(contentsOfFile: folder.path + "runs.csv", encoding: .utf8).components(separatedBy: "\r\n")
    #expect(lines.count == 4 && lines[3].isEmpty && lines[1] == lines[2], "a heading, two runs, the last line ends")
    #expect(lines[0].hasPrefix("method,seed,steps") && lines[0].hasSuffix("\"95 % interval, upper end\""))
    // The method's name holds a comma; accuracies are not rounded to percents.
    #expect(lines[1].hasPrefix("\"OPSD, JSD β=0.5\",1.0,2.0,") && !lines[1].contains("%"))
    #expect(try String(contentsOfFile: folder.path + "run.md", encoding: .utf8).contains("| steps"))
  }

  @Test(arguments: [
    ("plot(run).png(\"\")", "it is empty"), ("plot(run).png(\"/nowhere/at/all/figure\")", "its folder is missing"),
    ("d.show(.forwardKL).vega(\"figure\")", "it is no plot"), ("table(run)[\"los\"]", "Did you mean `\"loss\"`?"),
    ("table(run).sorted(by: \"nothing\")", "has no column"), ("table(run)[99]", "99"),
    ("plot(run).png(\"\")", "as in \"results.png\""), ("table(run).csv(\"folder/\")", "its last part is a folder"),
    ("table(run).csv(\".csv\")", "nothing but an ending"), ("plot(run).svg(\"..\")", "its last part is a folder"),
    ("plot(run).png(\"new\\nline\")", "it holds a line break"), ("plot(run).pdf(\"a\\u{7F}b\")", "control character"),
    ("plot(run, y: [])", "between 1 and 24"), ("plot(run.loss, y: .loss)", "would change nothing"),
    ("plot(run, file: \"figure.png\")", "no label `file:`"),
  ]) func whatCannotBeIsRefused(cell: String, words: String) throws {
    let bench = try Bench.prepared()
    #expect(bench.error(cell).contains(words), "\(bench.error(cell))")
  }

  /// On a line of its own a figure or a table is shown once, wherever the line stands; kept or used, it is not.
  @Test(arguments: [
    ("table(run)", 1), ("table(run)\nplot(run)\n1", 3), ("for r in [run, run] { table(r) }", 2),
    ("if true { plot(run) }", 1), ("[run, run].forEach { table($0) }", 2), ("[run, run].map { table($0) }.count", 1),
    ("let t = table(run)", 0), ("_ = plot(run)", 0), ("let f = plot(run)\nf", 1),
    ("func look() { table(run) }\nlook()\nlook()\n_ = 1", 2), ("table(run).count", 1), ("y\nrun\n2 + 2", 1),
    ("d.show()\nd[0].top(3)\nrun.diagnostics()", 3),
  ]) func whatStandsAloneIsShown(cell: String, count: Int) throws {
    #expect(try Bench.prepared().output(cell).count == count)
  }

  @Test func aTableIsRowsAndColumns() throws {
    let bench = try Bench.prepared()
    try bench.run("let t = run.history\nlet two = table([first, second])")
    #expect(try bench.run("t.loss")?.numbers?.dropFirst() == bench.run("run.loss")?.numbers?[...])
    #expect(try bench.run("t[\"loss\"][1] == run.loss[0]")?.description == "true")
    #expect(try bench.run("t.accuracy.count == t.count && t.count == 3")?.description == "true")
    #expect(try bench.run("two.columns[0]")?.description == "method")
    #expect(try bench.run("two.rows[1][1]")?.number == 1)
    #expect(try bench.run("two[0][6].count")?.number == 2, "an interval is its two ends")
    #expect(try bench.run("two[0..<1].count")?.number == 1)
    let steps = try bench.run("t.sorted(by: \"step\", descending: true)[\"step\"]")?.numbers
    #expect(steps == [2, 1, 0])
  }

  @Test func examinationsAndProblemsAreTablesToo() throws {
    let bench = try Bench.prepared()
    try bench.run("let e = evaluate(base, on: exam)")
    #expect(try bench.run("table([e, e]).accuracy[1] == e.accuracy")?.description == "true")
    #expect(try bench.run("table(e).count")?.number == 7)
    #expect(try bench.run("table(exam).count")?.number == 3)
    #expect(try bench.run("table(base.rollouts(x, samples: 3, maxTokens: 4)).count")?.number == 3)
  }
}
