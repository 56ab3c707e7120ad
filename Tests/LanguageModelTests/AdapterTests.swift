// Adapters: what lies where, what a fresh one is, and the passes with one: against the naive decoder whose weights hold
// the product, and against finite differences of it.

import Evidence
import LanguageModel
import Tensors
import Testing

/// Adapters of every kind of map: all of it, one matrix of a pair, the middle one of three, none of attention.
let someTargets: [Set<AdapterTarget>] = [Set(AdapterTarget.allCases), [.q, .v], [.k, .up, .down], [.gate, .o]]

/// An adapter whose product is about as large as the weights.
func livelyAdapter(
  _ shape: DecoderConfiguration, rank: Int = 3, targets: Set<AdapterTarget> = someTargets[0], seed: UInt64 = 77
) -> Adapter {
  let adapter = Adapter(zeros: AdapterConfiguration(rank: rank, alpha: 5, targets: targets), for: shape)
  for (index, entry) in adapter.layout.entries.enumerated() {
    let scale = 1 / Float(entry.shape[1]).squareRoot()
    adapter[entry] = Floats(randomNumbers(entry.count, seed: seed + UInt64(index), scale: scale))
  }
  return adapter
}

extension NaiveDecoder {
  /// The decoder whose weights hold the product of an adapter with these numbers.
  init(_ parameters: Parameters, _ adapter: Adapter, numbers: [Double]? = nil) {
    self.init(parameters)
    let numbers = numbers ?? adapter.tensors
    let matrices = Dictionary(
      uniqueKeysWithValues: zip(adapter.layout.entries, adapter.layout.tensorRanges).map {
        ($0.name, (shape: $0.shape, range: $1))
      })
    let scale = adapter.configuration.alpha / Double(adapter.configuration.rank)
    for (name, a) in matrices where name.contains("lora_A") {
      guard let b = matrices[name.replacing("lora_A", with: "lora_B")] else { continue }
      let base = String(name.dropFirst("base_model.model.".count)).replacing(".lora_A", with: "")
      let (rank, inputs) = (a.shape[0], a.shape[1])
      for row in 0..<b.shape[0] {
        for column in 0..<inputs {
          let product = (0..<rank).reduce(0.0) {
            $0 + numbers[b.range.lowerBound + row * rank + $1] * numbers[a.range.lowerBound + $1 * inputs + column]
          }
          weights[base]?[row * inputs + column] += scale * product
        }
      }
    }
  }
}

@Suite struct AdapterLayoutTests {
  @Test(arguments: oddShapes, someTargets)
  func everyMatrixHasNumbersOfItsOwn(shape: DecoderConfiguration, targets: Set<AdapterTarget>) throws {
    let configuration = AdapterConfiguration(rank: 3, alpha: 5, targets: targets)
    try configuration.validate(for: shape)
    let layout = AdapterLayout(configuration, for: shape)
    let adapter = Adapter(zeros: configuration, for: shape)
    for (index, entry) in layout.entries.enumerated() {
      adapter[entry] = Floats([Float](repeating: Float(index + 1), count: entry.count))
    }
    for (index, entry) in layout.entries.enumerated() {
      #expect(adapter[entry].array.allSatisfy { $0 == Float(index + 1) }, "\(entry.name) was written over")
    }
    // What is left is what fills up the last panels, and is 0.
    #expect(adapter.values.array.count { $0 != 0 } == layout.parameterCount)
    #expect(layout.entries.count == 2 * targets.count * shape.layers)
    // Every pair fits the matrix that it adapts.
    let extents = Dictionary(uniqueKeysWithValues: ParameterLayout(shape).entries.map { ($0.name, $0.shape) })
    let matrices = Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.name, $0.shape) })
    for layer in 0..<shape.layers {
      for target in targets {
        let adapted = try #require(extents["model.layers.\(layer).\(target.module).weight"])
        #expect(matrices[AdapterLayout.name(layer: layer, target, "A")] == [3, adapted[1]])
        #expect(matrices[AdapterLayout.name(layer: layer, target, "B")] == [adapted[0], 3])
      }
    }
  }

  static let refused: [(AdapterConfiguration, String)] = [
    (AdapterConfiguration(rank: 0), "its rank is 0"), (AdapterConfiguration(rank: -1), "its rank is -1"),
    (AdapterConfiguration(rank: .max), "its rank is"), (AdapterConfiguration(targets: []), "it has no targets"),
    (AdapterConfiguration(alpha: 0), "its alpha is 0.0"), (AdapterConfiguration(alpha: .nan), "its alpha is nan"),
    (AdapterConfiguration(alpha: .infinity), "its alpha is inf"), (AdapterConfiguration(alpha: -2), "its alpha is -2"),
  ]

  @Test(arguments: refused)
  func adaptersThatCannotBeAreRefused(configuration: AdapterConfiguration, words: String) {
    let error = #expect(throws: ConfigurationError.self) { try configuration.validate(for: oddShapes[0]) }
    #expect(error?.description.contains(words) == true && error?.subject == "adapter")
  }

  @Test func adaptersLargerThanAnyMachineAreRefused() {
    let shape = DecoderConfiguration(
      vocabulary: 2, width: 65_536, layers: 1, heads: 1, keyValueHeads: 1, headWidth: 2, feedForward: 2)
    let error = #expect(throws: ConfigurationError.self) {
      try AdapterConfiguration(rank: 65_536).validate(for: shape)
    }
    #expect(error?.description.contains("choose a lower rank") == true)
  }
}

@Suite struct FreshAdapterTests {
  private func fresh(_ targets: Set<AdapterTarget>, seed: UInt64 = 1) throws -> Adapter {
    try #require(
      Adapter(
        randomly: AdapterConfiguration(rank: 4, targets: targets), for: oddShapes[3], seed: seed,
        isInterrupted: { false }))
  }

  @Test func aIsUniformAsPeftDrawsItAndBIsZero() throws {
    let adapter = try fresh(someTargets[0])
    for entry in adapter.layout.entries {
      let numbers = adapter[entry].doubles
      if entry.name.contains("lora_B") {
        #expect(numbers.allSatisfy { $0 == 0 })
        continue
      }
      let bound = 1 / Double(entry.shape[1]).squareRoot()
      #expect(numbers.allSatisfy { abs($0) <= bound } && (numbers.map(abs).max() ?? 0) > 0.9 * bound)
      // The deviation of a uniform number is bound / √3; of 132 numbers or more it is found to 10 %.
      let deviation = (numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)).squareRoot()
      #expect(abs(deviation * 3.0.squareRoot() / bound - 1) < 0.15, "\(entry.name)")
    }
  }

  @Test func aMatrixDoesNotDependOnWhatElseIsAdapted() throws {
    let all = try fresh(someTargets[0])
    let some = try fresh([.v, .down])
    for entry in some.layout.entries {
      let whole = try #require(all.layout.entries.first { $0.name == entry.name })
      #expect(some[entry].array.bits == all[whole].array.bits)
    }
    #expect(try fresh([.v, .down], seed: 2).values.array.bits != some.values.array.bits)
  }

  /// FNV-1a over the bits: the same start in every process and on every machine.
  @Test func freshAdaptersAreThoseOfTheirSeed() throws {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    let adapter = try fresh(someTargets[0])
    for bits in adapter.layout.entries.flatMap({ adapter[$0].array.bits }) {
      hash = (hash ^ UInt64(bits)) &* 0x100_0000_01B3
    }
    #expect(hash == 0xC8F5_B0A1_0DFA_A2AC)
  }

  @Test(arguments: oddShapes)
  func aFreshAdapterChangesNothing(shape: DecoderConfiguration) throws {
    let parameters = livelyParameters(shape)
    let adapter = try #require(
      Adapter(randomly: AdapterConfiguration(rank: 2), for: shape, seed: 3, isInterrupted: { false }))
    let tokens = [randomTokens(9, below: shape.vocabulary, seed: 4)]
    #expect(forwardLogits(parameters, adapter: adapter, tokens) == forwardLogits(parameters, tokens))
    #expect(Weights(parameters, adapter: adapter).merged().values.array == parameters.values.array)
  }

  @Test func makingOneCanBeInterrupted() {
    var polls = 0
    let adapter = Adapter(randomly: AdapterConfiguration(rank: 4), for: oddShapes[3], seed: 1) {
      polls += 1
      return polls == 5
    }
    #expect(adapter == nil && polls == 5)
  }
}

@Suite struct AdapterPassTests {
  @Test(arguments: oddShapes, someTargets)
  func logitsAreThoseOfWeightsThatHoldTheProduct(shape: DecoderConfiguration, targets: Set<AdapterTarget>) {
    let parameters = livelyParameters(shape)
    let adapter = livelyAdapter(shape, targets: targets)
    let sequences = [9, 1, 33].map { randomTokens($0, below: shape.vocabulary, seed: UInt64($0)) }
    let logits = forwardLogits(parameters, adapter: adapter, sequences)
    let merged = forwardLogits(Weights(parameters, adapter: adapter).merged(), sequences)
    let naive = NaiveDecoder(parameters, adapter)
    for (index, tokens) in sequences.enumerated() {
      let expected = naive.logits(tokens).flatMap(\.self)
      #expect(relativeError(logits[index].doubles, expected) < 3e-6)
      #expect(relativeError(merged[index].doubles, expected) < 3e-6)
    }
  }

  @Test(arguments: oddShapes, someTargets)
  func theGradientOfEveryMatrixIsTheSlopeOfTheNaiveDecoder(shape: DecoderConfiguration, targets: Set<AdapterTarget>) {
    let parameters = livelyParameters(shape)
    let adapter = livelyAdapter(shape, targets: targets)
    let sequences = someSequences(shape)
    let (loss, gradient) = crossEntropyGradient(parameters, adapter: adapter, sequences)
    #expect(abs(loss - NaiveDecoder(parameters, adapter).crossEntropy(sequences)) < 3e-6 * (1 + loss))
    let start = adapter.tensors
    let whole = sumOfSquares(gradient.values).squareRoot()
    #expect(whole > 1e-3)
    let ranges = adapter.layout.tensorRanges
    for (index, entry) in adapter.layout.entries.enumerated() {
      // Only this matrix moves, so that no other can hide its error.
      var way = [Double](repeating: 0, count: start.count)
      let part = randomNumbers(entry.count, seed: UInt64(900 + index)).doubles
      way.replaceSubrange(ranges[index], with: part)
      let slope = directionalDifference(start, way) {
        NaiveDecoder(parameters, adapter, numbers: $0).crossEntropy(sequences)
      }
      let size = sumOfSquares(gradient[entry]).squareRoot()
      #expect(
        abs(dot(gradient[entry].doubles, part) - slope) < 3e-6 * (size + 0.05 * whole), "\(entry.name)")
    }
  }

  @Test(arguments: oddShapes)
  func gradientsAccumulateAndTheBaseIsNotTouched(shape: DecoderConfiguration) {
    let parameters = livelyParameters(shape)
    let before = parameters.values.array.bits
    let adapter = livelyAdapter(shape)
    let pass = DecoderPass(shape, for: .training)
    let first = crossEntropyGradient(parameters, adapter: adapter, someSequences(shape), pass: pass).gradient
    let sum = crossEntropyGradient(
      parameters, adapter: adapter, someSequences(shape), pass: pass, addingTo: first.copy()
    ).gradient
    #expect(relativeError(sum.values, first.values.doubles.map { 2 * $0 }) < 1e-6)
    // What fills up panels gets no gradient.
    let filled = sum.layout.entries.reduce(0) { $0 + sum[$1].array.count { $0 != 0 } }
    #expect(sum.values.array.count { $0 != 0 } == filled)
    // A pass with an adapter leaves nothing behind for one without.
    let plain = crossEntropyGradient(parameters, someSequences(shape), pass: pass).gradient
    #expect(
      plain.values.array.bits == crossEntropyGradient(parameters, someSequences(shape)).gradient.values.array.bits)
    #expect(parameters.values.array.bits == before)
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() {
    let shape = DecoderConfiguration(
      vocabulary: 40, width: 96, layers: 2, heads: 4, keyValueHeads: 2, headWidth: 32, feedForward: 200)
    let parameters = livelyParameters(shape)
    let adapter = livelyAdapter(shape, rank: 8)
    let sequences = (0..<9).map { index in
      (
        prompt: randomTokens(10 + index, below: 40, seed: UInt64(index)),
        completion: randomTokens(70, below: 40, seed: UInt64(100 + index))
      )
    }
    let results = [1, 2, 4].map { threads in
      withThreads(threads) {
        [
          crossEntropyGradient(parameters, adapter: adapter, sequences).gradient.values.array.bits,
          Weights(parameters, adapter: adapter).merged().values.array.bits,
        ]
      }
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test(arguments: oddShapes)
  func mergingAShareAddsThatShare(shape: DecoderConfiguration) {
    let parameters = livelyParameters(shape)
    let adapter = livelyAdapter(shape)
    let whole = Weights(parameters, adapter: adapter).merged().values.doubles
    let part = parameters.copy()
    adapter.merge(into: part, share: 0.25)
    let start = parameters.values.doubles
    let expected = zip(start, whole).map { $0 + 0.25 * ($1 - $0) }
    #expect(relativeError(part.values.doubles, expected) < 1e-6)
    #expect(relativeError(whole, start) > 0.1, "the adapter should have a say")
  }
}
