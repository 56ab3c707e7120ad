// The golden values of `Tests/Fixtures`; the README there says what is in each file.

import Checkpoints
import FoundationEssentials
package import JSONValues
package import LanguageModel
import Tensors

/// The folder of the golden values, beside the folders of the tests.
package let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Fixtures").path

/// A JSON file among the golden values.
package func goldenJSON(_ name: String = "golden") throws -> JSON {
  try JSON(parsing: Data(contentsOf: URL(filePath: "\(fixtures)/\(name).json")))
}

/// A fixture that is not as its README says.
package struct FixtureFault: Error {
  package let what: String
}

extension JSON {
  /// The member at a path; throws where there is none.
  package func at(_ path: String...) throws -> JSON {
    try path.reduce(self) { json, key in
      guard let member = json[key] else { throw FixtureFault(what: "no \"\(key)\"") }
      return member
    }
  }

  /// The numbers of an array.
  package var numbers: [Double] { (array ?? []).compactMap(\.double) }
  /// The numbers of an array of arrays, one row after the other.
  package var rows: [Double] { (array ?? []).flatMap(\.numbers) }
  /// The whole numbers of an array.
  package var tokens: [Int32] { (array ?? []).compactMap { $0.int.map(Int32.init) } }
}

/// The shape of both golden decoders.
package func goldenConfiguration(isTied: Bool) throws -> DecoderConfiguration {
  let config = try goldenJSON().at("config")
  func whole(_ key: String) throws -> Int {
    guard let value = try config.at(key).int else { throw FixtureFault(what: key) }
    return value
  }
  let shape = DecoderConfiguration(
    vocabulary: try whole("vocab_size"), width: try whole("hidden_size"), layers: try whole("num_hidden_layers"),
    heads: try whole("num_attention_heads"), keyValueHeads: try whole("num_key_value_heads"),
    headWidth: try whole("head_dim"), feedForward: try whole("intermediate_size"),
    normEpsilon: Float(try config.at("rms_norm_eps").double ?? .nan),
    rotaryBase: try config.at("rope_theta").double ?? .nan, hasTiedHead: isTied,
    contextLength: try whole("max_position_embeddings"))
  try shape.validate()
  return shape
}

/// Tensors of a golden file in the layout of a decoder; the file's names may carry a prefix.
package func goldenParameters(_ file: String, prefix: String = "", isTied: Bool) throws -> Parameters {
  let stored = try SafetensorsFile(opening: "\(fixtures)/\(file).safetensors")
  let parameters = Parameters(zeros: try goldenConfiguration(isTied: isTied))
  for entry in parameters.layout.entries {
    parameters[entry] = Floats(try stored.values(of: prefix + entry.name))
  }
  return parameters
}

extension Parameters {
  /// Every tensor in Hugging Face's order, one after the other.
  package var tensors: [Double] { layout.entries.flatMap { self[$0].doubles } }
}

extension ParameterLayout {
  /// Where each tensor lies among `Parameters.tensors`.
  package var tensorRanges: [Range<Int>] { ranges(of: entries) }
}

extension Adapter {
  /// Every matrix, outputs × inputs, one after the other.
  package var tensors: [Double] { layout.entries.flatMap { self[$0].doubles } }
}

extension AdapterLayout {
  /// Where each matrix lies among `Adapter.tensors`.
  package var tensorRanges: [Range<Int>] { ranges(of: entries) }
}

private func ranges(of entries: [ParameterLayout.Entry]) -> [Range<Int>] {
  var end = 0
  return entries.map { entry in
    end += entry.count
    return end - entry.count..<end
  }
}

/// One tensor of a golden file.
package func goldenTensor(_ name: String, in file: String) throws -> [Double] {
  try SafetensorsFile(opening: "\(fixtures)/\(file).safetensors").values(of: name).map(Double.init)
}
