// The tiny Qwen3 models of the fixtures: logits and gradients that PyTorch computed in double precision.

import Evidence
import JSONValues
import LanguageModel
import Tensors
import Testing

@Suite struct GoldenDecoderTests {
  @Test(arguments: [true, false])
  func logitsEqualPyTorchs(isTied: Bool) throws {
    let name = isTied ? "qwen3-tied" : "qwen3-untied"
    let parameters = try goldenParameters(name, isTied: isTied)
    let sequences = try #require(try goldenJSON().at("sequences").array).map {
      try $0.at("prompt").tokens + $0.at("completion").tokens
    }
    let logits = forwardLogits(parameters, sequences)
    for index in sequences.indices {
      let expected = try goldenTensor("logits.\(index)", in: name + "-expected")
      #expect(expected.count == sequences[index].count * parameters.configuration.vocabulary)
      // Some fifty roundings in a row through two layers of width 32; the worst seen is 3 · 10⁻⁷.
      #expect(relativeError(logits[index].doubles, expected) < 1e-6)
    }
  }

  @Test(arguments: [true, false])
  func lossAndGradientsEqualPyTorchs(isTied: Bool) throws {
    let name = isTied ? "qwen3-tied" : "qwen3-untied"
    let parameters = try goldenParameters(name, isTied: isTied)
    let sequences = try #require(try goldenJSON().at("sequences").array).map {
      (prompt: try $0.at("prompt").tokens, completion: try $0.at("completion").tokens)
    }
    let (loss, gradient) = crossEntropyGradient(parameters, sequences)
    let expectedLoss = try #require(try goldenJSON().at(name, "loss").double)
    #expect(abs(loss - expectedLoss) < 1e-6 * expectedLoss)
    for entry in parameters.layout.entries {
      let expected = try goldenTensor("gradient." + entry.name, in: name + "-expected")
      // The worst seen is 9 · 10⁻⁷.
      #expect(relativeError(gradient[entry], expected) < 3e-6, "\(entry.name)")
    }
  }
}
