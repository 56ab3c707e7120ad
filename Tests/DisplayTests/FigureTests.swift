// What all figures share: their files, and what becomes of them where the drawing library fails.

import JSONValues
import Testing

@testable import Display

@Suite struct FigureTests {
  static let chart = Chart.lines([.init("a", y: [1, 2])], title: "t", x: .init("x"), y: .init("y"))
  static let map = HeatMap(
    rows: .init("r", labels: ["a"]), columns: .init("c", labels: ["b"]), quantity: "q", values: [[1]])

  /// Code points that are no characters, which no literal may hold.
  static let noCharacters = String(
    String.UnicodeScalarView([0xFFFE, 0x1FFFF, 0xFDD0, 0xFDEF, 0x10FFFF].compactMap { Unicode.Scalar(UInt32($0)) }))

  @Test(arguments: [chart, map, ChartPanels([chart, chart], title: "two")] as [any Figure])
  func theDescriptionIsThatOfTheNotebook(figure: any Figure) throws {
    let description = figure.vega()
    #expect(description != nil && description == figure.bundle().data["application/vnd.vegalite.v5+json"])
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
    let replaced = TextLayout.drawable("a\u{0}b\(Self.noCharacters)")
    #expect(replaced == "a b\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(TextLayout.drawable("Σ\u{FDCF}\u{FDF0}\u{FFFD}😀") == "Σ\u{FDCF}\u{FDF0}\u{FFFD}😀")
  }
}
