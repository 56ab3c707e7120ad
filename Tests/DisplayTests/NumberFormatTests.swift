import Testing

@testable import Display

@Suite struct NumberFormatTests {
  @Test(arguments: [
    (0.0, "0.00"), (-0.001, "0.00"), (0.005, "0.01"), (2.675, "2.68"), (-2.675, "-2.68"), (9.995, "10.00"),
    (99.999, "100.00"),
    (1234.5, "1234.50"), (1e15, "1.00e15"), (-1.7976931348623157e308, "-1.80e308"), (.leastNonzeroMagnitude, "0.00"),
    (1e-7, "0.00"),
    (.nan, "–"), (.infinity, "∞"), (-.infinity, "-∞"),
  ])
  func fixed(value: Double, text: String) { #expect(NumberFormat.fixed(2).text(value) == text) }

  @Test(arguments: [
    (0.0, "0.00"), (0.5, "0.500"), (1234.5, "1230"), (123.45, "123"), (0.00012345, "0.000123"),
    (0.000012345, "1.23e-5"),
    (999.6, "1000"), (1e6, "1.00e6"), (123456, "123000"), (-7, "-7.00"), (.nan, "–"),
  ])
  func significant(value: Double, text: String) { #expect(NumberFormat.significant(3).text(value) == text) }

  @Test(arguments: [(0.125, "12.5%"), (1, "100.0%"), (0, "0.0%"), (0.0004, "0.0%"), (0.0005, "0.1%"), (-0.5, "-50.0%")])
  func percent(value: Double, text: String) { #expect(NumberFormat.percent().text(value) == text) }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-12_345, "-12,345"), (0.5, "1"),
    (.infinity, "∞"),
  ])
  func count(value: Double, text: String) { #expect(NumberFormat.count().text(value) == text) }

  @Test(arguments: [
    (0, "0 ms"), (0.25, "250 ms"), (0.9996, "1.0 s"), (12.34, "12.3 s"), (59.96, "1 min 00 s"), (185, "3 min 05 s"),
    (3599.7, "1 h 00 min"), (7620, "2 h 07 min"), (200_000, "2 d 08 h"), (-3, "-3.0 s"), (1e300, "1.0e300 s"),
  ])
  func duration(value: Double, text: String) { #expect(NumberFormat.duration.text(value) == text) }

  @Test func unitsAndSigns() {
    #expect(NumberFormat.fixed(1, unit: "nats").text(0.25) == "0.3 nats")
    #expect(NumberFormat.fixed(1, unit: "nats").bareText(0.25) == "0.3")
    #expect(NumberFormat.fixed(1, unit: "nats").text(.nan) == "–")
    #expect(NumberFormat.fixed(2).signed.text(0.5) == "+0.50")
    for value in [0, 0.004, -0.004] { #expect(NumberFormat.fixed(2).signed.text(value) == "0.00") }
  }

  /// Every number of digits that can be asked for, on numbers of every size.
  @Test func neverTraps() {
    for exponent in stride(from: -324, through: 308, by: 7) {
      guard let value = Double("7.5e\(exponent)") else { continue }
      for digits in [-5, 0, 1, 3, 17, 400] {
        for format in [NumberFormat.fixed(digits), .significant(digits), .percent(digits), .count(), .duration] {
          #expect(!format.text(value).isEmpty)
          #expect(!format.signed.text(-value).isEmpty)
        }
      }
    }
  }
}
