import Checkpoints
import FoundationEssentials
import Testing

/// A file from elsewhere can be wrong in any way; each is an error that names the fault, and none is a trap.
@Suite struct SafetensorsFaultTests {
  func bytes(_ header: String, length: UInt64? = nil, data: Int) -> [UInt8] {
    let length = length ?? UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  func fault(of bytes: [UInt8]) throws -> String {
    try withScratchFolder { folder in
      let path = folder + "/wrong.safetensors"
      try Data(bytes).write(to: URL(filePath: path))
      do {
        _ = try SafetensorsFile(opening: path)
        return "none"
      } catch let error as CheckpointError {
        #expect(error.what == "\(path) cannot be read")
        return error.why
      }
    }
  }

  func entry(_ dtype: String = "F32", _ shape: String = "[2]", _ offsets: String = "[0,8]") -> String {
    #"{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test func theSoundFileIsRead() throws {
    #expect(try fault(of: bytes("{\"w\":\(entry())}", data: 8)) == "none")
    #expect(try fault(of: bytes("{}", data: 0)) == "none")
    // Nothing has to be aligned, and types that are not read may stand beside those that are.
    let header = "{\"a\":\(entry("BOOL", "[3]", "[0,3]")),\"b\":\(entry("F32", "[2]", "[3,11]"))}"
    #expect(try fault(of: bytes(header, data: 11)) == "none")
  }

  @Test func filesThatAreNoSafetensorsFiles() throws {
    #expect(try fault(of: []) == "it is no safetensors file: 0 bytes are too short")
    #expect(try fault(of: [1, 2, 3]) == "it is no safetensors file: 3 bytes are too short")
    #expect(try fault(of: bytes("", length: .max, data: 9)).contains("the header would be 18446744073709551615 bytes"))
    #expect(
      try fault(of: bytes("{}", length: 99, data: 1))
        == "the file is cut short: its header takes 99 bytes and 3 are there")
    #expect(
      try fault(of: bytes("{\"w\"", data: 0)).hasPrefix("it is no safetensors file: the header is not valid JSON"))
    #expect(try fault(of: bytes("[]", data: 0)) == "the header is no JSON object")
    let nested = String(repeating: "[", count: 10_000)
    #expect(try fault(of: bytes(nested, data: 0)).hasPrefix("it is no safetensors file"))
  }

  @Test(arguments: [
    (#"{"dtype":"F33","shape":[2],"data_offsets":[0,8]}"#, "has the unknown dtype F33; known are F64, F32"),
    (#"{"shape":[2],"data_offsets":[0,8]}"#, "has no dtype"),
    (#"7"#, "has no dtype"),
    (#"{"dtype":"F32","data_offsets":[0,8]}"#, "has no shape"),
    (#"{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}"#, "has no shape"),
    (#"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#, "has no shape"),
    (#"{"dtype":"F32","shape":[2]}"#, "has no data_offsets"),
    (#"{"dtype":"F32","shape":[2],"data_offsets":[8,0]}"#, "has no data_offsets"),
    (#"{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}"#, "has no data_offsets"),
    (#"{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}"#, "has no data_offsets"),
    (#"{"dtype":"F32","shape":[3],"data_offsets":[0,8]}"#, "of shape [3] in F32 takes 12 bytes, but has 8"),
    (
      #"{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}"#,
      "takes too many bytes, but has 8"
    ),
    (#"{"dtype":"F32","shape":[9223372036854775807,0],"data_offsets":[0,8]}"#, "takes 0 bytes, but has 8"),
  ])
  func tensorsThatCannotBe(entry: String, expected: String) throws {
    let fault = try fault(of: bytes("{\"w\":\(entry)}", data: 8))
    #expect(fault.hasPrefix("\"w\" ") && fault.contains(expected), "\(fault)")
  }

  @Test func tensorsThatDoNotCoverTheData() throws {
    let second = "\"v\":\(entry("F32", "[1]", "[4,8]")),\"w\":\(entry())"
    #expect(try fault(of: bytes("{\(second)}", data: 8)).contains("\"v\" overlaps the tensor before it"))
    #expect(
      try fault(of: bytes("{\"w\":\(entry("F32", "[1]", "[4,8]"))}", data: 8))
        == "\"w\" leaves a hole before it: it begins at byte 4 and not at 0")
    #expect(
      try fault(of: bytes("{\"w\":\(entry())}", data: 9)) == "1 bytes after the last tensor belong to nothing")
    #expect(
      try fault(of: bytes("{\"w\":\(entry())}", data: 7))
        == "the file is cut short: its tensors take 8 bytes and 7 are there")
  }

  @Test func notesThatAreNotText() throws {
    #expect(try fault(of: bytes(#"{"__metadata__":[]}"#, data: 0)) == "__metadata__ is no JSON object")
    #expect(try fault(of: bytes(#"{"__metadata__":{"a":1}}"#, data: 0)).hasSuffix("other than text at \"a\""))
  }

  @Test func everyTruncationOfASoundFileIsAnError() throws {
    let whole = bytes("{\"a\":\(entry()),\"b\":\(entry("BF16", "[]", "[8,10]"))}", data: 10)
    #expect(try fault(of: whole) == "none")
    for count in whole.indices { #expect(try fault(of: Array(whole.prefix(count))) != "none") }
  }

  /// One wrong byte anywhere is an error or another sound file; reading either never goes outside the file.
  @Test func everyChangedByteIsSurvived() throws {
    let whole = bytes("{\"a\":\(entry()),\"b\":\(entry("F16", "[1]", "[8,10]"))}", data: 10)
    try withScratchFolder { folder in
      let path = folder + "/changed"
      for index in 0..<whole.count - 10 {
        for value in [0, 0x22, 0x2C, 0x2D, 0x30, 0x39, 0x5D, 0x65, 0xFF] as [UInt8] {
          var changed = whole
          changed[index] = value
          try Data(changed).write(to: URL(filePath: path))
          guard let file = try? SafetensorsFile(opening: path) else { continue }
          for name in file.names { _ = try? file.values(of: name) }
        }
      }
    }
  }

  @Test func numbersOfOtherTypesAreRefusedByName() throws {
    try withScratchFolder { folder in
      let path = folder + "/ids"
      try Data(bytes("{\"w\":\(entry("I64", "[1]", "[0,8]"))}", data: 8)).write(to: URL(filePath: path))
      #expect {
        try SafetensorsFile(opening: path).values(of: "w")
      } throws: {
        "\($0)" == "\"w\" of \(path) cannot be read: its numbers are I64; store it as F32, F16 or BF16"
      }
    }
  }

  @Test func pathsThatCannotBeRead() throws {
    try withScratchFolder { folder in
      #expect {
        try SafetensorsFile(opening: folder + "/none")
      } throws: {
        "\($0)" == "\(folder)/none cannot be read: there is no file at \(folder)/none; check the path"
      }
      #expect {
        try SafetensorsFile(opening: folder)
      } throws: {
        "\($0)".contains("it is not a plain file")
      }
      #expect {
        try SafetensorsFile(opening: "no-such-file")
      } throws: {
        "\($0)".contains("there is no file at /")
      }
    }
  }
}
