import JSONValues
import Testing

@testable import Display

@Suite struct HeatMapTests {
  static func map(
    _ values: [[Double]], scale: HeatMap.Scale = .sequential(), texts: [[String]]? = nil, tokens: [String]? = nil
  ) -> HeatMap {
    HeatMap(
      title: "Title", note: "A note", rows: .init("reads", labels: values.indices.map { "row \($0)" }),
      columns: .init(
        "is read", labels: tokens ?? (values.first ?? []).indices.map { "\($0)" }, holdsTokens: tokens != nil),
      quantity: "weight", unit: "nats", scale: scale, values: values, texts: texts)
  }

  static func spec(_ map: HeatMap) throws -> JSON {
    try #require(map.bundle().data["application/vnd.vegalite.v5+json"])
  }

  // MARK: The bundle

  @Test func bundleHoldsWhatFrontEndsShowAndNothingThatWinsOverIt() throws {
    let bundle = Self.map([[0, 0.5], [1, .nan]]).bundle()
    #expect(bundle.data.keys.sorted() == ["application/vnd.vegalite.v5+json", "image/png", "text/plain"])
    let picture = try #require(DecodedPNG(bundle))
    #expect(picture.width == 2 * (bundle.metadata["image/png"]?["width"]?.int ?? 0))
    #expect(picture.height == 2 * (bundle.metadata["image/png"]?["height"]?.int ?? 0))
    for color: UInt32 in [0xE3ECF6, 0x6BAED6, 0x08306B] { #expect(picture.colors.contains(color)) }
    // Who cannot see the picture is told what it is, and on a dark page its darkest cells have a light ground.
    #expect(bundle.metadata["image/png"]?["alt"]?.string == bundle.plain.split(separator: "\n").first.map(String.init))
    #expect(bundle.data["application/vnd.vegalite.v5+json"]?["view"]?["fill"] == "#ffffff")
  }

  @Test func theSameMapIsTheSameBytes() {
    let map = Self.map([[0.25, .nan], [-1, 1]], scale: .diverging(), texts: [["a", "b"], ["c", "d"]])
    let first = (map.png(), map.svg(), map.pdf(), map.bundle())
    _ = Self.map([[9, 8, 7]]).svg()
    #expect(map.png() == first.0 && map.svg() == first.1 && map.pdf() == first.2 && map.bundle() == first.3)
  }

  @Test func exportsAreFilesOfTheirKind() {
    let map = Self.map([[3, 2, 1]], tokens: ["long", "names", "of columns"])
    #expect(String(decoding: map.svg(), as: UTF8.self).contains("<svg"))
    #expect(map.pdf().starts(with: Array("%PDF-".utf8)))
    #expect(DecodedPNG(map.png()) != nil)
  }

  // MARK: The specification

  @Test func specificationLeavesColoursOfTextAndGroundToTheTheme() throws {
    let spec = try Self.spec(Self.map([[0, 1], [.nan, 0.5]]))
    #expect(spec["$schema"]?.string == "https://vega.github.io/schema/vega-lite/v5.json")
    #expect(spec["background"] == nil && spec["config"] == nil)
    let text = spec.text()
    for word in ["labelColor", "titleColor", "\"background\"", "NaN", "Infinity"] { #expect(!text.contains(word)) }
    #expect(spec["title"]?["text"] == "Title" && spec["title"]?["subtitle"] == ["A note"])
    #expect(spec["layer"]?[0]?["encoding"]?["color"]?["legend"]?["title"] == "weight (nats)")
  }

  /// A row of numbers for each row, without what has no value at its end.
  @Test func dataHoldEveryValueOnce() throws {
    let spec = try Self.spec(Self.map([[0.123456, .nan, .nan], [.nan, .nan, .nan], [.nan, 2, .nan]]))
    #expect(spec["data"]?["values"] == [["r": 0, "v": [0.1235]], ["r": 2, "v": [nil, 2.0]]])
    let names = try #require(spec["transform"]?.array).compactMap { $0["calculate"]?.string }
    #expect(names.contains("[\"row 0\",\"row 1\",\"row 2\"][datum.r]"))
  }

  /// Tokens repeat: places tell them apart, and white space is seen.
  @Test func tokensRepeatAndShowTheirWhiteSpace() throws {
    let map = Self.map([[1, 2, 3, 4]], tokens: ["1", " ", "1", "\n"])
    let axis = try #require(try Self.spec(map)["encoding"]?["x"])
    #expect(axis["axis"]?["labelExpr"]?.string == "[\"1\",\"␣\",\"1\",\"↵\"][datum.value]")
    #expect(axis["scale"]?["domain"] == [0, 1, 2, 3])
    let names = try #require(try Self.spec(map)["transform"]?.array).compactMap { $0["calculate"]?.string }
    #expect(names.contains("[\"1 (0)\",\"␣ (1)\",\"1 (2)\",\"↵ (3)\"][datum.c]"))
    #expect(map.bundle().plain.contains("1     ␣     1     ↵"))
  }

  @Test func textsOfCellsStandInAllForms() throws {
    let map = Self.map([[0.1, 0.9]], texts: [["x", "\n"]])
    let spec = try Self.spec(map)
    #expect(spec["data"]?["values"]?[0]?["t"] == ["x", "\n"])
    #expect(spec["layer"]?.array?.count == 2)
    #expect(map.bundle().plain.contains("x 0.100") && map.bundle().plain.contains("↵ 0.900"))
    #expect(map.png() != Self.map([[0.1, 0.9]]).png())
  }

  @Test func aLargeMapIsCutWithANote() throws {
    let values = (0..<1000).map { row in (0..<1000).map { Double(row * $0 % 89) } }
    let bundle = Self.map(values).bundle()
    let spec = try #require(bundle.data["application/vnd.vegalite.v5+json"])
    let rows = try #require(spec["data"]?["values"]?.array)
    #expect(rows.count == 100)
    #expect(rows.last?["v"]?.array?.last?.double == Double(999 * 999 % 89))
    #expect(spec.bytes().count < 100_000)
    for what in ["rows", "columns"] {
      #expect(bundle.plain.contains("\(what): the first and the last 50 of 1,000; ⋯ stands for the rest"))
      #expect(spec["title"]?["subtitle"]?.text().contains("\(what): the first") == true)
    }
    #expect(DecodedPNG(bundle, readsColors: false) != nil)
  }

  // MARK: Colours

  @Test(arguments: [HeatMap.Scale.sequential(to: 4), .diverging(limit: 4), .logarithmic])
  func lightnessSaysHowLarge(scale: HeatMap.Scale) {
    let shade = HeatShade(Self.map([[0.04, 4]], scale: scale))
    let places = (0...200).map { Double($0) / 200 }
    let coarse = (0...20).map { Double($0) / 20 }
    let upwards = coarse.filter { !shade.isDiverging || $0 >= 0.5 }.map { shade.color(at: $0).luminance }
    #expect(zip(upwards, upwards.dropFirst()).allSatisfy { $0 > $1 })
    if shade.isDiverging {
      let downwards = coarse.filter { $0 <= 0.5 }.map { shade.color(at: $0).luminance }
      #expect(zip(downwards, downwards.dropFirst()).allSatisfy { $0 < $1 })
    }
    for place in places {
      // WCAG 2.2 asks for 4.5 between text and its ground.
      let (ground, ink) = (shade.color(at: place).luminance, shade.ink(at: place).luminance)
      #expect((max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) >= 4.5)
      // The specification writes white beyond one value at each end; nowhere else is the picture's ink white.
      let beyond = shade.whiteBeyond
      #expect((shade.ink(at: place) == .white) == (place >= beyond.upper || place <= beyond.lower ?? -1))
    }
  }

  @Test func valuesAndPlacesAreInverse() throws {
    for scale in [HeatMap.Scale.sequential(), .logarithmic, .diverging()] {
      let shade = HeatShade(Self.map([[0.001, 7, 0.5]], scale: scale))
      for value in [0.002, 0.4, 3, 7] {
        let share = try #require(shade.share(value))
        #expect(abs(shade.value(at: share) - value) < 1e-12 * 7)
      }
    }
    #expect(HeatShade(Self.map([[1, -3]], scale: .diverging())).share(0) == 0.5)
    #expect(HeatShade(Self.map([[1]], scale: .logarithmic)).share(0) == nil)
    #expect(HeatShade(Self.map([[2]])).share(.infinity) == 1)
    #expect(HeatShade(Self.map([[2]])).share(-1) == 0)
  }

  // MARK: Text

  @Test func aWideMapIsWrittenInShades() {
    let values = [(0..<60).map { Double($0) / 59 }]
    let lines = Self.map(values, tokens: (0..<60).map { "\($0 % 10)" }).bundle().plain.split(separator: "\n")
    let row = lines.first { $0.hasPrefix("row 0 │") } ?? ""
    #expect(row.hasPrefix("row 0 │···░") && row.hasSuffix("█│"))
    #expect(lines.contains { $0.hasSuffix("0123456789") })
    #expect(lines.last == "·░▒▓█ from 0.00 to 1.00")
  }

  // MARK: Extremes

  static let extremes: [[[Double]]] = [
    [], [[]], [[], []], [[1]], [[0]], [[.nan]], [[.nan, .nan], [.nan, .nan]], [[.infinity, -.infinity, 1]],
    [[.infinity]], [[.greatestFiniteMagnitude, -.greatestFiniteMagnitude]], [[.leastNonzeroMagnitude, 1e300]],
    [[.leastNonzeroMagnitude]], [[1], [1, 2, 3], []], [[5, 5], [5, 5]], [[-1, -2]], [[1, 1 + 1e-16]],
    [(0..<300).map(Double.init)], (0..<300).map { [Double($0)] },
  ]

  @Test(
    arguments: extremes,
    [HeatMap.Scale.sequential(), .sequential(to: .nan), .logarithmic, .diverging(), .diverging(limit: -3)])
  func everythingHasAPicture(values: [[Double]], scale: HeatMap.Scale) throws {
    for texts in [nil, [["a", ""], ["\u{0}日本語 and a text that is far too long for any cell"]]] {
      let map = Self.map(values, scale: scale, texts: texts)
      let bundle = map.bundle()
      #expect(DecodedPNG(bundle, readsColors: false) != nil)
      let spec = try #require(bundle.data["application/vnd.vegalite.v5+json"])
      #expect(spec.bytes().count < 100_000)
      #expect(ChartExtremesTests.allFinite(spec))
      let lines = bundle.plain.split(separator: "\n", omittingEmptySubsequences: false)
      #expect((1...120).contains(lines.count))
      #expect(lines.allSatisfy { TextLayout.width(String($0)) < 160 })
      let stops = HeatShade(map).stops.map(\.value)
      #expect(zip(stops, stops.dropFirst()).allSatisfy { $0 < $1 } && stops.allSatisfy(\.isFinite), "\(stops)")
    }
  }

  @Test func oddNames() {
    let long = String(repeating: "a very long title ", count: 60)
    let names = ["", "\u{0}\u{1}\n", "日本語", long, "<b>&\"'|", String(repeating: "x", count: 3000)]
    for holdsTokens in [true, false] {
      let axis = HeatMap.Axis(long, labels: names, holdsTokens: holdsTokens)
      let map = HeatMap(
        title: long, note: long, rows: axis, columns: axis, quantity: long, unit: "\u{0}",
        values: Array(repeating: [1, 2, 3, 4, 5, 6, 7], count: 7))
      #expect(DecodedPNG(map.bundle(), readsColors: false) != nil)
      #expect(map.bundle().plain.split(separator: "\n").allSatisfy { TextLayout.width(String($0)) <= 150 })
    }
  }
}
