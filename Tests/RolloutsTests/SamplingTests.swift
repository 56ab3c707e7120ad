// Sampling: the distribution that is drawn from, where completions end, and what is recorded.

import Evidence
import Glibc
import JSONValues
import LanguageModel
import RandomStreams
import Rollouts
import Tensors
import Testing

@Suite struct SamplingTests {
  /// The share of each first token among so many draws, against the softmax of the full pass.
  @Test(arguments: [0.5, 1, 2])
  func frequenciesFollowTheSoftmax(temperature: Double) throws {
    let parameters = tinyParameters()
    let prompt: [Int32] = [3, 1, 4]
    let draws = 20_000
    let rollouts = try parameters.sample(
      (0..<draws).map { RolloutRequest(prompt: prompt, stream: RandomStream(seed: 5, purpose: .sampling, 0, $0)) },
      SamplingRule(temperature: temperature, maxTokens: 1), end: nil)
    var counts = [Int](repeating: 0, count: 7)
    for rollout in rollouts { counts[Int(rollout.tokens[0])] += 1 }
    // The distribution comes from the other implementation, one candidate token at a time.
    let expected = (0..<7).map { token -> Double in
      let request = RolloutRequest(prompt: prompt, stream: RandomStream(seed: 0, purpose: .sampling))
      return exp(Double(candidate(Int32(token), after: request.prompt, parameters, temperature: temperature)))
    }
    #expect(abs(expected.reduce(0, +) - 1) < 1e-5)
    let chiSquare = zip(counts, expected).reduce(0.0) { sum, pair in
      let mean = pair.1 * Double(draws)
      return sum + (Double(pair.0) - mean) * (Double(pair.0) - mean) / mean
    }
    // Six degrees of freedom: 22.5 is exceeded once in a thousand seeds, and this seed is fixed.
    #expect(chiSquare < 22.5, "\(counts) against \(expected)")
  }

  private func candidate(_ token: Int32, after prompt: [Int32], _ parameters: Parameters, temperature: Double) -> Float
  {
    let shape = parameters.configuration
    let decoder = CachedDecoder(parameters, slots: 1, length: prompt.count, isParallel: false)
    decoder.extend(prompt, slots: prompt.map { _ in 0 })
    let logits = Floats(zeros: shape.vocabulary)
    decoder.logits(ofRows: [prompt.count - 1], into: logits)
    logSoftmax(logits, rows: 1, width: shape.vocabulary, temperature: Float(temperature))
    return logits[Int(token)]
  }

  @Test(arguments: [true, false])
  func greedyDecodingEqualsTransformers(isTied: Bool) throws {
    let name = isTied ? "qwen3-tied" : "qwen3-untied"
    let parameters = try goldenParameters(name, isTied: isTied)
    let rollout = try goldenJSON().at(name, "rollout")
    let prompt = try rollout.at("prompt").tokens
    let sampled = try parameters.sample(
      [RolloutRequest(prompt: prompt, stream: RandomStream(seed: 1, purpose: .sampling))],
      SamplingRule(temperature: 0, maxTokens: 12), end: nil)
    let expected = try rollout.at("completion").tokens
    #expect(expected.count == 12 && sampled[0].tokens == expected && !sampled[0].hasEnded)
    let logits = try rollout.at("logits").rows
    for (index, token) in expected.enumerated() {
      let row = Array(logits[index * 19..<(index + 1) * 19])
      let logProbability = row[Int(token)] - log(row.reduce(0) { $0 + exp($1) })
      // Logits near 5 with an error of 2 · 10⁻⁶ of their norm.
      #expect(abs(Double(sampled[0].logProbabilities[index]) - logProbability) < 1e-5)
    }
  }

  @Test func temperatureZeroTakesTheMostLikelyAndIsTheLimitOfTinyOnes() throws {
    let parameters = tinyParameters()
    let requests = someRequests(12)
    let greedy = try parameters.sample(requests, SamplingRule(temperature: 0, maxTokens: 10), end: nil)
    let cold = try parameters.sample(requests, SamplingRule(temperature: 1e-6, maxTokens: 10), end: nil)
    #expect(greedy.map(\.tokens) == cold.map(\.tokens))
    #expect(cold.allSatisfy { $0.logProbabilities.allSatisfy { $0 == 0 } })
    let warm = try parameters.sample(requests, SamplingRule(maxTokens: 10), end: nil)
    #expect(warm.map(\.tokens) != greedy.map(\.tokens))
    for rollout in greedy {
      for step in 0..<10 {
        let before = rollout.prompt + rollout.tokens.prefix(step)
        let all = (0..<7).map { candidate($0, after: before, parameters, temperature: 1) }
        #expect(all.max() == all[Int(rollout.tokens[step])])
        #expect(all[Int(rollout.tokens[step])] == rollout.logProbabilities[step])
      }
    }
  }

  @Test(arguments: [1, 2, 9])
  func completionsEndAtTheEndTokenOrTheLimit(maxTokens: Int) throws {
    let end: Int32 = 2
    let rollouts = try tinyParameters().sample(someRequests(60), SamplingRule(maxTokens: maxTokens), end: end)
    for rollout in rollouts {
      #expect(rollout.tokens.count == rollout.logProbabilities.count)
      #expect((1...maxTokens).contains(rollout.tokens.count))
      #expect(!rollout.tokens.dropLast().contains(end))
      #expect(rollout.hasEnded == (rollout.tokens.last == end))
      #expect(rollout.hasEnded || rollout.tokens.count == maxTokens)
    }
    #expect(rollouts.contains { $0.hasEnded } && rollouts.contains { !$0.hasEnded })
    let endless = try tinyParameters().sample(someRequests(60), SamplingRule(maxTokens: maxTokens), end: nil)
    #expect(endless.allSatisfy { !$0.hasEnded && $0.tokens.count == maxTokens })
    // The end token cuts a completion and changes nothing before it.
    #expect(zip(rollouts, endless).allSatisfy { $1.tokens.starts(with: $0.tokens) })
  }

  @Test(arguments: [0.7, 1, 1.3], [false, true])
  func recordedLogProbabilitiesAreThoseOfTheTrainingPass(temperature: Double, isAdapted: Bool) throws {
    let parameters = tinyParameters(vocabulary: 23)
    let adapter = isAdapted ? tinyAdapter(parameters) : nil
    let rollouts = try parameters.sample(
      someRequests(30, vocabulary: 23), SamplingRule(temperature: temperature, maxTokens: 60), adapter: adapter,
      end: nil)
    for rollout in rollouts {
      let scored = scoredLogProbabilities(parameters, adapter: adapter, rollout, temperature: temperature)
      // Not nearly: to the bit, since sampling and training take the same operations in the same order.
      #expect(scored.bits == rollout.logProbabilities.bits)
    }
  }

  @Test func aVocabularyOfTwoIsEnough() throws {
    let rollouts = try tinyParameters(vocabulary: 2).sample(
      someRequests(20, vocabulary: 2), SamplingRule(maxTokens: 20), end: 1)
    #expect(Set(rollouts.flatMap(\.tokens)) == [0, 1])
  }

  @Test func weightsThatAreNoNumbersEndInTokensAndNotInATrap() throws {
    let parameters = tinyParameters()
    parameters.values.fill(.nan)
    for temperature in [0, 1.0] {
      let rollouts = try parameters.sample(
        someRequests(3), SamplingRule(temperature: temperature, maxTokens: 4), end: nil)
      #expect(rollouts.allSatisfy { $0.tokens.count == 4 && $0.logProbabilities.allSatisfy { $0.isNaN } })
    }
  }
}
