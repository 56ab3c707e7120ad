// Real numbers side by side: what probabilities, losses and logits are in a cell.
//
// The order of the goals: the plain definition of every function, no overflow where the result is finite, then speed.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A vector of reals in contiguous storage that is copied when written.
package struct Vector: Sendable, Equatable {
  /// The numbers in order.
  package internal(set) var elements: [Double]

  /// A vector of the given numbers.
  package init(_ elements: [Double]) { self.elements = elements }

  /// How many numbers there are.
  package var count: Int { elements.count }

  /// The sum, with Kahan's compensation as Neumaier improved it.
  package var sum: Double {
    var total = 0.0
    var lost = 0.0
    for value in elements {
      let next = total + value
      lost += abs(total) >= abs(value) ? (total - next) + value : (value - next) + total
      total = next
    }
    return lost.isFinite ? total + lost : total
  }

  /// The sum of products; nil for different lengths.
  package func dot(_ other: Vector) -> Double? {
    guard count == other.count else { return nil }
    var products = self
    for index in elements.indices { products.elements[index] *= other.elements[index] }
    return products.sum
  }

  /// exp(xᵢ) / Σⱼ exp(xⱼ), with the largest element subtracted first so that nothing overflows.
  package var softmax: Vector {
    guard let largest = elements.max() else { return self }
    let powers = Vector(elements.map { exp($0 - largest) })
    let total = powers.sum
    return Vector(powers.elements.map { $0 / total })
  }

  /// The index of the largest element, the first of equals; nil for an empty vector.
  package var argmax: Int? {
    var best: Int?
    for index in elements.indices where best.map({ elements[index] > elements[$0] }) ?? true { best = index }
    return best
  }
}

/// The elementary functions of a cell, for reals and, element by element, for vectors.
enum RealFunction: String, CaseIterable, Sendable {
  case sqrt, exp, log, floor, ceil, round, sin, cos, tanh

  func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .sqrt: x.squareRoot()
    case .exp: Elementary.exponential(x)
    case .log: Elementary.logarithm(x)
    case .floor: x.rounded(.down)
    case .ceil: x.rounded(.up)
    case .round: x.rounded()
    case .sin: Elementary.sine(x)
    case .cos: Elementary.cosine(x)
    case .tanh: Elementary.hyperbolicTangent(x)
    }
  }
}

/// The C library's functions under names that the cases above do not hide.
private enum Elementary {
  static func exponential(_ x: Double) -> Double { exp(x) }
  static func logarithm(_ x: Double) -> Double { log(x) }
  static func sine(_ x: Double) -> Double { sin(x) }
  static func cosine(_ x: Double) -> Double { cos(x) }
  static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}

extension Double {
  /// This number to a power.
  func raised(to exponent: Double) -> Double { pow(self, exponent) }
}
