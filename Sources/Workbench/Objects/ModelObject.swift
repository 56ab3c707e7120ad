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
    let shape = policy.parameters.configuration
    return "model \(name): \(NumberFormat.count().text(Double(policy.parameters.layout.parameterCount))) parameters, "
      + "\(shape.layers) layers of width \(shape.width), \(shape.vocabulary) tokens"
  }

  /// Equal models have equal parameters, bit for bit.
  func isEqual(to other: any CellObject) -> Bool? {
    guard let other = other as? ModelObject else { return nil }
    return other.policy.parameters.configuration == policy.parameters.configuration
      && other.policy.vocabulary == policy.vocabulary && other.checksum == checksum
  }

  /// 64 bits of FNV-1a over the parameters' bytes, in hexadecimal.
  var checksum: String {
    let hash = unsafe policy.parameters.values.withBytes { bytes in
      unsafe bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  func picture() -> MIMEBundle {
    let shape = policy.parameters.configuration
    let layout = policy.parameters.layout
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
    row(
      "parameters", layout.parameterCount,
      "numbers that training changes; \(layout.parameterCount * 4 / 1024) KiB as float32")
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
