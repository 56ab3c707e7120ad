// A formula over rows of log-probabilities: its operations become a tape, which CKernels runs forward and, for the gradient
// by q, backward. With q = softmax(z/T), ∂D/∂z_v = (g_v − q_v Σ_u g_u) / T, where g_v = q_v ∂D/∂q_v.
//
// What underflows in float32 is kept as a logarithm: log q is read and not computed, log(p/q) is log p − log q, and the
// derivative by q of what was made of log q never passes through 1/q. 0 · log 0 is 0, and what has no weight has no
// gradient.

import Tensors

extension Expression {
  /// As `limitedDivergenceRows`; the limit of entries is for a sum over the vocabulary.
  func limitedRows(
    limit: Float, rowLimit: Float, teacher: Floats, student: Floats, weights: Floats, into results: LimitedRows,
    rows: Int, width: Int, temperature: Float
  ) {
    tapeRows(
      tape(width: width, limit: limit < .infinity ? Double(limit) : nil), rowLimit: rowLimit, teacher: teacher,
      student: student, weights: weights, into: results, rows: rows, width: width, temperature: temperature)
  }

  /// The operations in the order in which they are run, for rows of this width.
  private func tape(width: Int, limit: Double?) -> Tape {
    var lowering = Lowering(nodes: nodes, width: Double(width))
    let p = lowering.builder.input(.teacher)
    guard let limit, case .reduction(.sum, let place) = nodes.last else {
      let result = lowering.value(nodes.count - 1)
      let kept = lowering.builder.sum(p)
      return Tape(lowering.builder, result: result, over: nil, kept: kept)
    }
    let (entries, most) = (lowering.value(place), lowering.builder.constant(limit))
    let cut = lowering.builder.binary(.minimum, entries, most)
    let result = lowering.builder.sum(cut)
    let isOver = lowering.builder.binary(.greater, entries, most)
    let over = lowering.builder.sum(isOver)
    let one = lowering.builder.constant(1)
    let isKept = lowering.builder.binary(.subtract, one, isOver)
    let keptShares = lowering.builder.binary(.multiply, p, isKept)
    let kept = lowering.builder.sum(keptShares)
    return Tape(lowering.builder, result: result, over: over, kept: kept)
  }
}

/// From the nodes of a formula to the operations of a tape.
private struct Lowering {
  typealias Value = TapeBuilder.Value

  let nodes: [Expression.Node]
  let width: Double
  var builder = TapeBuilder()
  /// Of each node, whether it cannot be negative.
  private let isPositive: [Bool]
  /// Of each node, whether it is a product of powers of p, q and numbers above 0, whose logarithm is exact however small
  /// it is.
  private let isProduct: [Bool]
  private var values: [Int: Value] = [:]
  private var logarithms: [Int: Value] = [:]

  init(nodes: [Expression.Node], width: Double) {
    self.nodes = nodes
    self.width = width
    isPositive = nodes.reduce(into: []) { $0.append($1.isPositive(given: $0)) }
    isProduct = nodes.reduce(into: []) { $0.append($1.isProduct(given: $0)) }
  }

  /// The value of a node.
  mutating func value(_ place: Int) -> Value {
    if let value = values[place] { return value }
    let result =
      switch nodes[place] {
      case .teacher: builder.input(.teacher)
      case .student: builder.input(.student)
      case .constant(let number): builder.constant(number)
      case .unary(.negative, let a): builder.unary(.negate, value(a))
      case .unary(.logarithm, let a): logarithm(a)
      case .unary(.exponential, let a): builder.unary(.exponential, value(a))
      case .unary(.magnitude, let a): builder.unary(.magnitude, value(a))
      case .unary(.squareRoot, let a): power(a, 0.5)
      case .power(let a, let exponent): power(a, exponent)
      case .binary(let operation, let a, let b): binary(operation, a, b)
      case .reduction(.maximum, let a): builder.largest(value(a))
      case .reduction(.sum, let a): builder.sum(value(a))
      case .reduction(.mean, let a): scaled(builder.sum(value(a)), by: 1 / width)
      }
    values[place] = result
    return result
  }

  private mutating func binary(_ operation: Expression.Binary, _ a: Int, _ b: Int) -> Value {
    let (first, second) = (value(a), value(b))
    return switch operation {
    case .plus: builder.binary(.add, first, second)
    case .minus: builder.binary(.subtract, first, second)
    case .times: builder.binary(.multiply, first, second)
    case .over: builder.binary(.divide, first, second)
    case .minimum: builder.binary(.minimum, first, second)
    case .maximum: builder.binary(.maximum, first, second)
    }
  }

  private mutating func scaled(_ value: Value, by factor: Double) -> Value {
    let factor = builder.constant(factor)
    return builder.binary(.multiply, value, factor)
  }

  private mutating func power(_ place: Int, _ exponent: Double) -> Value {
    switch exponent {
    case 0: return builder.constant(1)
    case 1: return value(place)
    case 2: return builder.binary(.multiply, value(place), value(place))
    case -1: return builder.binary(.divide, builder.constant(1), value(place))
    default:
      if isProduct[place] { return builder.unary(.exponential, scaled(logarithm(place), by: exponent)) }
      return builder.unary(exponent == 0.5 ? .squareRoot : .power(exponent), value(place))
    }
  }

  /// log of a node; of products and powers of what is not negative it is put together from theirs.
  private mutating func logarithm(_ place: Int) -> Value {
    if let value = logarithms[place] { return value }
    let result =
      switch nodes[place] {
      case .teacher: builder.input(.logTeacher)
      case .student: builder.input(.logStudent)
      case .constant(let number) where number > 0: builder.constant(Tensors.logarithm(number))
      case .unary(.exponential, let a): value(a)
      case .unary(.squareRoot, let a) where isPositive[a]: scaled(logarithm(a), by: 0.5)
      case .power(let a, let exponent) where isPositive[a]: scaled(logarithm(a), by: exponent)
      case .binary(.times, let a, let b) where isPositive[a] && isPositive[b]:
        builder.binary(.add, logarithm(a), logarithm(b))
      case .binary(.over, let a, let b) where isPositive[a] && isPositive[b]:
        builder.binary(.subtract, logarithm(a), logarithm(b))
      default: builder.unary(.logarithm, value(place))
      }
    logarithms[place] = result
    return result
  }
}

extension Expression.Node {
  fileprivate func isPositive(given known: [Bool]) -> Bool {
    switch self {
    case .teacher, .student, .unary(.exponential, _), .unary(.magnitude, _), .unary(.squareRoot, _): true
    case .constant(let number): number > 0
    case .power(let a, _), .reduction(_, let a): known[a]
    case .unary, .binary(.minus, _, _): false
    case .binary(_, let a, let b): known[a] && known[b]
    }
  }

  fileprivate func isProduct(given known: [Bool]) -> Bool {
    switch self {
    case .teacher, .student, .unary(.exponential, _): true
    case .constant(let number): number > 0
    case .unary(.squareRoot, let a), .power(let a, _): known[a]
    case .binary(.times, let a, let b), .binary(.over, let a, let b): known[a] && known[b]
    default: false
    }
  }
}
