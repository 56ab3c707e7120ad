// Shapes, the layout of the one allocation, and fresh parameters.

import Evidence
import LanguageModel
import Tensors
import Testing

@Suite struct ParametersTests {
  @Test(arguments: oddShapes)
  func everyTensorHasNumbersOfItsOwn(shape: DecoderConfiguration) {
    let layout = ParameterLayout(shape)
    let parameters = Parameters(zeros: shape)
    let tensors = layout.entries.indices.map { index in
      let entry = layout.entries[index]
      return Floats((0..<entry.count).map { Float(index + 1) + Float($0 % 997) / 1024 })
    }
    for (entry, tensor) in zip(layout.entries, tensors) { parameters[entry] = tensor }
    for (entry, tensor) in zip(layout.entries, tensors) {
      #expect(parameters[entry].array == tensor.array, "\(entry.name) was written over")
    }
    // What is left is what fills up the last panels, and is 0.
    let filled = parameters.values.array.count { $0 != 0 }
    #expect(filled == layout.parameterCount && layout.parameterCount == layout.entries.reduce(0) { $0 + $1.count })
    let vectors = layout.entries.filter { $0.shape.count == 1 }.reduce(0) { $0 + $1.count }
    #expect(layout.count - layout.matrixCount == vectors)
    #expect(parameters.values.array[layout.matrixCount...].allSatisfy { $0 != 0 })
    #expect(Set(layout.entries.map(\.name)).count == layout.entries.count)
    #expect(layout.entries.count == 2 + 11 * shape.layers + (shape.hasTiedHead ? 0 : 1))
    #expect(layout.entries.contains { $0.name == "lm_head.weight" } == !shape.hasTiedHead)
  }

  /// FNV-1a over the bits: the same start in every process and on every machine.
  @Test(arguments: zip([1, 2] as [UInt64], [0x4E94_400C_EED2_B2F3, 0x2C8F_EA9E_8DAA_C4C9] as [UInt64]))
  func freshParametersAreThoseOfTheirSeed(seed: UInt64, checksum: UInt64) {
    let parameters = Parameters(randomly: oddShapes[1], seed: seed)
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for bits in parameters.layout.entries.flatMap({ parameters[$0].array.bits }) {
      hash = (hash ^ UInt64(bits)) &* 0x100_0000_01B3
    }
    #expect(hash == checksum)
  }

  @Test func freshParametersHaveTheStatedDeviations() {
    let shape = DecoderConfiguration(
      vocabulary: 100, width: 128, layers: 3, heads: 4, keyValueHeads: 2, headWidth: 32, feedForward: 256)
    let parameters = Parameters(randomly: shape, seed: 1)
    for entry in parameters.layout.entries {
      let part = parameters[entry]
      if entry.shape.count == 1 {
        #expect(part.array.allSatisfy { $0 == 1 })
        continue
      }
      let deviation = (sumOfSquares(part) / Double(part.count)).squareRoot()
      let isLast = entry.name.contains("o_proj") || entry.name.contains("down_proj")
      let stated = 1 / Double(isLast ? 6 * 128 : 128).squareRoot()
      // 8,192 numbers or more: the deviation of their deviation is below 0.8 %, that of their mean 1/√count of it.
      #expect(abs(deviation / stated - 1) < 0.04, "\(entry.name)")
      #expect(abs(part.doubles.reduce(0, +)) / Double(part.count) < stated * 5 / Double(part.count).squareRoot())
    }
  }

  @Test func copiesShareNothing() {
    let parameters = Parameters(randomly: oddShapes[0], seed: 1)
    let copy = parameters.copy()
    copy.values[0] = 9
    #expect(parameters.values[0] != 9 && copy.values.count == parameters.values.count)
    #expect(parameters.zerosLike().values.array.allSatisfy { $0 == 0 })
  }
}

@Suite struct DecoderConfigurationTests {
  /// One wrong number each, and a word of the message that names it.
  private static func spoilt(_ change: (inout DecoderConfiguration) -> Void) -> DecoderConfiguration {
    var shape = oddShapes[0]
    change(&shape)
    return shape
  }

  static let refused: [(DecoderConfiguration, String)] = [
    (spoilt { $0.vocabulary = 1 }, "vocabulary is 1"), (spoilt { $0.width = 0 }, "width is 0"),
    (spoilt { $0.layers = -3 }, "layers is -3"), (spoilt { $0.heads = 0 }, "heads is 0"),
    (spoilt { $0.keyValueHeads = 0 }, "keyValueHeads is 0"), (spoilt { $0.feedForward = 0 }, "feedForward is 0"),
    (spoilt { $0.contextLength = 0 }, "contextLength is 0"),
    (spoilt { $0.heads = 5 }, "heads (5) must be a multiple of keyValueHeads (2)"),
    (spoilt { $0.headWidth = 7 }, "headWidth is 7, but must be even"),
    (spoilt { $0.normEpsilon = 0 }, "normEpsilon"), (spoilt { $0.normEpsilon = .nan }, "normEpsilon is nan"),
    (spoilt { $0.rotaryBase = 1 }, "rotaryBase"), (spoilt { $0.rotaryBase = .infinity }, "rotaryBase is inf"),
    (
      spoilt {
        $0.width = 65_536
        $0.layers = 1_024
      }, "parameters; training keeps four"
    ),
  ]

  @Test(arguments: refused)
  func shapesThatCannotBeAreRefused(shape: DecoderConfiguration, words: String) {
    let error = #expect(throws: ConfigurationError.self) { try shape.validate() }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: oddShapes)
  func shapesThatCanBeAreNot(shape: DecoderConfiguration) throws { try shape.validate() }
}
