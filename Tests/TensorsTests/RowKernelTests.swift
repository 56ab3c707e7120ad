// SwiGLU, embedding rows, log softmax, entropy, sums and AdamW against twins in double precision.

import Evidence
import Glibc
import Tensors
import Testing

private let widths = [1, 2, 7, 16, 17, 33, 96]

@Suite struct SwiGLUTests {
  @Test(arguments: widths, [1, 5, 70])
  func forwardAndBackwardEqualTheTwin(width: Int, rows: Int) {
    let gu = randomNumbers(rows * 2 * width, seed: 1, scale: 6)
    let h = Floats(zeros: rows * width)
    swiglu(Floats(gu), into: h, rows: rows, width: width)
    // The exponential is right to about 1 ulp, three more operations follow.
    #expect(relativeError(h, naiveSwiGLU(gu.doubles, width: width)) < 5e-7)

    let projection = randomNumbers(rows * width, seed: 2)
    let dgu = Floats(gu)
    swigluBackward(Floats(projection), dgu, dgu: dgu, rows: rows, width: width)
    let way = randomNumbers(rows * 2 * width, seed: 3).doubles
    let slope = directionalDifference(gu.doubles, way) {
      dot(naiveSwiGLU($0, width: width), projection.doubles)
    }
    let size = dot(dgu.doubles.map(abs), way.map(abs))
    #expect(abs(dot(dgu.doubles, way) - slope) < 1e-6 * size + 1e-9)
  }

  @Test(arguments: [-1e4, -200, -88, 0, 88, 200, 1e4] as [Float])
  func extremeGatesGiveNoNaN(gate: Float) {
    let gu = Floats([gate, 2] as [Float])
    let h = Floats(zeros: 1)
    swiglu(gu, into: h, rows: 1, width: 1)
    // Below −87 the exponential is held at e⁸⁷: what should be smaller than 10⁻³³ is at most 10⁻³³.
    #expect(abs(Double(h[0]) - naiveSwiGLU([Double(gate), 2], width: 1)[0]) <= 1e-6 * Double(abs(gate)) * 2)
    #expect(gate > 0 || abs(h[0]) < 1e-33)
    swigluBackward(Floats([1] as [Float]), gu, dgu: gu, rows: 1, width: 1)
    #expect(gu.array.isFinite)
  }
}

@Suite struct EmbeddingTests {
  @Test func rowsAreGatheredAndTheirGradientsAdded() {
    let table = randomNumbers(5 * 7, seed: 1)
    let tokens: [Int32] = [4, 0, 4, 2, 4]
    let y = Floats(zeros: 5 * 7)
    let panels = Panels(Floats(zeros: Panels.count(outputs: 5, inputs: 7)), outputs: 5, inputs: 7)
    panels.store(Floats(table), first: 0)
    gatherRows(panels, tokens, into: y)
    #expect(y.array == tokens.flatMap { table[Int($0) * 7..<Int($0) * 7 + 7] })
    let dy = (0..<35).map { Float($0) }
    panels.store(Floats((0..<35).map { _ in Float(1) }), first: 0)
    scatterRows(Floats(dy), tokens, addingTo: panels)
    let gradient = Floats(zeros: 35)
    panels.load(into: gradient, first: 0)
    for token in 0..<5 {
      for i in 0..<7 {
        let sum = tokens.indices.filter { tokens[$0] == token }.reduce(Float(1)) { $0 + dy[$1 * 7 + i] }
        #expect(gradient[token * 7 + i] == sum)
      }
    }
  }
}

@Suite struct LogSoftmaxTests {
  @Test(arguments: [1, 2, 7, 16, 17, 33, 96, 1000], [0.5, 1, 3])
  func rowsEqualTheTwin(width: Int, temperature: Double) {
    for rows in [1, 3, 9, 40] {
      let logits = randomNumbers(rows * width, seed: 1, scale: 10)
      let z = Floats(logits)
      logSoftmax(z, rows: rows, width: width, temperature: Float(temperature))
      let expected = naiveLogSoftmax(logits.doubles, width: width, temperature: temperature)
      // Numbers of up to 40 are rounded to 2 · 10⁻⁶; the error counts against the largest number of the row.
      for (place, value) in z.doubles.enumerated() { #expect(abs(value - expected[place]) < 8e-6) }
      for row in 0..<rows {
        let sum = z.row(row, width: width).doubles.reduce(0) { $0 + exp($1) }
        #expect(abs(sum - 1) < 4e-6)
      }
      let entropies = Floats(zeros: rows)
      entropy(z, into: entropies, rows: rows, width: width)
      for row in 0..<rows {
        let expected = expected[row * width..<(row + 1) * width].reduce(0) { $0 - exp($1) * $1 }
        #expect(abs(Double(entropies[row]) - expected) < 6e-6 * (1 + expected))
      }
      let alone = Floats(logits)
      for row in 0..<rows {
        logSoftmax(
          alone.row(row, width: width), rows: 1, width: width, temperature: Float(temperature), parallel: false)
      }
      #expect(alone.array.bits == z.array.bits, "a row depends on the rows beside it")
    }
  }

  /// The exponential and the logarithm of the lanes, seen from outside: two tokens whose logits differ by d.
  @Test func theLanesAreRightToTwoUnitsInTheLastPlace() {
    var worst = 0.0
    for step in 0..<4000 {
      let difference = -Float(step) / 50
      let z = Floats([Float](repeating: -.infinity, count: 14) + [0, difference])
      logSoftmax(z, rows: 1, width: 16)
      // −log(1 + e^d): the error counts in units of 2⁻²³ of 1 + e^d, which the logarithm takes on.
      worst = max(worst, abs(Double(z[14]) + log1p(exp(Double(difference)))) / 0x1p-23)
    }
    #expect(worst < 2)
  }

  @Test(arguments: [2, 16, 17, 40])
  func extremeLogitsGiveProbabilities(width: Int) {
    for logits: [Float] in [[1e4, -1e4], [-1e4, 1e4], [3e38, -3e38], [-.infinity, 0], [0, -.infinity]] {
      let rest = [Float](repeating: -.infinity, count: width - 2)
      let z = Floats(logits + rest)
      logSoftmax(z, rows: 1, width: width)
      #expect(z[logits[0] > logits[1] ? 0 : 1] == 0)
      #expect(z.array.allSatisfy { !$0.isNaN })
      let entropies = Floats(zeros: 1)
      entropy(z, into: entropies, rows: 1, width: width)
      #expect(entropies[0] == 0)
    }
  }

  @Test func tinyTemperaturesTakeTheLargest() {
    let z = Floats([1, 1.0001, 0.5] as [Float])
    logSoftmax(z, rows: 1, width: 3, temperature: 1e-6)
    #expect(z[1] == 0 && z[0] < -90 && z[2] < -4e5 && z.array.isFinite)
  }
}

@Suite struct VectorTests {
  @Test(arguments: [0, 1, 7, 65_536, 65_537, 200_000])
  func sumsOfSquaresAreTakenInDouble(count: Int) {
    let x = randomNumbers(count, seed: 1, scale: 1e3)
    let expected = x.reduce(0.0) { $0 + Double($1) * Double($1) }
    // 200,000 additions in double, in another order.
    #expect(abs(sumOfSquares(Floats(x)) - expected) <= 1e-12 * expected)
  }

  @Test func sumsOfSquaresNeitherOverflowNorHideNaN() {
    #expect(sumOfSquares(Floats([3e38, 3e38] as [Float])).isFinite)
    #expect(sumOfSquares(Floats([1, .nan, 2] as [Float])).isNaN)
  }

  @Test(arguments: [1, 16, 33, 40_000])
  func tenStepsOfAdamWEqualTheTwin(count: Int) {
    let start = randomNumbers(count, seed: 1)
    let (w, m, v) = (Floats(start), Floats(zeros: count), Floats(zeros: count))
    var twin = start.doubles
    var first = [Double](repeating: 0, count: count)
    var second = first
    let (rate, beta1, beta2, decay, scale) = (0.01, 0.9, 0.95, 0.1, 0.5)
    for step in 1...10 {
      let gradient = randomNumbers(count, seed: UInt64(100 + step), scale: 0.1)
      adamWStep(
        w, Floats(gradient), m, v,
        AdamWStep(
          rate: rate, beta1: beta1, beta2: beta2, epsilon: 1e-8, weightDecay: decay, step: step, gradientScale: scale))
      for i in 0..<count {
        let g = scale * Double(gradient[i])
        first[i] = beta1 * first[i] + (1 - beta1) * g
        second[i] = beta2 * second[i] + (1 - beta2) * g * g
        let corrected = first[i] / (1 - pow(beta1, Double(step)))
        let root = (second[i] / (1 - pow(beta2, Double(step)))).squareRoot() + 1e-8
        twin[i] = twin[i] * (1 - rate * decay) - rate * corrected / root
      }
      #expect(relativeError(w, twin) < 1e-7 * Double(step), "each step rounds each weight by at most 2⁻²⁴ twice")
    }
    #expect(relativeError(m, first) < 1e-6 && relativeError(v, second) < 1e-6)
  }
}

@Suite struct BlendTests {
  @Test(arguments: [0, 1, 15, 17, 1000, 70_001])
  func multiplyingAndBlendingEqualTheirTwins(count: Int) {
    let (x, y) = (randomNumbers(count, seed: 1), randomNumbers(count, seed: 2, scale: 9))
    let product = Floats(x)
    multiply(product, by: 0.3)
    #expect(product.array == x.map { $0 * 0.3 })
    let average = Floats(y)
    blend(Floats(x), into: average, share: 0.01)
    // Two roundings of y and two of a hundredth of it.
    #expect(
      relativeError(average, zip(x, y).map { Double($1) + Double(0.01 as Float) * (Double($0) - Double($1)) }) < 1e-7)
    for threads in [1, 2, 4] {
      let again = Floats(y)
      withThreads(threads) { blend(Floats(x), into: again, share: 0.01) }
      #expect(again.array.bits == average.array.bits)
    }
    let before = average.array
    blend(Floats(x), into: average, share: 0)
    blend(average, into: average, share: 0.5)
    #expect(average.array == before)
  }
}
