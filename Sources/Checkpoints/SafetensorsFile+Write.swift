import JSONValues

extension SafetensorsFile {
  /// Writes a file of F32 tensors, whose numbers are handed over as they are needed.
  ///
  /// `shapes` says which tensors there are. `values` is called once for each, in alphabetical order, and passes the
  /// numbers of the named tensor on, row by row, in as many pieces as it likes. `bytes` are written among them, in the
  /// alphabetical order of all, as vectors of U8. The file appears at its path complete or not at all: it is written
  /// beside it under another name, forced to disk, and renamed.
  ///
  /// Throws `CheckpointError` where the file cannot be written, `values` passes too many or too few numbers, or two
  /// tensors have one name.
  package static func write(
    _ shapes: [String: [Int]], bytes: [String: [UInt8]] = [:], metadata: [String: String] = [:], to path: String,
    values: (_ name: String, _ pass: (Span<Float>) throws -> Void) throws -> Void
  ) throws {
    let what = "\(path) cannot be written"
    var members: [String: JSON] = [:]
    if !metadata.isEmpty { members[SafetensorsHeader.metadataKey] = .object(metadata.mapValues { .string($0) }) }
    let names = (Array(shapes.keys) + bytes.keys).sorted()
    var counts: [String: Int] = [:]
    var end = 0
    for name in names {
      let shape = shapes[name] ?? [bytes[name, default: []].count]
      let type: StoredType = shapes[name] == nil ? .uint8 : .float32
      let length = SafetensorsHeader.byteCount(shape: shape, type: type)
      guard name != SafetensorsHeader.metadataKey, shape.allSatisfy({ $0 >= 0 }), let length, length < Int.max - end,
        members[name] == nil
      else {
        throw CheckpointError(what: what, why: "\"\(name)\" with shape \(shape) is no tensor", fix: "leave it out")
      }
      members[name] = [
        "dtype": .string(type.rawValue), "shape": .array(shape.map { .int($0) }),
        "data_offsets": [.int(end), .int(end + length)],
      ]
      counts[name] = length / type.width
      end += length
    }
    var header = JSON.object(members).bytes()
    // Spaces bring the numbers to a multiple of eight bytes.
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }

    let file = try PartialFile(replacing: path)
    do {
      unsafe try file.append(prefix.span.bytes)
      unsafe try file.append(header.span.bytes)
      for name in names {
        let wanted = counts[name, default: 0]
        var passed = 0
        if let bytes = bytes[name] {
          passed = bytes.count
          unsafe try file.append(bytes.span.bytes)
        } else {
          try values(name) { piece in
            passed += piece.count
            unsafe try file.append(piece.bytes)
          }
        }
        guard passed == wanted else {
          throw CheckpointError(
            what: what, why: "\"\(name)\" has \(wanted) numbers and \(passed) were passed", fix: "pass each number once"
          )
        }
      }
      try file.finish()
    } catch {
      file.discard()
      throw error
    }
  }

  /// Writes a file of F32 tensors from arrays, row by row; throws as `write(_:metadata:to:values:)` does.
  package static func write(
    _ tensors: [String: (shape: [Int], values: [Float])], metadata: [String: String] = [:], to path: String
  ) throws {
    try write(tensors.mapValues(\.shape), metadata: metadata, to: path) { name, pass in
      if let values = tensors[name]?.values { try pass(values.span) }
    }
  }
}
