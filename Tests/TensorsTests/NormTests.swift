// RMSNorm of rows and of heads, each against its twin in double precision and against finite differences of the twin.

import Evidence
import Tensors
import Testing

private let epsilon: Float = 1e-6
/// Widths around the sixteen lanes, and rows around the blocks: of 32, and all eight of them.
private let widths = [1, 2, 7, 15, 16, 17, 33, 96]
private let rowCounts = [1, 5, 33, 257]

@Suite struct NormTests {
  /// Each number is a product of three, with one sum of squares: 4 roundings of 2⁻²⁴ and the sum's few.
  let tolerance = 6e-7

  @Test(arguments: widths, rowCounts)
  func forwardEqualsItsTwin(width: Int, rows: Int) {
    let x = randomNumbers(rows * width, seed: 1, scale: 3)
    let w = randomNumbers(width, seed: 2)
    let y = Floats(zeros: rows * width)
    let scale = Floats(zeros: rows)
    rmsNorm(Floats(x), Floats(w), into: y, scale: scale, rows: rows, width: width, epsilon: epsilon)
    #expect(relativeError(y, naiveRMSNorm(x.doubles, w.doubles, epsilon: Double(epsilon))) < tolerance)
    let inPlace = Floats(x)
    rmsNorm(inPlace, Floats(w), into: inPlace, scale: scale, rows: rows, width: width, epsilon: epsilon)
    #expect(inPlace.array.bits == y.array.bits)
  }

  @Test(arguments: widths, rowCounts)
  func backwardEqualsTheSlopeOfTheTwin(width: Int, rows: Int) {
    let x = randomNumbers(rows * width, seed: 1, scale: 3)
    let w = randomNumbers(width, seed: 2)
    let projection = randomNumbers(rows * width, seed: 3)
    let y = Floats(zeros: rows * width)
    let scale = Floats(zeros: rows)
    rmsNorm(Floats(x), Floats(w), into: y, scale: scale, rows: rows, width: width, epsilon: epsilon)
    let dx = Floats(zeros: rows * width)
    let before = randomNumbers(width, seed: 4)
    let dw = Floats(before)
    rmsNormBackward(
      Floats(projection), Floats(x), Floats(w), scale: scale, dx: dx, dw: dw, rows: rows, width: width, adding: false)

    func loss(_ x: [Double], _ w: [Double]) -> Double {
      dot(naiveRMSNorm(x, w, epsilon: Double(epsilon)), projection.doubles)
    }
    let xWay = randomNumbers(rows * width, seed: 5).doubles
    let wWay = randomNumbers(width, seed: 6).doubles
    let xSlope = directionalDifference(x.doubles, xWay) { loss($0, w.doubles) }
    let wSlope = directionalDifference(w.doubles, wWay) { loss(x.doubles, $0) }
    // Relative to the sum of the terms' sizes: the terms cancel, and width 1 leaves next to nothing by x.
    let size = zip(zip(x, projection), xWay).reduce(1e-3) { $0 + abs(Double($1.0.1) * $1.1) }
    #expect(abs(dot(dx.doubles, xWay) - xSlope) < 2e-6 * size)
    #expect(abs(dot(zip(dw.doubles, before.doubles).map { $0 - $1 }, wWay) - wSlope) < 2e-6 * (1 + size))

    let sum = Floats(projection)
    let dwAgain = Floats(zeros: width)
    rmsNormBackward(
      Floats(projection), Floats(x), Floats(w), scale: scale, dx: sum, dw: dwAgain, rows: rows, width: width,
      adding: true)
    #expect(relativeError(sum, zip(projection.doubles, dx.doubles).map { $0 + $1 }) < tolerance)

    let alone = Floats(zeros: rows * width)
    rmsNormBackward(
      Floats(projection), Floats(x), Floats(w), scale: scale, dx: alone, dw: nil, rows: rows, width: width,
      adding: false)
    #expect(alone.array.bits == dx.array.bits)
  }

  /// x² leaves the range of float32 at 1.8 · 10¹⁹ and 10⁻²³, where the scale used to be 0 and the gradient lost.
  @Test(arguments: [1e-30, 1e-20, 1e12, 1e16, 1e19, 1e30] as [Float], [5, 33])
  func rowsOfAnySizeAreNormalised(size: Float, width: Int) {
    let x = randomNumbers(width, seed: 1, scale: size)
    let w = randomNumbers(width, seed: 2)
    let projection = randomNumbers(width, seed: 3)
    let y = Floats(zeros: width)
    let scale = Floats(zeros: 1)
    rmsNorm(Floats(x), Floats(w), into: y, scale: scale, rows: 1, width: width, epsilon: epsilon)
    #expect(relativeError(y, naiveRMSNorm(x.doubles, w.doubles, epsilon: Double(epsilon))) < tolerance)
    let dx = Floats(zeros: width)
    rmsNormBackward(
      Floats(projection), Floats(x), Floats(w), scale: scale, dx: dx, dw: Floats(zeros: width), rows: 1, width: width,
      adding: false)
    let way = randomNumbers(width, seed: 5, scale: size).doubles
    let slope = directionalDifference(x.doubles, way) {
      dot(naiveRMSNorm($0, w.doubles, epsilon: Double(epsilon)), projection.doubles)
    }
    #expect(abs(dot(dx.doubles, way) - slope) < 1e-5 * max(abs(slope), size < 1e-10 ? 0 : 1))
  }
}

@Suite struct RotaryHeadTests {
  /// Heads of these widths (even), so many, in rows with numbers before and after them.
  static let shapes = [(2, 1), (6, 3), (16, 2), (34, 2), (96, 1)].map { (width: $0.0, heads: $0.1) }
  let base = 1e4

  @Test(arguments: shapes, [1, 40])
  func forwardAndBackwardEqualTheTwin(shape: (width: Int, heads: Int), rows: Int) {
    let (width, heads) = shape
    let offset = 3
    let stride = offset + heads * width + 2
    let x = randomNumbers(rows * stride, seed: 1, scale: 2)
    let w = randomNumbers(width, seed: 2)
    let positions = (0..<rows).map { $0 * 7 % 50 }
    let table = RotaryTable.shared(positions: 50, width: width, base: base)
    let y = Floats(zeros: rows * heads * width)
    let scale = Floats(zeros: rows * heads)
    normRotate(
      Floats(x), offset: offset, stride: stride, Floats(w), table, positions: positions.map(Int32.init), into: y,
      scale: scale, heads: heads, epsilon: epsilon)
    func inside(_ rows: [Double]) -> [Double] {
      Swift.stride(from: 0, to: rows.count, by: stride).flatMap { rows[$0 + offset..<$0 + offset + heads * width] }
    }
    func twin(_ x: [Double], _ w: [Double]) -> [Double] {
      naiveNormRotate(x, w, positions: positions, heads: heads, base: base, epsilon: Double(epsilon))
    }
    // The table's frequency is rounded to float32 before it is multiplied with a position of at most 50.
    #expect(relativeError(y, twin(inside(x.doubles), w.doubles)) < 4e-6)

    let projection = randomNumbers(rows * heads * width, seed: 3)
    let untouched = randomNumbers(rows * stride, seed: 4)
    let dx = Floats(untouched)
    let dw = Floats(zeros: width)
    normRotateBackward(
      Floats(projection), Floats(x), offset: offset, stride: stride, Floats(w), table,
      positions: positions.map(Int32.init), scale: scale, dx: dx, dw: dw, heads: heads)
    let xWay = randomNumbers(rows * heads * width, seed: 5).doubles
    let wWay = randomNumbers(width, seed: 6).doubles
    let xSlope = directionalDifference(inside(x.doubles), xWay) { dot(twin($0, w.doubles), projection.doubles) }
    let wSlope = directionalDifference(w.doubles, wWay) { dot(twin(inside(x.doubles), $0), projection.doubles) }
    let size = Double(rows * heads * width).squareRoot()
    #expect(abs(dot(inside(dx.doubles), xWay) - xSlope) < 1e-5 * size)
    #expect(abs(dot(dw.doubles, wWay) - wSlope) < 1e-5 * size)
    let alone = Floats(untouched)
    normRotateBackward(
      Floats(projection), Floats(x), offset: offset, stride: stride, Floats(w), table,
      positions: positions.map(Int32.init), scale: scale, dx: alone, dw: nil, heads: heads)
    #expect(alone.array.bits == dx.array.bits)
    for place in untouched.indices where !(offset..<offset + heads * width).contains(place % stride) {
      #expect(dx[place] == untouched[place], "a number beside the heads changed")
    }
  }

  @Test func positionZeroTurnsNothingAndEveryTurnKeepsLengths() {
    let table = RotaryTable.shared(positions: 900, width: 8, base: 1e6)
    #expect((0..<4).allSatisfy { table.cosines[$0] == 1 && table.sines[$0] == 0 })
    for place in 0..<table.cosines.count {
      let square =
        Double(table.cosines[place]) * Double(table.cosines[place]) + Double(table.sines[place])
        * Double(table.sines[place])
      #expect(abs(square - 1) < 1.2e-7)
    }
  }
}
