// Two distributions over the same tokens at one position, side by side: what each would say, and which tokens make the
// difference. A table with bars in its cells, because every number matters here and a table keeps them without colour.

import JSONValues

/// Two distributions over the tokens of one position that tell most.
public struct DistributionPair: Figure, Equatable {
  /// One token.
  public struct Entry: Sendable, Equatable {
    /// The token's text.
    public var label: String
    /// Its probability in the first distribution.
    public var first: Double
    /// Its probability in the second distribution.
    public var second: Double
    /// Its probability in a mixture of both, where one is in use.
    public var mixture: Double?
    /// Its part of the divergence, positive or negative.
    public var share: Double?

    /// One token's probabilities.
    public init(_ label: String, first: Double, second: Double, mixture: Double? = nil, share: Double? = nil) {
      self.label = label
      self.first = first
      self.second = second
      self.mixture = mixture
      self.share = share
    }
  }

  /// What is shown, one line above.
  public var title: String?
  /// The name of the first distribution.
  public var firstName: String
  /// The name of the second distribution.
  public var secondName: String
  /// What the shares are parts of, such as "Jensen–Shannon divergence".
  public var quantity: String
  /// The unit of the shares.
  public var unit: String?
  /// The whole that the shares are parts of; with it the tokens that are not listed get their share too.
  public var total: Double?
  /// The tokens in the order in which they are listed.
  public var entries: [Entry]
  /// The index of the token that stands at this position.
  public var chosen: Int?
  /// At most this many tokens are listed; the rest is summed in the last row.
  public var entryLimit = 30

  /// A pair of distributions; what the entries leave of the probability becomes the last row.
  public init(
    title: String? = nil, firstName: String = "teacher", secondName: String = "student",
    quantity: String = "divergence",
    unit: String? = "nats", total: Double? = nil, entries: [Entry], chosen: Int? = nil
  ) {
    self.title = title
    self.firstName = firstName
    self.secondName = secondName
    self.quantity = quantity
    self.unit = unit
    self.total = total
    self.entries = entries
    self.chosen = chosen
  }

  /// The pair as html, PNG and plain text.
  public func bundle() -> MIMEBundle {
    var bundle = MIMEBundle(plain: plainText(), ["text/html": .string(html())])
    drawing().addPNG(to: &bundle)
    return bundle
  }

  /// The pair as a PNG file; empty where it cannot be drawn.
  public func png() -> [UInt8] { drawing().png() }

  /// The pair as an SVG file.
  public func svg() -> [UInt8] { drawing().svg() }

  /// The pair as a PDF file of one page.
  public func pdf() -> [UInt8] { drawing().pdf() }
}

extension DistributionPair {
  /// One line of the display, its lengths in 0…1 and its numbers as text.
  struct Row {
    var label: String
    var isChosen = false
    var isRest = false
    var cells: [Cell]
  }

  struct Cell {
    var text: String
    /// The length of the bar, −1…1; nil for no bar.
    var length: Double?
    var color: Color
    var barColor: Color { (length ?? 0) < 0 ? .purple : color }
  }

  /// The columns that this pair has, as headings.
  var headings: [String] {
    var result = [firstName, secondName]
    if showsMixture { result.append("mixture") }
    if showsShares { result.append("share of \(quantity)" + (unit.map { " (\($0))" } ?? "")) }
    return result
  }

  private var showsMixture: Bool { entries.contains { $0.mixture != nil } }
  private var showsShares: Bool { entries.contains { $0.share != nil } }

  /// The listed tokens and, where something is left, the rest of the vocabulary.
  var rows: [Row] {
    let listed = entries.prefix(max(entryLimit, 1))
    let all = Array(listed) + [rest(of: Array(listed))].compactMap { $0 }
    func largest(_ values: [Double?]) -> Double {
      values.reduce(0) { largest, value in
        guard let value, value.isFinite else { return largest }
        return max(largest, value.magnitude)
      }
    }
    let longest = largest(all.flatMap { [$0.first, $0.second, $0.mixture] })
    let largestShare = largest(all.map(\.share))
    // Where the sides agree, shares are small and still differ.
    let shareFormat = (largestShare < 0.001 ? NumberFormat.significant(2) : .fixed(4)).signed
    return all.enumerated().map { index, entry in
      var cells = [
        Self.probability(entry.first, longest, .blueTone), Self.probability(entry.second, longest, .vermilion),
      ]
      if showsMixture { cells.append(Self.probability(entry.mixture ?? .nan, longest, .middle)) }
      if showsShares {
        let share = entry.share ?? .nan
        cells.append(
          Cell(
            text: shareFormat.text(share), length: Self.length(share, of: largestShare), color: .green)
        )
      }
      let isRest = index >= listed.count
      let label = isRest ? entry.label : entry.label.isEmpty ? "∅" : TextLayout.visible(entry.label)
      return Row(label: label, isChosen: index == chosen && !isRest, isRest: isRest, cells: cells)
    }
  }

  /// Everything that is not listed, as one entry; nil where that is nothing.
  private func rest(of listed: [Entry]) -> Entry? {
    func remainder(_ probabilities: [Double]) -> Double { 1 - probabilities.reduce(0, +) }
    let first = remainder(listed.map(\.first))
    let second = remainder(listed.map(\.second))
    guard first.isFinite, second.isFinite, max(first, second) > 5e-5, min(first, second) > -1e-3 else { return nil }
    let mixtures = listed.compactMap(\.mixture)
    let shares = listed.compactMap(\.share)
    return Entry(
      "all other tokens", first: max(first, 0), second: max(second, 0),
      mixture: mixtures.count == listed.count && showsMixture ? max(remainder(mixtures), 0) : nil,
      share: total.flatMap { shares.count == listed.count && showsShares ? $0 - shares.reduce(0, +) : nil })
  }

  private static func probability(_ value: Double, _ longest: Double, _ color: Color) -> Cell {
    let isTiny = value > 0 && value < 5e-5
    return Cell(
      text: isTiny ? "<0.0001" : NumberFormat.fixed(4).text(value), length: length(value, of: longest), color: color)
  }

  private static func length(_ value: Double, of longest: Double) -> Double? {
    guard value.isFinite, longest > 0 else { return nil }
    return min(max(value / longest, -1), 1)
  }

  var totalLine: String? {
    guard let total, !total.isNaN else { return nil }
    let format = total != 0 && total.magnitude < 0.001 ? NumberFormat.significant(2) : .fixed(4)
    return "\(quantity): \(format.text(total))" + (unit.map { " \($0)" } ?? "")
  }

  static let chosenNote = "◂ the token at this position"
}
