// The head of a decoder: from hidden states to logits over the vocabulary, a chunk of positions at a time, so that
// tokens × vocabulary never exists at once. A chunk's gradient is computed with its loss: afterwards its logits are not
// needed any more, and the next chunk has their memory.

import LanguageModel
import Tensors

/// Applies heads to hidden states.
final class Head {
  private let memory: ActivationMemory?
  private var own = Floats(zeros: 0)

  /// A head that takes the memory of its logits from `memory`, where who calls gives it back; without one, it has its
  /// own, and what it computed last is gone with the next use.
  init(in memory: ActivationMemory? = nil) { self.memory = memory }

  /// Logits of some hidden states, positions × V.
  func logits(_ parameters: Parameters, _ hidden: Matrix) -> Matrix {
    let vocabulary = parameters.configuration.vocabulary
    let logits = Matrix(room(hidden.rows * vocabulary), rows: hidden.rows, columns: vocabulary)
    linear(hidden, parameters.head, into: logits)
    return logits
  }

  private func room(_ count: Int) -> Floats {
    if let memory { return memory.take(count) }
    if own.count < count {
      own = Floats(zeros: 0)
      own = Floats(zeros: count)
    }
    return own[0..<count]
  }

  /// Log-probabilities at a chunk of positions, positions × V; they lie where `logits` would.
  func logProbabilities(
    _ parameters: Parameters, _ hidden: Floats, _ positions: Range<Int>, temperature: Double
  ) -> Floats {
    let logits = logits(parameters, hiddenRows(hidden, positions, parameters)).values
    logSoftmax(
      logits, rows: positions.count, width: parameters.configuration.vocabulary, temperature: Float(temperature))
    return logits
  }
}

/// The loss of a chunk of positions whose logits are given: the sum of the weighted losses; the gradient by the logits
/// is left in their place.
typealias ChunkLoss = (_ positions: Range<Int>, _ logits: Floats) -> Double

/// What the losses of some positions come to.
struct HeadLoss {
  /// The sum of the weighted losses; it ends with the first chunk whose sum is not finite.
  var total = 0.0
  /// The positions, of that chunk, whose loss is not finite.
  var notFinite: [Int] = []
}

/// The loss over all positions, and its gradient by the hidden states and by the head's weights.
///
/// - Parameters:
///   - hidden: positions × D.
///   - dHidden: positions × D, receives the gradient by the hidden states.
///   - gradient: the part of the head's weights accumulates; nil where they are not trained.
///   - memory: where the logits of a chunk lie while it is worked on.
///   - chunk: positions that are taken at a time.
///   - shouldStop: asked before each chunk; when it holds, the result means nothing.
func headLossAndGradient(
  _ parameters: Parameters, _ hidden: Floats, dHidden: Floats, into gradient: Parameters?,
  memory: ActivationMemory,
  chunk: Int, shouldStop: () -> Bool = { false }, _ loss: ChunkLoss
) -> HeadLoss {
  let head = Head(in: memory)
  let count = hidden.count / parameters.configuration.width
  var result = HeadLoss()
  for first in stride(from: 0, to: count, by: chunk) where !shouldStop() {
    let positions = first..<min(first + chunk, count)
    let mark = memory.taken
    defer { memory.giveBack(to: mark) }
    let h = hiddenRows(hidden, positions, parameters)
    let logits = head.logits(parameters, h)
    result.total += loss(positions, logits.values)
    guard result.total.isFinite else {
      memory.giveBack(to: mark)
      result.notFinite = positions.filter { position in
        let mark = memory.taken
        defer { memory.giveBack(to: mark) }
        let alone = position..<position + 1
        return !loss(alone, head.logits(parameters, hiddenRows(hidden, alone, parameters)).values).isFinite
      }
      return result
    }
    if shouldStop() { break }
    linearInputGradient(logits, parameters.head, into: hiddenRows(dHidden, positions, parameters))
    guard let gradient else { continue }
    // Some tokens at a time: the product packs what it is given.
    for token in stride(from: 0, to: logits.columns, by: 8192) where !shouldStop() {
      let tokens = token..<min(token + 8192, logits.columns)
      linearWeightGradient(logits.columns(tokens), h, addingTo: gradient.head.outputs(tokens))
    }
  }
  return result
}

/// How many positions the head takes at a time: the logits of two models, teacher and student, stay together below an
/// eighth of the decoder's parameters and below 48 MiB, where that is more than a MiB.
func headChunk(_ shape: DecoderConfiguration) -> Int {
  let parameters = 4 * ParameterLayout(shape).count
  let positions = max(1 << 20, min(48 << 20, parameters / 8)) / (2 * 4 * shape.vocabulary)
  return positions < 8 ? max(1, positions) : positions & ~7
}

/// Some rows of hidden states.
func hiddenRows(_ hidden: Floats, _ positions: Range<Int>, _ parameters: Parameters) -> Matrix {
  let width = parameters.configuration.width
  return Matrix(
    hidden[positions.lowerBound * width..<positions.upperBound * width], rows: positions.count, columns: width)
}
