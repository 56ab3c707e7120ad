// The one place that owns float memory. Everything above works with `Floats`, a view that keeps its memory alive and
// checks its bounds when it is made; the kernels below get pointers and nothing else does.

import Glibc
import Synchronization

/// How many bytes of float memory this process uses: what is handed out, not what the system rounds it up to.
package enum FloatMemoryUse {
  fileprivate static let inUse = Atomic<Int>(0)
  fileprivate static let most = Atomic<Int>(0)

  /// Bytes in use now.
  package static var bytes: Int { inUse.load(ordering: .relaxed) }
  /// The most bytes that were in use at one time since the start of the process, or since `forgetPeak`.
  package static var peakBytes: Int { most.load(ordering: .relaxed) }
  /// Lets the peak begin anew at what is in use now.
  package static func forgetPeak() { most.store(bytes, ordering: .relaxed) }

  fileprivate static func add(_ bytes: Int) {
    let now = inUse.wrappingAdd(bytes, ordering: .relaxed).newValue
    if now > most.load(ordering: .relaxed) { most.max(now, ordering: .relaxed) }
  }
}

/// MADV_HUGEPAGE (`madvise`), which the C library's module does not export.
private let adviseHugePages: Int32 = 14

/// A run of float32 numbers, aligned to 64 bytes.
///
/// Freed with its last view.
@safe final class FloatMemory: @unchecked Sendable {
  // Sendable: the pointer never changes; who writes when is the business of the views' users, as with any buffer.
  let base: UnsafeMutablePointer<Float>
  private let bytes: Int
  /// Pages of the system's, for large runs: they come zeroed, each when it is first touched, so that nobody waits for
  /// gigabytes of zeros.
  private let pages: (start: UnsafeMutableRawPointer, bytes: Int)?

  private static let largePage = 2 << 20

  init(count: Int) {
    bytes = max(64, (count * MemoryLayout<Float>.stride + 63) & ~63)
    if bytes >= 2 * Self.largePage {
      let mapped = bytes + Self.largePage
      guard let start = unsafe mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        unsafe start != MAP_FAILED
      else { Self.refuse(bytes) }
      unsafe pages = unsafe (start, mapped)
      let past = Int(bitPattern: start) & (Self.largePage - 1)
      let memory = unsafe past == 0 ? start : start + (Self.largePage - past)
      // Large pages, where the system has them: weights are streamed, and the page table would be too.
      unsafe _ = madvise(memory, bytes, adviseHugePages)
      unsafe base = unsafe memory.assumingMemoryBound(to: Float.self)
    } else {
      guard let memory = unsafe aligned_alloc(64, bytes) else { Self.refuse(bytes) }
      unsafe pages = nil
      unsafe memset(memory, 0, bytes)
      unsafe base = unsafe memory.assumingMemoryBound(to: Float.self)
    }
    FloatMemoryUse.add(bytes)
  }

  private static func refuse(_ bytes: Int) -> Never {
    fatalError("no memory for \(bytes) bytes of float32: close other programs or choose a smaller model or batch")
  }

  deinit {
    if let pages = unsafe pages { unsafe _ = munmap(pages.start, pages.bytes) } else { unsafe free(base) }
    FloatMemoryUse.add(-bytes)
  }
}

/// A view of consecutive float32 numbers.
///
/// Copying a view copies no numbers: two views of the same memory see each other's writes.
@safe package struct Floats: @unchecked Sendable {
  // Sendable like a pointer: the parallel loops of this room write disjoint parts.
  let memory: FloatMemory
  let base: UnsafeMutablePointer<Float>
  /// How many numbers.
  package let count: Int

  /// New memory, all zeros.
  package init(zeros count: Int) {
    precondition(count >= 0, "a count of \(count) numbers is negative")
    memory = FloatMemory(count: count)
    unsafe base = memory.base
    self.count = count
  }

  /// New memory that holds the given numbers.
  package init(_ values: some Collection<Float>) {
    self.init(zeros: values.count)
    var index = 0
    for value in values {
      unsafe base[index] = value
      index += 1
    }
  }

  private init(memory: FloatMemory, base: UnsafeMutablePointer<Float>, count: Int) {
    self.memory = memory
    unsafe self.base = unsafe base
    self.count = count
  }

  /// The part at the given indices, in the same memory.
  package subscript(range: Range<Int>) -> Floats {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "numbers \(range) are outside a view of \(count)")
    return unsafe Floats(memory: memory, base: base + range.lowerBound, count: range.count)
  }

  /// Row `row` of a matrix of rows this wide.
  package func row(_ row: Int, width: Int) -> Floats { self[row * width..<(row + 1) * width] }

  /// One number.
  package subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "number \(index) is outside a view of \(count)")
      return unsafe base[index]
    }
    nonmutating set {
      precondition(index >= 0 && index < count, "number \(index) is outside a view of \(count)")
      unsafe base[index] = newValue
    }
  }

  /// Sets every number.
  package func fill(_ value: Float) {
    unsafe base.update(repeating: value, count: count)
  }

  /// Copies all of another view of the same length.
  package func assign(_ other: Floats) {
    precondition(count == other.count, "cannot assign \(other.count) numbers to \(count)")
    unsafe base.update(from: other.base, count: count)
  }

  /// New memory with the same numbers.
  package func copy() -> Floats {
    let result = Floats(zeros: count)
    result.assign(self)
    return result
  }

  /// The numbers as an array.
  package var array: [Float] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Lends the numbers for reading.
  package func withSpan<Result>(_ body: (Span<Float>) throws -> Result) rethrows -> Result {
    try unsafe body(UnsafeBufferPointer(start: base, count: count).span)
  }

  /// Lends the numbers for writing.
  package func withMutableSpan<Result>(_ body: (inout MutableSpan<Float>) throws -> Result) rethrows -> Result {
    var span = unsafe UnsafeMutableBufferPointer(start: base, count: count).mutableSpan
    return try body(&span)
  }

  /// The numbers as bytes in memory order, for writing and for checksums.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Float>.stride))
  }
}
