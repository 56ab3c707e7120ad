// From values to places along an axis, and the round numbers that are named there.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A range of values laid along a unit length.
///
/// Every range is finite and wider than nothing, whatever values and domain it was made from.
struct AxisScale: Equatable {
  /// One named place.
  struct Tick: Equatable {
    var value: Double
    var label: String
  }

  let lower: Double
  let upper: Double
  let isLogarithmic: Bool
  /// The step of the round numbers that a range was fitted to, so that its ends are named.
  private let fittedStep: Double?

  /// Beyond this magnitude, where differences of values would not be finite, everything is drawn at the edge.
  static let limit = 1e300

  /// Fits the values, or takes the axis' own domain.
  ///
  /// `roundsOutward` lets the range end on round numbers; `includesZero` starts or ends it at zero.
  init(_ axis: Chart.Axis, values: some Sequence<Double>, roundsOutward: Bool, includesZero: Bool = false) {
    isLogarithmic = axis.scale == .logarithmic
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where value.isFinite && (!isLogarithmic || value > 0) {
      low = min(low, value)
      high = max(high, value)
    }
    if let domain = axis.domain, domain.lowerBound.isFinite, domain.upperBound.isFinite {
      if !isLogarithmic || domain.lowerBound > 0 {
        (lower, upper) = Self.separate(domain.lowerBound, domain.upperBound, isLogarithmic)
        fittedStep = nil
        return
      }
      if domain.upperBound > 0 { (low, high) = (min(low, domain.upperBound), domain.upperBound) }
    }
    if low > high { (low, high) = isLogarithmic ? (1, 10) : (0, 1) }
    if !isLogarithmic {
      if includesZero || (low > 0 && low <= 0.35 * (high - low)) { (low, high) = (min(low, 0), max(high, 0)) }
    }
    let (a, b) = Self.separate(low, high, isLogarithmic)
    guard roundsOutward else {
      (lower, upper) = (a, b)
      fittedStep = nil
      return
    }
    if isLogarithmic {
      (lower, upper) = (Self.roundLogarithm(a, up: false), Self.roundLogarithm(b, up: true))
      fittedStep = nil
    } else {
      let step = Self.step(a, b, count: 5)
      (lower, upper) = (floor(a / step + 1e-9) * step, ceil(b / step - 1e-9) * step)
      fittedStep = step
    }
  }

  /// The place of a value in 0…1 (outside for values beyond the range); nil for what has none.
  func position(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    if isLogarithmic {
      guard value > 0 else { return nil }
      return (log10(value) - log10(lower)) / (log10(upper) - log10(lower))
    }
    return (min(max(value, -Self.limit), Self.limit) - lower) / (upper - lower)
  }

  /// About this many round values within the range.
  func ticks(count: Int) -> [Tick] {
    let values = isLogarithmic ? logarithmicTicks(count: count) : linearTicks(count: count)
    let spacing = values.count > 1 && !isLogarithmic ? values[1] - values[0] : 0
    let largest = max(values.first?.magnitude ?? 0, values.last?.magnitude ?? 0)
    return values.map { Tick(value: $0, label: Self.label($0, spacing: spacing, largest: largest)) }
  }

  private func linearTicks(count: Int) -> [Double] {
    var step = Self.step(lower, upper, count: count)
    if let fittedStep, upper - lower <= fittedStep * Double(2 * count) { step = fittedStep }
    let first = ceil(lower / step - 1e-9)
    var values: [Double] = []
    for index in 0...(2 * count + 4) {
      let value = (first + Double(index)) * step
      if value > upper + step * 1e-6 { break }
      if value != values.last { values.append(abs(value) < step * 1e-6 ? 0 : value) }
    }
    return values
  }

  private func logarithmicTicks(count: Int) -> [Double] {
    let low = Int(floor(log10(lower) + 1e-9))
    let high = Int(ceil(log10(upper) - 1e-9))
    let every = max(1, Int((Double(high - low) / Double(max(count, 1))).rounded(.up)))
    var values: [Double] = []
    for exponent in stride(from: low, through: high, by: every) {
      // Within two decades the powers of ten are too few: 2 and 5 help.
      for factor in high - low <= 2 ? [1.0, 2, 5] : [1.0] {
        let value = factor * pow(10, Double(exponent))
        if value >= lower * (1 - 1e-9), value <= upper * (1 + 1e-9) { values.append(value) }
      }
    }
    return values.isEmpty ? [lower, upper] : values
  }

  /// The next 1, 2 or 5 times a power of ten.
  private static func roundLogarithm(_ value: Double, up: Bool) -> Double {
    let power = pow(10, floor(log10(value) + 1e-9))
    let factor = value / power
    let candidates: [Double] = up ? [1, 2, 5, 10] : [5, 2, 1]
    let chosen = candidates.first { up ? $0 >= factor * (1 - 1e-9) : $0 <= factor * (1 + 1e-9) } ?? (up ? 10 : 1)
    return min(max(chosen * power, 1e-300), limit)
  }

  /// 1, 2 or 5 times a power of ten.
  private static func step(_ low: Double, _ high: Double, count: Int) -> Double {
    let raw = (high - low) / Double(max(count, 1))
    let power = pow(10, floor(log10(raw)))
    let factor = raw / power
    return (factor < 1.414 ? 1 : factor < 3.162 ? 2 : factor < 7.071 ? 5 : 10) * power
  }

  /// Makes room around equal ends, and keeps the range wide enough for its numbers to differ.
  private static func separate(_ low: Double, _ high: Double, _ isLogarithmic: Bool) -> (Double, Double) {
    if isLogarithmic {
      let a = min(max(low, 1e-300), limit)
      let b = min(max(high, 1e-300), limit)
      return b > a * 1.0001 ? (a, b) : (max(a / 3, 1e-300), min(b * 3, limit))
    }
    let a = min(max(low, -limit), limit)
    let b = min(max(high, -limit), limit)
    let least = max(a.magnitude, b.magnitude) * 1e-9
    if b - a > max(least, 1e-290) { return (a, b) }
    let room = max(a.magnitude * 0.1, a == 0 ? 1 : 1e-280)
    return (a == 0 ? 0 : a - room, b + room)
  }

  /// Large numbers take k, M, G; very small or very large ones scientific notation; neighbours always differ.
  private static func label(_ value: Double, spacing: Double, largest: Double) -> String {
    if value == 0 { return "0" }
    let digits = spacing > 0 ? max(3, min(16, Int(ceil(log10(largest / spacing) - 1e-9)) + 1)) : 3
    if largest >= 1e15 || largest < 1e-3 { return trimmed(value, significant: digits) }
    if largest >= 1e4 {
      let units: [(Double, String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
      for (size, unit) in units where value.magnitude >= size {
        return trimmed(value / size, significant: digits) + unit
      }
      return trimmed(value, significant: digits)
    }
    if spacing > 0 {
      let places = max(0, min(16, Int(ceil(-log10(spacing) - 1e-9))))
      return NumberFormat.fixed(places).text(value)
    }
    return trimmed(value, significant: digits)
  }

  /// Significant digits without the zeros at their end.
  static func trimmed(_ value: Double, significant: Int) -> String {
    let decimal = DecimalDigits(value).rounded(significant: significant)
    let kept = max(decimal.digits.count, 1)
    if decimal.exponent > 6 || decimal.exponent < -3 { return decimal.scientific(significant: kept) }
    return decimal.plain(places: max(kept - decimal.exponent, 0))
  }
}
