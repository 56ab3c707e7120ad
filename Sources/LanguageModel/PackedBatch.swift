// Sequences of different lengths laid end to end, without padding: nothing is computed that nobody asked for.

/// A batch of sequences for one forward pass.
package struct PackedBatch: Sendable {
  /// Every token of every sequence; N in all.
  package private(set) var tokens: [Int32] = []
  /// The position of each token in its own sequence.
  package private(set) var positions: [Int32] = []
  /// Where each sequence lies among the tokens.
  package private(set) var sequences: [Range<Int>] = []
  /// The tokens whose next token is predicted, ascending: only they pay for the head.
  package private(set) var scored: [Int32] = []
  /// For each scored token, the token that follows it.
  package private(set) var targets: [Int32] = []

  /// An empty batch.
  package init() {}

  /// Adds `prompt + completion`; each token of the completion is predicted from what stands before it.
  ///
  /// The last token of the completion predicts nothing and is left out of the computation.
  package mutating func append(prompt: [Int32], completion: [Int32]) {
    precondition(!prompt.isEmpty, "a sequence needs at least one token before its completion")
    let start = tokens.count
    tokens += prompt
    tokens += completion.dropLast()
    sequences.append(start..<tokens.count)
    for index in start..<tokens.count { positions.append(Int32(index - start)) }
    for (index, token) in completion.enumerated() {
      scored.append(Int32(start + prompt.count - 1 + index))
      targets.append(token)
    }
  }

  /// The length of the longest sequence.
  package var longest: Int { sequences.lazy.map(\.count).max() ?? 0 }
}
