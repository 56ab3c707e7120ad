// What all figures share: their files, and what becomes of them where the drawing library fails.

import JSONValues
import Testing

@testable import Display

@Suite struct FigureTests {
  static let chart = Chart.lines([.init("a", y: [1, 2])], title: "t", x: .init("x"), y: .init("y"))
  static let map = HeatMap(
    rows: .init("r", labels: ["a"]), columns: .init("c", labels: ["b"]), quantity: "q", values: [[1]])

  @Test(arguments: [chart, map, ChartPanels([chart, chart], title: "two")] as [any Figure])
  func theDescriptionIsThatOfTheNotebook(figure: any Figure) throws {
    #expect(try #require(figure.vega()) == figure.bundle().data["application/vnd.vegalite.v5+json"])
  }

  @Test func whatIsNoChartHasNoDescription() {
    #expect(TokenStrips([TokenStripTests.strip]).vega() == nil)
  }

  /// A scale of zero is an error of the library, after which it draws nothing more.
  @Test func aDrawingThatFailsIsNoFile() {
    let failing = Drawing(width: 20, height: 20) { $0.scale(0) }
    #expect(failing.png() == [] && failing.svg() == [] && failing.pdf() == [])
    let working = Drawing(width: 20, height: 20) { $0.scale(1) }
    #expect(!working.png().isEmpty && !working.svg().isEmpty && !working.pdf().isEmpty)
  }

  @Test func textIsDrawnWhateverItHolds() {
    #expect(
      TextLayout.drawable("a\u{0}b\u{FFFE}\u{1FFFF}\u{FDD0}\u{FDEF}\u{10FFFF}") == "a b"
        + String(repeating: "\u{FFFD}", count: 5))
    #expect(TextLayout.drawable("Σ\u{FDCF}\u{FDF0}\u{FFFD}😀") == "Σ\u{FDCF}\u{FDF0}\u{FFFD}😀")
  }
}
