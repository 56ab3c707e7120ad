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

  @Test func htmlPassesTheSanitiserAndReadsWithoutIt() throws {
    let html = SanitizedHTML(try #require(Self.methods.bundle().data["text/html"]?.string))
    #expect(html.problems == [])
    for words in ["At 500,000 tokens", "opsd | jsd", "<sft> & *co*", "77.1", "mean over 5 seeds", "best of its column"]
    {
      #expect(html.text.contains(words))
    }
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
