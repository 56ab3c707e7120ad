// A step's sequences go through the models some at a time, so that memory does not grow with the step.

import LanguageModel
import Rollouts

/// The sequences of a step, in order, in runs of at most `limit` tokens; one run without a limit.
///
/// `tokens` says how many tokens of each sequence are computed, by whichever model reads more of it. A sequence is never
/// cut: one that is longer than the limit would be a run of its own.
func microBatches(tokens: [Int], limit: Int?) -> [Range<Int>] {
  var runs: [Range<Int>] = []
  var first = 0
  var sum = 0
  for (index, count) in tokens.enumerated() {
    if let limit, index > first, sum + count > limit {
      runs.append(first..<index)
      (first, sum) = (index, 0)
    }
    sum += count
  }
  if first < tokens.count { runs.append(first..<tokens.count) }
  return runs
}

/// Tokens that go through a model at a time where nothing else is said: as many as one product of a layer multiplies in
/// some hundredths of a second, also the first time, when the memory that it writes is not there yet.
///
/// More would fill memory and gain no speed, and an interrupt would wait for them.
func tokensAtOnce(_ shape: DecoderConfiguration) -> Int {
  let layer = shape.width * (shape.projectedWidth + shape.heads * shape.headWidth + 3 * shape.feedForward)
  return min(max(1_024, 2_000_000_000 / layer), 8_192)
}

extension RunPlan {
  /// The most tokens that a step of so many sequences, none longer than `longest`, computes at a time.
  ///
  /// Throws `SettingError` where `microBatch` is too small for the longest sequence.
  func tokensAtATime(sequences: Int, longest: Int) throws(SettingError) -> Int {
    guard let microBatch else { return sequences * longest }
    guard microBatch >= longest else {
      throw SettingError(
        what: "microBatch \(microBatch) is not possible",
        why: "a sequence has up to \(longest) tokens here, and a sequence is never cut",
        fix: "choose \(longest) or more",
        setting: "microBatch")
    }
    return min(microBatch, sequences * longest)
  }
}
