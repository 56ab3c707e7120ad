// A text, token by token, each tinted by a value: where teacher and student part, which tokens carry the advantage,
// where the model was unsure. What the tint says is also there as a number, for viewers without colour.

import JSONValues

/// The tokens of a text with a value each.
public struct TokenStrip: Sendable, Equatable {
  /// A verdict on one token.
  public enum Mark: Sendable, Equatable {
    case right, wrong

    var sign: String { self == .right ? "✓" : "✗" }
  }

  /// One token.
  public struct Token: Sendable, Equatable {
    /// The text that it stands for.
    public var text: String
    /// Its value; nil for tokens that have none, such as those of the prompt.
    public var value: Double?
    /// Further lines of its tool tip, such as the likeliest tokens of both models.
    public var details: [String]
    /// A verdict, where there is one.
    public var mark: Mark?

    /// A token.
    public init(_ text: String, value: Double? = nil, details: [String] = [], mark: Mark? = nil) {
      self.text = text
      self.value = value
      self.details = details
      self.mark = mark
    }
  }

  /// How values become tints.
  public enum Scale: Sendable, Equatable {
    /// From no tint at zero to the full tint at this value; nil takes the largest value there is.
    ///
    /// For what is never negative: divergences, entropies, probabilities.
    case sequential(to: Double? = nil)
    /// Blue below zero, orange above, the full tint at this distance from zero; nil takes the largest distance there
    /// is.
    ///
    /// For log-ratios and advantages.
    case diverging(limit: Double? = nil)
  }

  /// What the strip shows, one line above it.
  public var title: String?
  /// What the values are, such as "Jensen–Shannon divergence".
  public var quantity: String
  /// Their unit, such as "nats".
  public var unit: String?
  /// How the values are written.
  public var format: NumberFormat
  /// How they are tinted.
  public var scale: Scale
  /// The tokens in the order of the text.
  public var tokens: [Token]
  /// One value for the whole text, which tints all of it; nil where each token has its own.
  public var wholeValue: Double?
  /// At most this many tokens are shown; the middle of a longer text is left out, with a line that says so.
  public var tokenLimit = 1000

  /// A strip of these tokens.
  public init(
    title: String? = nil, quantity: String, unit: String? = nil, format: NumberFormat = .fixed(3),
    scale: Scale = .sequential(), tokens: [Token]
  ) {
    self.title = title
    self.quantity = quantity
    self.unit = unit
    self.format = format
    self.scale = scale
    self.tokens = tokens
  }

  /// The strip as html, PNG and plain text.
  public func bundle() -> MIMEBundle { TokenStrips([self]).bundle() }

  /// The value that tints a token.
  func value(of token: Token) -> Double? { wholeValue ?? token.value }
}

/// Several strips tinted by one scale, so that equal tints mean equal values.
///
/// The first strip says what the values are and how they are tinted and written; a limit that every strip names is the
/// largest of them.
public struct TokenStrips: Figure, Equatable {
  /// Where the strips stand.
  public enum Arrangement: Sendable, Equatable {
    /// Above each other.
    case stacked
    /// Side by side where the page is wide enough, above each other where it is not.
    case beside
  }

  /// The strips.
  public var strips: [TokenStrip]
  /// Where they stand.
  public var arrangement: Arrangement

  /// Strips for comparison.
  public init(_ strips: [TokenStrip], _ arrangement: Arrangement = .stacked) {
    self.strips = strips
    self.arrangement = arrangement
  }

  /// The strips as html, PNG and plain text.
  public func bundle() -> MIMEBundle {
    let tint = Tint(strips)
    var bundle = MIMEBundle(plain: plainText(tint), ["text/html": .string(html(tint))])
    drawing(tint).addPNG(to: &bundle)
    return bundle
  }

  /// The strips as a PNG file; empty where they cannot be drawn.
  public func png() -> [UInt8] { drawing(Tint(strips)).png() }

  /// The strips as an SVG file.
  public func svg() -> [UInt8] { drawing(Tint(strips)).svg() }

  /// The strips as a PDF file of one page.
  public func pdf() -> [UInt8] { drawing(Tint(strips)).pdf() }
}

extension TokenStrip {
  /// A token that is shown, or the number of those that are not.
  enum Piece {
    case token(Token)
    case omitted(Int)
  }

  var pieces: [Piece] {
    let limit = max(tokenLimit, 2)
    guard tokens.count > limit else { return tokens.map { .token($0) } }
    let top = (limit + 1) / 2
    return tokens.prefix(top).map { .token($0) } + [.omitted(tokens.count - limit)]
      + tokens.suffix(limit - top).map { .token($0) }
  }

  static func note(omitted count: Int) -> String {
    "… \(NumberFormat.count().text(Double(count))) \(count == 1 ? "token" : "tokens") not shown …"
  }

  /// Whether the text goes on in a new line after this token.
  static func breaksLine(_ text: String) -> Bool { text.last?.isNewline ?? false }

  var heading: String { unit.map { "\(quantity) (\($0))" } ?? quantity }
}

/// How values become tints: the colour and how much of it.
struct Tint: Equatable {
  /// The full tint: enough to see, not enough to drown the text on a light or a dark page.
  static let strongest = 0.42

  let isDiverging: Bool
  /// The value of the full tint, above zero.
  let limit: Double
  let format: NumberFormat
  let heading: String
  /// Whether any token has a value at all.
  let hasValues: Bool

  /// The tint that suits all these strips; the first one says of what kind it is.
  init(_ strips: [TokenStrip]) {
    let first = strips.first
    var largest = 0.0
    var hasValues = false
    for strip in strips {
      for token in strip.tokens {
        guard let value = strip.value(of: token), !value.isNaN else { continue }
        hasValues = true
        if value.isFinite { largest = max(largest, value.magnitude) }
      }
    }
    self.hasValues = hasValues
    if case .diverging = first?.scale { isDiverging = true } else { isDiverging = false }
    let limits = strips.map { strip in
      switch strip.scale {
      case .diverging(let limit), .sequential(let limit): limit
      }
    }
    let chosen = limits.contains(nil) ? largest : limits.compactMap(\.self).max() ?? largest
    limit = chosen.isFinite && chosen > 0 ? chosen : 1
    format = first?.format ?? .fixed(3)
    heading = first?.heading ?? ""
  }

  /// Colour and opacity; nil for values without a tint.
  func color(_ value: Double?) -> (color: Color, alpha: Double)? {
    guard let value, !value.isNaN else { return nil }
    let share = min(max(value / limit, isDiverging ? -1 : 0), 1)
    guard share.magnitude > 0.01 else { return nil }
    return (share < 0 ? .below : .above, share.magnitude * Self.strongest)
  }

  /// What stands in the place of a scale where there is nothing to tint.
  static let noValues = "no values"

  /// The values that the legend names, lowest first.
  var legend: [Double] {
    isDiverging ? [-limit, -limit / 2, 0, limit / 2, limit] : [0, limit * 0.25, limit * 0.5, limit * 0.75, limit]
  }
}
