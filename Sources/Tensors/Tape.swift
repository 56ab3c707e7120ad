// A formula over the vocabulary as a list of operations that run forward and backward; the arithmetic is in CKernels.
// Equal operations are one, and each belongs to a stage: that after as many sums over the vocabulary as it waits for.

import CKernels

/// Operations in the making; each is known by its number.
package struct TapeBuilder {
  /// A value: a vector over the vocabulary, or one number.
  package struct Value: Hashable, Sendable {
    fileprivate let index: Int
  }

  /// What a tape begins with: probabilities, and their logarithms.
  package enum Input: Int32, Sendable {
    case teacher = -1
    case student = -2
    case logTeacher = -3
    case logStudent = -4
  }

  /// Operations on one value.
  package enum Unary: Sendable {
    case negate
    case logarithm
    case exponential
    case magnitude
    case squareRoot
    case power(Double)
  }

  /// Operations on two values, entry by entry.
  package enum Binary: Sendable {
    case add
    case subtract
    case multiply
    case divide
    case minimum
    case maximum
    /// 1 where the first is larger, else 0; without a gradient.
    case greater
  }

  /// One operation, or an input, whose code is negative.
  fileprivate struct Item: Hashable {
    var code: Int32
    var a = -1
    var b = -1
    var constant: Double = 0
  }

  /// What is known of a value.
  fileprivate struct Facts {
    var isNumber: Bool
    var stage: Int
    var needsGradient: Bool
    /// Its place among the vectors or the numbers.
    var slot: Int
  }

  fileprivate private(set) var items: [Item] = []
  fileprivate private(set) var facts: [Facts] = []
  fileprivate private(set) var vectors = 0
  fileprivate private(set) var numbers = 0
  private var known: [Item: Int] = [:]

  package init() {}

  /// Whether a value is one number.
  package func isNumber(_ value: Value) -> Bool { facts[value.index].isNumber }

  package mutating func input(_ input: Input) -> Value {
    append(
      Item(code: input.rawValue), isNumber: false, stage: 0,
      needsGradient: input == .student || input == .logStudent)
  }

  /// A number that is known beforehand.
  package mutating func constant(_ value: Double) -> Value {
    append(Item(code: code(OPSD_FILL), constant: value), isNumber: true, stage: 0, needsGradient: false)
  }

  package mutating func unary(_ operation: Unary, _ a: Value) -> Value {
    let (kind, exponent): (opsd_operation, Double) =
      switch operation {
      case .negate: (OPSD_NEGATE, 0)
      case .logarithm: (OPSD_LOG, 0)
      case .exponential: (OPSD_EXP, 0)
      case .magnitude: (OPSD_ABS, 0)
      case .squareRoot: (OPSD_SQUARE_ROOT, 0)
      case .power(let exponent): (OPSD_POWER, exponent)
      }
    let fact = facts[a.index]
    return append(
      Item(code: code(kind), a: a.index, b: a.index, constant: exponent), isNumber: fact.isNumber, stage: fact.stage,
      needsGradient: fact.needsGradient)
  }

  package mutating func binary(_ operation: Binary, _ a: Value, _ b: Value) -> Value {
    let kind: opsd_operation =
      switch operation {
      case .add: OPSD_ADD
      case .subtract: OPSD_SUBTRACT
      case .multiply: OPSD_MULTIPLY
      case .divide: OPSD_DIVIDE
      case .minimum: OPSD_MINIMUM
      case .maximum: OPSD_MAXIMUM
      case .greater: OPSD_GREATER
      }
    let bothAreNumbers = isNumber(a) && isNumber(b)
    let (a, b) = bothAreNumbers ? (a, b) : (vector(a), vector(b))
    let (first, second) = (facts[a.index], facts[b.index])
    return append(
      Item(code: code(kind), a: a.index, b: b.index), isNumber: bothAreNumbers, stage: max(first.stage, second.stage),
      needsGradient: operation != .greater && (first.needsGradient || second.needsGradient))
  }

  /// The sum of a vector.
  package mutating func sum(_ a: Value) -> Value { reduction(OPSD_SUM, a) }

  /// The largest entry of a vector.
  package mutating func largest(_ a: Value) -> Value {
    let value = reduction(OPSD_LARGEST, a)
    if items[value.index].b < 0 {
      // A number that remembers whether the largest entry was met.
      items[value.index].b = numbers
      numbers += 1
    }
    return value
  }

  private mutating func reduction(_ kind: opsd_operation, _ a: Value) -> Value {
    let a = vector(a)
    return append(
      Item(code: code(kind), a: a.index), isNumber: true, stage: facts[a.index].stage + 1,
      needsGradient: facts[a.index].needsGradient)
  }

  /// The value itself, or a vector that holds the number everywhere.
  private mutating func vector(_ value: Value) -> Value {
    let fact = facts[value.index]
    guard fact.isNumber else { return value }
    // A constant that is not a number is told apart by its second operand.
    if items[value.index].code == code(OPSD_FILL) {
      return append(
        Item(code: code(OPSD_FILL), b: 0, constant: items[value.index].constant), isNumber: false, stage: 0,
        needsGradient: false)
    }
    return append(
      Item(code: code(OPSD_BROADCAST), a: value.index), isNumber: false, stage: fact.stage,
      needsGradient: fact.needsGradient)
  }

  private mutating func append(_ item: Item, isNumber: Bool, stage: Int, needsGradient: Bool) -> Value {
    if let index = known[item] { return Value(index: index) }
    known[item] = items.count
    items.append(item)
    facts.append(
      Facts(isNumber: isNumber, stage: stage, needsGradient: needsGradient, slot: isNumber ? numbers : vectors))
    if isNumber { numbers += 1 } else { vectors += 1 }
    return Value(index: items.count - 1)
  }
}

private func code(_ operation: opsd_operation) -> Int32 { Int32(operation.rawValue) }

/// A formula that can be run over rows.
package struct Tape: Sendable {
  fileprivate var code: [opsd_instruction] = []
  fileprivate var bounds: [Int32] = []
  fileprivate let vectors: Int
  fileprivate let numbers: Int
  fileprivate let inputs: [TapeBuilder.Input: Int32]
  fileprivate let result: Int32
  fileprivate let over: Int32
  fileprivate let kept: Int32

  /// Puts the operations in order.
  ///
  /// - Parameters:
  ///   - result: the number that is the value of a row.
  ///   - over: how many entries were cut off, for the statistics; nil for none.
  ///   - kept: the teacher's mass at the others.
  package init(_ builder: TapeBuilder, result: TapeBuilder.Value, over: TapeBuilder.Value?, kept: TapeBuilder.Value) {
    (vectors, numbers) = (builder.vectors, builder.numbers)
    func slot(_ value: TapeBuilder.Value) -> Int32 { Int32(builder.facts[value.index].slot) }
    self.result = slot(result)
    self.over = over.map(slot) ?? -1
    self.kept = slot(kept)
    var inputs: [TapeBuilder.Input: Int32] = [:]
    for (item, facts) in zip(builder.items, builder.facts) {
      if let input = TapeBuilder.Input(rawValue: item.code) { inputs[input] = Int32(facts.slot) }
    }
    self.inputs = inputs
    let order = TapeOrder(builder, result: result.index)
    append(order.constants)
    for stage in 0..<order.stages {
      append(order.vectors(of: stage))
      append(order.vectorsForSums(of: stage))
      append(order.sums(of: stage))
      append(order.numbers(of: stage))
      append(order.numbersBack(of: stage))
      append(order.vectorsBack(of: stage))
    }
  }

  /// Appends a list, and where it ends.
  private mutating func append(_ list: [opsd_instruction]) {
    code += list
    bounds.append(Int32(code.count))
  }

  /// The numbers that one thread needs for rows of this width.
  fileprivate func scratch(width: Int) -> Int {
    let size = Int(opsd_tile_size(Int64(width)))
    return 2 * vectors * (size + 32) + 2 * numbers * (size + 16) + max(width, size) + 16
  }
}

/// The lists of a tape, from the operations of its builder.
private struct TapeOrder {
  let builder: TapeBuilder
  /// Whether the result depends on an operation.
  let isUsed: [Bool]
  let stages: Int

  init(_ builder: TapeBuilder, result: Int) {
    self.builder = builder
    var isUsed = builder.items.map { _ in false }
    isUsed[result] = true
    for index in builder.items.indices.reversed() where isUsed[index] {
      for operand in operands(builder.items[index]) { isUsed[operand] = true }
    }
    self.isUsed = isUsed
    stages = builder.facts.map(\.stage).max() ?? 0
  }

  private var indices: Range<Int> { builder.items.indices }
  private func isSum(_ index: Int) -> Bool {
    [code(OPSD_SUM), code(OPSD_LARGEST)].contains(builder.items[index].code)
  }
  private func isGiven(_ index: Int) -> Bool {
    builder.items[index].code < 0 || builder.items[index].code == code(OPSD_FILL)
  }
  private func sumIndices(of stage: Int) -> [Int] {
    indices.filter { isSum($0) && builder.facts[$0].stage == stage + 1 }
  }

  var constants: [opsd_instruction] {
    indices.filter { builder.items[$0].code == code(OPSD_FILL) }.map { instruction($0) }
  }

  func vectors(of stage: Int) -> [opsd_instruction] {
    indices.filter { !builder.facts[$0].isNumber && builder.facts[$0].stage == stage && !isGiven($0) }
      .map { instruction($0) }
  }

  private func vectorIndicesForSums(of stage: Int) -> [Int] {
    var isNeeded = builder.items.map { _ in false }
    for index in sumIndices(of: stage) { isNeeded[builder.items[index].a] = true }
    for index in indices.reversed() where isNeeded[index] && !builder.facts[index].isNumber {
      for operand in operands(builder.items[index]) { isNeeded[operand] = true }
    }
    return indices.filter { isNeeded[$0] && !builder.facts[$0].isNumber && !isGiven($0) }
  }

  func vectorsForSums(of stage: Int) -> [opsd_instruction] { vectorIndicesForSums(of: stage).map { instruction($0) } }

  func sums(of stage: Int) -> [opsd_instruction] { sumIndices(of: stage).map { instruction($0) } }

  private func numberIndices(of stage: Int) -> [Int] {
    // Numbers that are made of constants alone come with those of the first sums.
    indices.filter {
      builder.facts[$0].isNumber && max(1, builder.facts[$0].stage) == stage + 1 && !isSum($0) && !isGiven($0)
    }
  }

  func numbers(of stage: Int) -> [opsd_instruction] { numberIndices(of: stage).map { instruction($0) } }

  func numbersBack(of stage: Int) -> [opsd_instruction] {
    numberIndices(of: stage).reversed().filter { isUsed[$0] && builder.facts[$0].needsGradient }.map { index in
      var back = instruction(index)
      let item = builder.items[index]
      if builder.facts[item.a].needsGradient { back.flags |= flag(OPSD_TO_A) }
      if isBinary(item), builder.facts[item.b].needsGradient { back.flags |= flag(OPSD_TO_B) }
      return back
    }
  }

  func vectorsBack(of stage: Int) -> [opsd_instruction] {
    var hasAdjoint = builder.items.map {
      $0.code == TapeBuilder.Input.student.rawValue || $0.code == TapeBuilder.Input.logStudent.rawValue
    }
    var list: [opsd_instruction] = []
    let seeds = sumIndices(of: stage).filter { isUsed[$0] && builder.facts[$0].needsGradient }
    for index in seeds + vectorIndicesForSums(of: stage).reversed() {
      guard isUsed[index], builder.facts[index].needsGradient, isSum(index) || hasAdjoint[index] else { continue }
      var back = instruction(index)
      let item = builder.items[index]
      func add(_ operand: Int, _ wanted: opsd_back, _ first: opsd_back) {
        guard builder.facts[operand].needsGradient else { return }
        back.flags |= flag(wanted)
        if !builder.facts[operand].isNumber, !hasAdjoint[operand] {
          back.flags |= flag(first)
          hasAdjoint[operand] = true
        }
      }
      add(item.a, OPSD_TO_A, OPSD_FIRST_A)
      if isBinary(item) { add(item.b, OPSD_TO_B, OPSD_FIRST_B) }
      list.append(back)
    }
    return list
  }

  private func isBinary(_ item: TapeBuilder.Item) -> Bool { item.code >= 0 && item.code < code(OPSD_NEGATE) }
  private func flag(_ back: opsd_back) -> Int32 { Int32(back.rawValue) }

  private func instruction(_ index: Int) -> opsd_instruction {
    let (item, facts) = (builder.items[index], builder.facts[index])
    func slot(_ operand: Int) -> Int32 { operand < 0 ? 0 : Int32(builder.facts[operand].slot) }
    let isLargest = item.code == code(OPSD_LARGEST)
    let isFill = item.code == code(OPSD_FILL)
    return opsd_instruction(
      op: item.code, isNumber: facts.isNumber ? 1 : 0, a: slot(item.a),
      b: isLargest ? Int32(item.b) : isFill ? 0 : slot(item.b), out: Int32(facts.slot), flags: 0,
      constant: Float(item.constant))
  }
}

/// The operands of an operation: none of inputs and constants.
private func operands(_ item: TapeBuilder.Item) -> [Int] {
  if item.code < 0 || item.code == code(OPSD_FILL) { return [] }
  return item.code < code(OPSD_FILL) ? [item.a, item.b] : [item.a]
}

/// Runs a formula over rows, as `limitedDivergenceRows` runs a divergence.
package func tapeRows(
  _ tape: Tape, rowLimit: Float, teacher: Floats, student: Floats, weights: Floats, into results: LimitedRows,
  rows: Int, width: Int, temperature: Float
) {
  precondition(teacher.count >= rows * width && student.count >= rows * width)
  precondition(weights.count >= rows && results.losses.count >= rows)
  unsafe tape.code.withUnsafeBufferPointer { code in
    unsafe tape.bounds.withUnsafeBufferPointer { bounds in
      let stages = Int32((bounds.count - 1) / Int(OPSD_LISTS))
      func slot(_ input: TapeBuilder.Input) -> Int32 { tape.inputs[input] ?? -1 }
      let description = unsafe opsd_tape(
        code: code.baseAddress, bounds: bounds.baseAddress, stages: stages, vectors: Int32(tape.vectors),
        numbers: Int32(tape.numbers), p: slot(.teacher), q: slot(.student), logP: slot(.logTeacher),
        logQ: slot(.logStudent), result: tape.result, over: tape.over, kept: tape.kept)
      inRowBlocks(rows, least: 4) { _, range in
        ScratchPool.shared.lend(tape.scratch(width: width)) { scratch in
          let (first, offset) = (range.lowerBound, range.lowerBound * width)
          let out = unsafe opsd_limited_results(
            loss: results.losses.base + first, clipped: results.clipped.base + first,
            kept: results.kept.base + first, outside: results.outside.base + first)
          unsafe withUnsafePointer(to: description) { description in
            unsafe opsd_run_tape(
              description, rowLimit, teacher.base + offset, student.base + offset, weights.base + first, out,
              scratch.base, Int64(range.count), Int64(width), 1 / temperature)
          }
        }
      }
    }
  }
}
