import JSONValues
import Testing

@testable import Display

@Suite struct ChartPanelsTests {
  static func panels(_ count: Int) -> ChartPanels {
    ChartPanels(
      (0..<count).map { index in
        Chart.lines(
          [
            .init("one", x: [0, Double(index + 1)], y: [1, 2]),
            .init("two", x: [0, 1], y: [Double(index), 1], showsPoints: true),
          ],
          x: .init("step"), y: .init("quantity \(index)"))
      }, title: "Four of them")
  }

  static func spec(_ panels: ChartPanels) throws -> JSON {
    try #require(panels.bundle().data["application/vnd.vegalite.v5+json"])
  }

  @Test func panelsShareTheirAxisAndTheirLegend() throws {
    let spec = try Self.spec(Self.panels(4))
    let views = try #require(spec["concat"]?.array)
    #expect(views.count == 4 && spec["columns"]?.int == 2)
    #expect(spec["resolve"]?["legend"]?["color"]?.string == "shared")
    let ranges = views.map { $0["encoding"]?["x"]?["scale"]?["domain"] }
    #expect(ranges.allSatisfy { $0 == [0.0, 4.0] })
    // Only the lowest panel of each column names the axis.
    let titles = views.map { $0["encoding"]?["x"]?["axis"]?["title"]?.string }
    #expect(titles == [nil, nil, "step", "step"])
    #expect(views.allSatisfy { $0["$schema"] == nil })
    #expect(!spec.text().contains("background"))
  }

  @Test func theLegendStandsOnceInTheText() {
    let text = Self.panels(3).bundle().plain
    #expect(text.hasPrefix("Four of them\n\n* one   o two\n\nquantity 0\n"))
    #expect(text.ranges(of: "* one").count == 1)
    #expect(text.ranges(of: " step").count == 3, "each panel names its axis, as they stand below each other")
  }

  @Test(arguments: [0, 1, 2, 5]) func picturesAreThereAndTheSameEachTime(count: Int) throws {
    let panels = Self.panels(count)
    #expect(try #require(DecodedPNG(panels.bundle())).colors.count > (count == 0 ? 1 : 20))
    #expect(panels.png() == panels.png() && panels.svg() == panels.svg() && panels.pdf() == panels.pdf())
  }

  @Test func moreRowsAreTaller() throws {
    let heights = try [2, 4].map { try #require(DecodedPNG(Self.panels($0).bundle())).height }
    #expect(heights[1] > heights[0] * 3 / 2)
  }
}
