// What no objective can be asked for. A cell can ask for anything, so settings are checked before any work.

/// A setting of an objective that cannot be.
package struct ObjectiveError: Error, Hashable, CustomStringConvertible {
  /// What failed.
  package let what: String
  /// Why it cannot be.
  package let why: String
  /// What to do instead.
  package let fix: String
  /// The name of the setting at fault, where it is one.
  package let setting: String?

  package init(what: String, why: String, fix: String, setting: String? = nil) {
    self.what = what
    self.why = why
    self.fix = fix
    self.setting = setting
  }

  /// All three in one line.
  package var description: String { "\(what): \(why); \(fix)" }

  /// Throws unless a setting lies in its range; NaN lies in none.
  static func check<Value: Comparable>(
    _ name: String, _ value: Value, in range: ClosedRange<Value>, why: String? = nil, fix: String? = nil
  ) throws(ObjectiveError) {
    guard range.contains(value) else {
      throw ObjectiveError(
        what: "\(name) \(value) is not possible",
        why: why ?? "\(name) lies between \(range.lowerBound) and \(range.upperBound)",
        fix: fix ?? "choose a value in that range", setting: name)
    }
  }

  /// Throws unless a number is above 0 and finite.
  static func checkPositive(_ name: String, _ value: Double) throws(ObjectiveError) {
    guard value > 0, value.isFinite else {
      throw ObjectiveError(
        what: "\(name) \(value) is not possible", why: "\(name) is a number above 0", fix: "choose one above 0",
        setting: name)
    }
  }
}
