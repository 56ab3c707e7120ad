import JSONValues
import Testing

@testable import Display

@Suite struct TableTests {
  static let methods: Table = {
    var table = Table(
      caption: "At 500,000 tokens",
      columns: [
        .init("method", alignment: .leading), .init("accuracy", unit: "%", meaning: "mean over 5 seeds"),
        .init("loss", unit: "nats"),
      ],
      rows: [
        ["opsd | jsd", .number(77.1, .fixed(1)), .number(0.231, .fixed(3))],
        ["<sft> & *co*", .number(9, .fixed(1)), .number(.nan, .fixed(3))], ["日本", .missing],
      ])
    table.highlighted = [.init(row: 0, column: 1)]
    table.highlightMeaning = "best of its column"
    return table
  }()

  @Test func plainText() {
    #expect(
      Self.methods.bundle().plain == """
        At 500,000 tokens
        method        accuracy (%)   loss (nats)
        ────────────  ─────────────  ───────────
        opsd | jsd            77.1*        0.231
        <sft> & *co*           9.0             –
        日本                     –             –
        * best of its column

        accuracy  mean over 5 seeds
        """)
  }

  @Test func markdown() {
    #expect(
      Self.methods.bundle().data["text/markdown"]?.string == #"""
        **At 500,000 tokens**

        | method | accuracy (%) | loss (nats) |
        | :--- | ---: | ---: |
        | opsd \| jsd | **77.1** | 0.231 |
        | &lt;sft> &amp; \*co\* | 9.0 | – |
        | 日本 | – | – |

        - **bold**: best of its column
        - accuracy: mean over 5 seeds
        """#)
  }

  /// pandoc gives each column of a long row the share of the page that its dashes have.
  @Test func theRuleOfALongTableSaysHowWideColumnsAre() throws {
    let text = String(repeating: "word ", count: 20)
    let table = Table(
      columns: [Table.Column("n"), Table.Column("meaning", alignment: .leading)],
      rows: [[.text("12345"), .text(text)], [.text("1"), .text("–")]])
    let lines = try #require(table.bundle().data["text/markdown"]?.string).split(separator: "\n")
    #expect(lines[1] == "| -----: | :\(String(repeating: "-", count: 60)) |")
  }

  @Test func htmlPassesTheSanitiserAndReadsWithoutIt() throws {
    let html = SanitizedHTML(try #require(Self.methods.bundle().data["text/html"]?.string))
    #expect(html.problems == [])
    for words in ["At 500,000 tokens", "opsd | jsd", "<sft> & *co*", "77.1", "mean over 5 seeds", "best of its column"]
    {
      #expect(html.text.contains(words))
    }
  }

  @Test func aSubtitleAndAnInterval() throws {
    var table = Table(
      caption: "Title", columns: [.init("range", unit: "nats")],
      rows: [[.interval(0.25...0.5, .fixed(1))], [.missing]])
    table.subtitle = "Σ p < q"
    let bundle = table.bundle()
    #expect(bundle.plain.hasPrefix("Title\nΣ p < q\nrange (nats)"))
    #expect(bundle.plain.contains("0.2 … 0.5") || bundle.plain.contains("0.3 … 0.5"))
    let html = try #require(bundle.data["text/html"]?.string)
    #expect(SanitizedHTML(html).problems == [])
    #expect(html.contains("<strong>Title</strong><br>Σ p &lt; q") && html.contains("white-space: nowrap"))
    #expect(bundle.data["text/markdown"]?.string?.contains("**Title**\n\nΣ p &lt; q\n\n| range") == true)
    #expect(table.csv() == "\"range (nats), lower end\",\"range (nats), upper end\"\r\n0.25,0.5\r\n,\r\n")
  }

  @Test func rowsAreSortedWithTheirHighlights() {
    let format = NumberFormat.fixed(0)
    var table = Table(
      columns: [.init("a"), .init("b")],
      rows: [
        [.number(2, format), "x"], [.missing, "y"], [.number(1, format), "z"], [.number(2, format), "w"],
        [.number(.nan, format)],
      ])
    table.highlighted = [.init(row: 2, column: 1)]
    let sorted = table.sorted(byColumn: 0)
    #expect(sorted.rows.prefix(4).map { $0[1] } == ["z", "x", "w", "y"])
    #expect(sorted.highlighted == [.init(row: 0, column: 1)])
    let falling = table.sorted(byColumn: 0, descending: true)
    #expect(falling.rows.prefix(4).map { $0[1] } == ["x", "w", "z", "y"])
    #expect(table.sorted(byColumn: 1).rows.prefix(4).map { $0[1] } == ["w", "x", "y", "z"])
    #expect(table.sorted(byColumn: 7).rows.count == 5)
  }

  @Test func aLongTableIsCutInTheMiddle() throws {
    var table = Table(columns: [.init("row")], rows: (0..<5000).map { [.number(Double($0), .count())] })
    table.rowLimit = 5
    let bundle = table.bundle()
    #expect(
      bundle.plain == """
          row
        ─────
            0
            1
            2
        … 4,995 rows not shown …
        4,998
        4,999
        """)
    #expect(SanitizedHTML(try #require(bundle.data["text/html"]?.string)).text.contains("… 4,995 rows not shown …"))
  }

  @Test func nothingTraps() throws {
    var table = Table(columns: [])
    #expect(table.bundle().plain == "\n")
    table = Table(columns: [.init("a\nb|c")], rows: [[], ["x\ny\u{0}", "beyond"]])
    table.highlighted = [.init(row: 9, column: 9), .init(row: 1, column: 0), .init(row: -1, column: 0)]
    table.rowLimit = -3
    let bundle = table.bundle()
    #expect(bundle.plain.hasPrefix("a b|c\n"))
    #expect(SanitizedHTML(try #require(bundle.data["text/html"]?.string)).problems == [])
  }

  @Test(arguments: [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("👩‍👩‍👧", 2), ("", 0), ("␣↵", 2), ("한", 2), ("✓", 1)])
  func displayWidth(text: String, columns: Int) { #expect(TextLayout.width(text) == columns) }
}
