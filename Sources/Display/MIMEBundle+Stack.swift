// Several displays in one output.
//
// The rule of the house: a result that holds charts is a list of bundles, displayed one after another, because in one
// output the HTML of a table would hide the chart's own richer form. Stacking is for the places that take exactly one
// bundle.

import JSONValues

extension MIMEBundle {
  /// Several bundles above each other as one.
  ///
  /// Plain texts are joined with an empty line. There is HTML where any part has some: a part without becomes its
  /// picture, a part without picture its plain text. Any other media type survives only where there is a single part.
  public static func stack(_ parts: [MIMEBundle]) -> MIMEBundle {
    if parts.count == 1 { return parts[0] }
    var result = MIMEBundle(plain: parts.map(\.plain).joined(separator: "\n\n"))
    if parts.contains(where: { $0.data["text/html"] != nil || $0.data["image/png"] != nil }) {
      result.data["text/html"] = .string(parts.map(\.htmlPart).joined(separator: "\n"))
    }
    return result
  }

  /// This bundle as a part of a page.
  private var htmlPart: String {
    if let html = data["text/html"]?.string { return html }
    if let png = data["image/png"]?.string {
      var size = ""
      if let width = metadata["image/png"]?["width"]?.int, let height = metadata["image/png"]?["height"]?.int {
        size = " width=\"\(width)\" height=\"\(height)\""
      }
      let words = metadata["image/png"]?["alt"]?.string ?? ""
      return "<p><img src=\"data:image/png;base64,\(png)\" alt=\"\(Markup.html(words))\"\(size)></p>"
    }
    return "<pre>\(Markup.html(plain))</pre>"
  }
}
