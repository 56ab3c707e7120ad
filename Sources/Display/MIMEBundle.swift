// The one form in which anything reaches a reader's screen: the same content in several media types, of which the front
// end shows the richest that it can. `text/plain` is always among them.

public import JSONValues

/// One result in several media types, as Jupyter's `display_data` carries it.
///
/// Text formats are JSON strings; binary ones (`image/png`) are base64 strings; JSON formats (`application/json`,
/// `application/vnd.vegalite.v5+json`) are the JSON itself.
public struct MIMEBundle: Sendable, Equatable {
  /// Media type to content.
  ///
  /// Holds `text/plain`.
  public var data: [String: JSON]
  /// Media type to its output metadata, such as width and height; top-level keys such as `needs_background`.
  public var metadata: [String: JSON]

  /// A bundle with its plain-text twin.
  public init(plain: String, _ data: [String: JSON] = [:], metadata: [String: JSON] = [:]) {
    self.data = data
    self.data["text/plain"] = .string(plain)
    self.metadata = metadata
  }

  /// The plain-text twin.
  public var plain: String { data["text/plain"]?.string ?? "" }
}
