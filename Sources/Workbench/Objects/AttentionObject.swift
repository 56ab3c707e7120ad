// Which tokens each head reads, as cells hold it.

import CellLanguage
import Display
import Rollouts
import Tokenizer
import Training

/// The attention weights of every layer and head along a rollout.
struct AttentionObject: CellObject, Pictured {
  let reading: Reading
  let scores: AttentionScores
  /// What is shown where nothing else is asked for; without a head, the mean over heads.
  let layer: Int
  let head: Int?

  var typeName: String { "Attention" }
  var summary: String {
    "attention of \(scores.layers) layers of \(scores.heads) heads over \(scores.tokens) tokens: \(reading.title)"
  }
  var elementCount: Int? { scores.layers }

  func element(at index: Value) throws -> Value {
    try elements(at: index) { .object(AttentionLayerObject(attention: self, layer: $0)) }
  }

  func picture() -> MIMEBundle { map(layer: layer, head: head).bundle() }

  /// What one token reads with a head, or with the mean of a layer's heads: weights over all tokens.
  func row(layer: Int, head: Int?, _ row: Int) -> [Double] {
    if let head { return scores.row(layer: layer, head: head, row) }
    var mean = [Double](repeating: 0, count: scores.tokens)
    for head in 0..<scores.heads {
      for (column, weight) in scores.row(layer: layer, head: head, row).enumerated() {
        mean[column] += weight / Double(scores.heads)
      }
    }
    return mean
  }

  /// Who reads whom with a head, or on the mean of a layer's heads.
  func map(layer: Int, head: Int?) -> HeatMap {
    let tokens = Array(reading.tokens.prefix(scores.tokens))
    let who = head.map { "layer \(layer), head \($0)" } ?? "layer \(layer), mean over \(scores.heads) heads"
    let count = reading.prompt.count
    return HeatMap(
      title: "Attention, \(who): \(reading.title)",
      note:
        "tokens 0 to \(count - 1) are the prompt, the answer follows; a token reads itself and what stands before it",
      rows: .init("token that reads", labels: tokens, holdsTokens: true),
      columns: .init("token that is read", labels: tokens, holdsTokens: true), quantity: "attention weight",
      format: .fixed(2), scale: .sequential(to: 1),
      values: tokens.indices.map { Array(row(layer: layer, head: head, $0)[...$0]) })
  }

  /// What every head, of one layer or of all, reads where a position of the completion is predicted.
  func readers(at position: Int, layer: Int?) -> HeatMap {
    let reader = reading.reader(of: position)
    let layers = layer.map { $0...$0 } ?? 0...scores.layers - 1
    let heads = layers.flatMap { layer in (0..<scores.heads).map { (layer: layer, head: $0) } }
    let written = reading.rollout.policy.vocabulary.displayText(of: Int(reading.rollout.rollout.tokens[position]))
    return HeatMap(
      title: "What each head reads to write token \(position), \"\(written)\": \(reading.title)",
      note: "tokens 0 to \(reading.prompt.count - 1) are the prompt; the last one shown is the one that reads",
      rows: .init("head", labels: heads.map { "layer \($0.layer), head \($0.head)" }),
      columns: .init("token that is read", labels: Array(reading.tokens[...reader]), holdsTokens: true),
      quantity: "attention weight", format: .fixed(2), scale: .sequential(to: 1),
      values: heads.map { Array(row(layer: $0.layer, head: $0.head, reader)[...reader]) })
  }
}

/// One layer of it.
struct AttentionLayerObject: CellObject, Pictured {
  let attention: AttentionObject
  let layer: Int

  var typeName: String { "AttentionLayer" }
  var summary: String { "layer \(layer) of \(attention.summary)" }
  var elementCount: Int? { attention.scores.heads }

  func element(at index: Value) throws -> Value {
    try elements(at: index) { .object(AttentionHeadObject(attention: attention, layer: layer, head: $0)) }
  }

  func picture() -> MIMEBundle { attention.map(layer: layer, head: nil).bundle() }
}

/// One head of it: a row of weights for each token.
struct AttentionHeadObject: CellObject, Pictured {
  let attention: AttentionObject
  let layer: Int
  let head: Int

  var typeName: String { "AttentionHead" }
  var summary: String { "head \(head) of layer \(layer) of \(attention.summary)" }
  var elementCount: Int? { attention.scores.tokens }

  func element(at index: Value) throws -> Value {
    try elements(at: index) { .reals(attention.row(layer: layer, head: head, $0)) }
  }

  func picture() -> MIMEBundle { attention.map(layer: layer, head: head).bundle() }
}
