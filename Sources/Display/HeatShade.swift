// From values to colours and back. Magnitude is lightness within one hue, sign is blue or orange: both are told apart with
// any kind of colour vision, and in grey print the magnitude stays. Cells bring their own ground, so that a map reads the
// same on light and on dark pages.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The colours of one heat map.
struct HeatShade: Equatable {
  private enum Kind: Equatable {
    case sequential, logarithmic, diverging
  }

  private let kind: Kind
  /// The values at the two ends; finite, the lower one smaller.
  let lower: Double
  let upper: Double

  /// Light to dark, evenly spaced in value.
  private static let magnitude = [0xE3ECF6, 0xBAD3EA, 0x6BAED6, 0x2171B5, 0x08306B].map { Color($0) }
  private static let signed = [0x0A4C86, 0x6DB1E6, 0xF0F0EE, 0xF2A65E, 0x8A3A02].map { Color($0) }
  private static let black = Color(0x000000)

  init(_ map: HeatMap) {
    var least = Double.infinity
    var most = 0.0
    for value in map.values.joined() where value.isFinite {
      most = max(most, map.scale == .logarithmic ? value : value.magnitude)
      if value > 0 { least = min(least, value) }
    }
    func end(_ wanted: Double?) -> Double {
      let chosen = wanted ?? most
      return chosen.isFinite && chosen > 0 ? min(max(chosen, 1e-300), AxisScale.limit) : 1
    }
    switch map.scale {
    case .sequential(let limit):
      kind = .sequential
      (lower, upper) = (0, end(limit))
    case .diverging(let limit):
      kind = .diverging
      upper = end(limit)
      lower = -upper
    case .logarithmic:
      kind = .logarithmic
      upper = end(nil)
      let start = min(max(least, 1e-300), upper)
      lower = start < upper / 1.0001 ? start : upper / 10
    }
  }

  var isLogarithmic: Bool { kind == .logarithmic }
  var isDiverging: Bool { kind == .diverging }

  /// The place of a value between the ends, 0 to 1; nil for what has no cell.
  func share(_ value: Double) -> Double? {
    guard !value.isNaN, !isLogarithmic || value > 0 else { return nil }
    let bound = min(max(value, lower), upper)
    // Neither the difference nor the quotient of the two ends need be finite.
    let share =
      isLogarithmic
      ? (log(bound) - log(lower)) / (log(upper) - log(lower)) : (bound / upper - lower / upper) / (1 - lower / upper)
    return min(max(share, 0), 1)
  }

  /// The value at a place.
  func value(at share: Double) -> Double {
    isLogarithmic
      ? exp(log(lower) * (1 - share) + log(upper) * share) : lower * (1 - share) + upper * share
  }

  /// The colours between which all others lie, and the values that have them.
  var stops: [(value: Double, color: Color)] {
    let colors = isDiverging ? Self.signed : Self.magnitude
    return colors.indices.map { (value(at: Double($0) / Double(colors.count - 1)), colors[$0]) }
  }

  /// The colour at a place.
  func color(at share: Double) -> Color {
    let colors = isDiverging ? Self.signed : Self.magnitude
    let place = share * Double(colors.count - 1)
    let index = min(Int(place), colors.count - 2)
    return colors[index].mixed(with: colors[index + 1], place - Double(index))
  }

  /// The colour of what is written over this place: whichever is told apart better.
  func ink(at share: Double) -> Color {
    let luminance = color(at: share).luminance + 0.05
    return luminance * luminance > 0.05 * 1.05 ? Self.black : .white
  }

  /// The places beyond which white is written: towards the upper end, and in a diverging map towards the lower end too.
  var whiteBeyond: (lower: Double?, upper: Double) {
    let steps = 400
    let places = (0...steps).map { Double($0) / Double(steps) }
    let upper = places.first { $0 > 0.5 && ink(at: $0) == .white } ?? 1
    return (isDiverging ? places.last { $0 < 0.5 && ink(at: $0) == .white } : nil, upper)
  }
}

extension Color {
  /// Some of this colour and `share` of another.
  func mixed(with other: Color, _ share: Double) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt32 { UInt32((Double(a) + (Double(b) - Double(a)) * share).rounded()) }
    return Color(mix(red, other.red) << 16 | mix(green, other.green) << 8 | mix(blue, other.blue))
  }

  /// Relative luminance, 0 for black to 1 for white (WCAG 2.2).
  var luminance: Double {
    func linear(_ byte: UInt8) -> Double {
      let value = Double(byte) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
}
