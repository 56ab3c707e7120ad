// Tables and plots of one's own: rows and columns that a cell wrote, lines by their names.

import CellLanguage
import Display
import JSONValues
import Testing
@testable import Workbench

@Suite struct OwnTableTests {
  static let wanted = """
    step    loss  note
    ────  ──────  ─────
       1  0.5000  start
       2  0.3333  –
    """

  @Test(arguments: [
    "table([(step: 1, loss: 0.5, note: \"start\"), (step: 2, loss: 1.0 / 3, note: nil)])",
    "table([[\"step\": 1, \"loss\": 0.5, \"note\": \"start\"], [\"note\": nil, \"loss\": 1.0 / 3, \"step\": 2]])",
    "table([\"step\": 1...2, \"loss\": [0.5, 1.0 / 3], \"note\": [\"start\", nil]])",
  ]) func rowsAndColumnsMakeTheSameTable(cell: String) throws {
    let bench = Bench()
    #expect(try bench.output(cell).last?.plain == Self.wanted)
    #expect(try bench.run("let t = \(cell)\nt.loss[1] == 1.0 / 3")?.description == "true", "cells keep their digits")
    #expect(try bench.run("t.sorted(by: \"loss\").step")?.numbers == [2, 1])
  }

  @Test(arguments: [
    ("table([])", "there is nothing to show"), ("table([:])", "there is nothing to show"),
    ("table([(step: 1, loss: 2), (step: 1, lose: 2)])", "row 1 has a \"lose\""),
    ("table([(step: 1, loss: 2), [\"step\": 1]])", "row 1 has no \"loss\""),
    ("table([(1, 2)])", "row 0 is a tuple without labels"), ("table([1.5, 2])", "row 0 is a Double"),
    ("table([(a: 1, b: 2), 3])", "row 1 is an Int"),
    ("table([\"step\": [1, 2], \"loss\": [0.5]])", "the column \"loss\" has 1 rows"),
    ("table([\"step\": 1])", "the column \"step\" is an Int"), ("table([1: [2]])", "1 is no title"),
    ("table([(a: 1, b: 2), (a: \"x\", b: 2)])", "holds numbers and words"),
    ("table([(a: [1], b: 2)])", "row 0 has an Array under \"a\""),
    ("plot([\"a\": 1])", "makes no plot"), ("plot([:])", "makes no plot"), ("plot([1: [2.0]])", "makes no plot"),
    ("plot([\"a\": [1.0]], names: [\"b\"])", "keys of the dictionary"),
  ]) func whatMakesNoTableIsRefused(cell: String, words: String) {
    let bench = Bench()
    let error = bench.error(cell)
    #expect(error.contains(words), "\(error)")
  }

  @Test func runsAreStillComparedAndNotMixed() throws {
    let bench = try Bench.prepared()
    #expect(try bench.run("table([run, run]).columns[0]")?.description == "method")
    #expect(bench.error("table([run, 1])").contains("row 0 is a Run"))
  }

  @Test func aDictionaryNamesItsLines() throws {
    let bench = try Bench.prepared()
    let given = try #require(try bench.output("plot([\"train\": [1.0, 2, 3], \"exam\": [3.0, 2, 1]])").last)
    let named = try #require(try bench.output("plot([[1.0, 2, 3], [3.0, 2, 1]], names: [\"train\", \"exam\"])").last)
    #expect(given == named && given.plain.contains("* train   o exam"))
    #expect(try bench.output("plot([\"a\": run, \"b\": run])").last?.plain.contains("* a   o b") == true)
  }
}
