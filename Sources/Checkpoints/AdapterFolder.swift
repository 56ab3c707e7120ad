// An adapter on disk, in the layout of the peft library: adapter_config.json and adapter_model.safetensors. Whatever peft
// can say about an adapter that would make it compute something else than ours is refused by name.

import FoundationEssentials
import JSONValues
package import LanguageModel
import Tensors

extension Adapter {
  private static func configPath(_ folder: String) -> String { folder + "/adapter_config.json" }
  private static func tensorsPath(_ folder: String) -> String { folder + "/adapter_model.safetensors" }

  /// Whether a folder holds an adapter.
  package static func isSaved(in folder: String) -> Bool {
    FileManager.default.fileExists(atPath: configPath(folder))
  }

  /// Removes the adapter that a folder holds, if any; throws `CheckpointError` where that is not allowed.
  static func remove(from folder: String) throws {
    // The description first: without it the numbers belong to nothing.
    for path in [configPath(folder), tensorsPath(folder)] where FileManager.default.fileExists(atPath: path) {
      do {
        try FileManager.default.removeItem(atPath: path)
      } catch {
        throw CheckpointError(
          what: "\(path) cannot be removed", why: "it belongs to another model, and the system refused it",
          fix: "check that the folder may be written, or choose another one")
      }
    }
  }

  /// Reads a folder that this or the peft library wrote, for a decoder of the given shape.
  ///
  /// Throws `CheckpointError` that says which file is missing, wrong, or made for another decoder.
  package init(reading folder: String, for shape: DecoderConfiguration) throws {
    let config = try JSON(readingFile: Self.configPath(folder))
    let file = try SafetensorsFile(opening: Self.tensorsPath(folder))
    let configuration = try Self.configuration(config, names: file.names, path: Self.configPath(folder))
    do {
      try configuration.validate(for: shape)
    } catch let error as ConfigurationError {
      throw CheckpointError(
        what: "\(Self.configPath(folder)) cannot be used", why: error.description, fix: "choose another adapter")
    }
    // Before any memory is taken: a wrong configuration can ask for all there is.
    let layout = AdapterLayout(configuration, for: shape)
    func refused(_ name: String, _ why: String, _ fix: String) -> CheckpointError {
      CheckpointError(what: "\"\(name)\" of \(Self.tensorsPath(folder)) cannot be used", why: why, fix: fix)
    }
    for entry in layout.entries {
      let stored = file.header.tensors[entry.name]?.shape
      if stored != entry.shape {
        throw refused(
          entry.name, "\(stored.map { "its shape is \($0)" } ?? "it is not there") and this model needs \(entry.shape)",
          "load the adapter onto the model that it was trained on")
      }
    }
    let known = Set(layout.entries.map(\.name))
    if let stray = file.names.first(where: { !known.contains($0) }) {
      throw refused(
        stray, "this model has no such matrix to adapt", "load the adapter onto the model that it was trained on")
    }
    self.init(zeros: configuration, for: shape)
    for entry in layout.entries {
      let matrix = Floats(zeros: entry.count)
      try matrix.withMutableSpan { try file.copy(entry.name, into: &$0) }
      self[entry] = matrix
    }
  }

  /// Writes a folder that the peft library loads; it is made where there is none, and each file appears whole or not at
  /// all.
  ///
  /// Throws `CheckpointError`.
  package func write(to folder: String) throws {
    try makeFolder(folder)
    try Self.remove(from: folder)
    let entries = Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.name, $0) })
    try SafetensorsFile.write(
      entries.mapValues(\.shape), metadata: ["format": "pt"], to: Self.tensorsPath(folder)
    ) { name, pass in
      if let entry = entries[name] { try self[entry].withSpan { try pass($0) } }
    }
    try config.write(toFile: Self.configPath(folder))
  }

  // MARK: adapter_config.json

  /// The keys of peft, all that change what is computed.
  private var config: JSON {
    let alpha = Int(exactly: configuration.alpha).map { JSON.int($0) } ?? .double(configuration.alpha)
    return [
      "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": .null, "inference_mode": true,
      "r": .int(configuration.rank), "lora_alpha": alpha, "lora_dropout": 0.0, "bias": "none",
      "target_modules": .array(configuration.orderedTargets.map { .string("\($0.rawValue)_proj") }),
      "init_lora_weights": true, "fan_in_fan_out": false, "use_rslora": false, "use_dora": false,
      "modules_to_save": .null, "layers_to_transform": .null, "rank_pattern": [:], "alpha_pattern": [:],
    ]
  }

  /// What a configuration says.
  ///
  /// Which matrices are adapted is told by the names of the tensors, since peft's own `target_modules` may also be a
  /// pattern. A dropout acts in peft's training alone and is not kept.
  private static func configuration(_ json: JSON, names: [String], path: String) throws -> AdapterConfiguration {
    func refused(_ why: String, _ fix: String) -> CheckpointError {
      CheckpointError(what: "\(path) cannot be used", why: why, fix: fix)
    }
    guard json["peft_type"]?.string == "LORA" else {
      throw refused(
        "its peft_type is \(json["peft_type"]?.text() ?? "missing"), and only \"LORA\" is known",
        "choose a LoRA adapter")
    }
    guard let rank = json["r"]?.int else { throw refused("it has no whole number \"r\"", "write the file again") }
    guard let alpha = json["lora_alpha"]?.double else {
      throw refused("it has no number \"lora_alpha\"", "write the file again")
    }
    for (key, value) in (json.object ?? [:]).sorted(by: { $0.key < $1.key }) where !isPlain(key, value) {
      throw refused(
        "its \(key) is \(value.text()), and only plain LoRA is known",
        "merge it with the peft library and load the merged model")
    }
    let targets = Set(
      AdapterTarget.allCases.filter { target in names.contains { $0.contains(".\(target.module).lora_") } })
    let listed = json["target_modules"]?.array?.compactMap(\.string).map {
      $0.split(separator: ".").last.map(String.init)
    }
    if let listed, Set(listed) != Set(targets.map { "\($0.rawValue)_proj" }) {
      throw refused(
        "its target_modules are \(json["target_modules"]?.text() ?? "") and its tensors adapt "
          + (targets.isEmpty
            ? "none of the seven matrices of a layer"
            : AdapterTarget.allCases.filter(targets.contains).map(\.module).joined(separator: ", ")),
        "use the two files that were written together")
    }
    return AdapterConfiguration(rank: rank, alpha: alpha, targets: targets)
  }

  /// Whether a key of peft's leaves the adapter plain LoRA; one that nobody knows must be off.
  private static func isPlain(_ key: String, _ value: JSON) -> Bool {
    switch key {
    case "peft_type", "task_type", "r", "lora_alpha", "target_modules": true  // read above
    case "auto_mapping", "base_model_name_or_path", "ensure_weight_tying", "exclude_modules", "inference_mode",
      "layers_pattern", "megatron_config", "megatron_core", "peft_version", "qalora_group_size", "revision",
      "runtime_config":
      true  // they say where it comes from, or how something else is done
    case "lora_dropout", "eva_config", "velora_config": true  // they act in training alone
    case "bias": value == "none"
    // Other ways to begin take something out of the base's weights.
    case "init_lora_weights": value.bool != nil || ["gaussian", "eva", "orthogonal"].contains(value.string)
    default: value == .null || value == false || value.array?.isEmpty == true || value.object?.isEmpty == true
    }
  }
}
