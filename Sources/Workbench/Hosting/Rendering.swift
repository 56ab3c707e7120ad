// How values look. Objects that have a picture say so; everything else is shown as the language writes it.

import CellLanguage
import Display
import JSONValues

/// A value that has a picture.
protocol Pictured: CellObject {
  /// The picture, with its plain-text twin.
  func picture() -> MIMEBundle
}

extension CellObject {
  /// One element, or those of a range as an array.
  func elements(at index: Value, _ element: (Int) -> Value) throws -> Value {
    let count = elementCount ?? 0
    switch index {
    case .int(let place):
      guard (0..<count).contains(place) else { throw CellFailure.index(place, count: count) }
      return element(place)
    case .range(let range):
      guard let places = range.indices(within: count) else { throw CellFailure.slice(range, count: count) }
      return .list(places.map(element))
    default: throw CellFailure.indexType(index, of: typeName)
    }
  }
}

/// What is shown for a value.
func rendered(_ value: Value) -> MIMEBundle {
  if case .object(let object) = value {
    if let pictured = object as? any Pictured { return pictured.picture() }
    return MIMEBundle(plain: object.summary)
  }
  if case .vector(let vector) = value, vector.count > 12 {
    return MIMEBundle(plain: sketch(of: vector))
  }
  return MIMEBundle(plain: value.description)
}

/// Documentation in plain text and markdown.
func rendered(_ documentation: Documentation) -> MIMEBundle {
  MIMEBundle(plain: documentation.text, ["text/markdown": .string(documentation.markdown)])
}

/// A long vector in a few lines: its ends and what it is made of.
private func sketch(of vector: Vector) -> String {
  let format = NumberFormat.significant(4)
  func list(_ numbers: some Sequence<Double>) -> String { numbers.map { format.text($0) }.joined(separator: ", ") }
  let numbers = vector.elements
  let finite = numbers.filter(\.isFinite)
  var facts = ["\(numbers.count) numbers", "sum \(format.text(vector.sum))"]
  if let least = finite.min(), let most = finite.max() {
    facts += ["from \(format.text(least)) to \(format.text(most))"]
  }
  if finite.count < numbers.count { facts.append("\(numbers.count - finite.count) not finite") }
  return "[\(list(numbers.prefix(6))), …, \(list(numbers.suffix(3)))]\n" + facts.joined(separator: ", ")
}
