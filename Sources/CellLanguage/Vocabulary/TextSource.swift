// What may stand in a string literal: only the host knows, so a parameter carries the host's answer.

/// The texts that a string argument may be, such as the paths of files.
package struct TextSource: Sendable {
  /// One text that may stand in the string.
  package struct Text: Sendable, Equatable {
    /// The whole text, what was typed of it included.
    package let text: String
    /// What it is, in a few words, such as `folder`.
    package let note: String

    /// A text.
    package init(_ text: String, note: String) {
      self.text = text
      self.note = note
    }
  }

  /// Texts that complete what was typed so far, in the order in which they are offered.
  ///
  /// It is asked at every press of the completion key, so it must be quick; it may look at disks. A text that does not
  /// begin with what was typed is not shown.
  package let completions: @Sendable (_ typed: String) -> [Text]

  /// Texts that complete what was typed.
  package init(_ completions: @escaping @Sendable (_ typed: String) -> [Text]) { self.completions = completions }

  /// More texts are never shown, so a source need not make more.
  package static let limit = 300
}
