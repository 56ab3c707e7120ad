@testable import Checkpoints
import FoundationEssentials
import JSONValues
import Testing

/// The folder with the golden values, beside the folders of the tests.
let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Fixtures").path

/// Runs `body` with the path of a folder that exists as long as it runs.
@discardableResult
func withScratchFolder<Result>(_ body: (_ folder: String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "checkpoints-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

@Suite struct SafetensorsTests {
  @Test func aFileWrittenByPythonIsRead() throws {
    let file = try SafetensorsFile(opening: fixtures + "/dtypes.safetensors")
    let expected = try JSON(parsing: Data(contentsOf: URL(filePath: fixtures + "/dtypes.json")))
    #expect(file.names == ["brain", "empty", "half", "scalar", "single"])
    #expect(file.header.metadata == ["made by": "safetensors 0.8.0", "naïve": "ja"])
    #expect(file.header.tensors["scalar"]?.shape == [])
    #expect(file.header.tensors["empty"]?.shape == [0, 3])
    #expect(file.header.tensors["half"]?.type == .float16)
    for name in file.names {
      let numbers = try #require(expected[name]?.array)
      #expect(try file.values(of: name) == numbers.compactMap { $0.double.map { Float($0) } }, "\(name)")
    }
  }

  @Test func aModelWrittenByPythonHasItsNamesAndShapes() throws {
    let file = try SafetensorsFile(opening: fixtures + "/qwen3-untied.safetensors")
    #expect(file.names.count == 25)
    #expect(file.header.tensors["model.layers.1.self_attn.q_proj.weight"]?.shape == [64, 32])
    #expect(file.header.tensors["lm_head.weight"]?.shape == [19, 32])
    #expect(try file.values(of: "model.layers.0.self_attn.q_norm.weight").count == 16)
  }

  @Test func everyHalfReadsAsPythonReadsIt() {
    // Against the definition: all 63,488 finite patterns, whose values are sums of powers of two.
    for bits in UInt16.min...UInt16.max where bits >> 10 & 0x1F != 31 {
      let exponent = Int(bits >> 10 & 0x1F)
      let fraction = Float(bits & 0x3FF) / 1024
      let magnitude =
        exponent == 0 ? fraction * 0x1p-14 : Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
      #expect(Float(halfBits: bits) == (bits >> 15 == 0 ? magnitude : -magnitude))
    }
    #expect(Float(halfBits: 0xFC00) == -.infinity && Float(halfBits: 0x7E00).isNaN)
    #expect(Float(halfBits: 0x8000).sign == .minus)
  }

  @Test func whatWasWrittenIsReadBackBitForBit() throws {
    let odd: [Float] = [0, -0.0, .infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3]
    try withScratchFolder { folder in
      let path = folder + "/model.safetensors"
      try SafetensorsFile.write(
        ["b": (shape: [2, 3], values: odd), "a": (shape: [], values: [.nan]), "é": (shape: [4, 0], values: [])],
        metadata: ["step": "7", "quote": "\"/\n"], to: path)
      let file = try SafetensorsFile(opening: path)
      #expect(file.names == ["a", "b", "é"])
      #expect(try file.values(of: "b").map(\.bitPattern) == odd.map(\.bitPattern))
      #expect(try file.values(of: "a")[0].isNaN)
      #expect(file.header.tensors["é"]?.shape == [4, 0])
      #expect(file.header.metadata == ["step": "7", "quote": "\"/\n"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model.safetensors"])
    }
  }

  /// Python's safetensors 0.8.0 read these bytes as {"w": [[1, -2]]} with the note {"by": "hand"}.
  @Test func theBytesOfAFileAreKnown() throws {
    let header = #"{"__metadata__":{"by":"hand"},"w":{"data_offsets":[0,8],"dtype":"F32","shape":[1,2]}}"#
    let padding = (8 - header.utf8.count % 8) % 8
    let expected =
      [UInt8(header.utf8.count + padding), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8)
      + [UInt8](repeating: 0x20, count: padding) + [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
    try withScratchFolder { folder in
      let path = folder + "/w"
      try SafetensorsFile.write(["w": (shape: [1, 2], values: [1, -2])], metadata: ["by": "hand"], to: path)
      #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == expected)
    }
  }

  @Test func numbersGoStraightToWhereTheyAreWanted() throws {
    let file = try SafetensorsFile(opening: fixtures + "/dtypes.safetensors")
    var destination = [Float](repeating: 9, count: 6)
    var span = destination.mutableSpan
    try file.copy("brain", into: &span)
    #expect(try destination == file.values(of: "brain"))
    #expect(throws: CheckpointError.self) {
      var short = [Float](repeating: 0, count: 5)
      var span = short.mutableSpan
      try file.copy("brain", into: &span)
    }
  }

  @Test func anUnknownNameListsWhatThereIs() throws {
    let file = try SafetensorsFile(opening: fixtures + "/dtypes.safetensors")
    #expect {
      try file.values(of: "lm_head.weight")
    } throws: {
      "\($0)".contains("no tensor \"lm_head.weight\": it holds 5 tensors (brain, empty, half, scalar, …)")
    }
  }
}
