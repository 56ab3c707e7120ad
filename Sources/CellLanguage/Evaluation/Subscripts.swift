// Reading and writing elements, and going through them.

enum Subscripts {
  static func read(_ value: Value, _ key: Value, default fallback: Value? = nil) throws -> Value {
    switch value {
    case .array(let list):
      let count = list.elements.count
      if case .range(let range) = key {
        guard let indices = range.indices(within: count) else { throw CellFailure.slice(range, count: count) }
        return .list(Array(list.elements[indices]))
      }
      return list.elements[try index(key, count: count, of: "an array")]
    case .vector(let vector):
      if case .range(let range) = key {
        guard let indices = range.indices(within: vector.count) else {
          throw CellFailure.slice(range, count: vector.count)
        }
        return .reals(Array(vector.elements[indices]))
      }
      return .double(vector.elements[try index(key, count: vector.count, of: "a vector")])
    case .dictionary(let dictionary):
      guard DictionaryKey(key) != nil else { throw CellFailure.notKey(key) }
      return dictionary[key] ?? fallback ?? .null
    case .object(let object):
      if case .int(let index) = key, let count = object.elementCount, index < 0 || index >= count {
        throw CellFailure.index(index, count: count)
      }
      if case .range(let range) = key, let count = object.elementCount, range.indices(within: count) == nil {
        throw CellFailure.slice(range, count: count)
      }
      return try object.element(at: key)
    case .range(let range):
      guard let bounds = range.bounds else { throw CellFailure.openRange(value) }
      return .int(bounds[bounds.startIndex + (try index(key, count: bounds.count, of: "a range"))])
    case .string:
      throw CellFailure(
        "a string cannot be indexed", fix: "Write `Array(text)[0]` for its first character.", kind: .typeMismatch)
    default: throw CellFailure.notSubscriptable(value.typeName)
    }
  }

  static func index(_ key: Value, count: Int, of type: String) throws(CellFailure) -> Int {
    guard case .int(let index) = key else { throw .indexType(key, of: type) }
    guard index >= 0, index < count else { throw .index(index, count: count) }
    return index
  }

  /// Changes the element at the end of a path, in place.
  static func modify<Result>(
    _ value: inout Value, _ steps: ArraySlice<Evaluator.Step>, _ body: (inout Value) throws(CellFailure) -> Result
  ) throws(CellFailure) -> Result {
    guard let step = steps.first else { return try body(&value) }
    let rest = steps.dropFirst()
    switch step {
    case .unwrap:
      if case .null = value { throw .unexpectedNil }
      return try modify(&value, rest, body)
    case .member(let name):
      guard var tuple = value.takeTuple() else {
        if case .object(let object) = value { throw .objectElement(object.typeName) }
        throw .notAssignable("." + name)
      }
      defer { value = .tuple(tuple) }
      guard let index = tuple.index(of: name) else {
        throw .unknownMember(name, of: .tuple(tuple), names: tuple.labels.compactMap(\.self))
      }
      return try tuple.modify(index) { (element) throws(CellFailure) in try modify(&element, rest, body) }
    case .index(let key, let fallback): return try modify(&value, at: key, fallback, rest, body)
    }
  }

  private static func modify<Result>(
    _ value: inout Value, at key: Value, _ fallback: Value?, _ rest: ArraySlice<Evaluator.Step>,
    _ body: (inout Value) throws(CellFailure) -> Result
  ) throws(CellFailure) -> Result {
    if var list = value.takeArray() {
      defer { value = .array(list) }
      let index = try index(key, count: list.elements.count, of: "an array")
      return try list.modify(index) { (element) throws(CellFailure) in try modify(&element, rest, body) }
    }
    if var vector = value.takeVector() {
      defer { value = .vector(vector) }
      let index = try index(key, count: vector.count, of: "a vector")
      var element = Value.double(vector.elements[index])
      let result = try modify(&element, rest, body)
      guard let number = element.number else {
        throw CellFailure("a vector holds numbers", "it was given \(element.article)", kind: .typeMismatch)
      }
      vector.elements[index] = number
      return result
    }
    if var dictionary = value.takeDictionary() {
      defer { value = .dictionary(dictionary) }
      return try modify(&dictionary, at: key, fallback, rest, body)
    }
    if case .object(let object) = value { throw .objectElement(object.typeName) }
    throw .notSubscriptable(value.typeName)
  }

  private static func modify<Result>(
    _ dictionary: inout ValueDictionary, at key: Value, _ fallback: Value?, _ rest: ArraySlice<Evaluator.Step>,
    _ body: (inout Value) throws(CellFailure) -> Result
  ) throws(CellFailure) -> Result {
    guard DictionaryKey(key) != nil else { throw .notKey(key) }
    if dictionary[key] == nil {
      var element = fallback ?? .null
      let result = try modify(&element, rest, body)
      if case .null = element { return result }
      dictionary.set(key, element)
      return result
    }
    let result = try dictionary.modify(key) { (element) throws(CellFailure) in try modify(&element, rest, body) }
    if case .null? = dictionary[key] { dictionary.set(key, nil) }
    return result
  }
}

/// Containers out of their places and, after the change, back again: while a container is out, nobody else holds its
/// storage, so that the change needs no copy.
extension Value {
  mutating func takeArray() -> ValueArray? {
    guard case .array(let list) = self else { return nil }
    self = .null
    return list
  }

  mutating func takeVector() -> Vector? {
    guard case .vector(let vector) = self else { return nil }
    self = .null
    return vector
  }

  mutating func takeDictionary() -> ValueDictionary? {
    guard case .dictionary(let dictionary) = self else { return nil }
    self = .null
    return dictionary
  }

  mutating func takeTuple() -> ValueTuple? {
    guard case .tuple(let tuple) = self else { return nil }
    self = .null
    return tuple
  }

  mutating func takeString() -> String? {
    guard case .string(let text) = self else { return nil }
    self = .null
    return text
  }
}

/// The elements of anything that can be gone through, one at a time.
struct Elements {
  private enum Source {
    case numbers(Range<Int>)
    case values([Value])
    case reals([Double])
    case object(any CellObject)
  }

  private let source: Source
  let count: Int

  /// Nil for values that have no elements; throws for ranges without an end.
  init?(_ value: Value) throws {
    switch value {
    case .range(let range):
      guard let bounds = range.bounds else { throw CellFailure.openRange(value) }
      let (count, overflows) = bounds.upperBound.subtractingReportingOverflow(bounds.lowerBound)
      guard !overflows else { throw CellFailure.tooLarge("the range", limit: Int.max, "numbers") }
      source = .numbers(bounds)
      self.count = count
    case .array(let list):
      source = .values(list.elements)
      count = list.elements.count
    case .vector(let vector):
      source = .reals(vector.elements)
      count = vector.count
    case .string(let text):
      source = .values(text.map { .string(String($0)) })
      count = text.count
    case .dictionary(let dictionary):
      source = .values(
        zip(dictionary.keys, dictionary.values).map {
          .tuple(ValueTuple(elements: [$0, $1], labels: ["key", "value"]))
        })
      count = dictionary.count
    case .object(let object):
      guard let count = object.elementCount else { return nil }
      source = .object(object)
      self.count = count
    default: return nil
    }
  }

  subscript(index: Int) -> Value {
    get throws {
      switch source {
      case .numbers(let range): .int(range.lowerBound + index)
      case .values(let values): values[index]
      case .reals(let reals): .double(reals[index])
      case .object(let object): try object.element(at: .int(index))
      }
    }
  }

  /// All elements at once.
  func all() throws -> [Value] {
    if case .values(let values) = source { return values }
    try Operators.checkCount(count)
    return try (0..<count).map { try self[$0] }
  }
}
