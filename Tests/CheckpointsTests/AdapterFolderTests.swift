// Adapters on disk: what peft wrote is read, what is written is read again, and what is wrong is named.

import Checkpoints
import Evidence
import FoundationEssentials
import JSONValues
import LanguageModel
import Tensors
import Testing
import Tokenizer

private let shape = DecoderConfiguration(
  vocabulary: 5, width: 7, layers: 2, heads: 2, keyValueHeads: 1, headWidth: 4, feedForward: 6, contextLength: 16)

private func someAdapter(_ configuration: AdapterConfiguration = AdapterConfiguration(rank: 2, alpha: 3)) -> Adapter {
  let adapter = Adapter(zeros: configuration, for: shape)
  for entry in adapter.layout.entries { adapter[entry] = Floats(randomNumbers(entry.count, seed: 3)) }
  return adapter
}

@Suite struct AdapterFolderTests {
  @Test(arguments: [
    AdapterConfiguration(rank: 2, alpha: 3), AdapterConfiguration(rank: 1, alpha: 0.5, targets: [.down]),
    AdapterConfiguration(rank: 9, alpha: 16, targets: [.v, .q, .gate]),
  ]) func whatIsWrittenIsReadAgain(configuration: AdapterConfiguration) throws {
    try withScratchFolder { folder in
      let adapter = someAdapter(configuration)
      #expect(!Adapter.isSaved(in: folder + "/a/b"))
      try adapter.write(to: folder + "/a/b")
      #expect(Adapter.isSaved(in: folder + "/a/b"))
      let again = try Adapter(reading: folder + "/a/b", for: shape)
      #expect(again.configuration == configuration && again.values.array.bits == adapter.values.array.bits)
      // Over itself, with other matrices: nothing of the old one is left.
      let other = someAdapter(AdapterConfiguration(rank: 3, targets: [.o]))
      try other.write(to: folder + "/a/b")
      #expect(try Adapter(reading: folder + "/a/b", for: shape).values.array.bits == other.values.array.bits)
    }
  }

  @Test func theBytesAreThoseOfTheAdapterAlone() throws {
    try withScratchFolder { folder in
      var files: [[Data]] = []
      for name in ["/a", "/b"] {
        try someAdapter().write(to: folder + name)
        files.append(
          try ["adapter_config.json", "adapter_model.safetensors"].map {
            try Data(contentsOf: URL(filePath: "\(folder)\(name)/\($0)"))
          })
      }
      #expect(files[0] == files[1])
    }
  }

  @Test func aModelIsSavedWithItsAdapterAndWithoutTheOneBefore() throws {
    try withScratchFolder { folder in
      let base = Parameters(randomly: shape, seed: 1)
      let vocabulary = try CharacterVocabulary(characters: "abcde", endMark: "e")
      func save(_ adapter: Adapter?) throws -> Weights {
        try ModelFolder(weights: Weights(base, adapter: adapter), vocabulary: vocabulary, card: [:]).write(to: folder)
        return try ModelFolder(reading: folder).weights
      }
      #expect(try save(someAdapter()).adapter?.values.array.bits == someAdapter().values.array.bits)
      #expect(try save(nil).adapter == nil)
      #expect(try save(someAdapter(AdapterConfiguration(rank: 1))).adapter?.configuration.rank == 1)
    }
  }

  /// peft's files for the tied model: one key of the description, or the files, are changed.
  static let faults: [(key: String, value: JSON, words: String)] = [
    ("peft_type", "IA3", "its peft_type is \"IA3\", and only \"LORA\" is known"),
    ("peft_type", .null, "its peft_type is null"), ("r", "3", "no whole number \"r\""), ("r", 0, "its rank is 0"),
    ("r", 4, "its shape is [3, 32] and this model needs [4, 32]"), ("r", .int(.max), "its rank is"),
    ("lora_alpha", .null, "no number \"lora_alpha\""), ("lora_alpha", -1, "its alpha is -1.0"),
    ("use_dora", true, "its use_dora is true, and only plain LoRA is known"), ("use_rslora", true, "use_rslora"),
    ("bias", "all", "its bias is \"all\""), ("modules_to_save", ["lm_head"], "its modules_to_save is [\"lm_head\"]"),
    ("rank_pattern", ["q_proj": 8], "its rank_pattern is"), ("alpha_pattern", ["q_proj": 8], "its alpha_pattern is"),
    ("layers_to_transform", [0], "its layers_to_transform is [0]"), ("init_lora_weights", "pissa", "\"pissa\""),
    ("something_new", ["a": 1], "its something_new is"), ("fan_in_fan_out", true, "fan_in_fan_out"),
    ("target_modules", ["q_proj"], "its target_modules are [\"q_proj\"] and its tensors adapt self_attn.q_proj"),
  ]

  @Test(arguments: faults.indices) func descriptionsOfOtherAdaptersAreRefused(index: Int) throws {
    let (key, value, words) = Self.faults[index]
    try changed { config in
      config[key] = value
    } check: { folder in
      let error = try #require(throws: CheckpointError.self) {
        try Adapter(reading: folder, for: goldenConfiguration(isTied: true))
      }
      #expect("\(error)".contains(words) && "\(error)".contains("adapter_"), "\(error)")
    }
  }

  @Test(
    arguments: [
      ("lora_dropout", 0.05), ("target_modules", "all-linear"), ("init_lora_weights", "gaussian"),
      (
        "target_modules",
        ["model.layers.0.mlp.down_proj", "gate_proj", "up_proj", "q_proj", "k_proj", "v_proj", "o_proj"]
      ),
      ("base_model_name_or_path", "somewhere/else"), ("peft_version", "9"), ("something_new", false),
    ] as [(String, JSON)]) func descriptionsThatSayTheSameAreRead(key: String, value: JSON) throws
  {
    try changed { config in
      config[key] = value
    } check: { folder in
      let adapter = try Adapter(reading: folder, for: goldenConfiguration(isTied: true))
      #expect(adapter.configuration == AdapterConfiguration(rank: 3, alpha: 5))
    }
  }

  @Test func anAdapterOfAnotherModelIsRefused() throws {
    var other = try goldenConfiguration(isTied: true)
    func refusal(_ shape: DecoderConfiguration) throws -> String {
      "\(try #require(throws: CheckpointError.self) { try Adapter(reading: "\(fixtures)/lora-all", for: shape) })"
    }
    other.layers = 3
    #expect(try refusal(other).contains("layers.2.self_attn.q_proj.lora_A.weight\" of"))
    #expect(try refusal(other).contains("it is not there"))
    other.layers = 1
    #expect(try refusal(other).contains("this model has no such matrix to adapt"))
    other = try goldenConfiguration(isTied: true)
    other.feedForward = 50
    #expect(try refusal(other).contains("its shape is [48, 3] and this model needs [50, 3]"))
    #expect(try refusal(other).contains("load the adapter onto the model that it was trained on"))
  }

  @Test func missingAndBrokenFilesAreNamed() throws {
    for (file, content, words) in [
      ("adapter_config.json", nil, "there is no file at"), ("adapter_model.safetensors", nil, "there is no file at"),
      ("adapter_config.json", "{", "it is not valid JSON"), ("adapter_config.json", "[]", "its peft_type is missing"),
      ("adapter_model.safetensors", "12345678{}", "adapter_model.safetensors cannot be read"),
    ] {
      try changed { _ in
      } check: { folder in
        try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
        if let content { try Data(content.utf8).write(to: URL(filePath: "\(folder)/\(file)")) }
        let error = try #require(throws: CheckpointError.self) {
          try Adapter(reading: folder, for: goldenConfiguration(isTied: true))
        }
        #expect("\(error)".contains(words) && "\(error)".contains(file), "\(error)")
      }
    }
  }

  @Test func foldersThatCannotBeWrittenAreNamed() throws {
    let error = try #require(throws: CheckpointError.self) { try someAdapter().write(to: "/proc/none/adapter") }
    #expect("\(error)".contains("/proc/none/adapter cannot be written"))
  }

  /// A copy of peft's folder with a changed description.
  private func changed(
    _ change: (inout [String: JSON]) -> Void, check: (_ folder: String) throws -> Void
  ) throws {
    try withScratchFolder { folder in
      var config = try #require(
        try JSON(parsing: Data(contentsOf: URL(filePath: "\(fixtures)/lora-all/adapter_config.json"))).object)
      change(&config)
      try Data(JSON.object(config).bytes()).write(to: URL(filePath: folder + "/adapter_config.json"))
      try FileManager.default.copyItem(
        atPath: "\(fixtures)/lora-all/adapter_model.safetensors", toPath: folder + "/adapter_model.safetensors")
      try check(folder)
    }
  }
}
