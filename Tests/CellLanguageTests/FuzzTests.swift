import Testing

@testable import CellLanguage

/// Random cells: anything may happen but a trap.
@Suite struct FuzzTests {
  /// Knuth's MMIX generator.
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  static let pieces = [
    "let ", "var ", "x", "y", "f", " = ", " += ", "1", "2.5", "0", "-1", "9223372036854775807", "\"a\"", "\"\\(", "\"",
    "\"\"\"", "(", ")", "[", "]",
    "{", "}", ",", ":", ".", "..<", "...", " + ", " - ", "-", " * ", " / ", " % ", " == ", " < ", " && ", " ?? ", "?",
    "!", " ? ", "\n", ";", " in ",
    "for ", "while ", "if ", " else ", "func ", "return ", "break", "continue", "guard ", "repeat ", "nil", "true",
    "$0", "$1", "_", "print", "map", ".map",
    ".count", ".first", ".append", ".sorted", "sum", "vector", "Array", "zip", "max", "é", "😀", "/*", "*/", "//", "\t",
    "#", "@", "`", "\\", ".outdoor",
    "garden", "grow", "with: ", "beds: ", "stride", "from: ", "by: ", "to: ", "where ", "0x", "1e", "\u{0}", "\u{FEFF}",
    "struct ", " -> ", "Int",
  ]

  static let programs = [
    "var s = 0\nfor i in 0..<10 where i % 2 == 0 { s += i }\nprint(\"s = \\(s)\")\n[1, 2, 3].map { $0 * s }.reduce(0, +)",
    "func fib(_ n: Int) -> Int { n < 2 ? n : fib(n - 1) + fib(n - 2) }\nlet xs = (0..<8).map { fib($0) }\nvar d = [\"a\": xs]\nd[\"a\"]![0] += 5\nd",
    "let g = garden(\"a\", beds: 4)\ngrow(g, with: .outdoor(watering: .hose(litres: 3)), days: 2).beds[1...]\nrule(\"r\") { p, q in sum(p * log(p / q)) }",
    "var xs = [[1], [2, 3]]\nxs[1].append(4)\nlet (a, b) = (xs.first, xs.last)\nif let a, a.count > 0 { print(a) } else if b == nil { print(\"\"\"\n  text \\(b)\n  \"\"\") }\nvector(0..<4) / 2 + 1",
  ]

  private func exercise(_ source: String, _ generator: inout Generator) {
    let session = CellSession(vocabulary: Gardening.vocabulary)
    _ = try? session.run(
      "var x = [1, 2]\nlet y = \"t\"\nfunc f(_ a: Int, by b: Int = 1) -> Int { a * b }", host: TestHost())
    do { try session.run(source, host: TestHost(interruptAfter: 2000)) } catch { _ = error.traceback }
    _ = session.bindings.map(\.value.description.count)
    let cursor = Int.random(in: 0...source.unicodeScalars.count + 1, using: &generator)
    let completion = session.complete(source, cursor: cursor)
    #expect(completion.start <= completion.end)
    _ = session.inspect(source, cursor: cursor)
    _ = CellSession.isComplete(source)
  }

  @Test(arguments: 0..<8) func tokenSoup(seed: UInt64) {
    var generator = Generator(state: seed &* 0x9E37_79B9 &+ 7)
    for _ in 0..<150 {
      let count = Int.random(in: 1...40, using: &generator)
      exercise((0..<count).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined(), &generator)
    }
  }

  @Test(arguments: 0..<8) func mutatedPrograms(seed: UInt64) {
    var generator = Generator(state: seed &* 0x85EB_CA6B &+ 3)
    for round in 0..<150 {
      var text = Array(Self.programs[round % Self.programs.count])
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<text.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: text.remove(at: place)
        case 1: text.insert(contentsOf: Self.pieces.randomElement(using: &generator) ?? "", at: place)
        case 2: text.swapAt(place, Int.random(in: 0..<text.count, using: &generator))
        default: text.removeSubrange(place..<min(text.count, place + Int.random(in: 1...12, using: &generator)))
        }
        if text.isEmpty { text = ["1"] }
      }
      exercise(String(text), &generator)
    }
  }

  @Test func randomBytes() {
    var generator = Generator(state: 99)
    for _ in 0..<300 {
      let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      exercise(String(decoding: bytes, as: UTF8.self), &generator)
    }
  }
}
