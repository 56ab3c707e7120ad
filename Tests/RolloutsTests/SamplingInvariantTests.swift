// What a rollout does not depend on, how sampling is stopped, and what it refuses.

import Evidence
import LanguageModel
import RandomStreams
@testable import Rollouts
import Synchronization
import Tensors
import Testing

@Suite struct SamplingInvariantTests {
  @Test(arguments: [0, 1.0], [false, true])
  func aRolloutIsTheSameInAnyCompany(temperature: Double, isAdapted: Bool) throws {
    let parameters = tinyParameters()
    let adapter = isAdapted ? tinyAdapter(parameters) : nil
    let rule = SamplingRule(temperature: temperature, maxTokens: 24)
    let requests = someRequests(40)
    func sample(_ requests: [RolloutRequest]) throws -> [Drawn] {
      try parameters.sample(requests, rule, adapter: adapter, end: 2).map(Drawn.init)
    }
    let alone = try requests.flatMap { try sample([$0]) }
    #expect(Set(alone.map(\.tokens.count)).count > (temperature == 0 ? 1 : 5), "the batch should be ragged")
    #expect(try sample(requests) == alone)
    #expect(try sample(requests.reversed()) == alone.reversed())
    #expect(try sample(Array(requests[7..<12])) == Array(alone[7..<12]))
    for threads in [1, 2, 4] {
      #expect(try withThreads(threads) { try sample(requests) } == alone)
    }
  }

  /// A prompt that several requests continue is read once for all of them.
  @Test func groupsOfOnePromptAreSampledAsAlone() throws {
    let parameters = tinyParameters()
    let requests = someRequests(6).flatMap { request in
      (0..<5).map { sample in
        RolloutRequest(
          prompt: request.prompt,
          stream: RandomStream(seed: 9, purpose: .sampling, request.prompt.count, sample))
      }
    }
    let rule = SamplingRule(maxTokens: 24)
    let alone = try requests.flatMap { try parameters.sample([$0], rule, end: 2).map(Drawn.init) }
    #expect(Set(alone.map(\.tokens)).count > 12)
    #expect(try parameters.sample(requests, rule, end: 2).map(Drawn.init) == alone)
    let shuffled = [7, 29, 3, 11, 8, 2, 28, 0, 1, 14]
    #expect(
      try parameters.sample(shuffled.map { requests[$0] }, rule, end: 2).map(Drawn.init) == shuffled.map { alone[$0] })
  }

  /// Past 256 requests in each of eight parts, and past 4 million parameters the work is cut up in other ways.
  @Test func largeBatchesAndLargeModelsAreNoOther() throws {
    let parameters = tinyParameters()
    let requests = someRequests(2400)
    let rule = SamplingRule(maxTokens: 6)
    let all = try parameters.sample(requests, rule, end: 2).map(Drawn.init)
    for index in [0, 255, 256, 299, 300, 2399] {
      #expect(try parameters.sample([requests[index]], rule, end: 2).map(Drawn.init) == [all[index]])
    }

    let large = Parameters(
      randomly: DecoderConfiguration(
        vocabulary: 7, width: 512, layers: 2, heads: 8, keyValueHeads: 4, headWidth: 64, feedForward: 1024,
        contextLength: 64), seed: 3)
    #expect(large.values.count > 4 << 20)
    let few = Array(requests.prefix(5))
    for adapter in [nil, tinyAdapter(large, rank: 9)] {
      func sample(_ requests: [RolloutRequest]) throws -> [Drawn] {
        try large.sample(requests, rule, adapter: adapter, end: nil).map(Drawn.init)
      }
      let alone = try few.flatMap { try sample([$0]) }
      for threads in [1, 2, 4] { #expect(try withThreads(threads) { try sample(few) } == alone) }
    }
  }

  @Test func everyDrawnTokenIsCounted() throws {
    let drawn = Atomic(0)
    let rollouts = try tinyParameters().sample(
      someRequests(50), SamplingRule(maxTokens: 20), end: 2,
      onToken: { drawn.wrappingAdd($0, ordering: .relaxed) })
    let counted = drawn.load(ordering: .relaxed)
    #expect(counted == rollouts.reduce(0) { $0 + $1.tokens.count })
  }

  @Test(arguments: [0, 1, 30])
  func interruptionsAreHeededWithinAToken(after polls: Int) {
    let polled = Atomic(0)
    let drawn = Atomic(0)
    #expect(throws: Interruption.self) {
      try tinyParameters().sample(
        someRequests(3), SamplingRule(maxTokens: 80), end: nil,
        isInterrupted: { polled.wrappingAdd(1, ordering: .relaxed).oldValue >= polls },
        onToken: { drawn.wrappingAdd($0, ordering: .relaxed) })
    }
    // Three requests in one batch: one poll before each token of the three.
    let counted = drawn.load(ordering: .relaxed)
    #expect(counted == 3 * polls)
  }

  /// A flag that is taken down once it has been read must not pass half a batch off as a whole one.
  @Test func anInterruptThatIsSeenOnceIsEnough() {
    let polled = Atomic(0)
    #expect(throws: Interruption.self) {
      try tinyParameters().sample(
        someRequests(3), SamplingRule(maxTokens: 20), end: nil,
        isInterrupted: { polled.wrappingAdd(1, ordering: .relaxed).oldValue == 4 })
    }
  }

  @Test func nothingAskedIsNothingDone() throws {
    #expect(try tinyParameters().sample([], SamplingRule(maxTokens: 5), end: nil).isEmpty)
  }
}

@Suite struct SamplingRefusalTests {
  static let refused: [(SamplingRule, Int, String)] = [
    (SamplingRule(maxTokens: 0), 3, "maxTokens 0 is not possible"),
    (SamplingRule(maxTokens: -5), 3, "maxTokens -5 is not possible"),
    (SamplingRule(temperature: -1, maxTokens: 5), 3, "temperature -1.0 is not possible"),
    (SamplingRule(temperature: 1e-7, maxTokens: 5), 3, "temperature lies between 1e-06 and 1000000.0"),
    (SamplingRule(temperature: .nan, maxTokens: 5), 3, "temperature nan is not possible"),
    (SamplingRule(temperature: .infinity, maxTokens: 5), 3, "temperature inf is not possible"),
    (SamplingRule(maxTokens: 94), 3, "the model's context is 96 tokens; choose maxTokens 93 or less"),
    (SamplingRule(maxTokens: .max), 3, "choose maxTokens 93 or less"),
    (SamplingRule(maxTokens: 1), 96, "choose a model with a longer context, or shorter prompts"),
    (SamplingRule(maxTokens: 1), 0, "an empty prompt cannot be continued"),
  ]

  @Test(arguments: refused)
  func whatCannotBeSampledIsRefusedBeforeAnyWork(rule: SamplingRule, prompt: Int, words: String) {
    let requests = [
      RolloutRequest(prompt: [1], stream: RandomStream(seed: 1, purpose: .sampling)),
      RolloutRequest(
        prompt: [Int32](repeating: 1, count: prompt), stream: RandomStream(seed: 1, purpose: .sampling)),
    ]
    let worked = Atomic(false)
    let error = #expect(throws: SettingError.self) {
      try tinyParameters().sample(
        requests, rule, end: nil, onToken: { _ in worked.store(true, ordering: .relaxed) })
    }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    let hasWorked = worked.load(ordering: .relaxed)
    #expect(!hasWorked)
  }

  @Test func theWholeContextMayBeUsed() throws {
    let rollouts = try tinyParameters().sample(
      [RolloutRequest(prompt: [1, 2, 3], stream: RandomStream(seed: 1, purpose: .sampling))],
      SamplingRule(maxTokens: 93), end: nil)
    #expect(rollouts[0].tokens.count == 93)
    #expect(scoredLogProbabilities(tinyParameters(), rollouts[0], temperature: 1).count == 93)
  }
}
