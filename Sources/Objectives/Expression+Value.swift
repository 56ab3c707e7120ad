// What a formula is worth in double precision, and how it reads.

import Tensors

extension Expression: CustomStringConvertible {
  /// The formula as one writes it, with p and q for teacher and student; long ones with … in the place of what is
  /// innermost.
  package var description: String {
    var texts: [(text: String, strength: Int)] = []
    for node in nodes { texts.append(text(node, texts)) }
    return texts[texts.count - 1].text
  }

  /// The text of a node and how tightly its outermost operation binds: 3 a name or call, 2 · and /, 1 + and −.
  private func text(_ node: Node, _ texts: [(text: String, strength: Int)]) -> (String, Int) {
    func short(_ place: Int) -> String { texts[place].text.utf8.count <= 400 ? texts[place].text : "…" }
    func operand(_ place: Int, _ least: Int) -> String {
      texts[place].strength < least ? "(\(short(place)))" : short(place)
    }
    func call(_ name: String, _ places: Int...) -> (String, Int) {
      ("\(name)(\(places.map(short).joined(separator: ", ")))", 3)
    }
    switch node {
    case .teacher: return ("p", 3)
    case .student: return ("q", 3)
    case .constant(let value): return (text(value), value < 0 ? 1 : 3)
    case .unary(.negative, let a): return ("−\(operand(a, 2))", 1)
    case .unary(let operation, let a): return call(operation.rawValue, a)
    case .power(let a, let exponent):
      return ("\(operand(a, 3))^\(exponent < 0 ? "(\(text(exponent)))" : text(exponent))", 3)
    case .binary(.plus, let a, let b): return ("\(operand(a, 1)) + \(operand(b, 1))", 1)
    case .binary(.minus, let a, let b): return ("\(operand(a, 1)) − \(operand(b, 2))", 1)
    case .binary(.times, let a, let b): return ("\(operand(a, 2)) · \(operand(b, 2))", 2)
    case .binary(.over, let a, let b): return ("\(operand(a, 2)) / \(operand(b, 3))", 2)
    case .binary(let operation, let a, let b): return call(operation.rawValue, a, b)
    case .reduction(let operation, let a): return call(operation.rawValue, a)
    }
  }

  private func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}

extension Expression {
  /// The value of the formula, which is one number, of two probability vectors; 0 · log 0 counts as 0, and 0/0 too.
  package func value(teacher: [Double], student: [Double]) -> Double {
    entries(teacher: teacher, student: student)[0]
  }

  /// The share of each token of the vocabulary, where the formula is a sum over it; else of each the same.
  func summands(teacher: [Double], student: [Double]) -> [Double] {
    if let summand { return summand.entries(teacher: teacher, student: student) }
    let value = value(teacher: teacher, student: student)
    return student.map { _ in value / Double(student.count) }
  }

  /// The entries of the result; of a number one.
  private func entries(teacher p: [Double], student q: [Double]) -> [Double] {
    var values: [[Double]] = []
    for node in nodes {
      switch node {
      case .teacher: values.append(p)
      case .student: values.append(q)
      case .constant(let value): values.append([value])
      case .unary(let operation, let a): values.append(values[a].map(operation.callAsFunction))
      case .power(let a, let exponent): values.append(values[a].map { Tensors.power($0, exponent) })
      case .reduction(let operation, let a):
        // A number in the place of a vector is that number at every token.
        let vector = values[a].count == 1 ? [Double](repeating: values[a][0], count: q.count) : values[a]
        values.append([operation(vector)])
      case .binary(let operation, let a, let b):
        let (a, b) = (values[a], values[b])
        values.append(
          (0..<max(a.count, b.count)).map { operation(a.count == 1 ? a[0] : a[$0], b.count == 1 ? b[0] : b[$0]) })
      }
    }
    return values[values.count - 1]
  }
}

extension Expression.Unary {
  fileprivate func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .negative: -x
    case .logarithm: Tensors.logarithm(x)
    case .exponential: Tensors.exponential(x)
    case .magnitude: abs(x)
    case .squareRoot: x.squareRoot()
    }
  }
}

extension Expression.Binary {
  fileprivate func callAsFunction(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .plus: a + b
    case .minus: a - b
    case .times: a == 0 || b == 0 ? 0 : a * b
    case .over: a == 0 ? 0 : a / b
    case .minimum: min(a, b)
    case .maximum: max(a, b)
    }
  }
}

extension Expression.Gathering {
  fileprivate func callAsFunction(_ values: [Double]) -> Double {
    switch self {
    case .sum: values.reduce(0, +)
    case .mean: values.reduce(0, +) / Double(values.count)
    case .maximum: values.max() ?? -.infinity
    }
  }
}
