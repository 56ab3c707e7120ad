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
}
