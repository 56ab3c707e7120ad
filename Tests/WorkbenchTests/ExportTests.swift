// Plots and tables as files: what stands in them, and what is refused.

import CellLanguage
import Foundation
import Testing
@testable import Workbench

@Suite struct ExportTests {
  @Test(arguments: [("png", "\u{89}PNG"), ("svg", "<?xml"), ("pdf", "%PDF"), ("vega", "{\"$schema\"")])
  func aPlotIsWrittenAsItsEndingSays(ending: String, beginning: String) throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "figure." + ending
    let shown = try Bench.prepared().output("plot(run, file: \"\(file)\")")
    #expect(shown.count == 1, "it is shown as well")
    let bytes = try Data(contentsOf: URL(filePath: file))
    let wanted = beginning.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    #expect(Array(bytes.prefix(wanted.count)) == wanted)
    if ending == "vega" { #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: bytes) } }
  }

  @Test func aTableIsWrittenInFull() throws {
    let folder = try TemporaryFolder()
    let bench = try Bench.prepared()
    try bench.run("table([run, run], file: \"\(folder.path)runs.csv\")\ntable(run, file: \"\(folder.path)run.md\")")
    let lines = try String(contentsOfFile: folder.path + "runs.csv", encoding: .utf8).components(separatedBy: "\r\n")
    #expect(lines.count == 4 && lines[3].isEmpty && lines[1] == lines[2], "a heading, two runs, the last line ends")
    #expect(lines[0].hasPrefix("method,seed,steps"))
    // The method's name holds a comma; accuracies are not rounded to percents.
    #expect(lines[1].hasPrefix("\"OPSD, JSD β=0.5\",1,2.0,") && !lines[1].contains("0.33%"))
    #expect(try String(contentsOfFile: folder.path + "run.md", encoding: .utf8).contains("| steps"))
  }

  @Test(arguments: [
    ("plot(run, file: \"figure.gif\")", "none of .png, .svg, .pdf, .vega"),
    ("table(run, file: \"runs.xlsx\")", "none of .csv, .md"), ("plot(run, file: \"\")", "it is empty"),
    ("plot(run, file: \"/nowhere/at/all/figure.png\")", "its folder is missing"),
  ]) func whatCannotBeWrittenIsRefused(cell: String, words: String) throws {
    let bench = try Bench.prepared()
    #expect(bench.error(cell).contains(words))
  }
}
