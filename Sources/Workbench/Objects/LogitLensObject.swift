// What the head would say after each layer, as cells hold it.

import CellLanguage
import Display
import Rollouts
import Tensors
import Tokenizer
import Training

/// The logit lens along a rollout: a distribution for each number of layers and each position.
struct LogitLensObject: CellObject, Pictured {
  let reading: Reading
  let scores: LayerScores

  var typeName: String { "LogitLens" }
  var summary: String {
    "logit lens after 0 to \(scores.depths - 1) layers at \(scores.positions) positions: \(reading.title)"
  }
  var elementCount: Int? { scores.depths }

  func element(at index: Value) throws -> Value {
    try elements(at: index) { .object(LogitLensLayerObject(lens: self, depth: $0)) }
  }

  func picture() -> MIMEBundle { map(.probability).bundle() }

  /// What is measured at every position after so many layers.
  func values(_ quantity: LensQuantity, afterLayers depth: Int) -> [Double] {
    (0..<scores.positions).map { position in
      quantity.value(
        of: scores.row(afterLayers: depth, position), token: Int(reading.rollout.rollout.tokens[position]))
    }
  }

  /// A row for each number of layers, a column for each position, the likeliest token in each cell.
  func map(_ quantity: LensQuantity) -> HeatMap {
    let vocabulary = reading.rollout.policy.vocabulary
    var map = HeatMap(
      title: "Logit lens: \(reading.title)",
      note: "in each cell the likeliest token; the last row is what the model says",
      rows: .init("residual stream", labels: (0..<scores.depths).map(Self.name)),
      columns: .init("token of the answer", labels: reading.rollout.tokenTexts, holdsTokens: true),
      quantity: quantity.name, unit: quantity.unit, format: quantity.format, scale: quantity.scale,
      values: (0..<scores.depths).map { values(quantity, afterLayers: $0) },
      texts: (0..<scores.depths).map { depth in
        (0..<scores.positions).map { position in
          let probabilities = scores.row(afterLayers: depth, position)
          let likeliest = probabilities.indices.reduce(0) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
          return String(vocabulary.characters[likeliest])
        }
      })
    map.textMeaning = "likeliest token"
    return map
  }

  static func name(_ depth: Int) -> String {
    depth == 0 ? "embedding" : "after \(depth) layer\(depth == 1 ? "" : "s")"
  }
}

/// What a logit lens can be coloured by.
enum LensQuantity {
  case probability, probabilityOfToken, entropy, rank

  var name: String {
    switch self {
    case .probability: "probability of the likeliest token"
    case .probabilityOfToken: "probability of the token of the answer"
    case .entropy: "entropy"
    case .rank: "rank of the token of the answer"
    }
  }

  var unit: String? { self == .entropy ? "nats" : nil }

  var format: NumberFormat { self == .rank ? .significant(2) : .fixed(2) }

  var scale: HeatMap.Scale {
    switch self {
    case .probability, .probabilityOfToken: .sequential(to: 1)
    case .entropy: .sequential()
    case .rank: .logarithmic
    }
  }

  /// The quantity of one distribution, and of the token that stands in the answer.
  func value(of probabilities: [Double], token: Int) -> Double {
    switch self {
    case .probability: probabilities.max() ?? .nan
    case .probabilityOfToken: probabilities[token]
    case .entropy: nats(probabilities)
    case .rank: Double(1 + probabilities.count { $0 > probabilities[token] })
    }
  }
}

/// What the head would say after some layers: a vector for each position.
struct LogitLensLayerObject: CellObject {
  let lens: LogitLensObject
  let depth: Int

  var typeName: String { "LogitLensLayer" }
  var summary: String {
    "\(LogitLensObject.name(depth)): \(lens.scores.positions) vectors of \(lens.scores.vocabulary) probabilities"
  }
  var elementCount: Int? { lens.scores.positions }

  func element(at index: Value) throws -> Value {
    try elements(at: index) { .reals(lens.scores.row(afterLayers: depth, $0)) }
  }
}
