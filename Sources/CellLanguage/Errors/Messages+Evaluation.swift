// The words of errors that happen while a cell runs.

extension Value {
  /// The value's type with an article, and the value where it is short: `the string "abc"`.
  var article: String {
    switch self {
    case .null: "nil"
    case .void: "nothing"
    case .bool, .int, .double: "`\(self)`, \(typeName == "Int" ? "an" : "a") \(typeName)"
    case .string: "the string \(summary)"
    case .array(let list): "an array of \(list.elements.count) element\(list.elements.count == 1 ? "" : "s")"
    case .vector(let vector): "a vector of \(vector.count)"
    case .dictionary: "a dictionary"
    case .tuple: "the tuple \(summary)"
    case .range: "the range \(self)"
    case .function(let function): "the function `\(function.name)`"
    case .object: "a value of type \(typeName)"
    case .implicit, .choice: "`\(summary)`"
    }
  }
}

extension CellFailure {
  /// `Did you mean …?`, or nothing.
  package static func suggestion(
    _ name: String, among candidates: some Sequence<String>, as form: (String) -> String = { $0 }
  )
    -> String
  {
    NearestName.of(name, among: candidates).map { "Did you mean `\(form($0))`?" } ?? ""
  }

  /// What names of other languages are called here.
  private static let foreignNames = [
    "True": "true", "False": "false", "None": "nil", "null": "nil", "undefined": "nil", "len": "xs.count",
    "range": "0..<n", "str": "String(…)", "int": "Int(…)", "float": "Double(…)", "list": "Array(…)",
  ]

  /// `isCase`: a setting has this name, which is written with a dot in front.
  static func unknownName(_ name: String, among candidates: [String], isCase: Bool = false) -> CellFailure {
    let meant = foreignNames[name] ?? (isCase ? "." + name : nil)
    var fix = meant.map { "Write `\($0)`." } ?? suggestion(name, among: candidates)
    if fix.isEmpty { fix = "Declare it before, as in `let \(name) = …`; after a restart, run the cells above again." }
    return CellFailure(
      "there is no `\(name)`", "no variable, function or command has that name", fix: fix, kind: .unknownName)
  }

  static func memberCalled(_ name: String, of type: String) -> CellFailure {
    CellFailure(
      "`\(name)` of \(type) is no method", "it is a value already", fix: "Write `.\(name)` without parentheses.",
      kind: .typeMismatch)
  }

  static func undeclared(_ name: String, among candidates: [String]) -> CellFailure {
    let meant = NearestName.of(name, among: candidates).map { " Or did you mean `\($0)`?" } ?? ""
    return CellFailure(
      "`\(name)` is not declared", "assignment changes a variable that exists",
      fix: "Declare it with let or var: `let \(name) = …`.\(meant)", kind: .unknownName)
  }

  static func unknownMember(_ name: String, of value: Value, names: [String]) -> CellFailure {
    if case .null = value {
      return CellFailure(
        "nil has no `\(name)`", "there is no value here", fix: "Test it with `!= nil` first, or write `?.\(name)`.",
        kind: .unexpectedNil)
    }
    let list = names.isEmpty ? "it has no members" : "it has " + names.map { "`\($0)`" }.joined(separator: ", ")
    let isCount = ["length", "size", "len"].contains(name) && names.contains("count")
    return CellFailure(
      "\(value.typeName) has no member `\(name)`", list,
      fix: isCount ? "Write `.count`." : suggestion(name, among: names), kind: .unknownMember)
  }

  static func methodWithoutCall(_ method: Command, of type: String) -> CellFailure {
    CellFailure(
      "`\(method.name)` of \(type) is called with parentheses", "", fix: "Write `\(method.labels)`.",
      kind: .unknownMember)
  }

  static func notCallable(_ value: Value) -> CellFailure {
    CellFailure("\(value.article) cannot be called", "only functions and commands can", kind: .typeMismatch)
  }

  static func notMutable(_ method: String) -> CellFailure {
    CellFailure(
      "`\(method)` needs a variable", "it changes what it is called on", fix: "Put the value into a `var` first.",
      kind: .constant)
  }

  static func operands(_ operation: BinaryOperator, _ left: Value, _ right: Value) -> CellFailure {
    var fix = ""
    switch (left, right) {
    case (.string, _) where operation == .add, (_, .string) where operation == .add:
      fix = #"Put the value into the string: "\(value)"."#
    case (.null, _), (_, .null): fix = "Test it with `!= nil` first, or give a default with `??`."
    case (.array, _), (_, .array): fix = "Element-wise arithmetic needs vectors: `vector(…)`."
    case (.bool, _), (_, .bool): fix = "Write `condition ? 1 : 0` to count with a truth value."
    default: break
    }
    return CellFailure(
      "`\(operation.rawValue)` does not work on \(left.article) and \(right.article)", "", fix: fix, kind: .typeMismatch
    )
  }

  static func operand(_ operation: String, _ value: Value) -> CellFailure {
    CellFailure("`\(operation)` does not work on \(value.article)", kind: .typeMismatch)
  }

  static func lengths(_ operation: String, _ left: Int, _ right: Int) -> CellFailure {
    CellFailure(
      "`\(operation)` needs vectors of the same length", "the left one has \(left) numbers, the right one \(right)",
      kind: .typeMismatch)
  }

  static func divisionByZero(_ operation: String) -> CellFailure {
    CellFailure(
      "division by zero", "`\(operation)` of whole numbers has no result for 0",
      fix: "Test the divisor first, or divide reals: `Double(a) / Double(b)`.", kind: .divisionByZero)
  }

  static func overflow(_ text: String) -> CellFailure {
    CellFailure(
      "`\(text)` overflows", "a whole number lies between \(Int.min) and \(Int.max)",
      fix: "Use a real number: `Double(…)`.", kind: .overflow)
  }

  static func notTruth(_ value: Value, _ place: String) -> CellFailure {
    CellFailure(
      "\(place) must be true or false", "it is \(value.article)",
      fix: "Compare it: `x != 0`, `x != nil`, `!x.isEmpty`.",
      kind: .typeMismatch)
  }

  static func notIterable(_ value: Value) -> CellFailure {
    var fix = ""
    if case .int(let count) = value { fix = "Write `0..<\(count)` to count." }
    return CellFailure("`for` cannot go through \(value.article)", "", fix: fix, kind: .typeMismatch)
  }

  static func openRange(_ value: Value) -> CellFailure {
    CellFailure("the range \(value) has no end or start here", "", fix: "Write both ends.", kind: .outOfRange)
  }

  static func emptyRange(_ lower: Int, _ upper: Int) -> CellFailure {
    CellFailure(
      "the range starts at \(lower) and ends at \(upper)", "a range cannot go downwards",
      fix: "Use `stride(from: \(lower), to: \(upper), by: -1)` to count down.", kind: .outOfRange)
  }

  static func rangeBounds(_ value: Value) -> CellFailure {
    CellFailure(
      "a range needs whole numbers", "one end is \(value.article)",
      fix: "Use `stride(from:to:by:)` for steps of another size.", kind: .typeMismatch)
  }

  package static func index(_ index: Int, count: Int) -> CellFailure {
    CellFailure(
      "index \(index) is out of range",
      count == 0 ? "there are no elements" : "there are \(count) elements: 0 to \(count - 1)",
      fix: index < 0 && count > 0 ? "Count from the end with `xs[xs.count - \(index.magnitude)]`." : "",
      kind: .outOfRange)
  }

  package static func slice(_ range: ValueRange, count: Int) -> CellFailure {
    CellFailure(
      "the range \(Value.range(range)) is out of range", "there are \(count) elements", kind: .outOfRange)
  }

  package static func indexType(_ value: Value, of type: String) -> CellFailure {
    CellFailure(
      "\(type) cannot be indexed with \(value.article)", "a whole number or a range is needed", kind: .typeMismatch)
  }

  static func notSubscriptable(_ type: String) -> CellFailure {
    CellFailure("\(type) has no elements to index", kind: .typeMismatch)
  }

  static func notKey(_ value: Value) -> CellFailure {
    CellFailure(
      "\(value.article) cannot be a key", "keys are strings, numbers and truth values", kind: .typeMismatch)
  }

  static func missingKey(_ key: Value) -> CellFailure {
    CellFailure("the dictionary has no key \(key.debugDescribed(limit: 60))", kind: .outOfRange)
  }

  static func objectElement(_ type: String) -> CellFailure {
    CellFailure("\(type) cannot be changed", "results are values that nothing changes", kind: .constant)
  }

  static var unexpectedNil: CellFailure {
    CellFailure(
      "`!` found nil", "there is no value here", fix: "Test it with `!= nil` first, or give a default with `??`.",
      kind: .unexpectedNil)
  }

  static func tooLarge(_ what: String, limit: Int, _ unit: String) -> CellFailure {
    CellFailure("\(what) would be too large", "at most \(limit) \(unit) are allowed", kind: .tooLarge)
  }

  static func valueTooDeep(_ limit: Int) -> CellFailure {
    CellFailure(
      "the value is nested too deep", "values may hold values at most \(limit) levels deep", kind: .tooLarge)
  }

  static func recursion(_ name: String, limit: Int) -> CellFailure {
    CellFailure(
      "`\(name)` calls too deep", "at most \(limit) calls may be open at once",
      fix: "Check the condition that ends the recursion, or use a loop.", kind: .recursion)
  }

  static func interrupted(kept: String) -> CellFailure {
    CellFailure("the cell was interrupted", "", fix: kept, kind: .interrupted)
  }

  static func pattern(_ value: Value, count: Int) -> CellFailure {
    CellFailure("\(count) names need a tuple of \(count)", "the value is \(value.article)", kind: .typeMismatch)
  }

  static func annotation(_ value: Value, _ type: String) -> CellFailure {
    CellFailure(
      "\(value.article) is not of type \(type)", "", fix: "Convert it with `\(type)(…)`.", kind: .typeMismatch)
  }

  static func nothing(_ place: String) -> CellFailure {
    CellFailure("\(place) has no value", "the call returns nothing", kind: .typeMismatch)
  }

  static func incomparable(_ left: Value, _ right: Value) -> CellFailure {
    CellFailure("\(left.article) and \(right.article) cannot be compared", kind: .typeMismatch)
  }

  static func endless(_ place: String) -> CellFailure {
    CellFailure("\(place) takes too long", "the values hold each other too many times", kind: .tooLarge)
  }

  static func foreign(_ error: any Error, in name: String) -> CellFailure {
    CellFailure("`\(name)` failed", "\(error)")
  }
}
