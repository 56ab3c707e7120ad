// What every numerical test needs: numbers from a seed, distances, and the four threads.

import FourThreads
import RandomStreams
import Synchronization
package import Tensors

/// Numbers from a seed, uniform in -scale...scale, with all bits of a float32 in use.
package func randomNumbers(_ count: Int, seed: UInt64, scale: Float = 1) -> [Float] {
  var random = RandomStream(seed: seed, purpose: .user)
  return (0..<count).map { _ in scale * Float(2 * random.uniform() - 1) }
}

/// Whole numbers in `0..<bound` from a seed.
package func randomTokens(_ count: Int, below bound: Int, seed: UInt64) -> [Int32] {
  var random = RandomStream(seed: seed, purpose: .user, 1)
  return (0..<count).map { _ in Int32(random.below(bound)) }
}

extension Array where Element == Float {
  /// The same numbers in double precision.
  package var doubles: [Double] { map(Double.init) }
  /// Whether every number is finite.
  package var isFinite: Bool { allSatisfy(\.isFinite) }
  /// The bits, which tell 0 from −0 and one NaN from another.
  package var bits: [UInt32] { map(\.bitPattern) }
}

extension Floats {
  /// The numbers in double precision.
  package var doubles: [Double] { array.doubles }
}

/// ‖a − b‖ / ‖b‖ in the Euclidean norm; ‖a‖ where b is 0, infinite where the lengths differ or a number is NaN.
package func relativeError(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let difference = zip(a, b).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  let norm = b.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
  let error = norm == 0 ? difference : difference / norm
  return error.isNaN ? .infinity : error
}

package func relativeError(_ a: [Float], _ b: [Double]) -> Double { relativeError(a.doubles, b) }
package func relativeError(_ a: Floats, _ b: [Double]) -> Double { relativeError(a.doubles, b) }

/// Σ a·b, in double.
package func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// The derivative of `f` at `x` in a direction: a central difference in double precision.
///
/// Truncation is of order step², rounding of order 2⁻⁵³/step: near step = 10⁻⁵ both are about 10⁻¹⁰ of f.
package func directionalDifference(
  _ x: [Double], _ direction: [Double], step: Double = 1e-5, _ f: ([Double]) -> Double
) -> Double {
  let ahead = zip(x, direction).map { $0 + step * $1 }
  let behind = zip(x, direction).map { $0 - step * $1 }
  return (f(ahead) - f(behind)) / (2 * step)
}

private let threadsInUse = Mutex(())

/// Runs `body` with at most so many threads in the loops of the process; one such body at a time.
package func withThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
  try threadsInUse.withLock { _ in
    Workers.shared.use(threads: count)
    defer { Workers.shared.use(threads: Workers.shared.threads) }
    return try body()
  }
}
