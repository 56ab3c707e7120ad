// What cannot be run as it was asked for. A cell can ask for anything, so every number is checked before any work.

import Glibc

/// A setting of sampling, evaluation or training that cannot be.
package struct SettingError: Error, Hashable, CustomStringConvertible {
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

  /// Throws unless a setting lies in its range.
  package static func check<Value: Comparable>(
    _ name: String, _ value: Value, in range: ClosedRange<Value>
  ) throws(SettingError) {
    // NaN is in no range.
    guard range.contains(value) else {
      throw SettingError(
        what: "\(name) \(value) is not possible",
        why: "\(name) lies between \(range.lowerBound) and \(range.upperBound)",
        fix: "choose a value in that range", setting: name)
    }
  }

  /// Throws where work needs more than three quarters of this machine's memory: the system would end the session.
  package static func checkMemory(_ bytes: Double, for what: String, fix: String) throws(SettingError) {
    let memory = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
    func gibibytes(_ bytes: Double) -> Int { Int(min(bytes / 0x1p30, 1e15).rounded(.up)) }
    guard memory <= 0 || bytes <= 0.75 * memory else {
      throw SettingError(
        what: "\(what) is not possible",
        why: "it needs \(gibibytes(bytes)) GiB and this machine has \(gibibytes(memory)) GiB",
        fix: fix)
    }
  }
}
