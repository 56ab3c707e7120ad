// A model, as cells hold it: a policy with a name and a card.

import CellLanguage
import Tokenizer
import Tensors
import Display
import JSONValues
import LanguageModel
import Rollouts

/// A language model.
struct ModelObject: CellObject, Pictured {
  let policy: Policy
  let name: String
  let card: JSON

  var typeName: String { "Model" }
  var summary: String {
    let shape = policy.weights.configuration
    return
      "model \(name): \(NumberFormat.count().text(Double(policy.weights.base.layout.parameterCount))) parameters, "
      + "\(shape.layers) layers of width \(shape.width), \(shape.vocabulary) tokens"
      + (policy.weights.adapter.map { ", with an adapter, \($0.configuration.name)" } ?? "")
  }

  /// Equal models have equal parameters, and equal adapters if any, bit for bit.
  func isEqual(to other: any CellObject) -> Bool? {
    guard let other = other as? ModelObject else { return nil }
    return other.policy.weights.configuration == policy.weights.configuration
      && other.policy.weights.adapter?.configuration == policy.weights.adapter?.configuration
      && other.policy.vocabulary == policy.vocabulary && other.checksum == checksum
  }

  /// 64 bits of FNV-1a over the bytes of the parameters and then of the adapter, in hexadecimal.
  var checksum: String {
    let parts = [policy.weights.base.values, policy.weights.adapter?.values].compactMap(\.self)
    let hash = parts.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, values in
      unsafe values.withBytes { bytes in
        unsafe bytes.reduce(hash) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  func picture() -> MIMEBundle {
    let shape = policy.weights.configuration
    let layout = policy.weights.base.layout
    let adapter = policy.weights.adapter
    let count = NumberFormat.count()
    var table = Table(
      caption: "Model \(name)",
      columns: [
        Table.Column("part", alignment: .leading), Table.Column("value"),
        Table.Column("meaning", alignment: .leading),
      ])
    func row(_ part: String, _ value: Int, _ meaning: String) {
      table.rows.append([.text(part), .number(Double(value), count), .text(meaning)])
    }
    let role = adapter == nil ? "numbers that training changes" : "numbers of the base, which stay as they are"
    row("parameters", layout.parameterCount, "\(role); \(layout.parameterCount * 4 / 1024) KiB as float32")
    if let adapter {
      let configuration = adapter.configuration
      row(
        "adapter", adapter.layout.parameterCount,
        "numbers that training changes; LoRA of rank \(configuration.rank), alpha "
          + "\(Int(exactly: configuration.alpha).map(String.init) ?? "\(configuration.alpha)"), on "
          + "\(configuration.orderedTargets.map(\.rawValue).joined(separator: ", ")) of every layer")
    }
    row("layers", shape.layers, "each attention, then feed-forward")
    row("width", shape.width, "numbers in the residual stream of one token")
    row("heads", shape.heads, "query heads, on \(shape.keyValueHeads) key-value heads of \(shape.headWidth) numbers")
    row("feed-forward", shape.feedForward, "hidden numbers of each feed-forward part")
    row("vocabulary", shape.vocabulary, "tokens: \(policy.vocabulary.characters.map { String($0) }.joined())")
    row("context", shape.contextLength, "tokens at most")
    table.rows.append(["checksum", .text(checksum), "equal checksums, equal parameters"])
    for (who, measured) in (card["measured"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let accuracy = measured["accuracy"]?.double, let low = measured["interval95"]?[0]?.double,
        let high = measured["interval95"]?[1]?.double
      else { continue }
      let percent = NumberFormat.percent()
      table.rows.append([
        .text("as \(who)"), .number(accuracy, percent),
        .text(
          "right on \(card["heldOutProblems"]?.int ?? 0) held-out problems, measured when it was made; 95 % interval "
            + "\(percent.text(low)) to \(percent.text(high))"),
      ])
    }
    return table.bundle()
  }
}
