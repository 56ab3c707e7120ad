// The card of a model: what it consists of, what a step of training holds in memory, where it comes from.

import CellLanguage
import Display
import JSONValues
import LanguageModel
import Rollouts
import Tokenizer
import Training

extension ModelObject {
  func picture() -> MIMEBundle { modelCard().bundle() }

  /// One table: parts, memory, shape, origin; the matrices of all layers are one line each.
  func modelCard() -> Table {
    let shape = policy.weights.configuration
    let count = policy.weights.parameterCount
    var table = Table(
      caption: "Model \(name): \(NumberFormat.count().text(Double(count))) parameters",
      columns: [
        Table.Column("part", alignment: .leading), Table.Column("shape"),
        Table.Column("numbers", meaning: "How many; of every layer together."),
        Table.Column("share", meaning: "Of all parameters; of an examination, what was right."),
        Table.Column("KiB", meaning: "As float32."), Table.Column("meaning", alignment: .leading),
      ])
    table.rows = parts(of: count) + memory() + facts(shape) + origin()
    return table
  }

  private func row(
    _ part: String, shape: String = "", numbers: Int? = nil, share: Double? = nil, bytes: Double? = nil,
    _ meaning: String
  ) -> [Table.Cell] {
    func cell(_ value: Double?, _ format: NumberFormat) -> Table.Cell { value.map { .number($0, format) } ?? "" }
    return [
      .text(part), .text(shape), cell(numbers.map(Double.init), .count()), cell(share, .percent()),
      cell(bytes.map { $0 / 1024 }, .fixed(1)), .text(meaning),
    ]
  }

  /// The parameters by part, those of the same part of every layer together, then all.
  private func parts(of count: Int) -> [[Table.Cell]] {
    let shape = policy.weights.configuration
    let names: [(part: String, suffix: String, meaning: String)] = [
      (
        "embedding", "embed_tokens.weight",
        shape.hasTiedHead ? "a row for each token; the head is tied to it" : "a row for each token"
      ),
      ("attention, q", "q_proj.weight", "queries: what a token looks for"),
      ("attention, k", "k_proj.weight", "keys: what it is found by"),
      ("attention, v", "v_proj.weight", "values: what is read from it"),
      ("attention, o", "o_proj.weight", "what was read, back to the residual stream"),
      ("feed-forward, gate", "gate_proj.weight", "which hidden numbers are let through"),
      ("feed-forward, up", "up_proj.weight", "the hidden numbers"),
      ("feed-forward, down", "down_proj.weight", "back to the residual stream"),
      ("head", "lm_head.weight", "from the residual stream to a logit for each token"),
    ]
    let entries = policy.weights.base.layout.entries
    let share = { (numbers: Int) in Double(numbers) / Double(count) }
    var rows: [[Table.Cell]] = names.compactMap { part, suffix, meaning in
      let found = entries.filter { $0.name.hasSuffix(suffix) }
      guard let first = found.first else { return nil }
      let numbers = found.reduce(0) { $0 + $1.count }
      let repeated = first.name.contains(".layers.") ? " × \(found.count) layer\(found.count == 1 ? "" : "s")" : ""
      return row(
        part, shape: "\(first.shape[0]) × \(first.shape[1])" + repeated, numbers: numbers, share: share(numbers),
        bytes: 4 * Double(numbers), meaning)
    }
    let norms = entries.filter { $0.shape.count == 1 }.reduce(0) { $0 + $1.count }
    rows.append(
      row(
        "norms", numbers: norms, share: share(norms), bytes: 4 * Double(norms),
        "RMSNorm before each part, on queries and keys, and before the head"))
    if let adapter = policy.weights.adapter {
      let configuration = adapter.configuration
      let numbers = adapter.layout.parameterCount
      let alpha = Int(exactly: configuration.alpha).map(String.init) ?? "\(configuration.alpha)"
      rows.append(
        row(
          "adapter", shape: "rank \(configuration.rank)", numbers: numbers, share: share(numbers),
          bytes: 4 * Double(numbers),
          "LoRA, alpha \(alpha), on \(configuration.orderedTargets.map(\.rawValue).joined(separator: ", ")) of every "
            + "layer: what training changes; the rest stays as it is"))
    }
    rows.append(row("all", numbers: count, share: 1, bytes: 4 * Double(count), "the parameters"))
    return rows
  }

  /// What a step of training holds beside the weights, as the ledger has it that also refuses what does not fit.
  private func memory() -> [[Table.Cell]] {
    let shape = policy.weights.configuration
    let ledger = MemoryLedger(
      shape, adapter: policy.weights.adapter?.configuration, tokens: shape.contextLength)
    return [
      row(
        "gradient", bytes: ledger.gradient,
        "of a step of training, for every number that it changes, as it is stored: in whole panels of 16 rows"),
      row("optimiser", bytes: ledger.moments, "AdamW's two moments of each"),
      row(
        "activations", bytes: ledger.activations,
        "of a step, for each sequence of \(shape.contextLength) tokens that is computed at a time"),
    ]
  }

  private func facts(_ shape: DecoderConfiguration) -> [[Table.Cell]] {
    [
      row("layers", numbers: shape.layers, "each attention, then feed-forward"),
      row("width", numbers: shape.width, "numbers in the residual stream of one token"),
      row(
        "heads", numbers: shape.heads,
        "query heads, on \(shape.keyValueHeads) key-value heads of \(shape.headWidth) numbers"),
      row(
        "vocabulary", numbers: shape.vocabulary,
        "tokens: \(policy.vocabulary.characters.indices.map(policy.vocabulary.displayText).joined())"),
      row("context", numbers: shape.contextLength, "tokens at most"),
    ]
  }

  /// The checksum, and what the card that was saved with the model says.
  private func origin() -> [[Table.Cell]] {
    var rows = [row("checksum", "\(checksum); equal checksums, equal parameters")]
    if let recipe = card["recipe"], let command = recipe["command"]?.string, let steps = recipe["steps"]?.int,
      let sequences = recipe["sequences"]?.int, let seed = recipe["seed"]?.int
    {
      rows.append(row("made by", "\(command): \(steps) steps of \(sequences) sequences, seed \(seed)"))
    }
    if let task = card["task"]?.string {
      rows.append(row("task", card["summary"]?.string.map { "\(task): \($0)" } ?? task))
    }
    let percent = NumberFormat.percent()
    for (who, measured) in (card["measured"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let accuracy = measured["accuracy"]?.double, let low = measured["interval95"]?[0]?.double,
        let high = measured["interval95"]?[1]?.double
      else { continue }
      rows.append(
        row(
          "as \(who)", share: accuracy,
          "right on \(card["heldOutProblems"]?.int ?? 0) held-out problems, measured when it was made; 95 % interval "
            + "\(percent.text(low)) to \(percent.text(high))"))
    }
    return rows
  }
}
