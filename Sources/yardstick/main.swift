// Our matrix product beside OpenBLAS's at the shapes of training and decoding, on one thread, alternating.
//
// OpenBLAS picks its code by the processor's name and may not know a newer one; OPENBLAS_CORETYPE=SkylakeX chooses for it.

import COpenBLAS
import Glibc
import Tensors

/// What is multiplied: y = x · wᵀ, and the two gradients of it.
enum Product: String, CaseIterable {
  case forward, inputGradient = "gradient of x", weightGradient = "gradient of w"
}

func seconds() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Some numbers of size 1.
func numbers(_ count: Int) -> Floats { Floats((0..<count).map { Float(($0 * 7919) % 1000) / 500 - 1 }) }

/// GFLOP/s of both, the best of five rounds each.
func rates(rows: Int, inputs: Int, outputs: Int, _ product: Product) -> (ours: Double, openBLAS: Double) {
  let x = Matrix(numbers(rows * inputs), rows: rows, columns: inputs)
  let dy = Matrix(numbers(rows * outputs), rows: rows, columns: outputs)
  let plain = numbers(outputs * inputs)
  let panels = Panels(
    Floats(zeros: Panels.count(outputs: outputs, inputs: inputs)), outputs: outputs, inputs: inputs)
  panels.store(plain, first: 0)
  let (m, k, n) = (Int32(rows), Int32(inputs), Int32(outputs))
  let (px, pw, py) = unsafe (pointer(x.values), pointer(plain), pointer(dy.values))

  func ours() {
    switch product {
    case .forward: linear(x, panels, into: dy)
    case .inputGradient: linearInputGradient(dy, panels, into: x)
    case .weightGradient: linearWeightGradient(dy, x, addingTo: panels)
    }
  }
  func openBLAS() {
    switch product {
    case .forward: unsafe cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, px, k, pw, k, 0, py, n)
    case .inputGradient:
      unsafe cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, k, n, 1, py, n, pw, k, 0, px, k)
    case .weightGradient:
      unsafe cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, k, m, 1, py, n, px, k, 1, pw, k)
    }
  }
  let operations = 2 * Double(rows) * Double(inputs) * Double(outputs)
  let repetitions = max(1, Int(1e9 / operations))
  func rate(_ body: () -> Void) -> Double {
    let start = seconds()
    for _ in 0..<repetitions { body() }
    return operations * Double(repetitions) / (seconds() - start) * 1e-9
  }
  var best = (ours: 0.0, openBLAS: 0.0)
  for _ in 0..<5 {
    best.ours = max(best.ours, rate(ours))
    best.openBLAS = max(best.openBLAS, rate(openBLAS))
    x.values.assign(numbers(x.values.count))
  }
  return best
}

/// The numbers' place: they stay alive as long as the caller's view.
func pointer(_ floats: Floats) -> UnsafeMutablePointer<Float> {
  unsafe floats.withMutableSpan { span in
    unsafe span.withUnsafeMutableBufferPointer { $0.baseAddress! }
  }
}

let shapes = [
  ("nano", 1520, 128, 256), ("nano", 1520, 128, 768), ("nano", 1520, 384, 128),
  ("small", 1528, 384, 640), ("small", 1528, 384, 2048), ("small", 1528, 1024, 384), ("small head", 1024, 384, 4096),
  ("mid", 764, 768, 1280), ("mid", 764, 768, 4096), ("mid", 764, 2048, 768),
  ("decoding, small", 8, 384, 2048), ("decoding, mid", 4, 768, 4096), ("decoding, one row", 1, 768, 4096),
]

Workers.shared.use(threads: 1)
openblas_set_num_threads(1)
print(
  "OpenBLAS runs its code for \(unsafe String(cString: openblas_get_corename())); GFLOP/s on one thread, best of five\n"
)
print("| | rows × inputs → outputs | product | OpenBLAS | ours | ours ÷ OpenBLAS |")
print("|---|---|---|---:|---:|---:|")
for (name, rows, inputs, outputs) in shapes {
  for product in Product.allCases where rows > 16 || product == .forward {
    let (ours, openBLAS) = rates(rows: rows, inputs: inputs, outputs: outputs, product)
    let ratio = (ours / openBLAS * 100).rounded() / 100
    print(
      "| \(name) | \(rows) × \(inputs) → \(outputs) | \(product.rawValue) | \(Int(openBLAS.rounded())) "
        + "| \(Int(ours.rounded())) | \(ratio) |")
  }
}
