import JSONValues
import Testing

@testable import Display

@Suite struct ChartTests {
  static let x = Chart.Axis("step")
  static let y = Chart.Axis("loss", unit: "nats")

  static func lines(_ values: [[Double]], x: Chart.Axis = x, y: Chart.Axis = y) -> Chart {
    .lines(values.enumerated().map { .init("series \($0)", y: $1) }, title: "Title", x: x, y: y)
  }

  static func spec(_ chart: Chart) throws -> JSON {
    try #require(chart.bundle().data["application/vnd.vegalite.v5+json"])
  }

  static func rows(_ chart: Chart) throws -> [JSON] { try #require(spec(chart)["data"]?["values"]?.array) }

  // MARK: The bundle

  @Test func bundleHoldsWhatFrontEndsShowAndNothingThatWinsOverIt() throws {
    let bundle = Self.lines([[3, 2, 1]]).bundle()
    #expect(bundle.data.keys.sorted() == ["application/vnd.vegalite.v5+json", "image/png", "text/plain"])
    let picture = try #require(DecodedPNG(bundle))
    #expect(picture.width == 2 * (bundle.metadata["image/png"]?["width"]?.int ?? 0))
    #expect(picture.height == 2 * (bundle.metadata["image/png"]?["height"]?.int ?? 0))
    #expect(picture.colors.count > 20)
    #expect(picture.colors.contains(0x0072B2))
  }

  @Test func aLiveChartIsLight() throws {
    let bundle = Self.lines([(0..<50_000).map { Double($0 % 977) }]).liveBundle()
    #expect(bundle.data.keys.sorted() == ["application/vnd.vegalite.v5+json", "text/plain"])
    let spec = try #require(bundle.data["application/vnd.vegalite.v5+json"])
    #expect(try #require(spec["data"]?["values"]?.array).count <= 200)
    #expect(spec.bytes().count < 20_000)
  }

  @Test func theSameChartIsTheSameBytes() {
    let chart = Self.lines([[3, 2, .nan, 1], [1, 1, 2]])
    let first = (chart.png(), chart.svg(), chart.pdf(), chart.bundle())
    _ = Self.lines([[9, 8, 7]]).svg()
    #expect(chart.png() == first.0)
    #expect(chart.svg() == first.1)
    #expect(chart.pdf() == first.2)
    #expect(chart.bundle() == first.3)
  }

  @Test func exportsAreFilesOfTheirKind() {
    let chart = Self.lines([[3, 2, 1]])
    #expect(String(decoding: chart.svg(), as: UTF8.self).contains("<svg"))
    #expect(chart.pdf().starts(with: Array("%PDF-".utf8)))
    #expect(DecodedPNG(chart.png()) != nil)
  }

  // MARK: The specification

  @Test func specificationLeavesColoursOfTextAndGroundToTheTheme() throws {
    var chart = Self.lines([[3, 2, 1], [1, 2, 3]])
    chart.referenceLines = [.init(2, label: "half")]
    let spec = try Self.spec(chart)
    #expect(spec["$schema"]?.string == "https://vega.github.io/schema/vega-lite/v5.json")
    #expect(spec["width"]?.int == 480)
    #expect(spec["height"]?.int == 260)
    #expect(spec["background"] == nil)
    #expect(spec["config"] == nil)
    let text = spec.text()
    for word in ["labelColor", "titleColor", "\"background\"", "NaN", "Infinity"] { #expect(!text.contains(word)) }
    #expect(try JSON(parsing: text)["data"]?["values"]?.array?.count == 6)
  }

  @Test func linesDifferByMoreThanColour() throws {
    var chart = Self.lines([[3, 2], [1, 2], [2, 3]])
    guard case .lines(let series) = chart.content else { return }
    chart = .lines(series.map { .init($0.name, points: $0.points, showsPoints: true) }, x: Self.x, y: Self.y)
    let text = try Self.spec(chart).text()
    #expect(text.contains("strokeDash"))
    for shape in ["circle", "square", "diamond"] { #expect(text.contains("\"\(shape)\"")) }
    #expect(!text.contains("triangle"), "there are three lines")
  }

  @Test func aSubtitleIsNoTitle() throws {
    let chart = Chart.lines([.init("a", y: [1, 2])], title: "Title", subtitle: "Σ p", x: Self.x, y: Self.y)
    #expect(try Self.spec(chart)["title"]?["subtitle"]?.string == "Σ p")
    #expect(chart.bundle().plain.hasPrefix("Title\nΣ p\nloss (nats)"))
    let plain = Chart.lines([.init("a", y: [1, 2])], title: "Title", x: Self.x, y: Self.y)
    let heights = try [plain, chart].map { try #require(DecodedPNG($0.bundle())).height }
    #expect(heights[1] > heights[0])
  }

  @Test func gapsCutTheLine() throws {
    let rows = try Self.rows(Self.lines([[1, 2, .nan, 3, .infinity, 4, 5]]))
    #expect(rows.map { $0["g"]?.int } == [0, 0, 1, 2, 2])
    #expect(rows.map { $0["p"]?.bool } == [nil, nil, true, nil, nil])
    #expect(rows.map { $0["x"]?.double } == [1, 2, 4, 6, 7])
  }

  @Test func thinningKeepsEndsAndExtremes() throws {
    var values = (0..<100_000).map { Double($0 % 10) }
    values[54_321] = 1000
    values[12_345] = -1000
    let rows = try Self.rows(Self.lines([values]))
    #expect(rows.count <= 300)
    let kept = rows.compactMap { $0["y"]?.double }
    #expect(kept.max() == 1000)
    #expect(kept.min() == -1000)
    #expect(rows.first?["x"]?.double == 1)
    #expect(rows.last?["x"]?.double == 100_000)
  }

  @Test func thinningStandsManyGaps() throws {
    let rows = try Self.rows(Self.lines([(0..<10_000).map { $0 % 2 == 0 ? .nan : Double($0) }]))
    #expect((1...300).contains(rows.count))
  }

  @Test func equalNamesStayApart() throws {
    let chart = Chart.lines([.init("a", y: [1]), .init("a", y: [2])], x: Self.x, y: Self.y)
    #expect(try Self.rows(chart).map { $0["s"]?.string } == ["a", "a (2)"])
  }

  @Test func aLineThatTurnsBackKeepsItsOrder() throws {
    let straight = Chart.lines([.init("a", x: [1, 2, 3], y: [1, 2, 3])], x: Self.x, y: Self.y)
    let turning = Chart.lines([.init("a", x: [1, 3, 2], y: [1, 2, 3])], x: Self.x, y: Self.y)
    #expect(try Self.spec(straight)["encoding"]?["order"] == nil)
    #expect(try Self.spec(turning)["encoding"]?["order"]?["field"]?.string == "i")
  }

  @Test func bars() throws {
    var chart = Chart.bars(
      ["easy", "hard"],
      [.init("base", [0.5, .nan], lower: [0.4, 0], upper: [0.6, 1]), .init("trained", [1, -0.25])],
      x: .init("task"), y: .init("accuracy"))
    chart.referenceLines = [.init(0.9, label: "goal")]
    #expect(try Self.rows(chart).count == 3)
    #expect(
      chart.bundle().plain == """
        accuracy
        easy base    │         ██████████▎          │ 0.500 (0.400…0.600)
             trained │         █████████████████████│ 1.00
        hard trained │   █████▋                     │ -0.250
        reference: 0.900 goal
        """)
  }

  @Test func manyCategoriesAreCutInTheMiddle() throws {
    let names = (0..<500).map { "category \($0)" }
    let chart = Chart.bars(names, [.init("v", names.indices.map(Double.init))], x: .init(""), y: .init("v"))
    #expect(try Self.rows(chart).count == 40)
    #expect(chart.bundle().plain.contains("… 460 not shown …"))
  }
}
