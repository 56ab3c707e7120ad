// A run on disk comes back bit for bit; whatever is wrong with the file is an error that names it.

@testable import Checkpoints
import Evidence
import FoundationEssentials
import Glibc
import LanguageModel
import Tensors
import Testing

@Suite struct RunCheckpointTests {
  private static let shape = DecoderConfiguration(
    vocabulary: 19, width: 12, layers: 2, heads: 3, keyValueHeads: 1, headWidth: 6, feedForward: 20,
    hasTiedHead: false, contextLength: 32)
  private let weights = Parameters(randomly: shape, seed: 1)
  private let adapter = Floats(randomNumbers(35, seed: 2))

  private func checkpoint(records: String = "one\ntwo\n") -> RunCheckpoint {
    RunCheckpoint(
      groups: [
        "parameters": weights.arrays,
        "adapter": [NamedArray("a", shape: [5, 7], adapter), NamedArray("empty", shape: [0, 3], Floats(zeros: 0))],
      ],
      texts: ["records": Array(records.utf8), "nothing": []], notes: ["step": "2", "who": "naïve \"run\""])
  }

  @Test func whatWasWrittenComesBackBitForBit() throws {
    try withScratchFolder { folder in
      let path = folder + "/new/folders/run"
      weights.values[3] = -0.0
      weights.values[5] = .nan
      try checkpoint().write(to: path)
      let saved = try #require(try SavedRun(at: path))
      #expect(saved.notes == checkpoint().notes)
      #expect(try saved.text("records") == Array("one\ntwo\n".utf8) && saved.text("nothing").isEmpty)
      let (back, matrix) = (weights.zerosLike(), Floats(zeros: 35))
      try saved.restore([
        "parameters": back.arrays,
        "adapter": [NamedArray("a", shape: [5, 7], matrix), NamedArray("empty", shape: [0, 3], Floats(zeros: 0))],
      ])
      #expect(back.values.array.bits == weights.values.array.bits && matrix.array.bits == adapter.array.bits)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/new/folders") == ["run"])
    }
  }

  @Test func itsTensorsAreReadByTheirHuggingFaceNames() throws {
    try withScratchFolder { folder in
      try checkpoint().write(to: folder + "/run")
      let file = try SafetensorsFile(opening: folder + "/run")
      for entry in weights.layout.entries {
        #expect(file.header.tensors["parameters/" + entry.name]?.shape == entry.shape)
        #expect(try file.values(of: "parameters/" + entry.name).bits == weights[entry].array.bits, "\(entry.name)")
      }
      #expect(file.header.metadata["format"] == "opsd run 1")
    }
  }

  /// A matrix of more than a MiB is written and read in pieces.
  @Test func largeTensorsGoInPieces() throws {
    var shape = Self.shape
    (shape.vocabulary, shape.width) = (20_011, 50)
    let large = Parameters(zeros: shape)
    large.values.assign(Floats(randomNumbers(large.values.count, seed: 3)))
    let embedding = try #require(large.arrays.first { $0.name == "model.embed_tokens.weight" })
    #expect(embedding.pieces.count > 3 && embedding.pieces.last?.upperBound == 20_011)
    try withScratchFolder { folder in
      try RunCheckpoint(groups: ["g": large.arrays], texts: [:], notes: [:]).write(to: folder + "/run")
      let back = large.zerosLike()
      try #require(try SavedRun(at: folder + "/run")).restore(["g": back.arrays])
      for entry in large.layout.entries { #expect(back[entry].array.bits == large[entry].array.bits, "\(entry.name)") }
    }
  }

  @Test func whereThereIsNothingThereIsNoRun() throws {
    try withScratchFolder { folder in
      let nothing = try SavedRun(at: folder + "/none")
      #expect(nothing == nil)
    }
  }

  @Test func otherFilesAreNamedAndLeftAlone() throws {
    try withScratchFolder { folder in
      let path = folder + "/model"
      try SafetensorsFile.write(["w": (shape: [1], values: [1])], metadata: ["format": "pt"], to: path)
      let error = #expect(throws: CheckpointError.self) { try SavedRun(at: path) }
      #expect(
        error?.description.contains("is no checkpoint of a run: it is a safetensors file of another kind") == true)
      try Data("not a file of tensors".utf8).write(to: URL(filePath: path))
      #expect(throws: CheckpointError.self) { try SavedRun(at: path) }
      #expect(throws: CheckpointError.self) { try SavedRun(at: folder) }
      try SafetensorsFile.write(
        [:], metadata: ["format": "opsd run 2", "fingerprint": "0"], to: path)
      let later = #expect(throws: CheckpointError.self) { try SavedRun(at: path) }
      #expect(later?.description.contains("its format is \"opsd run 2\"") == true)
    }
  }

  @Test func everyTruncationIsAnError() throws {
    try withScratchFolder { folder in
      let url = URL(filePath: folder + "/run")
      try checkpoint().write(to: url.path)
      let whole = try Data(contentsOf: url)
      for count in stride(from: 0, to: whole.count, by: 37) {
        try whole.prefix(count).write(to: url)
        #expect(throws: CheckpointError.self) { try SavedRun(at: url.path) }
      }
    }
  }

  /// Not one wrong byte goes unnoticed, in the header or in the numbers.
  @Test func everyDamagedByteIsAnError() throws {
    try withScratchFolder { folder in
      let url = URL(filePath: folder + "/run")
      let small = RunCheckpoint(
        groups: ["g": [NamedArray("a", shape: [3], Floats([1, 2, 3]))]], texts: ["records": [1, 2, 3]],
        notes: ["step": "12"])
      try small.write(to: url.path)
      let whole = try Data(contentsOf: url)
      for index in whole.indices {
        for change in [1, 0x10, 0x80] as [UInt8] {
          var damaged = whole
          damaged[index] ^= change
          try damaged.write(to: url)
          #expect(throws: CheckpointError.self, "byte \(index) ^ \(change)") { try SavedRun(at: url.path) }
        }
      }
    }
  }

  @Test func groupsThatDoNotFitAreRefusedBeforeAnythingIsCopied() throws {
    try withScratchFolder { folder in
      let path = folder + "/run"
      try checkpoint().write(to: path)
      let saved = try #require(try SavedRun(at: path))
      var other = Self.shape
      other.feedForward = 24
      let back = Parameters(zeros: other)
      let empty = NamedArray("empty", shape: [0, 3], Floats(zeros: 0))
      for (groups, words) in [
        (["parameters": back.arrays], "and the run has nothing of that name"),
        (
          [
            "parameters": back.arrays,
            "adapter": [NamedArray("a", shape: [5, 7], Floats(zeros: 35)), empty],
          ], "has the shape [12, 20], and the run wants [12, 24]"
        ),
        (
          [
            "parameters": weights.zerosLike().arrays,
            "adapter": [
              NamedArray("a", shape: [5, 7], Floats(zeros: 35)), empty, NamedArray("b", shape: [1], Floats(zeros: 1)),
            ],
          ], "\"adapter/b\" is not in it, and the run wants [1]"
        ),
      ] {
        let error = #expect(throws: CheckpointError.self) { try saved.restore(groups) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
      }
      #expect(back.values.array.allSatisfy { $0 == 0 })
    }
  }

  @Test func aPlaceThatCannotBeWrittenIsKnownBefore() throws {
    try withScratchFolder { folder in
      try RunCheckpoint.checkPlace(folder + "/a/b/run")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/a/b").isEmpty)
      try Data().write(to: URL(filePath: folder + "/file"))
      for path in [folder + "/file/run", "/proc/run"] {
        #expect(throws: CheckpointError.self) { try RunCheckpoint.checkPlace(path) }
        #expect(throws: CheckpointError.self) { try checkpoint().write(to: path) }
      }
    }
  }
}

/// What a writer that was killed has left beside a file.
@Suite struct AbandonedFileTests {
  @Test func theNextWriterRemovesItUnlessItsWriterLives() throws {
    try withScratchFolder { folder in
      let path = folder + "/run"
      let abandoned = ["run.17.123456.partial", "run.99999.1.partial"]
      let others = ["run.partial", "run.x.1.partial", "ran.17.1.partial", "run.17.1.part"]
      for name in abandoned + others + ["run.1.2.partial"] {
        try Data("half".utf8).write(to: URL(filePath: "\(folder)/\(name)"))
      }
      let living = unsafe open("\(folder)/run.1.2.partial", O_RDWR)
      #expect(flock(living, LOCK_EX) == 0)
      try SafetensorsFile.write(["w": (shape: [1], values: [1])], to: path)
      #expect(
        try Set(FileManager.default.contentsOfDirectory(atPath: folder)) == Set(others + ["run", "run.1.2.partial"]))
      close(living)
      try SafetensorsFile.write(["w": (shape: [1], values: [2])], to: path)
      #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder)) == Set(others + ["run"]))
    }
  }
}

@Suite struct FingerprintTests {
  private func digest(_ bytes: [UInt8]...) -> String {
    var digest = Fingerprint()
    for piece in bytes { unsafe digest.add(piece.span.bytes) }
    return digest.text
  }

  @Test func everyBitCounts() {
    let bytes = (0..<45).map { UInt8($0) }
    var seen = [digest(bytes)]
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << bit
        seen.append(digest(changed))
      }
    }
    // Two signs of floats that lie eight bytes apart must not undo each other.
    var signs = bytes
    signs[7] ^= 0x80
    signs[15] ^= 0x80
    seen.append(digest(signs))
    #expect(Set(seen).count == 45 * 8 + 2)
    #expect(seen.allSatisfy { $0.count == 16 })
  }

  @Test func piecesMayBeCutAtWords() {
    let bytes = (0..<45).map { UInt8($0) }
    #expect(digest(Array(bytes[..<16]), Array(bytes[16..<40]), Array(bytes[40...])) == digest(bytes))
  }

  @Test func textsDoNotRunTogether() {
    func digest(_ texts: String...) -> String {
      var digest = Fingerprint()
      for text in texts { digest.add(text) }
      return digest.text
    }
    #expect(Set([digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")]).count == 4)
  }
}
