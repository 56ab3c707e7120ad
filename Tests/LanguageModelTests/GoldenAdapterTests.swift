// Adapters that the peft library made: logits, gradients and merged weights that PyTorch computed in double precision.

import Checkpoints
import Evidence
import JSONValues
import LanguageModel
import Tensors
import Testing

@Suite struct GoldenAdapterTests {
  @Test(arguments: ["lora-all", "lora-qv"])
  func everythingEqualsPeft(name: String) throws {
    let isTied = name == "lora-all"
    let parameters = try goldenParameters(isTied ? "qwen3-tied" : "qwen3-untied", isTied: isTied)
    let adapter = try Adapter(reading: "\(fixtures)/\(name)", for: parameters.configuration)
    #expect(adapter.configuration.name == (isTied ? "LoRA r=3" : "LoRA r=2 on q, v"))
    let sequences = try #require(try goldenJSON().at("sequences").array).map {
      (prompt: try $0.at("prompt").tokens, completion: try $0.at("completion").tokens)
    }
    let logits = forwardLogits(parameters, adapter: adapter, sequences.map { $0.prompt + $0.completion })
    for index in sequences.indices {
      let expected = try goldenTensor("logits.\(index)", in: name + "-expected")
      #expect(expected.count == logits[index].count)
      #expect(relativeError(logits[index].doubles, expected) < 2e-6)
    }
    let (loss, gradient) = crossEntropyGradient(parameters, adapter: adapter, sequences)
    let expectedLoss = try #require(try goldenJSON("golden-lora").at(name, "loss").double)
    #expect(abs(loss - expectedLoss) < 1e-6 * expectedLoss)
    for entry in adapter.layout.entries {
      let expected = try goldenTensor("gradient." + entry.name, in: name + "-expected")
      #expect(relativeError(gradient[entry], expected) < 5e-6, "\(entry.name)")
    }
    let merged = Weights(parameters, adapter: adapter).merged()
    for entry in merged.layout.entries {
      let expected = try goldenTensor("merged." + entry.name, in: name + "-expected")
      // Of weights in float32.
      #expect(relativeError(merged[entry], expected) < 1e-7, "\(entry.name)")
    }
  }
}
