// A model on disk, in the layout of Hugging Face: config.json, model.safetensors with their names, and, since these
// vocabularies are characters, a vocabulary.json. transformers loads the first two as they are. An adapter lies in a
// folder of its own inside, in the layout of the peft library.

package import JSONValues
package import LanguageModel
package import Tokenizer

import Tensors

/// A saved model: its decoder, its vocabulary and what was noted about it.
package struct ModelFolder: Sendable {
  /// The decoder, with its adapter where it has one.
  package let weights: Weights
  /// The characters it speaks.
  package let vocabulary: CharacterVocabulary
  /// Where it comes from and what was measured, as its maker noted it; an object.
  package let card: JSON

  /// A model to be saved.
  package init(weights: Weights, vocabulary: CharacterVocabulary, card: JSON) {
    self.weights = weights
    self.vocabulary = vocabulary
    self.card = card
  }

  /// Reads a folder.
  ///
  /// Throws `CheckpointError` that says which file is missing or wrong, and where it was looked for.
  package init(reading folder: String) throws {
    let config = try JSON(readingFile: "\(folder)/config.json")
    let configuration = try Self.configuration(config, path: "\(folder)/config.json")
    let text = try JSON(readingFile: "\(folder)/vocabulary.json")
    guard let characters = text["characters"]?.string else {
      throw CheckpointError(
        what: "\(folder)/vocabulary.json cannot be used", why: "it has no text \"characters\"",
        fix: "write the folder again")
    }
    let end = text["end"]?.string.flatMap(\.first)
    vocabulary = try CharacterVocabulary(characters: characters, endMark: end)
    guard vocabulary.count == configuration.vocabulary else {
      throw CheckpointError(
        what: "\(folder) cannot be used",
        why: "config.json has \(configuration.vocabulary) tokens and vocabulary.json \(vocabulary.count) characters",
        fix: "use the two files that were written together")
    }
    card = (try? JSON(readingFile: "\(folder)/card.json")) ?? [:]
    let file = try SafetensorsFile(opening: "\(folder)/model.safetensors")
    // Before any memory is taken: a wrong config.json can ask for all there is.
    let layout = ParameterLayout(configuration)
    for entry in layout.entries {
      let stored = file.header.tensors[entry.name]?.shape
      if stored != entry.shape {
        throw CheckpointError(
          what: "\"\(entry.name)\" of \(folder)/model.safetensors cannot be used",
          why: "\(stored.map { "its shape is \($0)" } ?? "it is not there") and config.json asks for \(entry.shape)",
          fix: "use the two files that were written together")
      }
    }
    let parameters = Parameters(zeros: configuration)
    for entry in layout.entries {
      let tensor = Floats(zeros: entry.count)
      try tensor.withMutableSpan { try file.copy(entry.name, into: &$0) }
      parameters[entry] = tensor
    }
    let adapter = Self.adapterFolder(in: folder)
    weights = Weights(
      parameters, adapter: Adapter.isSaved(in: adapter) ? try Adapter(reading: adapter, for: configuration) : nil)
  }

  /// Where the adapter of a saved model lies.
  private static func adapterFolder(in folder: String) -> String { folder + "/adapter" }

  /// Writes the folder, which is made where there is none; each file appears whole or not at all.
  ///
  /// Throws `CheckpointError`.
  package func write(to folder: String) throws {
    try makeFolder(folder)
    // An adapter of another base must never be found beside this one.
    try Adapter.remove(from: Self.adapterFolder(in: folder))
    let parameters = weights.base
    let entries = Dictionary(
      parameters.layout.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    try SafetensorsFile.write(
      entries.mapValues(\.shape), metadata: ["format": "pt"], to: "\(folder)/model.safetensors"
    ) { name, pass in
      if let entry = entries[name] { try parameters[entry].withSpan { try pass($0) } }
    }
    var text: [String: JSON] = ["characters": .string(String(vocabulary.characters))]
    if let end = vocabulary.end { text["end"] = .string(String(vocabulary.characters[end])) }
    try JSON.object(text).write(toFile: "\(folder)/vocabulary.json")
    try Self.config(parameters.configuration, end: vocabulary.end).write(toFile: "\(folder)/config.json")
    try card.write(toFile: "\(folder)/card.json")
    try weights.adapter?.write(to: Self.adapterFolder(in: folder))
  }
}

// MARK: config.json

extension ModelFolder {
  /// The decoder's shape in the keys of Hugging Face's Qwen3.
  static func config(_ shape: DecoderConfiguration, end: Int?) -> JSON {
    [
      "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "torch_dtype": "float32", "hidden_act": "silu",
      "attention_bias": false, "vocab_size": .int(shape.vocabulary), "hidden_size": .int(shape.width),
      "num_hidden_layers": .int(shape.layers), "num_attention_heads": .int(shape.heads),
      "num_key_value_heads": .int(shape.keyValueHeads), "head_dim": .int(shape.headWidth),
      "intermediate_size": .int(shape.feedForward), "max_position_embeddings": .int(shape.contextLength),
      "rms_norm_eps": .double(Double("\(shape.normEpsilon)") ?? Double(shape.normEpsilon)),
      "rope_theta": .double(shape.rotaryBase), "tie_word_embeddings": .bool(shape.hasTiedHead),
      "eos_token_id": end.map { .int($0) } ?? .null, "bos_token_id": .null,
    ]
  }

  static func configuration(_ json: JSON, path: String) throws -> DecoderConfiguration {
    func refused(_ why: String) -> CheckpointError {
      CheckpointError(what: "\(path) cannot be used", why: why, fix: "use the configuration of a Qwen3 model")
    }
    func whole(_ key: String) throws -> Int {
      guard let value = json[key]?.int else { throw refused("it has no whole number \"\(key)\"") }
      return value
    }
    guard json["model_type"]?.string == "qwen3" else {
      throw refused("its model_type is \(json["model_type"]?.text() ?? "missing"), and only \"qwen3\" is known")
    }
    let heads = try whole("num_attention_heads")
    let width = try whole("hidden_size")
    guard heads > 0 else { throw refused("\"num_attention_heads\" is \(heads)") }
    let rotaryBase = json["rope_theta"]?.double ?? json["rope_parameters"]?["rope_theta"]?.double
    let shape = DecoderConfiguration(
      vocabulary: try whole("vocab_size"), width: width, layers: try whole("num_hidden_layers"), heads: heads,
      keyValueHeads: try whole("num_key_value_heads"), headWidth: json["head_dim"]?.int ?? width / heads,
      feedForward: try whole("intermediate_size"), normEpsilon: Float(json["rms_norm_eps"]?.double ?? 1e-6),
      rotaryBase: rotaryBase ?? 1e6, hasTiedHead: json["tie_word_embeddings"]?.bool ?? false,
      contextLength: try whole("max_position_embeddings"))
    do {
      try shape.validate()
    } catch {
      throw refused("\(error)")
    }
    return shape
  }
}
