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
