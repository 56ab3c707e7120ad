import Checkpoints
import FoundationEssentials
import Testing

/// A file appears complete or not at all.
@Suite struct SafetensorsWriteTests {
  private struct Interruption: Error {}

  @Test func aWriterThatFailsLeavesTheOldFileAndNothingElse() throws {
    try withScratchFolder { folder in
      let path = folder + "/model"
      try SafetensorsFile.write(["w": (shape: [2], values: [1, 2])], to: path)
      let before = try Data(contentsOf: URL(filePath: path))
      #expect(throws: Interruption.self) {
        try SafetensorsFile.write(["w": [4]], to: path) { _, pass in
          try pass([3, 4].span)
          throw Interruption()
        }
      }
      #expect(throws: CheckpointError.self) { try SafetensorsFile.write(["w": (shape: [3], values: [1])], to: path) }
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model"])
    }
  }

  @Test func numbersMayComeInPieces() throws {
    try withScratchFolder { folder in
      let path = folder + "/model"
      let parameters: [Float] = (0..<50_000).map { Float($0) }
      try SafetensorsFile.write(["b": [100, 300], "a": [20_000]], to: path) { name, pass in
        let part = name == "a" ? 0..<20_000 : 20_000..<50_000
        for start in stride(from: part.lowerBound, to: part.upperBound, by: 7_000) {
          try pass(parameters.span.extracting(start..<min(start + 7_000, part.upperBound)))
        }
      }
      let file = try SafetensorsFile(opening: path)
      #expect(try file.values(of: "a") + file.values(of: "b") == parameters)
    }
  }

  @Test func aFileThatIsReplacedStaysReadableWhereItIsOpen() throws {
    try withScratchFolder { folder in
      let path = folder + "/model"
      try SafetensorsFile.write(["w": (shape: [2], values: [1, 2])], to: path)
      let old = try SafetensorsFile(opening: path)
      try SafetensorsFile.write(["w": (shape: [1], values: [3])], to: path)
      #expect(try old.values(of: "w") == [1, 2])
      #expect(try SafetensorsFile(opening: path).values(of: "w") == [3])
    }
  }

  @Test func pathsThatCannotBeWritten() throws {
    try withScratchFolder { folder in
      #expect {
        try SafetensorsFile.write(["w": (shape: [1], values: [1])], to: folder + "/no/model")
      } throws: {
        "\($0)".hasPrefix("\(folder)/no/model cannot be written: No such file or directory at \(folder)/no/model;")
      }
    }
  }

  @Test func tensorsThatCannotBe() throws {
    try withScratchFolder { folder in
      for (name, shape) in [("__metadata__", [1]), ("w", [-1]), ("w", [Int.max, 2]), ("w", [Int.max / 4 + 1])] {
        #expect(throws: CheckpointError.self) {
          try SafetensorsFile.write([name: shape], to: folder + "/model") { _, _ in }
        }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }
}
