// Attention and the logit lens beside transformers' Qwen3, and what is refused before any work.

import Evidence
import JSONValues
import LanguageModel
import Rollouts
import Synchronization
import Tensors
import Testing
import Training

@Suite struct InsidesTests {
  private static func sequences() throws -> [(prompt: [Int32], completion: [Int32])] {
    try #require(try goldenJSON().at("sequences").array).map {
      (prompt: try $0.at("prompt").tokens, completion: try $0.at("completion").tokens)
    }
  }

  @Test(arguments: ["qwen3-tied", "qwen3-untied"]) func attentionEqualsTransformers(name: String) throws {
    let model = Weights(try goldenParameters(name, isTied: name == "qwen3-tied"))
    for (index, sequence) in try Self.sequences().enumerated() {
      let scores = try AttentionScores(model, prompt: sequence.prompt, completion: sequence.completion)
      let expected = try goldenTensor("\(name).attention.\(index)", in: "insides")
      // The last token of the completion is left out here.
      let all = scores.tokens + 1
      #expect(all == sequence.prompt.count + sequence.completion.count)
      #expect(expected.count == scores.layers * scores.heads * all * all)
      for layer in 0..<scores.layers {
        for head in 0..<scores.heads {
          for row in 0..<scores.tokens {
            let start = ((layer * scores.heads + head) * all + row) * all
            let found = scores.row(layer: layer, head: head, row)
            #expect(relativeError(found, Array(expected[start..<start + scores.tokens])) < 1e-5)
            #expect(abs(found.reduce(0, +) - 1) < 1e-6)
          }
        }
      }
    }
  }

  @Test(arguments: ["qwen3-tied", "qwen3-untied"]) func logitLensEqualsTransformers(name: String) throws {
    let model = Weights(try goldenParameters(name, isTied: name == "qwen3-tied"))
    for (index, sequence) in try Self.sequences().enumerated() {
      let scores = try LayerScores(model, prompt: sequence.prompt, completion: sequence.completion)
      let expected = try goldenTensor("\(name).lens.\(index)", in: "insides")
      let all = sequence.prompt.count + sequence.completion.count
      #expect(expected.count == scores.depths * all * scores.vocabulary)
      for depth in 0..<scores.depths {
        for position in 0..<scores.positions {
          let start = (depth * all + sequence.prompt.count - 1 + position) * scores.vocabulary
          let row = expected[start..<start + scores.vocabulary].map { exponential($0) }
          #expect(relativeError(scores.row(afterLayers: depth, position), row) < 1e-5)
        }
      }
    }
  }

  /// Bit for bit, with an adapter and without: the last row is the model, the embedding is not.
  @Test func theLastRowOfALensIsTheModel() throws {
    let base = try goldenParameters("qwen3-untied", isTied: false)
    let adapter = Adapter(zeros: AdapterConfiguration(rank: 2), for: base.configuration)
    for entry in adapter.entries { adapter[entry] = Floats(randomNumbers(entry.count, seed: 8, scale: 0.3)) }
    for model in [Weights(base), Weights(base, adapter: adapter)] {
      for sequence in try Self.sequences() {
        let lens = try LayerScores(model, prompt: sequence.prompt, completion: sequence.completion)
        let scores = try DistillationScores(
          teacher: model, teacherPrompt: sequence.prompt, student: model, studentPrompt: sequence.prompt,
          completion: sequence.completion, temperature: 1)
        for position in 0..<lens.positions {
          #expect(lens.row(afterLayers: lens.depths - 1, position) == scores.student(position))
          #expect(lens.row(afterLayers: 0, position) != scores.student(position))
        }
      }
    }
  }

  @Test func whatCannotBeReadIsRefused() throws {
    let model = Weights(try goldenParameters("qwen3-tied", isTied: true))
    let long = [Int32](repeating: 1, count: 128)
    for (prompt, completion, words) in [
      ([], [1], "at least one token"), ([1], [], "at least one token"), (long, [1], "its context is 128 tokens"),
    ] as [([Int32], [Int32], String)] {
      let attention = #expect(throws: SettingError.self) {
        try AttentionScores(model, prompt: prompt, completion: completion)
      }
      let lens = #expect(throws: SettingError.self) { try LayerScores(model, prompt: prompt, completion: completion) }
      #expect(attention?.why.contains(words) == true && lens?.why.contains(words) == true)
    }
  }

  /// 2²⁶ numbers at most: 64 heads over a thousand tokens are 2²⁶, one token more is too much.
  @Test func whatIsTooLargeIsRefusedBeforeAnyWork() throws {
    let shape = DecoderConfiguration(
      vocabulary: 30_000, width: 2, layers: 2, heads: 32, keyValueHeads: 32, headWidth: 2, feedForward: 1,
      contextLength: 2048)
    let model = Weights(Parameters(zeros: shape))
    let tokens = [Int32](repeating: 3, count: 1100)
    let attention = #expect(throws: SettingError.self) {
      try AttentionScores(model, prompt: [1], completion: tokens) {
        Issue.record("work has begun")
        return true
      }
    }
    #expect(attention?.why.contains("296 MiB") == true && attention?.fix.contains("1024 tokens") == true)
    let lens = #expect(throws: SettingError.self) { try LayerScores(model, prompt: [1], completion: tokens) }
    #expect(lens?.fix.contains("745 tokens") == true)
  }

  @Test func anInterruptEndsIt() throws {
    let model = Weights(try goldenParameters("qwen3-tied", isTied: true))
    for patience in 0..<6 {
      let attention = Atomic(0)
      #expect(throws: Interruption.self) {
        try AttentionScores(model, prompt: [1, 2], completion: [3, 4]) {
          attention.wrappingAdd(1, ordering: .relaxed).oldValue >= patience
        }
      }
      let lens = Atomic(0)
      #expect(throws: Interruption.self) {
        try LayerScores(model, prompt: [1, 2], completion: [3, 4]) {
          lens.wrappingAdd(1, ordering: .relaxed).oldValue >= patience
        }
      }
    }
  }
}
