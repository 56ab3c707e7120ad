// How a number is written for a reader: the same text in every process, whatever the locale.

/// A way to write a number.
///
/// What is not a number shows as "–", infinities as "∞" and "-∞"; a negative number that rounds to zero loses its sign.
public struct NumberFormat: Sendable, Equatable {
  enum Style: Sendable, Equatable {
    case fixed(Int)
    case significant(Int)
    case percent(Int)
    case count
    case duration
  }

  let style: Style
  /// Written after the number, after a space; nil for none.
  public var unit: String?
  /// Whether numbers above zero carry a plus sign.
  public var showsPlus = false

  /// What stands for a number that is not there.
  public static let missing = "–"

  /// Exactly this many digits after the decimal point; very large numbers turn to scientific notation.
  public static func fixed(_ digits: Int, unit: String? = nil) -> NumberFormat {
    NumberFormat(style: .fixed(min(max(digits, 0), 17)), unit: unit)
  }

  /// This many significant digits; very large and very small numbers turn to scientific notation.
  public static func significant(_ digits: Int, unit: String? = nil) -> NumberFormat {
    NumberFormat(style: .significant(min(max(digits, 1), 17)), unit: unit)
  }

  /// A share of one, written in percent: 0.125 is 12.5%.
  public static func percent(_ digits: Int = 1) -> NumberFormat {
    NumberFormat(style: .percent(min(max(digits, 0), 15)))
  }

  /// A whole number in groups of three: 1,234.
  public static func count(unit: String? = nil) -> NumberFormat { NumberFormat(style: .count, unit: unit) }

  /// Seconds, written in the two largest units that fit: 0.25 s, 12.3 s, 3 min 05 s, 2 h 07 min.
  public static let duration = NumberFormat(style: .duration)

  /// The same format with a plus sign before numbers that are above zero as they are written.
  public var signed: NumberFormat {
    var copy = self
    copy.showsPlus = true
    return copy
  }

  /// The number in this format, with its unit.
  public func text(_ value: Double) -> String {
    let number = bareText(value)
    guard let unit, !value.isNaN else { return number }
    return "\(number) \(unit)"
  }

  /// The number in this format, without its unit, for columns and axes whose title names it.
  public func bareText(_ value: Double) -> String {
    if value.isNaN { return Self.missing }
    if value.isInfinite { return value > 0 ? (showsPlus ? "+∞" : "∞") : "-∞" }
    let text = finiteText(value)
    return showsPlus && value > 0 && text.contains { ("1"..."9").contains($0) } ? "+" + text : text
  }

  private func finiteText(_ value: Double) -> String {
    let decimal = DecimalDigits(value)
    switch style {
    case .fixed(let places):
      if value.magnitude >= 1e15 { return decimal.rounded(significant: places + 1).scientific(significant: places + 1) }
      return decimal.rounded(places: places).plain(places: places)
    case .significant(let count):
      let rounded = decimal.rounded(significant: count)
      if rounded.digits.isEmpty { return rounded.plain(places: count - 1) }
      if rounded.exponent > max(count, 6) || rounded.exponent < -3 { return rounded.scientific(significant: count) }
      return rounded.plain(places: max(count - rounded.exponent, 0))
    case .percent(let places):
      var scaled = decimal
      if !scaled.digits.isEmpty { scaled.exponent += 2 }
      if value.magnitude >= 1e13 {
        return scaled.rounded(significant: places + 1).scientific(significant: places + 1) + "%"
      }
      return scaled.rounded(places: places).plain(places: places) + "%"
    case .count:
      if value.magnitude >= 1e15 { return decimal.rounded(significant: 4).scientific(significant: 4) }
      return decimal.rounded(places: 0).plain(places: 0, grouped: true)
    case .duration: return Self.durationText(value)
    }
  }

  private static func durationText(_ seconds: Double) -> String {
    if seconds < 0 { return "-" + durationText(-seconds) }
    if seconds >= 1e9 { return NumberFormat.significant(2).text(seconds) + " s" }
    if seconds < 0.9995 { return NumberFormat.fixed(0).text(seconds * 1000) + " ms" }
    if seconds < 59.95 { return NumberFormat.fixed(1).text(seconds) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
    let minutes = Int((seconds / 60).rounded())
    if minutes < 48 * 60 { return "\(minutes / 60) h \(twoDigits(minutes % 60)) min" }
    let hours = Int((seconds / 3600).rounded())
    return "\(hours / 24) d \(twoDigits(hours % 24)) h"
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
