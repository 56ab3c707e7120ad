// A real number as decimal digits, rounded for reading. The digits start from the shortest text that names the number
// (Swift's `description`), so 2.675 to two places is 2.68, as a reader who sees "2.675" expects, and no locale or C
// library has a say. Only finite numbers get here.

/// The decimal digits of a finite number: 0.d₁d₂d₃… × 10^`exponent`.
struct DecimalDigits: Equatable {
  /// True for numbers below zero that have not been rounded to zero.
  var isNegative: Bool
  /// Digits 0…9 without leading or trailing zeros; empty for zero.
  var digits: [UInt8]
  /// Where the decimal point stands, counted from the first digit.
  var exponent: Int

  init(_ value: Double) {
    isNegative = value < 0
    digits = []
    exponent = 0
    var power = 0
    var seenPoint = false
    var readsPower = false
    var powerText = ""
    for byte in value.magnitude.description.utf8 {
      if readsPower {
        powerText.unicodeScalars.append(Unicode.Scalar(byte))
        continue
      }
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits.append(byte - UInt8(ascii: "0"))
        if !seenPoint { exponent += 1 }
      case UInt8(ascii: "."): seenPoint = true
      default: readsPower = true
      }
    }
    if powerText.hasPrefix("+") { powerText.removeFirst() }
    power = Int(powerText) ?? 0
    exponent += power
    normalise()
  }

  /// Rounded, half away from zero, to this many digits after the decimal point.
  func rounded(places: Int) -> DecimalDigits { keeping(exponent + places) }

  /// Rounded, half away from zero, to this many significant digits.
  func rounded(significant: Int) -> DecimalDigits { keeping(max(significant, 1)) }

  /// Plain notation with exactly this many digits after the point; the number is already rounded.
  func plain(places: Int, grouped: Bool = false) -> String {
    var whole = exponent <= 0 ? "0" : String((0..<exponent).map(character))
    if grouped { whole = Self.group(whole) }
    let sign = isNegative ? "-" : ""
    guard places > 0 else { return sign + whole }
    return sign + whole + "." + String((exponent..<exponent + places).map(character))
  }

  /// Scientific notation, such as 1.25e-7, with exactly this many digits.
  func scientific(significant: Int) -> String {
    let tail = significant > 1 ? "." + String((1..<significant).map(character)) : ""
    return (isNegative ? "-" : "") + String(character(0)) + tail + "e\(digits.isEmpty ? 0 : exponent - 1)"
  }

  private func character(_ index: Int) -> Character {
    let digit = digits.indices.contains(index) ? digits[index] : 0
    return Character(Unicode.Scalar(UInt8(ascii: "0") + digit))
  }

  private func keeping(_ count: Int) -> DecimalDigits {
    guard count < digits.count else { return self }
    var result = self
    guard count >= 0 else {
      result.digits = []
      result.normalise()
      return result
    }
    let roundsUp = digits[count] >= 5
    result.digits = Array(digits[..<count])
    if roundsUp {
      var position = count - 1
      while position >= 0, result.digits[position] == 9 {
        result.digits[position] = 0
        position -= 1
      }
      if position >= 0 {
        result.digits[position] += 1
      } else {
        result.digits.insert(1, at: 0)
        result.exponent += 1
      }
    }
    result.normalise()
    return result
  }

  private mutating func normalise() {
    let leading = digits.prefix { $0 == 0 }.count
    digits.removeFirst(leading)
    exponent -= leading
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty {
      exponent = 0
      isNegative = false
    }
  }

  private static func group(_ whole: String) -> String {
    var result = ""
    for (offset, digit) in whole.enumerated() {
      if offset > 0, (whole.count - offset) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }
}
