// Arrays, vectors, ranges, dictionaries.

extension Builtins {
  static let arrayType = TypeDeclaration(
    "Array", summary: "Values in order.", element: "Any", members: sequenceMembers,
    methods: sequenceMethods(of: "Array") + [
      Command(
        "joined", [Parameter("separator", .string, default: "", help: "the text between two elements")],
        result: "String", summary: "The elements as one text."
      ) { arguments, _ in
        let texts = try elements(arguments.receiver).all().map(\.description)
        try Operators.checkString(texts.reduce(0) { $0 + $1.utf8.count })
        return .string(texts.joined(separator: try arguments.string("separator")))
      },
      Command(
        mutating: "append",
        [
          Parameter("_", name: "element", .optional(.any), help: "the new last element"),
          Parameter("contentsOf", .optional(.any), help: "elements to put at the end"),
        ], summary: "Puts an element, or several, at the end of a variable."
      ) { value, arguments in
        var added = [try arguments.value("element")]
        if arguments.isGiven("contentsOf") { added = try elements(try arguments.value("contentsOf")).all() }
        try change(&value) { list in
          try Operators.checkCount(list.elements.count + added.count)
          for element in added { list.append(element) }
        }
        return .void
      },
      Command(
        mutating: "insert",
        [
          Parameter("_", name: "element", .any, help: "the new element"),
          Parameter("at", name: "index", .int(.atLeast(0)), help: "where it will stand"),
        ], summary: "Puts an element into a variable."
      ) { value, arguments in
        let index = try arguments.int("index")
        let element = try arguments.value("element")
        try change(&value) { list in
          guard index <= list.elements.count else { throw CellFailure.index(index, count: list.elements.count) }
          try Operators.checkCount(list.elements.count + 1)
          list.insert(element, at: index)
        }
        return .void
      },
      Command(
        mutating: "remove", [Parameter("at", name: "index", .int(.atLeast(0)), help: "which one")], result: "Any",
        summary: "Takes an element out of a variable."
      ) { value, arguments in
        let index = try arguments.int("index")
        return try change(&value) { list in
          guard index < list.elements.count else { throw CellFailure.index(index, count: list.elements.count) }
          return list.rearrange { $0.remove(at: index) }
        }
      },
      Command(mutating: "removeLast", result: "Any", summary: "Takes the last element out of a variable.") { value, _ in
        try change(&value) { list in
          guard !list.elements.isEmpty else { throw CellFailure.index(0, count: 0) }
          return list.rearrange { $0.removeLast() }
        }
      },
      Command(mutating: "removeFirst", result: "Any", summary: "Takes the first element out of a variable.") {
        value, _ in
        try change(&value) { list in
          guard !list.elements.isEmpty else { throw CellFailure.index(0, count: 0) }
          return list.rearrange { $0.removeFirst() }
        }
      },
      Command(mutating: "removeAll", summary: "Empties a variable.") { value, _ in
        value = .list([])
        return .void
      },
      Command(mutating: "reverse", summary: "Turns the order of a variable around.") { value, _ in
        try change(&value) { list in list.rearrange { $0.reverse() } }
        return .void
      },
      Command(mutating: "sort", summary: "Puts the elements of a variable in order.") { value, _ in
        try change(&value) { list in list = ValueArray(try list.elements.sorted(by: isLess)) }
        return .void
      },
    ])

  /// Changes an array in place.
  private static func change<Result>(_ value: inout Value, _ body: (inout ValueArray) throws -> Result) throws -> Result
  {
    guard var list = value.takeArray() else { throw CellFailure.operand("this method", value) }
    defer { value = .array(list) }
    return try body(&list)
  }

  static let rangeType = TypeDeclaration(
    "Range", summary: "Whole numbers from one to another.", element: "Int",
    members: sequenceMembers + [
      .init("lowerBound", type: "Int?", summary: "The first number.") {
        if case .range(let range) = $0 { range.lower.map { .int($0) } ?? .null } else { .null }
      },
      .init("upperBound", type: "Int?", summary: "The last number, or one past it.") {
        if case .range(let range) = $0 { range.upper.map { .int($0) } ?? .null } else { .null }
      },
    ],
    methods: sequenceMethods(besides: ["contains"], of: "Range") + [
      Command(
        "contains", [Parameter("_", name: "element", .int(), help: "a whole number")], result: "Bool",
        summary: "Whether a number lies in the range."
      ) { arguments, _ in
        guard case .range(let range) = arguments.receiver else { return false }
        return .bool(range.contains(try arguments.int("element")))
      }
    ])

  static let vectorType = TypeDeclaration(
    "Vector", summary: "Real numbers, with arithmetic element by element.", element: "Double",
    members: sequenceMembers,
    methods: sequenceMethods(besides: ["map", "min", "max"], of: "Vector") + [
      Command(
        "map", [Parameter("_", name: "body", .function, help: "makes the new element")], result: "Vector or [Any]",
        summary: "A new vector, element by element; an array, when the results are no numbers.",
        example: "vector([1, 2]).map { $0 * 2 }"
      ) { arguments, context in
        guard let map = arrayType.method("map"), case .action(let action) = map.body else { return .void }
        let mapped = try action(arguments, context)
        return mapped.numbers.map { .reals($0) } ?? mapped
      },
      Command("min", result: "Double?", summary: "The smallest number, or nil.") { arguments, _ in
        arguments.receiver.numbers?.min().map { .double($0) } ?? .null
      },
      Command("max", result: "Double?", summary: "The largest number, or nil.") { arguments, _ in
        arguments.receiver.numbers?.max().map { .double($0) } ?? .null
      },
      Command("argmax", result: "Int?", summary: "Where the largest number stands, or nil.") { arguments, _ in
        Vector(arguments.receiver.numbers ?? []).argmax.map { .int($0) } ?? .null
      },
      Command("softmax", result: "Vector", summary: "Probabilities from logits.") { arguments, _ in
        .vector(Vector(arguments.receiver.numbers ?? []).softmax)
      },
    ])

  static let dictionaryType = TypeDeclaration(
    "Dictionary", summary: "Values by key, in the order in which the keys came.", element: "Any?",
    members: [
      .init("count", type: "Int", summary: "How many entries there are.") {
        if case .dictionary(let dictionary) = $0 { .int(dictionary.count) } else { .null }
      },
      .init("isEmpty", type: "Bool", summary: "There are none.") {
        if case .dictionary(let dictionary) = $0 { .bool(dictionary.count == 0) } else { .null }
      },
      .init("keys", type: "[Any]", summary: "The keys in order.") {
        if case .dictionary(let dictionary) = $0 { .list(dictionary.keys) } else { .null }
      },
      .init("values", type: "[Any]", summary: "The values in the order of the keys.") {
        if case .dictionary(let dictionary) = $0 { .list(dictionary.values) } else { .null }
      },
    ],
    methods: sequenceMethods(["map", "filter", "forEach", "reduce", "sorted"], of: "Dictionary") + [
      Command(
        mutating: "removeValue", [Parameter("forKey", name: "key", .any, help: "the key")], result: "Any?",
        summary: "Takes an entry out of a variable."
      ) { value, arguments in
        let key = try arguments.value("key")
        guard var dictionary = value.takeDictionary() else { return .null }
        defer { value = .dictionary(dictionary) }
        let old = dictionary[key] ?? .null
        guard dictionary.set(key, nil) else { throw CellFailure.notKey(key) }
        return old
      }
    ])
}
