// Arrays, dictionaries, tuples and ranges. Containers know how deep they are, so that nothing that walks or releases them
// can run out of stack.

/// An array with its depth.
package struct ValueArray: Sendable {
  /// The elements in order.
  package private(set) var elements: [Value]
  /// One more than its deepest element has ever been.
  private(set) var depth: Int

  /// An array of the given elements.
  package init(_ elements: [Value]) {
    self.elements = elements
    var deepest = 0
    for element in elements { deepest = max(deepest, element.depth) }
    depth = deepest + 1
  }

  mutating func append(_ value: Value) {
    depth = max(depth, value.depth + 1)
    elements.append(value)
  }

  mutating func append(contentsOf other: ValueArray) {
    depth = max(depth, other.depth)
    elements.append(contentsOf: other.elements)
  }

  mutating func insert(_ value: Value, at index: Int) {
    depth = max(depth, value.depth + 1)
    elements.insert(value, at: index)
  }

  /// Writes through to one element, which must exist.
  mutating func modify<Result>(
    _ index: Int, _ body: (inout Value) throws(CellFailure) -> Result
  ) throws(CellFailure) -> Result {
    defer { depth = max(depth, elements[index].depth + 1) }
    return try body(&elements[index])
  }

  /// Changes that bring nothing new in: removing and reordering.
  mutating func rearrange<Result>(_ body: (inout [Value]) -> Result) -> Result { body(&elements) }
}

/// What may be a key of a dictionary.
enum DictionaryKey: Hashable, Sendable {
  case string(String)
  case int(Int)
  case double(Double)
  case bool(Bool)

  init?(_ value: Value) {
    switch value {
    case .string(let key): self = .string(key)
    case .int(let key): self = .int(key)
    case .double(let key): self = Int(exactly: key).map { .int($0) } ?? .double(key)
    case .bool(let key): self = .bool(key)
    default: return nil
    }
  }
}

/// A dictionary that keeps its entries in the order in which they came.
package struct ValueDictionary: Sendable {
  /// The keys in order.
  package private(set) var keys: [Value] = []
  /// The values, in the order of the keys.
  package private(set) var values: [Value] = []
  private var places: [DictionaryKey: Int] = [:]
  private(set) var depth = 1

  /// An empty dictionary.
  package init() {}

  /// How many entries there are.
  package var count: Int { keys.count }

  /// The value of a key; nil for a missing key and for a value that can be no key.
  package subscript(key: Value) -> Value? { DictionaryKey(key).flatMap { places[$0] }.map { values[$0] } }

  /// The value of a string key.
  package subscript(key: String) -> Value? { self[.string(key)] }

  /// Sets or, with nil, removes an entry; false when the value can be no key.
  @discardableResult
  package mutating func set(_ key: Value, _ value: Value?) -> Bool {
    guard let place = DictionaryKey(key) else { return false }
    switch (places[place], value) {
    case (let index?, let value?): values[index] = value
    case (nil, let value?):
      places[place] = keys.count
      keys.append(key)
      values.append(value)
    case (let index?, nil):
      keys.remove(at: index)
      values.remove(at: index)
      places[place] = nil
      for (later, key) in keys.enumerated().dropFirst(index) {
        if let place = DictionaryKey(key) { places[place] = later }
      }
    case (nil, nil): break
    }
    if let value { depth = max(depth, value.depth + 1) }
    return true
  }

  /// Writes through to the value of a key, which must exist.
  mutating func modify<Result>(
    _ key: Value, _ body: (inout Value) throws(CellFailure) -> Result
  ) throws(CellFailure) -> Result {
    guard let place = DictionaryKey(key), let index = places[place] else { throw .missingKey(key) }
    defer { depth = max(depth, values[index].depth + 1) }
    return try body(&values[index])
  }
}

/// A tuple, with or without labels.
package struct ValueTuple: Sendable {
  /// The elements in order.
  package private(set) var elements: [Value]
  /// The label of each element.
  package let labels: [String?]
  private(set) var depth: Int

  /// A tuple of as many elements as labels.
  package init(elements: [Value], labels: [String?]) {
    self.elements = elements
    self.labels = labels
    depth = (elements.map(\.depth).max() ?? 0) + 1
  }

  /// Which element a label or a number names.
  func index(of name: String) -> Int? {
    if let index = labels.firstIndex(of: name) { return index }
    guard let index = Int(name), elements.indices.contains(index) else { return nil }
    return index
  }

  mutating func modify<Result>(
    _ index: Int, _ body: (inout Value) throws(CellFailure) -> Result
  ) throws(CellFailure) -> Result {
    defer { depth = max(depth, elements[index].depth + 1) }
    return try body(&elements[index])
  }
}

/// A range of whole numbers, possibly open at one end.
package struct ValueRange: Sendable, Equatable {
  /// The first number; nil in `..<5`.
  package let lower: Int?
  /// The last number, or one past it; nil in `2...`.
  package let upper: Int?
  /// The upper bound belongs to the range.
  package let isClosed: Bool

  /// A range as written.
  package init(lower: Int?, upper: Int?, isClosed: Bool) {
    self.lower = lower
    self.upper = upper
    self.isClosed = isClosed
  }

  /// All numbers of the range, where both ends are given and the upper one has a successor.
  package var bounds: Range<Int>? {
    guard let lower, let upper, let end = end(upper), end >= lower else { return nil }
    return lower..<end
  }

  /// The indices that this range selects among so many; nil when it reaches beyond them.
  package func indices(within count: Int) -> Range<Int>? {
    let start = lower ?? 0
    guard let end = upper.map(end) ?? count, start >= 0, end <= count, start <= end else { return nil }
    return start..<end
  }

  private func end(_ upper: Int) -> Int? {
    guard isClosed else { return upper }
    let (end, overflows) = upper.addingReportingOverflow(1)
    return overflows ? nil : end
  }

  func contains(_ value: Int) -> Bool {
    if let lower, value < lower { return false }
    guard let upper else { return true }
    return isClosed ? value <= upper : value < upper
  }
}
