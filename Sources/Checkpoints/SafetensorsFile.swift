import Glibc
import JSONValues

/// A safetensors file, open for reading.
///
/// The file is mapped: its numbers are read from disk when they are asked for, and each is copied once, to where it is
/// wanted.
package final class SafetensorsFile: Sendable {
  /// The file's path, as given.
  package let path: String
  /// What the file holds.
  package let header: SafetensorsHeader
  private let file: MappedFile
  private let dataStart: Int

  /// Opens and checks a file.
  ///
  /// Throws `CheckpointError` where there is no file, it cannot be read, or it is not a safetensors file in every
  /// detail.
  package init(opening path: String) throws(CheckpointError) {
    self.path = path
    let what = "\(path) cannot be read"
    file = try MappedFile(path)
    func refused(_ why: String) -> CheckpointError {
      CheckpointError(what: what, why: why, fix: "fetch or write the file again")
    }
    let count = file.count
    guard count >= 8 else { throw refused("it is no safetensors file: \(count) bytes are too short") }
    let length = file.littleEndianWord(at: 0)
    guard length <= SafetensorsHeader.longestHeader else {
      throw refused("it is no safetensors file: the header would be \(length) bytes long")
    }
    guard length <= count - 8 else {
      throw refused("the file is cut short: its header takes \(length) bytes and \(count - 8) are there")
    }
    dataStart = 8 + Int(length)
    do {
      header = try SafetensorsHeader(JSON(parsing: file.bytes(8..<dataStart)), dataCount: count - dataStart)
    } catch let fault as HeaderFault {
      throw refused(fault.reason)
    } catch {
      throw refused("it is no safetensors file: the header is \(error)")
    }
  }

  /// The names of the tensors, in alphabetical order.
  package var names: [String] { header.tensors.keys.sorted() }

  /// The numbers of one tensor, row by row.
  ///
  /// Throws `CheckpointError` for a name that is not in the file, and for numbers that are not F32, F16 or BF16.
  package func values(of name: String) throws(CheckpointError) -> [Float] {
    let tensor = try readableTensor(name)
    return unsafe [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
      unsafe convert(tensor, into: buffer.baseAddress, count: tensor.count)
      count = tensor.count
    }
  }

  /// The bytes of a tensor of U8.
  ///
  /// Throws `CheckpointError` for a name that is not in the file, and for a tensor of another type.
  package func bytes(of name: String) throws(CheckpointError) -> [UInt8] {
    let tensor = try storedTensor(name)
    guard tensor.type == .uint8 else {
      throw CheckpointError(
        what: "\"\(name)\" of \(path) cannot be read as bytes", why: "it is of type \(tensor.type.rawValue)",
        fix: "check that the file is what it is taken for")
    }
    return file.bytes(dataStart + tensor.bytes.lowerBound..<dataStart + tensor.bytes.upperBound)
  }

  /// Copies as many numbers of a tensor of F32 as the destination holds, from number `first` on; both must be there.
  func copyStored(_ name: String, from first: Int, into destination: inout MutableSpan<Float>) {
    guard let tensor = header.tensors[name], tensor.type == .float32, first + destination.count <= tensor.count else {
      preconditionFailure("\(destination.count) numbers from \(first) on are not in \(name)")
    }
    let start = dataStart + tensor.bytes.lowerBound + 4 * first
    unsafe destination.withUnsafeMutableBytes { buffer in
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: file.memory[start..<start + buffer.count]))
    }
  }

  /// Lends the bytes of one tensor as they are stored.
  func withStoredBytes(of tensor: StoredTensor, _ body: (RawSpan) -> Void) {
    let range = dataStart + tensor.bytes.lowerBound..<dataStart + tensor.bytes.upperBound
    unsafe body(UnsafeRawBufferPointer(rebasing: file.memory[range]).bytes)
  }

  /// Copies the numbers of one tensor, row by row, to where they are wanted.
  ///
  /// Throws as `values(of:)` does, and where the destination has not exactly as many elements.
  package func copy(_ name: String, into destination: inout MutableSpan<Float>) throws(CheckpointError) {
    let tensor = try readableTensor(name)
    guard tensor.count == destination.count else {
      throw CheckpointError(
        what: "\"\(name)\" of \(path) cannot be used here",
        why: "its shape \(tensor.shape) is \(tensor.count) numbers and \(destination.count) are wanted",
        fix: "check that the model has the file's configuration")
    }
    unsafe destination.withUnsafeMutableBufferPointer { buffer in
      unsafe convert(tensor, into: buffer.baseAddress, count: tensor.count)
    }
  }

  private func storedTensor(_ name: String) throws(CheckpointError) -> StoredTensor {
    if let tensor = header.tensors[name] { return tensor }
    let some = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    throw CheckpointError(
      what: "\(path) has no tensor \"\(name)\"", why: "it holds \(names.count) tensors (\(some))",
      fix: "check that the file belongs to this kind of model")
  }

  private func readableTensor(_ name: String) throws(CheckpointError) -> StoredTensor {
    let tensor = try storedTensor(name)
    guard tensor.type.isReadable else {
      throw CheckpointError(
        what: "\"\(name)\" of \(path) cannot be read", why: "its numbers are \(tensor.type.rawValue)",
        fix: "store it as F32, F16 or BF16")
    }
    return tensor
  }

  /// Writes `count` floats to `destination`, which holds as many; nil is allowed where `count` is 0.
  @unsafe private func convert(_ tensor: StoredTensor, into destination: UnsafeMutablePointer<Float>?, count: Int) {
    guard count > 0, let destination = unsafe destination else { return }
    // Files of this format may place a tensor at any byte, so no load here assumes alignment.
    let start = dataStart + tensor.bytes.lowerBound
    let source = unsafe UnsafeRawBufferPointer(rebasing: file.memory[start..<start + tensor.bytes.count])
    switch tensor.type {
    case .float32:
      unsafe UnsafeMutableRawBufferPointer(start: destination, count: count * 4).copyMemory(from: source)
    case .bfloat16:
      for index in 0..<count {
        let bits = unsafe source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        unsafe destination[index] = Float(bitPattern: UInt32(bits) << 16)
      }
    case .float16:
      for index in 0..<count {
        let bits = unsafe source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        unsafe destination[index] = Float(halfBits: bits)
      }
    default:
      preconditionFailure("\(tensor.type.rawValue) was refused before its numbers were touched")
    }
  }
}

extension Float {
  /// The number that these sixteen bits are in IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits.
  init(halfBits bits: UInt16) {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: self = sign * fraction * 0x1p-24
    case 31: self = fraction == 0 ? sign * .infinity : .nan
    default: self = sign * Float(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
    }
  }
}
