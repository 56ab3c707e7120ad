import JSONValues
import Testing

@testable import Display

@Suite struct ProgressTests {
  @Test func runningTellsRateAndTime() throws {
    let progress = Progress(
      "Training", past: "Trained", done: 1250, of: 5000, unit: "steps", elapsed: 12.5, note: "loss 0.231")
    #expect(
      progress.line == "Training 1,250 of 5,000 steps · 25% · 100 steps/s · 12.5 s · 37.5 s left · loss 0.231")
    let html = try #require(progress.bundle().data["text/html"]?.string)
    #expect(SanitizedHTML(html).problems == [])
    #expect(html.contains("<progress value=\"1250\" max=\"5000\">"))
  }

  @Test func theLastLineHoldsNoTime() throws {
    for elapsed in [0.5, 120] {
      var progress = Progress("Training", past: "Trained", done: 100, of: 100, unit: "steps", elapsed: elapsed)
      progress.phase = .finished
      #expect(progress.bundle().plain == "Trained 100 of 100 steps")
      #expect(progress.bundle().data["text/html"]?.string == "<div>Trained 100 of 100 steps</div>")
    }
    let stopped = Progress("Training", past: "Trained", done: 37, of: 100, unit: "steps", elapsed: 3, phase: .stopped)
    #expect(stopped.line == "Trained 37 of 100 steps (stopped)")
  }

  @Test func unknownTotalsAndOddNumbers() {
    #expect(
      Progress("Reading", past: "Read", done: 7, unit: "files", elapsed: 2).line
        == "Reading 7 files · 3.50 files/s · 2.0 s")
    #expect(
      Progress("A", past: "B", done: 999, of: 1000, unit: "s", elapsed: 0).line == "A 999 of 1,000 s · 99% · 0 ms")
    for done in [-5, 0, 7, .max] {
      for total in [nil, -1, 0, 3, Int.max] {
        for elapsed in [-1, 0, .nan, .infinity, 1e-300] {
          #expect(!Progress("A", past: "B", done: done, of: total, unit: "u", elapsed: elapsed).bundle().plain.isEmpty)
        }
      }
    }
  }

  @Test func throttleWaitsASecondThenATenth() {
    var throttle = ProgressThrottle(start: 100)
    var shown: [Double] = []
    for tick in 0...200 where throttle.isDue(at: 100 + Double(tick) / 100) { shown.append(Double(tick) / 100) }
    #expect(shown.first == 1)
    #expect(shown.count <= 11)
    #expect(zip(shown, shown.dropFirst()).allSatisfy { $1 - $0 >= 0.0999 })
  }

  @Test func theLastStateIsAlwaysDue() {
    var throttle = ProgressThrottle(start: 0)
    let early = throttle.isDue(at: 0.01)
    let last = throttle.isDue(at: 0.02, isLast: true)
    #expect(!early)
    #expect(last)
  }
}

@Suite struct StackTests {
  @Test func oneBundleStaysAsItIs() {
    let chart = Chart.lines([.init("a", y: [1, 2])], x: .init("x"), y: .init("y")).bundle()
    #expect(MIMEBundle.stack([chart]) == chart)
  }

  @Test func severalJoinTheirTextAndTheirPages() throws {
    let table = Table(columns: [.init("a")], rows: [["1"]]).bundle()
    let chart = Chart.lines([.init("a", y: [1, 2])], title: "<loss>", x: .init("x"), y: .init("y")).bundle()
    let stack = MIMEBundle.stack([table, chart, MIMEBundle(plain: "a < b")])
    #expect(stack.data.keys.sorted() == ["text/html", "text/plain"])
    #expect(stack.plain == table.plain + "\n\n" + chart.plain + "\n\na < b")
    let html = try #require(stack.data["text/html"]?.string)
    #expect(SanitizedHTML(html).problems == [])
    #expect(html.contains("<img src=\"data:image/png;base64,"))
    #expect(html.contains("<pre>a &lt; b</pre>"))
  }

  @Test func plainBundlesStackToPlain() {
    #expect(MIMEBundle.stack([MIMEBundle(plain: "a"), MIMEBundle(plain: "b")]).data == ["text/plain": "a\n\nb"])
    #expect(MIMEBundle.stack([]).data == ["text/plain": ""])
  }
}
