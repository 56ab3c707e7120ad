// How the methods that several types share are used on each of them.

/// The examples of the shared methods.
enum SequenceExamples {
  /// By the name of the type, then by that of the method.
  static let all: [String: [String: String]] = [
    "Array": [
      "map": "[1, 2].map { $0 * 2 }", "filter": "[1, 2].filter { $0 > 1 }", "reduce": "[1, 2].reduce(0, +)",
      "forEach": "[1, 2].forEach { print($0) }", "sorted": "[3, 1].sorted(by: >)",
      "enumerated": "for (i, x) in [3, 1].enumerated() { print(i, x) }", "contains": "[3, 1].contains { $0 > 2 }",
      "firstIndex": "[3, 1].firstIndex(of: 1)",
    ],
    "Vector": [
      "filter": "vector([0.1, 0.9]).filter { $0 > 0.5 }", "reduce": "vector([0.1, 0.9]).reduce(1) { $0 * $1 }",
      "forEach": "vector([0.1, 0.9]).forEach { print($0) }", "sorted": "vector([0.1, 0.9]).sorted(by: >)",
      "enumerated": "for (i, x) in vector([0.1, 0.9]).enumerated() { print(i, x) }",
      "contains": "vector([0.1, 0.9]).contains { $0 > 0.5 }",
      "firstIndex": "vector([0.1, 0.9]).firstIndex { $0 > 0.5 }",
    ],
    "Range": [
      "map": "(1...3).map { $0 * 2 }", "filter": "(1...9).filter { $0 % 2 == 0 }", "reduce": "(1...9).reduce(0, +)",
      "forEach": "(1...3).forEach { print($0) }", "sorted": "(1...3).sorted(by: >)",
      "enumerated": "for (i, x) in (5...7).enumerated() { print(i, x) }",
      "firstIndex": "(1...9).firstIndex { $0 * $0 > 20 }",
    ],
    "String": [
      "map": "\"abc\".map { $0 + \"!\" }", "filter": "\"2 + 3\".filter { $0 != \" \" }",
      "forEach": "\"abc\".forEach { print($0) }",
      "enumerated": "for (i, character) in \"abc\".enumerated() { print(i, character) }",
    ],
    "Dictionary": [
      "map": "[\"a\": 1, \"b\": 2].map { key, value in \"\\(key) is \\(value)\" }",
      "filter": "[\"a\": 1, \"b\": 2].filter { $0.value > 1 }",
      "reduce": "[\"a\": 1, \"b\": 2].reduce(0) { $0 + $1.value }",
      "forEach": "[\"a\": 1, \"b\": 2].forEach { print($0.key, $0.value) }",
      "sorted": "[\"a\": 1, \"b\": 2].sorted { $0.value > $1.value }",
    ],
  ]
}
