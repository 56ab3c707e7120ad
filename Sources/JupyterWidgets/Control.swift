// What a reader can move, as a value: a slider, a selector, a check box. How a front end is told of it is
// `Control+Models.swift`.

import JSONValues

/// Something that a reader sets.
public struct Control: Sendable, Equatable {
  /// What it looks like, and what can be set.
  public enum Kind: Sendable, Equatable {
    /// A number from `least` to `most`, in steps; whole where `isWhole`.
    case slider(least: Double, most: Double, step: Double, isWhole: Bool)
    /// One of several texts.
    case selector([String])
    /// Yes or no.
    case toggle
  }

  /// What is set.
  public enum Position: Sendable, Equatable {
    /// Where a slider stands.
    case number(Double)
    /// Which of the texts, from zero.
    case choice(Int)
    /// Whether the box is checked.
    case flag(Bool)
  }

  /// What stands beside it.
  public let label: String
  /// What it looks like.
  public let kind: Kind
  /// What is set at first.
  public let start: Position

  /// A control; nil where its kind does not allow the start.
  public init?(_ label: String, _ kind: Kind, start: Position) {
    self.label = label
    self.kind = kind
    self.start = start
    guard allows(start) else { return nil }
  }

  /// Whether this can be set.
  public func allows(_ position: Position) -> Bool {
    switch (kind, position) {
    case (.slider(let least, let most, _, let isWhole), .number(let value)):
      (least...most).contains(value) && (!isWhole || value.rounded() == value)
    case (.selector(let options), .choice(let index)): options.indices.contains(index)
    case (.toggle, .flag): true
    default: false
    }
  }

  /// What can be set, in words.
  public var meaning: String {
    switch kind {
    case .slider(let least, let most, _, _): "a slider from \(Self.text(least)) to \(Self.text(most))"
    case .selector(let options): "a selector of \(options.count)"
    case .toggle: "a check box"
    }
  }

  /// A position as its reader sees it.
  public func text(_ position: Position) -> String {
    switch (kind, position) {
    case (_, .number(let value)): Self.text(value)
    case (.selector(let options), .choice(let index)) where options.indices.contains(index): options[index]
    case (_, .choice(let index)): "\(index)"
    case (_, .flag(let isOn)): isOn ? "on" : "off"
    }
  }

  /// A number as its reader sees it.
  public static func text(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}
