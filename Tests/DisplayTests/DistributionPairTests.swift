import JSONValues
import Testing

@testable import Display

@Suite struct DistributionPairTests {
  static let pair = DistributionPair(
    title: "Position 5", total: 0.25,
    entries: [
      .init("7", first: 0.75, second: 0.25, share: 0.2), .init(" <8>", first: 0.125, second: 0.5, share: -0.05),
      .init("\n", first: 0.00001, second: 0.125, share: 0.04),
    ],
    chosen: 1)

  @Test func plainText() {
    #expect(
      Self.pair.bundle().plain == """
        Position 5
        token             teacher                   student                  share of divergence (nats)
        ────────────────  ────────────────────────  ───────────────────────  ──────────────────────────
        7                  0.7500 ████████████████  0.2500 █████▍            +0.2000 ████████████████
        ␣<8> ◂             0.1250 ██▋               0.5000 ██████████▋       -0.0500 ████
        ↵                 <0.0001 ▏                 0.1250 ██▋               +0.0400 ███▎
        all other tokens   0.1250 ██▋               0.1250 ██▋               +0.0600 ████▊
        ◂ the token at this position
        divergence: 0.2500 nats
        """)
  }

  @Test func htmlPassesTheSanitiserAndReadsWithoutIt() throws {
    let html = SanitizedHTML(try #require(Self.pair.bundle().data["text/html"]?.string))
    #expect(html.problems == [])
    for words in ["Position 5", "teacher", "␣<8>", "0.7500", "-0.0500", "all other tokens", "divergence: 0.2500 nats"] {
      #expect(html.text.contains(words))
    }
  }

  @Test func pictureIsThereAndTheSameEachTime() throws {
    let picture = try #require(DecodedPNG(Self.pair.bundle()))
    #expect(picture.colors.count > 20)
    #expect(Self.pair.png() == Self.pair.png())
    #expect(Self.pair.svg() == Self.pair.svg())
    #expect(Self.pair.pdf() == Self.pair.pdf())
  }

  @Test func smallSharesKeepTheirDigits() {
    let pair = DistributionPair(
      total: 0.00001,
      entries: [
        .init("a", first: 0.5, second: 0.5, share: 0.000012), .init("b", first: 0.5, second: 0.5, share: -0.000002),
      ])
    #expect(pair.rows.map { $0.cells[2].text } == ["+1.2e-5", "-2.0e-6"])
    #expect(pair.totalLine == "divergence: 1.0e-5 nats")
  }

  @Test func nothingIsLeftWhenAllIsListed() {
    let pair = DistributionPair(entries: [.init("a", first: 0.5, second: 1), .init("b", first: 0.5, second: 0)])
    #expect(pair.rows.map(\.label) == ["a", "b"])
    #expect(pair.headings == ["teacher", "student"])
  }

  @Test func longListsBecomeTheRest() {
    let pair = DistributionPair(
      entries: (0..<1000).map { .init("t\($0)", first: 0.001, second: 0.001, mixture: 0.001) })
    #expect(pair.rows.count == 31)
    #expect(pair.rows.last?.cells.map(\.text) == ["0.9700", "0.9700", "0.9700"])
  }

  @Test func extremes() throws {
    for value in [Double.nan, .infinity, -1, 0, 1e308] {
      let pair = DistributionPair(
        total: value, entries: [.init("", first: value, second: value, mixture: value, share: value)], chosen: 7)
      let bundle = pair.bundle()
      #expect(SanitizedHTML(try #require(bundle.data["text/html"]?.string)).problems == [])
      #expect(DecodedPNG(bundle) != nil)
    }
    #expect(!DistributionPair(entries: []).bundle().plain.isEmpty)
  }
}
