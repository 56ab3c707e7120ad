import Foundation
import JSONValues
import RandomStreams
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "[]", "{}", "0", "-12", "1.5", "\"a\\n\\u0000é😀\"", "[1,[2,{\"a\":null}],\"x/y\"]",
    "{\"a\":{\"b\":[false]},\"z\":\"\"}",
  ])
  func printsWhatItParsed(text: String) throws {
    let value = try JSON(parsing: text)
    #expect(try JSON(parsing: value.text()) == value)
  }

  @Test func wholeNumbersStayWhole() throws {
    #expect(try JSON(parsing: "[1, 1.5, true]") == [1, 1.5, true])
    #expect(try JSON(parsing: "9007199254740993").int == 9_007_199_254_740_993)
  }

  @Test func keysAreSortedAndSlashesPlain() {
    #expect(JSON.object(["b": 1, "a": "x/y"]).text() == #"{"a":"x/y","b":1}"#)
  }

  /// Everything that is written directly is what Foundation's encoder writes.
  @Test func theBytesAreThoseOfFoundation() throws {
    var generator = SystemRandomNumberGenerator()
    func text() -> String {
      let scalars: [UInt32] = [0, 7, 8, 9, 10, 12, 13, 27, 31, 32, 34, 47, 65, 92, 97, 127, 128, 0xe9, 0x2028, 0x1f600]
      return String(
        String.UnicodeScalarView(
          (0..<Int.random(in: 0...6, using: &generator)).compactMap { _ in
            scalars.randomElement(using: &generator).flatMap(Unicode.Scalar.init)
          }))
    }
    func value(_ depth: Int) -> JSON {
      switch Int.random(in: 0...(depth > 3 ? 4 : 6), using: &generator) {
      case 0: .null
      case 1: .bool(.random(using: &generator))
      case 2: .int(.random(in: .min ... .max, using: &generator))
      case 3:
        .double(
          [
            Double(bitPattern: .random(in: 0...UInt64.max, using: &generator)), -0.0, 1e21, 1e15, 123_456, 0.1,
            .leastNonzeroMagnitude, 1e-7, -2.5,
          ].randomElement(using: &generator) ?? 0)
      case 4: .string(text())
      case 5: .array((0..<3).map { _ in value(depth + 1) })
      default:
        .object(Dictionary((0..<4).map { _ in (text(), value(depth + 1)) }, uniquingKeysWith: { first, _ in first }))
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for _ in 0..<3_000 {
      let one = value(0)
      #expect(try one.text() == String(decoding: encoder.encode(one), as: UTF8.self))
    }
  }

  @Test func numbersThatAreNotFiniteBecomeNull() {
    #expect(JSON.array([.double(.nan), .double(.infinity), 0.5]).text() == "[null,null,0.5]")
  }

  @Test(arguments: [
    ("", "the text ends where a value should begin"), ("{", "the text ends where a key should begin"),
    ("[1 2]", "“2” where a comma or ] should follow an element, at column 4"),
    ("nul", "where a value should begin"),
    ("\"", "the text ends inside a string"), ("{\"a\"}", "“}” where a colon"), ("{\"a\":1,}", "“}” where a key"),
    ("[1,]", "where a value should begin"), ("01", "before other digits"), ("-", "a digit"), ("1.", "a digit"),
    ("1e+", "a digit"), ("+1", "“+” where a value"), (".5", "where a value"), ("1 2", "after the end of the value"),
    ("\"\\x\"", "after a backslash"), ("\"\\u12g4\"", "“g” where a hexadecimal digit"),
    ("[\n  \"a\u{1}b\"]", "U+0001 inside a string, at line 2, column 5"), ("1e999", "beyond what 64 bits"),
    ("tru\u{e9}", "where a value should begin"), ("[1}", "where a comma or ]"), ("NaN", "“N” where a value"),
    ("[\"ééé\" x", "at column 8"), ("\u{feff}[]", "U+FEFF where a value"),
  ])
  func textThatIsNotJSONIsAnError(text: String, says words: String) {
    do {
      Issue.record("\(text) was read as \(try JSON(parsing: text))")
    } catch {
      #expect(error.description.hasPrefix("not valid JSON: ") && error.reason.contains(words), "\(error)")
    }
  }

  @Test func bytesThatAreNotUTF8AreAnError() {
    for bytes: [UInt8] in [[0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0xff], [0x22, 0xed, 0xa0, 0x80, 0x22]] {
      #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }
  }

  @Test func numbersAreWholeWhereTheyAre() throws {
    let text =
      "[0, -0, 1.0, 1e3, -9223372036854775808, 9223372036854775807, 9223372036854775808, -9223372036854775809, 1e300, 0.1, -2.5E-3]"
    #expect(
      try JSON(parsing: text) == [
        0, 0, 1, 1000, .int(.min), .int(.max), .double(9_223_372_036_854_775_808), .double(-9_223_372_036_854_775_808),
        1e300, 0.1, -0.0025,
      ])
  }

  @Test func escapesAreResolved() throws {
    #expect(try JSON(parsing: #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00é""#) == "\"\\/\u{8}\u{c}\n\r\té😀é")
    // Halves of pairs, as a text has that was cut between them.
    #expect(try JSON(parsing: #""\ud83d""#) == "\u{fffd}")
    #expect(try JSON(parsing: #""\ude00x""#) == "\u{fffd}x")
    #expect(try JSON(parsing: #""\ud83d\u0041\ud83dz\ud83d\n""#) == "\u{fffd}A\u{fffd}z\u{fffd}\n")
  }

  @Test func ofEqualKeysTheLastCounts() throws {
    #expect(try JSON(parsing: #"{"a":1,"b":2,"a":3}"#) == ["a": 3, "b": 2])
  }

  @Test func deepNestingIsAnErrorAndNoCrash() throws {
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 100_000)) }
    let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    #expect(try JSON(parsing: deep).text() == deep)
  }

  /// Of texts that are broken in many ways, those are read that Foundation reads, and as the same values.
  @Test func readsWhatFoundationReads() throws {
    let whole =
      #"{"header":{"msg_id":"a-1","n":-12,"r":1.5e-3,"ok":true},"list":[null,false,[],{},"x\n\u00e9é😀",1e2,0.25]}"#
    var generator = RandomStream(seed: 1, purpose: .user)
    let spoilers = Array(#"{}[]",:\0-+.eEtfn1 /u"#.utf8) + [0, 9, 10, 0x1f, 0x7f]
    var read = 0
    for _ in 0..<20_000 {
      var bytes = Array(whole.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0...2, using: &generator) {
        case 0: bytes[place] = spoilers.randomElement(using: &generator) ?? 0
        case 1: bytes.insert(spoilers.randomElement(using: &generator) ?? 0, at: place)
        default: bytes.remove(at: place)
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) as? NSObject
      let ours = try? JSON(parsing: bytes)
      read += ours == nil ? 0 : 1
      // Foundation overlooks a comma before a closing bracket; the grammar does not allow it.
      let hasLooseComma = text.contains(/,\s*[}\]]/)
      #expect((ours == nil) == (theirs == nil) || ours == nil && hasLooseComma, "\(text)")
      if let ours {
        let again = try JSONSerialization.jsonObject(with: Data(ours.bytes()), options: .fragmentsAllowed) as? NSObject
        #expect(again == theirs, "\(text)")
      }
    }
    #expect(read > 1_000, "there is something to compare")
  }
}
