// Sampling: prompts in, completions with the log-probabilities under which they were drawn out.

package import LanguageModel
package import RandomStreams
import Tensors

/// Which tokens can be drawn at all.
package struct Truncation: Sendable, Equatable {
  /// The likeliest so many; nil: all.
  package var topK: Int?
  /// The likeliest whose probabilities reach this sum; 1: all.
  package var topP: Double

  package init(topK: Int? = nil, topP: Double = 1) {
    self.topK = topK
    self.topP = topP
  }

  /// Every token can be drawn.
  package static let none = Truncation()

  /// Its name in titles; nil for none.
  package var name: String? {
    let parts = [topK.map { "top-k \($0)" }, topP == 1 ? nil : "top-p \(topP)"].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// Throws `SettingError` for a truncation that leaves nothing, or is none.
  package func validate() throws(SettingError) {
    if let topK { try SettingError.check("topK", topK, in: 1...Int.max) }
    try SettingError.check("topP", topP, in: 1e-6...1)
  }
}

/// How tokens are drawn.
package struct SamplingRule: Sendable, Equatable {
  /// T, by which logits are divided; 0 takes the most likely token.
  package var temperature: Double
  /// A completion ends after this many tokens at the latest.
  package var maxTokens: Int
  /// Which tokens can be drawn at all; their probabilities keep their proportions.
  package var truncation: Truncation

  package init(temperature: Double = 1, maxTokens: Int, truncation: Truncation = .none) {
    self.temperature = temperature
    self.maxTokens = maxTokens
    self.truncation = truncation
  }

  /// The temperatures that are not 0: below, float32 has no 1/T that it could multiply logits with and stay finite.
  package static let temperatures = 1e-6...1e6

  /// Throws `SettingError` for a rule that cannot be followed after a prompt of so many tokens in such a context.
  package func validate(longestPrompt: Int, contextLength: Int) throws(SettingError) {
    if temperature != 0 { try SettingError.check("temperature", temperature, in: Self.temperatures) }
    try truncation.validate()
    guard maxTokens >= 1 else {
      throw SettingError(
        what: "maxTokens \(maxTokens) is not possible", why: "a completion has at least one token",
        fix: "choose 1 or more", setting: "maxTokens")
    }
    guard maxTokens <= contextLength, longestPrompt <= contextLength - maxTokens else {
      let room = contextLength - longestPrompt
      throw SettingError(
        what: "completions of up to \(maxTokens) tokens after a prompt of \(longestPrompt) are not possible",
        why: "the model's context is \(contextLength) tokens",
        fix: room >= 1
          ? "choose maxTokens \(room) or less, or a model with a longer context"
          : "choose a model with a longer context, or shorter prompts", setting: "maxTokens")
    }
  }
}

/// One completion to sample, and the place its random numbers come from.
package struct RolloutRequest: Sendable {
  /// The prompt; at least one token.
  package let prompt: [Int32]
  /// Token n is drawn with the n-th number of this stream: no neighbour in the batch, no thread has a say in it.
  package let stream: RandomStream

  package init(prompt: [Int32], stream: RandomStream) {
    self.prompt = prompt
    self.stream = stream
  }
}

/// A sampled completion.
package struct Rollout: Sendable {
  /// What it continues.
  package let prompt: [Int32]
  /// The tokens drawn, the end token included where there is one.
  package fileprivate(set) var tokens: [Int32] = []
  /// For each token, its log-probability at the temperature it was drawn at (T = 1 for temperature 0), before any
  /// truncation, in nats.
  package fileprivate(set) var logProbabilities: [Float] = []
  /// Whether it ended with the end token rather than for want of room.
  package fileprivate(set) var hasEnded = false
}

extension Parameters {
  /// Samples a completion for each request.
  ///
  /// The result of a request depends on its prompt, its stream, these parameters and the adapter on top of them alone,
  /// bit for bit.
  /// Throws `SettingError`, before any work, for an empty prompt, a rule out of range or a context that is too short,
  /// and `Interruption` soon after `isInterrupted` holds. `onToken` is told how many tokens have been drawn since it
  /// was last called; it may be called from several threads. Where a `memory` is given, it has a turn there.
  package func sample(
    _ requests: [RolloutRequest], _ rule: SamplingRule, adapter: Adapter? = nil, end: Int32?,
    memory: ActivationMemory? = nil,
    isInterrupted: @Sendable () -> Bool = { false }, onToken: @Sendable (Int) -> Void = { _ in }
  ) throws -> [Rollout] {
    if requests.isEmpty { return [] }
    guard !requests.contains(where: \.prompt.isEmpty) else {
      throw SettingError(
        what: "an empty prompt cannot be continued", why: "the model predicts a token from those before it",
        fix: "begin with at least one character")
    }
    let longest = requests.lazy.map(\.prompt.count).max() ?? 0
    try rule.validate(longestPrompt: longest, contextLength: configuration.contextLength)
    // So many at once that their caches stay below 1 GiB in each part, and that one more token of each takes some
    // hundredths of a second; how many changes no result.
    let cache =
      (longest + rule.maxTokens) * configuration.layers * configuration.keyValueHeads * configuration.headWidth
    let most = SamplingBatch.mostRows(values.count)
    let together = max(1, min(most, (1 << 27) / cache))
    let isSmall = values.count <= 4 << 20
    let parts = isSmall ? max(1, min(2 * Workers.shared.threads, requests.count / 8)) : 1
    let results = RolloutSlots(count: requests.count)
    let rooms = memory.map { memory in
      let slots = min(together, (requests.count + parts - 1) / parts)
      let size =
        CachedDecoder.roomCount(
          configuration, slots: slots, length: longest + rule.maxTokens,
          rows: min(slots * longest, max(longest, most)))
        + slots * configuration.vocabulary
      memory.beginTurn(expecting: parts * ((size + 15) & ~15))
      return (0..<parts).map { _ in memory.take(size) }
    }
    let body = { (part: Int) in
      let range = part * requests.count / parts..<(part + 1) * requests.count / parts
      for first in stride(from: range.lowerBound, to: range.upperBound, by: together) {
        let chunk = first..<min(first + together, range.upperBound)
        var batch = SamplingBatch(
          self, adapter, Array(requests[chunk]), rule, end: end, isParallel: !isSmall, room: rooms?[part])
        while batch.isUnfinished, !isInterrupted() { onToken(batch.step()) }
        if batch.isUnfinished { return }
        results.store(batch.rollouts, at: chunk.lowerBound)
      }
    }
    Workers.shared.loop(parts, body)
    let finished = results.rollouts
    guard finished.count == requests.count else { throw Interruption() }
    return finished
  }
}

/// Requests that are decoded together; each leaves the batch when it has ended.
private struct SamplingBatch {
  var rollouts: [Rollout]
  private var streams: [RandomStream]
  private let decoder: CachedDecoder
  private let rule: SamplingRule
  private let end: Int32?
  private let vocabulary: Int
  private let promptTokens: Int
  private let isParallel: Bool
  private let logits: Floats
  private var active: [Int]
  /// Prompts that are still to be read, each with the requests that continue it: it is read once for all of them.
  private var unread: [[Int]]

  init(
    _ parameters: Parameters, _ adapter: Adapter?, _ requests: [RolloutRequest], _ rule: SamplingRule, end: Int32?,
    isParallel: Bool, room: Floats?
  ) {
    rollouts = requests.map { Rollout(prompt: $0.prompt) }
    streams = requests.map(\.stream)
    self.rule = rule
    self.end = end
    vocabulary = parameters.configuration.vocabulary
    promptTokens = Self.mostRows(parameters.values.count)
    self.isParallel = isParallel
    let longest = requests.lazy.map(\.prompt.count).max() ?? 0
    let size = requests.count * vocabulary
    decoder = CachedDecoder(
      parameters, adapter: adapter, slots: requests.count, length: longest + rule.maxTokens, isParallel: isParallel,
      room: room.map { $0[0..<$0.count - size] })
    logits = room.map { $0[$0.count - size..<$0.count] } ?? Floats(zeros: size)
    active = Array(requests.indices)
    unread = Dictionary(grouping: requests.indices) { requests[$0].prompt }.values.sorted { $0[0] < $1[0] }
  }

  /// How many tokens, of several prompts or one of each request, go through a model of so many parameters together.
  ///
  /// An interrupt waits for them. From 62 million parameters it is their number that sets the time, not this one.
  static func mostRows(_ parameters: Int) -> Int { min(256, max(32, 2_000_000_000 / parameters)) }

  var isUnfinished: Bool { !active.isEmpty }

  /// Reads some prompts, or draws one token for each active request; returns how many were drawn.
  mutating func step() -> Int {
    if unread.isEmpty {
      decoder.extend(active.map { rollouts[$0].tokens[rollouts[$0].tokens.count - 1] }, slots: active)
      let drawn = active.count
      draw(for: active, rows: Array(active.indices))
      return drawn
    }
    // Prompts are read a few at a time, so that memory stays small, and so that an interrupt need not wait for all.
    var tokens: [Int32] = []
    var slots: [Int] = []
    var last: [Int] = []
    var count = 0
    for group in unread {
      let prompt = rollouts[group[0]].prompt
      if count > 0, tokens.count + prompt.count > promptTokens { break }
      tokens += prompt
      slots += Array(repeating: group[0], count: prompt.count)
      last += Array(repeating: tokens.count - 1, count: group.count)
      count += 1
    }
    let ready = unread.prefix(count)
    unread.removeFirst(count)
    decoder.extend(tokens, slots: slots)
    for group in ready {
      for follower in group.dropFirst() { decoder.copy(slot: group[0], to: follower) }
    }
    draw(for: ready.flatMap(\.self), rows: last)
    return last.count
  }

  private mutating func draw(for slots: [Int], rows: [Int]) {
    decoder.logits(ofRows: rows, into: logits)
    let temperature = rule.temperature == 0 ? 1 : rule.temperature
    logSoftmax(
      logits, rows: rows.count, width: vocabulary, temperature: Float(temperature), parallel: isParallel)
    for (row, slot) in slots.enumerated() {
      let distribution = logits.row(row, width: vocabulary)
      let token =
        rule.temperature == 0
        ? mostLikely(distribution)
        : rule.truncation == .none
          ? drawToken(distribution, streams[slot].uniform())
          : drawToken(distribution, rule.truncation, streams[slot].uniform())
      rollouts[slot].tokens.append(Int32(token))
      rollouts[slot].logProbabilities.append(distribution[token])
      rollouts[slot].hasEnded = Int32(token) == end
    }
    active.removeAll { rollouts[$0].hasEnded || rollouts[$0].tokens.count == rule.maxTokens }
  }
}

/// The first of the most likely tokens.
private func mostLikely(_ logProbabilities: Floats) -> Int {
  var best = 0
  for token in 1..<logProbabilities.count where logProbabilities[token] > logProbabilities[best] { best = token }
  return best
}

/// The token at which the cumulated probability of those that a truncation leaves passes `uniform` of their sum; the
/// likeliest come first, and of equals the first.
private func drawToken(_ logProbabilities: Floats, _ truncation: Truncation, _ uniform: Double) -> Int {
  func isBefore(_ a: Int, _ b: Int) -> Bool {
    logProbabilities[a] == logProbabilities[b] ? a < b : logProbabilities[a] > logProbabilities[b]
  }
  var heap = Heap(logProbabilities.count, isBefore)
  var left: [(token: Int, sum: Double)] = []
  var sum = 0.0
  while left.count < truncation.topK ?? .max, sum < truncation.topP, let token = heap.removeFirst() {
    sum += exponential(Double(logProbabilities[token]))
    left.append((token, sum))
  }
  return (left.first { uniform * sum < $0.sum } ?? left[left.count - 1]).token
}

/// The numbers below a count, of which the first by an order can be taken out, one after the other.
private struct Heap {
  private var numbers: [Int]
  private let isBefore: (Int, Int) -> Bool

  init(_ count: Int, _ isBefore: @escaping (Int, Int) -> Bool) {
    numbers = Array(0..<count)
    self.isBefore = isBefore
    for place in stride(from: count / 2 - 1, through: 0, by: -1) { sink(place) }
  }

  mutating func removeFirst() -> Int? {
    guard let first = numbers.first else { return nil }
    numbers.swapAt(0, numbers.count - 1)
    numbers.removeLast()
    sink(0)
    return first
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while true {
      var best = place
      for child in [2 * place + 1, 2 * place + 2] where child < numbers.count {
        if isBefore(numbers[child], numbers[best]) { best = child }
      }
      if best == place { return }
      numbers.swapAt(place, best)
      place = best
    }
  }
}

/// The results of the parts of a parallel loop.
@safe private final class RolloutSlots: @unchecked Sendable {
  // Sendable: every part stores its own range, and they are read when the loop has ended.
  private let base: UnsafeMutableBufferPointer<Rollout?>

  init(count: Int) {
    unsafe base = .allocate(capacity: count)
    unsafe base.initialize(repeating: nil)
  }

  deinit {
    unsafe base.deinitialize()
    unsafe base.deallocate()
  }

  func store(_ rollouts: [Rollout], at first: Int) {
    for (index, rollout) in rollouts.enumerated() { unsafe base[first + index] = rollout }
  }

  /// Those that were stored, in order.
  var rollouts: [Rollout] { unsafe base.compactMap(\.self) }
}
