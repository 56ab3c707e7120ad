// The passes under test, called the way training calls them.

import Evidence
import LanguageModel
import Tensors

/// Shapes that are easy to get wrong: odd widths, grouped heads, one of everything, tied and not.
let oddShapes = [
  DecoderConfiguration(
    vocabulary: 11, width: 7, layers: 2, heads: 4, keyValueHeads: 2, headWidth: 6, feedForward: 9, contextLength: 40),
  DecoderConfiguration(
    vocabulary: 5, width: 16, layers: 1, heads: 3, keyValueHeads: 3, headWidth: 2, feedForward: 17,
    hasTiedHead: false, contextLength: 40),
  DecoderConfiguration(
    vocabulary: 2, width: 3, layers: 3, heads: 2, keyValueHeads: 1, headWidth: 4, feedForward: 1, rotaryBase: 100,
    contextLength: 40),
  DecoderConfiguration(
    vocabulary: 37, width: 33, layers: 2, heads: 6, keyValueHeads: 2, headWidth: 18, feedForward: 50,
    rotaryBase: 1e4, hasTiedHead: false, contextLength: 40),
]

/// Parameters large enough that every part has a say in the result.
func livelyParameters(_ shape: DecoderConfiguration, seed: UInt64 = 1) -> Parameters {
  let parameters = Parameters(zeros: shape)
  for (index, entry) in parameters.layout.entries.enumerated() {
    let scale = entry.shape.count == 1 ? 0.3 : 1.5 / Float(entry.shape[1]).squareRoot()
    let part = Floats(randomNumbers(entry.count, seed: seed + UInt64(index), scale: scale))
    if entry.shape.count == 1 { add(Floats([Float](repeating: 1, count: part.count)), to: part) }
    parameters[entry] = part
  }
  return parameters
}

/// Logits after every token of each sequence, from one packed batch.
func forwardLogits(_ parameters: Parameters, adapter: Adapter? = nil, _ sequences: [[Int32]]) -> [[Float]] {
  let shape = parameters.configuration
  var batch = PackedBatch()
  // The last token is followed by one that does not enter the computation.
  for tokens in sequences { batch.append(prompt: [tokens[0]], completion: Array(tokens.dropFirst()) + [0]) }
  let hidden = DecoderPass(shape, for: .scoring).forward(parameters, adapter: adapter, batch)
  let rows = batch.scored.count
  let logits = Floats(zeros: rows * shape.vocabulary)
  linear(
    Matrix(hidden, rows: rows, columns: shape.width), parameters.head,
    into: Matrix(logits, rows: rows, columns: shape.vocabulary))
  var start = 0
  return sequences.map { tokens in
    defer { start += tokens.count }
    return logits[start * shape.vocabulary..<(start + tokens.count) * shape.vocabulary].array
  }
}

/// The mean cross-entropy over the completions, and its gradient by every parameter.
func crossEntropyGradient(
  _ parameters: Parameters, _ sequences: [(prompt: [Int32], completion: [Int32])], pass: DecoderPass? = nil
) -> (loss: Double, gradient: Parameters) {
  let gradient = parameters.zerosLike()
  return (crossEntropy(parameters, nil, sequences, pass, into: .parameters(gradient)), gradient)
}

/// The same with an adapter, and the gradient by the adapter alone.
func crossEntropyGradient(
  _ parameters: Parameters, adapter: Adapter, _ sequences: [(prompt: [Int32], completion: [Int32])],
  pass: DecoderPass? = nil, addingTo gradient: Adapter? = nil
) -> (loss: Double, gradient: Adapter) {
  let gradient = gradient ?? adapter.zerosLike()
  return (crossEntropy(parameters, adapter, sequences, pass, into: .adapter(gradient)), gradient)
}

private func crossEntropy(
  _ parameters: Parameters, _ adapter: Adapter?, _ sequences: [(prompt: [Int32], completion: [Int32])],
  _ pass: DecoderPass?, into gradient: Trainable
) -> Double {
  let shape = parameters.configuration
  let pass = pass ?? DecoderPass(shape, for: .training)
  var batch = PackedBatch()
  for (prompt, completion) in sequences { batch.append(prompt: prompt, completion: completion) }
  let rows = batch.scored.count
  let hidden = Matrix(pass.forward(parameters, adapter: adapter, batch), rows: rows, columns: shape.width)
  let logits = Matrix(Floats(zeros: rows * shape.vocabulary), rows: rows, columns: shape.vocabulary)
  linear(hidden, parameters.head, into: logits)
  logSoftmax(logits.values, rows: rows, width: shape.vocabulary)
  let losses = Floats(zeros: rows)
  crossEntropyRows(
    logits.values, targets: batch.targets, weights: Floats([Float](repeating: 1 / Float(rows), count: rows)),
    losses: losses, width: shape.vocabulary)
  let dHidden = Matrix(Floats(zeros: rows * shape.width), rows: rows, columns: shape.width)
  linearInputGradient(logits, parameters.head, into: dHidden)
  if let gradient = gradient.parameters { linearWeightGradient(logits, hidden, addingTo: gradient.head) }
  pass.backward(dHidden.values, parameters, adapter: adapter, batch, into: gradient)
  return losses.doubles.reduce(0, +) / Double(rows)
}

/// Random sequences for a decoder: ragged, one with a completion of a single token.
func someSequences(_ shape: DecoderConfiguration) -> [(prompt: [Int32], completion: [Int32])] {
  [(3, 6), (1, 1), (5, 2), (1, 9)].enumerated().map { index, lengths in
    let tokens = randomTokens(lengths.0 + lengths.1, below: shape.vocabulary, seed: UInt64(50 + index))
    return (Array(tokens[..<lengths.0]), Array(tokens[lengths.0...]))
  }
}
