import Foundation
import JSONValues
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

  @Test(arguments: ["", "{", "[1 2]", "nul", "\"", "{\"a\"}"])
  func textThatIsNotJSONIsAnError(text: String) {
    #expect(throws: JSONError.self) { try JSON(parsing: text) }
  }

  @Test func deepNestingIsAnErrorAndNoCrash() {
    #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
  }
}
