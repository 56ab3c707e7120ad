import JSONValues
import Testing

@testable import Display

@Suite struct TokenStripTests {
  static let strip = TokenStrip(
    title: "Where they part", quantity: "divergence", unit: "nats", format: .fixed(2),
    tokens: [
      .init("Sum"), .init(" of", value: 0.5, details: ["teacher: <7> 0.9", "student: \"8\" 0.6"]),
      .init(":\n", value: 0),
      .init(" 日", value: 1, mark: .right), .init("\t", value: .nan, mark: .wrong), .init("", value: 0.25),
    ])

  @Test func plainTextKeepsEveryNumber() {
    #expect(
      Self.strip.bundle().plain == """
        Where they part
        Sum  ␣of   :↵
             0.50  0.00

        ␣日     ⇥    ∅
        1.00 ✓  – ✗  0.25

        under each token: divergence (nats), tinted 0.00 … 1.00
        """)
  }

  @Test func htmlPassesTheSanitiser() throws {
    let text = try #require(Self.strip.bundle().data["text/html"]?.string)
    let html = SanitizedHTML(text)
    #expect(html.problems == [])
    for words in ["Where they part", "␣of", "0.50", "divergence (nats)", "teacher: <7> 0.9 · student: \"8\" 0.6", "✗"] {
      #expect(html.text.contains(words))
    }
    #expect(text.contains("title=\"“␣of”\ndivergence: 0.50 nats\nteacher: &lt;7&gt; 0.9\nstudent: &quot;8&quot; 0.6\""))
  }

  @Test func tintsAreTranslucentAndInProportion() throws {
    let text = try #require(Self.strip.bundle().data["text/html"]?.string)
    let strengths = text.matches(of: /rgba\(230, 106, 10, ([0-9.]+)\)/).compactMap { Double($0.1) }
    #expect(strengths.prefix(3) == [0.21, 0.42, 0.105])
    #expect(strengths.allSatisfy { $0 <= 0.42 })
  }

  @Test func pictureIsThereAndTheSameEachTime() throws {
    let picture = try #require(DecodedPNG(Self.strip.bundle()))
    #expect(picture.colors.count > 20)
    let strips = TokenStrips([Self.strip])
    #expect(strips.png() == strips.png())
    #expect(strips.svg() == strips.svg())
    #expect(strips.pdf() == strips.pdf())
  }

  @Test func comparisonSharesTheScale() throws {
    func strip(_ value: Double) -> TokenStrip {
      TokenStrip(quantity: "log-ratio", format: .fixed(1), scale: .diverging(), tokens: [.init("a", value: value)])
    }
    let bundle = TokenStrips([strip(-1), strip(4)]).bundle()
    let html = try #require(bundle.data["text/html"]?.string)
    #expect(SanitizedHTML(html).problems == [])
    #expect(html.contains("rgba(43, 143, 224, 0.105)"))
    #expect(html.contains("rgba(230, 106, 10, 0.420)"))
    #expect(bundle.plain == "a\n-1.0\n\na\n4.0\n\nunder each token: log-ratio, tinted -4.0 … 4.0")
    #expect(DecodedPNG(bundle) != nil)
  }

  @Test(
    arguments: [
      [], [.nan], [.infinity, -.infinity, 1], [1e308, -1e308], [0, 0], [-1, -2], [.leastNonzeroMagnitude],
    ] as [[Double]])
  func extremes(values: [Double]) throws {
    for scale in [
      TokenStrip.Scale.sequential(), .diverging(), .sequential(to: 0), .diverging(limit: .nan), .sequential(to: -1),
    ] {
      let strip = TokenStrip(quantity: "q", scale: scale, tokens: values.map { .init("t", value: $0) })
      let bundle = strip.bundle()
      #expect(SanitizedHTML(try #require(bundle.data["text/html"]?.string)).problems == [])
      #expect(DecodedPNG(bundle) != nil)
    }
  }

  @Test func longTextsAreCutInTheMiddle() throws {
    var strip = TokenStrip(quantity: "q", tokens: (0..<20_000).map { .init(" word\($0)\n", value: Double($0)) })
    #expect(strip.bundle().plain.contains("… 19,000 tokens not shown …"))
    #expect(try #require(DecodedPNG(strip.bundle())).height < 24_000)
    strip.tokens = [.init(String(repeating: "x", count: 5000), value: 1), .init("\u{0}\u{7}\r\n<script>", value: 2)]
    let bundle = strip.bundle()
    #expect(SanitizedHTML(try #require(bundle.data["text/html"]?.string)).problems == [])
    #expect(DecodedPNG(bundle) != nil)
    #expect(bundle.plain.split(separator: "\n").allSatisfy { TextLayout.width(String($0)) < 130 })
  }

  /// A page of strips: the first and the last, each cut in its middle, tinted as if all of them were there.
  @Test(arguments: [TokenStrips.Arrangement.stacked, .beside]) func manyStripsAreCut(
    arrangement: TokenStrips.Arrangement
  ) throws {
    let strips = TokenStrips(
      (0..<64).map { index in
        TokenStrip(title: "Answer \(index)", quantity: "q", tokens: (0..<7900).map { .init("t\($0)", value: 1) })
      } + [TokenStrip(title: "Answer 64", quantity: "q", tokens: [.init("t", value: 9)])], arrangement)
    let bundle = strips.bundle()
    let html = try #require(bundle.data["text/html"]?.string)
    #expect(SanitizedHTML(html).problems == [])
    // The last strip of one token leaves room for 31 others of 125.
    for text in [bundle.plain, html] {
      #expect(text.contains("… 33 answers not shown …") && text.contains("… 7,775 tokens not shown …"))
      #expect(text.contains("Answer 15") && text.contains("Answer 49") && text.contains("Answer 64"))
      #expect(!text.contains("Answer 16") && !text.contains("Answer 48"))
    }
    #expect(html.utf8.count < 1_500_000 && bundle.plain.hasSuffix("… 9.000"))
    let picture = try #require(DecodedPNG(bundle, readsColors: false))
    #expect(picture.height < 24_000)
  }

  @Test func manyShortStripsAreCutInNumberOnly() throws {
    let strips = (0..<256).map { index in
      TokenStrip(title: "Answer \(index)", quantity: "q", tokens: [.init("a\n", value: 1), .init("b", value: 2)])
    }
    let plain = TokenStrips(strips).bundle().plain
    #expect(plain.contains("… 192 answers not shown …") && plain.matches(of: /Answer/).count == 64)
    #expect(!TokenStrips(Array(strips.prefix(64))).bundle().plain.contains("not shown"))
    // Two long ones are cut as one alone is, and no further.
    let long = TokenStrip(quantity: "q", tokens: (0..<1500).map { _ in .init("t", value: 1) })
    #expect(TokenStrips([long, long]).bundle().plain.matches(of: /… 500 tokens not shown …/).count == 2)
  }

  @Test func legendsAreTrueOfWhateverTheyName() throws {
    func plain(_ values: [Double], _ scale: TokenStrip.Scale) throws -> String {
      let strip = TokenStrip(quantity: "q", scale: scale, tokens: values.map { .init("t", value: $0) })
      let html = try #require(strip.bundle().data["text/html"]?.string)
      let legend = try #require(strip.bundle().plain.split(separator: "\n").last)
      for words in legend.split(separator: ", ").last?.replacing("tinted ", with: "").split(separator: " … ") ?? [] {
        #expect(html.contains(words))
      }
      return String(legend)
    }
    #expect(try plain([1e308, -1e308], .diverging()) == "under each token: q, tinted -1.000e308 … 1.000e308")
    #expect(try plain([.nan, .nan], .sequential()) == "under each token: q, no values")
    #expect(try plain([0, 0], .sequential()) == "under each token: q, tinted 0.000 … 1.000")
    let huge = Tint([TokenStrip(quantity: "q", scale: .diverging(), tokens: [.init("t", value: 1e308)])])
    #expect(try #require(huge.color(5e307)).alpha == 0.5 * Tint.strongest)
    #expect(huge.legend == [-1e308, -5e307, 0, 5e307, 1e308])
  }

  @Test func aLimitThatAllNameIsTheLargest() throws {
    func strip(_ limit: Double?) -> TokenStrip {
      TokenStrip(quantity: "q", format: .fixed(1), scale: .sequential(to: limit), tokens: [.init("a", value: 1)])
    }
    #expect(TokenStrips([strip(2), strip(4)]).bundle().plain.hasSuffix("tinted 0.0 … 4.0"))
    #expect(TokenStrips([strip(4), strip(nil)]).bundle().plain.hasSuffix("tinted 0.0 … 1.0"))
  }

  @Test func stripsStandSideBySideWhereThereIsRoom() throws {
    var long = Self.strip
    long.tokens = (0..<60).map { .init(" word\($0)", value: Double($0 % 7)) }
    var strips = TokenStrips([long, long])
    let stacked = try #require(DecodedPNG(strips.bundle()))
    strips.arrangement = .beside
    let bundle = strips.bundle()
    let beside = try #require(DecodedPNG(bundle))
    #expect(beside.height < stacked.height && beside.width > stacked.width)
    let html = try #require(bundle.data["text/html"]?.string)
    #expect(SanitizedHTML(html).problems == [])
    #expect(html.contains("display: flex; flex-wrap: wrap") && html.matches(of: /flex: 1 1 320px/).count == 2)
    #expect(html.ranges(of: "<small>divergence (nats): ").count == 1, "one legend")
    strips.arrangement = .stacked
    #expect(bundle.plain == strips.bundle().plain, "one after the other in plain text")
    for count in [1, 3, 7] {
      #expect(DecodedPNG(TokenStrips([TokenStrip](repeating: Self.strip, count: count), .beside).bundle()) != nil)
    }
  }

  @Test func oneValueTintsTheWholeText() throws {
    var strip = TokenStrip(
      title: "Answer 0", quantity: "advantage", format: .fixed(1).signed, scale: .diverging(),
      tokens: [.init("1+1"), .init(" "), .init("2")])
    strip.wholeValue = -2
    let bundle = TokenStrips([strip]).bundle()
    #expect(bundle.plain == "Answer 0\n1+1␣2  -2.0\n\nafter each text: advantage, tinted -2.0 … +2.0")
    let html = try #require(bundle.data["text/html"]?.string)
    #expect(html.matches(of: /border-radius: 3px[^"]*rgba\(43, 143, 224, 0.420\)/).count == 3)
    #expect(SanitizedHTML(html).problems == [] && !html.contains("<details>"))
  }

  @Test func noStripsAtAll() throws {
    let bundle = TokenStrips([]).bundle()
    #expect(SanitizedHTML(try #require(bundle.data["text/html"]?.string)).problems == [])
  }
}
