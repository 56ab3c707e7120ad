// A matrix as a picture: a cell for each pair of a row and a column, coloured by its value. One description becomes a
// Vega-Lite specification with a tool tip for every cell, a PNG, and text.

public import JSONValues

/// Values in rows and columns, coloured by how large they are.
///
/// What is not a number has no cell, nor has what is not positive on a logarithmic scale; infinities take the colours of
/// the ends. There is no HTML among the media types, because front ends would prefer it to the interactive one.
public struct HeatMap: Figure, Equatable {
  /// What stands along one side.
  public struct Axis: Sendable, Equatable {
    /// What is counted along it, such as "token that is read".
    public var title: String
    /// A name for each row or column; what has none is counted from zero.
    public var labels: [String]
    /// The names are tokens of a model: their white space is made visible, and they stand in a fixed width.
    public var holdsTokens: Bool

    /// A side with these names.
    public init(_ title: String, labels: [String], holdsTokens: Bool = false) {
      self.title = title
      self.labels = labels
      self.holdsTokens = holdsTokens
    }
  }

  /// How values become colours.
  public enum Scale: Sendable, Equatable {
    /// From light at zero to dark at this value; nil takes the largest value there is.
    ///
    /// For what is never negative: probabilities, attention weights, entropies.
    case sequential(to: Double? = nil)
    /// From light at the smallest positive value to dark at the largest, by the logarithm.
    case logarithmic
    /// Blue below zero, orange above, darkest at this distance from zero; nil takes the largest distance there is.
    case diverging(limit: Double? = nil)
  }

  /// What the map shows, one line above it.
  public var title: String?
  /// What the reader should know beside, such as what an empty cell means; one line.
  public var note: String?
  /// The rows, from the top.
  public var rows: Axis
  /// The columns, from the left.
  public var columns: Axis
  /// What the values are, such as "attention weight".
  public var quantity: String
  /// Their unit, such as "nats".
  public var unit: String?
  /// How the values are written.
  public var format: NumberFormat
  /// How they are coloured.
  public var scale: Scale
  /// Row after row; what is missing at the end of a row, or NaN, has no value.
  public var values: [[Double]]
  /// What is written into the cells, row after row; nil writes nothing.
  public var texts: [[String]]?
  /// What these texts are.
  public var textMeaning = "in the cell"
  /// At most so many rows, and so many columns, are shown; the middle of more is left out, with a line that says so.
  public var limit = 100

  /// A map of these values.
  public init(
    title: String? = nil, note: String? = nil, rows: Axis, columns: Axis, quantity: String, unit: String? = nil,
    format: NumberFormat = .significant(3), scale: Scale = .sequential(), values: [[Double]], texts: [[String]]? = nil
  ) {
    self.title = title
    self.note = note
    self.rows = rows
    self.columns = columns
    self.quantity = quantity
    self.unit = unit
    self.format = format
    self.scale = scale
    self.values = values
    self.texts = texts
  }

  /// The map for the notebook: Vega-Lite, PNG and plain text.
  public func bundle() -> MIMEBundle {
    let grid = HeatGrid(self)
    var bundle = MIMEBundle(
      plain: plainText(grid), ["application/vnd.vegalite.v5+json": vegaLite(grid)])
    drawing(grid).addPNG(to: &bundle)
    return bundle
  }

  /// The map as a PNG file; empty where it cannot be drawn.
  public func png() -> [UInt8] { drawing(HeatGrid(self)).png() }

  /// The map as an SVG file.
  public func svg() -> [UInt8] { drawing(HeatGrid(self)).svg() }

  /// The map as a PDF file of one page.
  public func pdf() -> [UInt8] { drawing(HeatGrid(self)).pdf() }

  /// The map's Vega-Lite 5 description.
  public func vega() -> JSON? { vegaLite(HeatGrid(self)) }

  var heading: String { unit.map { "\(quantity) (\($0))" } ?? quantity }
}

/// What is shown of a map: its slots, each a row or a column or, once, the gap where some are left out.
struct HeatGrid {
  /// The rows from the top; nil is the gap.
  let rows: [Int?]
  /// The columns from the left; nil is the gap.
  let columns: [Int?]
  /// The name of each slot.
  let rowLabels: [String]
  let columnLabels: [String]
  /// The same for tool tips: a token, which may stand in several places, with its place.
  let rowNames: [String]
  let columnNames: [String]
  let shade: HeatShade
  /// What is left out, and the reader's own note.
  let notes: [String]
  private let values: [[Double]]
  private let texts: [[String]]?

  init(_ map: HeatMap) {
    let limit = min(max(map.limit, 2), 400)
    values = map.values
    texts = map.texts
    let height = map.values.count
    let width = map.values.reduce(map.values.isEmpty ? 0 : map.columns.labels.count) { max($0, $1.count) }
    rows = Self.slots(height, limit)
    columns = Self.slots(width, limit)
    rowLabels = Self.labels(rows, map.rows)
    columnLabels = Self.labels(columns, map.columns)
    rowNames = Self.names(rows, map.rows, rowLabels)
    columnNames = Self.names(columns, map.columns, columnLabels)
    shade = HeatShade(map)
    var notes = map.note.map { [$0] } ?? []
    for (what, count, slots) in [("rows", height, rows), ("columns", width, columns)] where slots.contains(nil) {
      let count = Double(count)
      notes.append(
        "\(what): the first and the last \(limit / 2) of \(NumberFormat.count().text(count)); ⋯ stands for the rest")
    }
    self.notes = notes
  }

  /// The value in a cell; nil for none.
  func value(_ row: Int, _ column: Int) -> Double? {
    guard let row = rows[row], let column = columns[column], column < values[row].count else { return nil }
    let value = values[row][column]
    return shade.share(value) == nil ? nil : value
  }

  /// Whether anything is written into cells.
  var hasTexts: Bool { texts != nil }

  /// What is written into a cell.
  func text(_ row: Int, _ column: Int) -> String {
    guard let texts, let row = rows[row], let column = columns[column], row < texts.count, column < texts[row].count
    else { return "" }
    return texts[row][column]
  }

  /// Whether there is a cell at all.
  var isEmpty: Bool {
    !rows.indices.contains { row in columns.indices.contains { value(row, $0) != nil } }
  }

  private static func slots(_ count: Int, _ limit: Int) -> [Int?] {
    guard count > limit else { return Array(0..<count) }
    return Array(0..<limit / 2) + [nil] + Array(count - limit / 2..<count)
  }

  private static func labels(_ slots: [Int?], _ axis: HeatMap.Axis) -> [String] {
    slots.map { slot in
      guard let slot else { return "⋯" }
      guard slot < axis.labels.count else { return "\(slot)" }
      let label = axis.labels[slot]
      return axis.holdsTokens ? (label.isEmpty ? "∅" : TextLayout.visible(label)) : TextLayout.singleLine(label)
    }
  }

  private static func names(_ slots: [Int?], _ axis: HeatMap.Axis, _ labels: [String]) -> [String] {
    guard axis.holdsTokens else { return labels }
    return zip(slots, labels).map { slot, label in slot.map { "\(label) (\($0))" } ?? label }
  }
}
