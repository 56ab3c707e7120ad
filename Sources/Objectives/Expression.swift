// Divergences of one's own: a formula over the teacher's and the student's probabilities, recorded as it is written down.
// `Expression.teacher * (.teacher / .student).logarithm` is not computed but remembered, node by node, and equal nodes are
// one. What a node is worth stands in `Expression+Value.swift`, rows and gradients in `Expression+Rows.swift`.

import Tensors

/// A formula over one position: vectors over the vocabulary, and single numbers.
package struct Expression: Sendable, Hashable {
  /// The operations in an order in which each comes after those that it uses; the last one is the result.
  let nodes: [Node]
  /// What tables and plots call it, where it has a name of its own.
  package var name: String?

  /// One operation; its operands are places in the list of nodes.
  enum Node: Sendable, Hashable {
    case teacher
    case student
    case constant(Double)
    case unary(Unary, Int)
    case power(Int, Double)
    case binary(Binary, Int, Int)
    case reduction(Gathering, Int)
  }

  enum Unary: String, Sendable, Hashable {
    case negative = "−"
    case logarithm = "log"
    case exponential = "exp"
    case magnitude = "abs"
    case squareRoot = "sqrt"
  }

  enum Binary: String, Sendable, Hashable {
    case plus = "+"
    case minus = "−"
    case times = "·"
    case over = "/"
    case minimum = "min"
    case maximum = "max"
  }

  /// Operations that make one number of a vector.
  enum Gathering: String, Sendable, Hashable {
    case sum
    case mean
    case maximum = "max"
  }

  /// The teacher's probabilities p; detached.
  package static let teacher = Expression(nodes: [.teacher])
  /// The student's probabilities q.
  package static let student = Expression(nodes: [.student])
  /// A number.
  package static func constant(_ value: Double) -> Expression { Expression(nodes: [.constant(value)]) }

  /// An operation on one formula.
  private init(_ operand: Expression, _ node: (Int) -> Node) {
    self.init(nodes: operand.nodes + [node(operand.nodes.count - 1)])
  }

  /// An operation on two formulas, whose equal nodes are shared.
  private init(_ first: Expression, _ second: Expression, _ node: (Int, Int) -> Node) {
    var nodes = first.nodes
    var known = Dictionary(nodes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    func place(_ node: Node) -> Int {
      if let place = known[node] { return place }
      known[node] = nodes.count
      nodes.append(node)
      return nodes.count - 1
    }
    var places: [Int] = []
    for node in second.nodes { places.append(place(node.moved { places[$0] })) }
    let last = node(first.nodes.count - 1, places[places.count - 1])
    nodes.append(last)
    self.init(nodes: nodes)
  }

  private init(nodes: [Node]) { self.nodes = nodes }

  package static func + (_ a: Expression, _ b: Expression) -> Expression {
    Expression(a, b) { .binary(.plus, $0, $1) }
  }
  package static func - (_ a: Expression, _ b: Expression) -> Expression {
    Expression(a, b) { .binary(.minus, $0, $1) }
  }
  package static func * (_ a: Expression, _ b: Expression) -> Expression {
    Expression(a, b) { .binary(.times, $0, $1) }
  }
  package static func / (_ a: Expression, _ b: Expression) -> Expression {
    Expression(a, b) { .binary(.over, $0, $1) }
  }
  package static prefix func - (_ a: Expression) -> Expression { Expression(a) { .unary(.negative, $0) } }

  /// The smaller of two, entry by entry.
  package static func minimum(_ a: Expression, _ b: Expression) -> Expression {
    Expression(a, b) { .binary(.minimum, $0, $1) }
  }
  /// The larger of two, entry by entry.
  package static func maximum(_ a: Expression, _ b: Expression) -> Expression {
    Expression(a, b) { .binary(.maximum, $0, $1) }
  }
  /// Σ a·b.
  package static func dot(_ a: Expression, _ b: Expression) -> Expression { (a * b).sum }

  /// The natural logarithm.
  package var logarithm: Expression { Expression(self) { .unary(.logarithm, $0) } }
  package var exponential: Expression { Expression(self) { .unary(.exponential, $0) } }
  /// |x|.
  package var magnitude: Expression { Expression(self) { .unary(.magnitude, $0) } }
  package var squareRoot: Expression { Expression(self) { .unary(.squareRoot, $0) } }
  /// x to a power that is a number.
  package func power(_ exponent: Double) -> Expression { Expression(self) { .power($0, exponent) } }

  /// The sum over the vocabulary.
  package var sum: Expression { Expression(self) { .reduction(.sum, $0) } }
  /// The mean over the vocabulary.
  package var mean: Expression { Expression(self) { .reduction(.mean, $0) } }
  /// The largest entry.
  package var maximum: Expression { Expression(self) { .reduction(.maximum, $0) } }
  /// eˣ / Σ eˣ.
  package var softmax: Expression {
    let shares = (self - maximum).exponential
    return shares / shares.sum
  }

  /// Whether it is one number and not a vector over the vocabulary.
  package var isScalar: Bool { areScalars.last == true }

  /// Of each node, whether it is one number.
  ///
  /// A part may occur in very many others, so nodes are gone through once.
  private var areScalars: [Bool] {
    nodes.reduce(into: []) { known, node in
      switch node {
      case .teacher, .student: known.append(false)
      case .constant, .reduction: known.append(true)
      case .unary(_, let a), .power(let a, _): known.append(known[a])
      case .binary(_, let a, let b): known.append(known[a] && known[b])
      }
    }
  }

  /// Where the formula is Σ x over the vocabulary: x.
  var summand: Expression? {
    guard case .reduction(.sum, let place) = nodes.last, !areScalars[place] else { return nil }
    return part(place)
  }

  /// The formula whose result is at a place.
  func part(_ place: Int) -> Expression { Expression(nodes: Array(nodes[...place])) }

  /// Throws where it is no divergence: a vector, nothing that the student can change, or longer than 1,000 operations.
  package func validate() throws(ObjectiveError) {
    guard nodes.count <= 1000 else {
      throw ObjectiveError(
        what: "a formula of \(nodes.count) operations is not possible", why: "1,000 are the most",
        fix: "write it with fewer, such as one sum in the place of many")
    }
    guard isScalar else {
      throw ObjectiveError(
        what: "\(self) is no divergence", why: "it is a vector over the vocabulary and not one number",
        fix: "sum it, as in sum(…)")
    }
    guard nodes.contains(.student) else {
      throw ObjectiveError(
        what: "\(self) is nothing to learn from", why: "the student does not occur in it",
        fix: "let it depend on the student's probabilities")
    }
  }
}

extension Expression.Node {
  /// The same operation on operands in other places.
  fileprivate func moved(_ place: (Int) -> Int) -> Self {
    switch self {
    case .teacher, .student, .constant: self
    case .unary(let operation, let a): .unary(operation, place(a))
    case .power(let a, let exponent): .power(place(a), exponent)
    case .binary(let operation, let a, let b): .binary(operation, place(a), place(b))
    case .reduction(let operation, let a): .reduction(operation, place(a))
    }
  }
}
