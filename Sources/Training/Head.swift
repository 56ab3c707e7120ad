// The head of a decoder: from hidden states to logits over the vocabulary, a chunk of positions at a time, so that
// tokens × vocabulary never exists at once.

import LanguageModel
import Tensors

/// Memory that is kept from step to step: the system clears every page that it gives out anew.
struct Scratch {
  private var floats = Floats(zeros: 0)

  /// So many numbers of any value; what was given out before means nothing afterwards.
  mutating func memory(_ count: Int) -> Floats {
    if floats.count < count { floats = Floats(zeros: count) }
    return floats[0..<count]
  }
}

/// Applies heads to hidden states, in memory of its own.
final class Head {
  private var scratch = Scratch()

  /// Logits of some hidden states, positions × V; valid until the next use of this object.
  func logits(_ parameters: Parameters, _ hidden: Matrix) -> Matrix {
    let vocabulary = parameters.configuration.vocabulary
    let logits = Matrix(scratch.memory(hidden.rows * vocabulary), rows: hidden.rows, columns: vocabulary)
    linear(hidden, parameters.head, into: logits)
    return logits
  }

  /// Log-probabilities at a chunk of positions, positions × V; valid until the next use of this object.
  func logProbabilities(
    _ parameters: Parameters, _ hidden: Floats, _ positions: Range<Int>, temperature: Double
  ) -> Floats {
    let logits = logits(parameters, hiddenRows(hidden, positions, parameters)).values
    logSoftmax(
      logits, rows: positions.count, width: parameters.configuration.vocabulary, temperature: Float(temperature))
    return logits
  }
}

/// The head is applied to so many positions at a time that their logits stay below 16 MiB.
func forEachHeadChunk(_ parameters: Parameters, positions: Int, _ body: (Range<Int>) -> Void) {
  let size = max(16, (4 << 20) / parameters.configuration.vocabulary)
  for first in stride(from: 0, to: positions, by: size) { body(first..<min(first + size, positions)) }
}

/// Some rows of hidden states.
func hiddenRows(_ hidden: Floats, _ positions: Range<Int>, _ parameters: Parameters) -> Matrix {
  let width = parameters.configuration.width
  return Matrix(
    hidden[positions.lowerBound * width..<positions.upperBound * width], rows: positions.count, columns: width)
}
