// The colours of every display, in one place. Categories follow the palette of Okabe and Ito, which readers with any kind
// of colour vision tell apart, as far as it stands out from white; a dash pattern and a marker repeat what the colour says.

/// A colour without transparency.
struct Color: Sendable, Equatable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  init(_ hex: UInt32) {
    red = UInt8(truncatingIfNeeded: hex >> 16)
    green = UInt8(truncatingIfNeeded: hex >> 8)
    blue = UInt8(truncatingIfNeeded: hex)
  }

  static let white = Color(0xFFFFFF)
  /// Text on white.
  static let ink = Color(0x1F2328)
  /// Secondary text on white.
  static let quiet = Color(0x57606A)
  static let grid = Color(0xE6E8EB)
  static let axis = Color(0x8C959F)
  /// A grey that is visible on white and on dark pages.
  static let middle = Color(0x888888)

  static let blueTone = Color(0x0072B2)
  static let vermilion = Color(0xD55E00)
  static let green = Color(0x009E73)
  /// Tints of values below and above zero: lighter than the categories, to show on dark pages at low opacity.
  static let below = Color(0x2B8FE0)
  static let above = Color(0xE66A0A)
  static let purple = Color(0xCC79A7)
  static let highlight = Color(0xE69F00)

  /// Okabe and Ito's palette without black and yellow, which vanish on dark and on white pages; their orange is darker
  /// here, and a violet stands for their sky blue, so that every line has a contrast of 3 to 1 or more with white.
  static let categories = [
    blueTone, vermilion, green, purple, Color(0xBF8300), Color(0x8C7AE6), middle,
  ]

  static func category(_ index: Int) -> Color { categories[index % categories.count] }

  /// The same for a ground that may be dark, where the deep blue would sink.
  static func categoryOnAnyGround(_ index: Int) -> Color {
    let color = category(index)
    return color == .blueTone ? .below : color
  }

  /// `#rrggbb`.
  var hex: String {
    let digits = Array("0123456789abcdef")
    return "#" + [red, green, blue].map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
  }

  /// `rgba(r, g, b, a)` as JupyterLab's sanitiser accepts it.
  func css(alpha: Double) -> String {
    "rgba(\(red), \(green), \(blue), \(NumberFormat.fixed(3).text(min(max(alpha, 0), 1))))"
  }
}

/// Dash patterns that go with the colours, in points; empty is a full line.
enum Dash {
  static let patterns: [[Double]] = [[], [7, 3], [2, 2.5], [9, 3, 2, 3], [4, 2], [12, 3], [1, 3]]

  static func pattern(_ index: Int) -> [Double] { patterns[index % patterns.count] }
}
