// Whatever a cell can put into a chart: there is a picture, a specification that parses, and text of a sane size.

import JSONValues
import Testing

@testable import Display

@Suite struct ChartExtremesTests {
  static let series: [[Double]] = [
    [], [1], [0], [5, 5, 5], [.nan, .nan], [.infinity, -.infinity], [1e308, -1e308], [.greatestFiniteMagnitude, 0],
    [.leastNonzeroMagnitude, 0], [1e16, 1e16 + 2], [-3, -2, -1], [1e-300, 1e300], [0.1, 0.1 + 1e-17],
    [123_456.001, 123_456.002], [-0.0, 0.0], [1e-12, 2e-12], [1e21, 2e21, 3e21],
    [.leastNonzeroMagnitude, .leastNormalMagnitude],
  ]
  static let scales: [Chart.Axis.Scale] = [.linear, .logarithmic]

  static func check(_ chart: Chart, _ sourceLocation: SourceLocation = #_sourceLocation) throws {
    let bundle = chart.bundle()
    #expect(DecodedPNG(bundle, readsColors: false) != nil, sourceLocation: sourceLocation)
    let spec = try #require(bundle.data["application/vnd.vegalite.v5+json"], sourceLocation: sourceLocation)
    #expect(spec.bytes().count < 100_000, sourceLocation: sourceLocation)
    #expect(allFinite(spec), sourceLocation: sourceLocation)
    let lines = bundle.plain.split(separator: "\n", omittingEmptySubsequences: false)
    #expect((1...120).contains(lines.count), sourceLocation: sourceLocation)
    #expect(lines.allSatisfy { TextLayout.width(String($0)) < 160 }, sourceLocation: sourceLocation)
  }

  static func allFinite(_ value: JSON) -> Bool {
    switch value {
    case .double(let number): number.isFinite
    case .array(let elements): elements.allSatisfy(allFinite)
    case .object(let members): members.values.allSatisfy(allFinite)
    default: true
    }
  }

  @Test(arguments: series, scales) func values(values: [Double], scale: Chart.Axis.Scale) throws {
    let y = Chart.Axis("y", scale: scale)
    try Self.check(.lines([.init("a", y: values)], x: .init("x"), y: y))
    try Self.check(.lines([.init("a", y: values), .init("b", y: [1, 2])], x: .init("x"), y: y))
    try Self.check(.lines([.init("a", x: values, y: values)], x: .init("x", scale: scale), y: y))
    try Self.check(.bars(values.indices.map { "\($0)" }, [.init("a", values)], x: .init("x"), y: y))
  }

  @Test(arguments: scales) func domains(scale: Chart.Axis.Scale) throws {
    let tiny = Double.leastNonzeroMagnitude
    let domains: [ClosedRange<Double>] = [
      0...1, -1e308...1e308, 1...1, -5...(-1), 0...0, tiny...(3 * tiny), -.infinity...(.infinity),
    ]
    for domain in domains {
      var chart = Chart.lines(
        [.init("a", y: [0.5, 10, -10, 1e300])], x: .init("x", scale: scale, domain: domain),
        y: .init("y", scale: scale, domain: domain))
      chart.referenceLines = [.init(.nan, label: "a"), .init(1e300, label: "b"), .init(0.5, label: "c")]
      try Self.check(chart)
      try Self.check(.bars(["a"], [.init("a", [3])], x: .init("x"), y: .init("y", scale: scale, domain: domain)))
    }
  }

  @Test func whatNoAxisHoldsIsSaid() throws {
    let chart = Chart.lines([.init("a", y: [1e308, -1e308])], x: .init("x"), y: .init("y"))
    let words = "values beyond ±1e300 are drawn at the edge"
    #expect(chart.bundle().plain.hasPrefix(words))
    #expect(chart.vega()?["title"]?["subtitle"]?.string == words)
    let bars = Chart.bars(["a"], [.init("a", [1e308])], x: .init("x"), y: .init("y"))
    #expect(bars.bundle().plain.hasPrefix(words))
    let usual = Chart.lines([.init("a", y: [1e300, .infinity])], x: .init("x"), y: .init("y"))
    #expect(!usual.bundle().plain.contains(words))
  }

  @Test func bandsWithHoles() throws {
    let points: [Chart.Point] = [
      .init(x: 1, y: 1, lower: .nan, upper: 2), .init(x: 2, y: 1, lower: 0, upper: .infinity),
      .init(x: 3, y: 1, lower: 0.5),
      .init(x: 4, y: 1, lower: 3, upper: 0), .init(x: 5, y: 1),
    ]
    try Self.check(.lines([.init("a", points: points)], x: .init("x"), y: .init("y")))
    try Self.check(.lines([.init("a", points: points)], x: .init("x"), y: .init("y", scale: .logarithmic)))
  }

  @Test func oddTexts() throws {
    let long = String(repeating: "a very long title ", count: 60)
    let names = [
      "", "\u{0}\u{1}\n", FigureTests.noCharacters, "日本語", long, "<b>&\"'|", String(repeating: "x", count: 3000),
    ]
    var chart = Chart.lines(names.map { .init($0, y: [1, 2]) }, title: "a\u{0}b", x: .init("x\ny"), y: .init(""))
    chart.referenceLines = [.init(1.5, label: "é\u{0}")]
    #expect(DecodedPNG(chart.bundle(), readsColors: false) != nil)
    let bars = Chart.bars(names, [.init("a", [1, 2]), .init("a", [])], title: long, x: .init(long), y: .init(long))
    #expect(DecodedPNG(bars.bundle(), readsColors: false) != nil)
  }

  @Test func ticksAreRoundAndDifferent() {
    for scale in Self.scales {
      for values in Self.series {
        let axis = AxisScale(Chart.Axis("y", scale: scale), values: values, roundsOutward: true)
        #expect(axis.lower < axis.upper)
        #expect((axis.upper - axis.lower).isFinite)
        let ticks = axis.ticks(count: 5)
        #expect((1...16).contains(ticks.count))
        #expect(Set(ticks.map(\.label)).count == ticks.count, "\(values): \(ticks.map(\.label))")
      }
    }
    func labels(_ low: Double, _ high: Double) -> [String] {
      AxisScale(Chart.Axis("y"), values: [low, high], roundsOutward: true).ticks(count: 5).map(\.label)
    }
    #expect(labels(0, 1) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels(0, 500_000) == ["0", "100k", "200k", "300k", "400k", "500k"])
    #expect(labels(-0.7, 0.7) == ["-0.8", "-0.6", "-0.4", "-0.2", "0", "0.2", "0.4", "0.6", "0.8"])
    #expect(labels(0, 2e-5) == ["0", "5e-6", "1e-5", "1.5e-5", "2e-5"])
  }
}
