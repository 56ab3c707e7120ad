import Foundation
import Testing

@testable import Display

@Suite struct ColorTests {
  /// Relative luminance as WCAG 2.2 defines it.
  static func luminance(_ color: Color) -> Double {
    func linear(_ value: UInt8) -> Double {
      let share = Double(value) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
  }

  static func contrast(_ a: Color, _ b: Color) -> Double {
    let (light, dark) = (max(luminance(a), luminance(b)), min(luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)
  }

  /// WCAG 2.2 asks 3 to 1 of graphics; the darkest ground is that of Vega's dark theme.
  @Test(arguments: Color.categories.indices) func linesStandOutOnLightAndOnDark(index: Int) {
    #expect(Self.contrast(.category(index), .white) >= 3, "the picture is on white")
    for ground in [Color.white, Color(0x333333), Color(0x111111)] {
      #expect(Self.contrast(.categoryOnAnyGround(index), ground) >= 3, "\(index) on \(ground.hex)")
    }
  }

  @Test func linesDifferByColourByDashAndByName() {
    #expect(Set(Color.categories.map(\.hex)).count == Color.categories.count)
    #expect(Set(Dash.patterns).count == Color.categories.count)
  }
}
