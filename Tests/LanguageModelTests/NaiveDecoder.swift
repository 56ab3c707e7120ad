// A decoder in double precision and plain loops, written from the description of the architecture (Qwen3 technical
// report, arXiv 2505.09388) and not from the passes that it is compared with.

import Evidence
import Glibc
import LanguageModel
import Tensors

/// The weights of a decoder by their Hugging Face names, in double precision.
struct NaiveDecoder {
  let shape: DecoderConfiguration
  var weights: [String: [Double]] = [:]

  init(_ parameters: Parameters) { self.init(parameters.configuration, parameters.tensors) }

  /// The decoder whose tensors, one after the other, are these.
  init(_ shape: DecoderConfiguration, _ numbers: [Double]) {
    self.shape = shape
    let layout = ParameterLayout(shape)
    for (entry, range) in zip(layout.entries, layout.tensorRanges) { weights[entry.name] = Array(numbers[range]) }
  }

  private func weight(_ name: String) -> [Double] { weights[name + ".weight", default: []] }

  private func linear(_ x: [Double], _ name: String) -> [Double] {
    let w = weight(name)
    return stride(from: 0, to: w.count, by: x.count).map { row in
      x.indices.reduce(0) { $0 + x[$1] * w[row + $1] }
    }
  }

  private func norm(_ x: [Double], _ name: String) -> [Double] {
    let w = weight(name)
    let mean = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
    return zip(x, w).map { $0 / (mean + Double(shape.normEpsilon)).squareRoot() * $1 }
  }

  /// One head after the other: normalised, then each pair (i, i + width/2) turned.
  private func heads(_ x: [Double], _ name: String, position: Int) -> [[Double]] {
    let width = shape.headWidth
    return stride(from: 0, to: x.count, by: width).map { start in
      var head = norm(Array(x[start..<start + width]), name)
      for i in 0..<width / 2 {
        let angle = Double(position) * pow(shape.rotaryBase, -2 * Double(i) / Double(width))
        (head[i], head[i + width / 2]) = (
          head[i] * cos(angle) - head[i + width / 2] * sin(angle),
          head[i + width / 2] * cos(angle) + head[i] * sin(angle)
        )
      }
      return head
    }
  }

  /// What one sequence leaves inside.
  struct Trace {
    /// Attention weights by layer, head, token that reads, and token that is read.
    var attention: [[[[Double]]]] = []
    /// The residual stream of each token: of the embedding, and after each layer.
    var streams: [[[Double]]] = []
  }

  /// Logits after each token of one sequence.
  func logits(_ tokens: [Int32]) -> [[Double]] {
    (trace(tokens).streams.last ?? []).map(headed)
  }

  /// The final norm and the head of a row of the residual stream.
  func headed(_ stream: [Double]) -> [Double] {
    linear(norm(stream, "model.norm"), shape.hasTiedHead ? "model.embed_tokens" : "lm_head")
  }

  /// The forward pass of one sequence.
  func trace(_ tokens: [Int32]) -> Trace {
    var trace = Trace()
    let embedding = weight("model.embed_tokens")
    var stream = tokens.map { Array(embedding[Int($0) * shape.width..<(Int($0) + 1) * shape.width]) }
    trace.streams.append(stream)
    for layer in 0..<shape.layers {
      trace.attention.append(Array(repeating: [], count: shape.heads))
      let name = "model.layers.\(layer)."
      let inputs = stream.map { norm($0, name + "input_layernorm") }
      let attention = name + "self_attn."
      let q = inputs.enumerated().map { heads(linear($1, attention + "q_proj"), attention + "q_norm", position: $0) }
      let k = inputs.enumerated().map { heads(linear($1, attention + "k_proj"), attention + "k_norm", position: $0) }
      let v = inputs.map { linear($0, attention + "v_proj") }
      for token in tokens.indices {
        var mixed: [Double] = []
        for head in 0..<shape.heads {
          let shared = head * shape.keyValueHeads / shape.heads
          let scores = (0...token).map { dot(q[token][head], k[$0][shared]) / Double(shape.headWidth).squareRoot() }
          let top = scores.max() ?? 0
          let shares = scores.map { exp($0 - top) }
          let sum = shares.reduce(0, +)
          trace.attention[layer][head].append(shares.map { $0 / sum })
          for i in 0..<shape.headWidth {
            mixed.append((0...token).reduce(0) { $0 + shares[$1] / sum * v[$1][shared * shape.headWidth + i] })
          }
        }
        stream[token] = zip(stream[token], linear(mixed, attention + "o_proj")).map(+)
        let input = norm(stream[token], name + "post_attention_layernorm")
        let (gate, up) = (linear(input, name + "mlp.gate_proj"), linear(input, name + "mlp.up_proj"))
        let hidden = zip(gate, up).map { $0 / (1 + exp(-$0)) * $1 }
        stream[token] = zip(stream[token], linear(hidden, name + "mlp.down_proj")).map(+)
      }
      trace.streams.append(stream)
    }
    return trace
  }

  /// The mean cross-entropy over every completion token of some sequences.
  func crossEntropy(_ sequences: [(prompt: [Int32], completion: [Int32])]) -> Double {
    var sum = 0.0
    for (prompt, completion) in sequences {
      let rows = logits(prompt + completion.dropLast())
      for (index, token) in completion.enumerated() {
        let row = rows[prompt.count - 1 + index]
        let top = row.max() ?? 0
        sum += top + log(row.reduce(0) { $0 + exp($1 - top) }) - row[Int(token)]
      }
    }
    return sum / Double(sequences.reduce(0) { $0 + $1.completion.count })
  }
}
