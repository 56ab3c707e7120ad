// Cairo behind a few drawing verbs. This is the only file that holds C handles: everything else describes pictures in
// points, with y growing downwards. Pictures are the same bytes in every process: no hinting, no dates, no counters.

import CCairo

/// A surface to draw on, for the time of one drawing.
@safe struct Canvas: ~Copyable {
  /// Where a text stands relative to its anchor.
  enum Anchor {
    case start, middle, end
  }

  /// The faces that pictures use; where none of them exists Cairo falls back to a face of its own.
  enum Face: String {
    case sans = "DejaVu Sans"
    case mono = "DejaVu Sans Mono"
  }

  /// How a text looks.
  struct Style {
    var size = 11.0
    var isBold = false
    var color = Color.ink
    var face = Face.sans
  }

  private let surface: OpaquePointer
  private let context: OpaquePointer

  /// Takes the surface over and releases it in the end.
  init(owning surface: OpaquePointer) {
    unsafe self.surface = unsafe surface
    unsafe context = unsafe cairo_create(surface)
    guard let options = unsafe cairo_font_options_create() else { return }
    unsafe cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    unsafe cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    unsafe cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    unsafe cairo_set_font_options(context, options)
    unsafe cairo_font_options_destroy(options)
  }

  deinit {
    unsafe cairo_destroy(context)
    unsafe cairo_surface_destroy(surface)
  }

  /// Whether every drawing so far has worked; Cairo ignores calls after the first failure.
  var isSound: Bool {
    unsafe cairo_status(context) == CAIRO_STATUS_SUCCESS && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS
  }

  /// Ends the document, so that a stream surface writes its last bytes; whether all of it has worked.
  func finish() -> Bool {
    unsafe cairo_show_page(context)
    unsafe cairo_surface_finish(surface)
    return isSound
  }

  /// The pixels as a PNG file; empty where Cairo cannot write one.
  func pngBytes() -> [UInt8] {
    unsafe cairo_surface_flush(surface)
    let sink = ByteSink()
    let status = unsafe cairo_surface_write_to_png_stream(surface, ByteSink.write, sink.pointer)
    return status == CAIRO_STATUS_SUCCESS ? sink.bytes : []
  }

  /// Everything drawn from now on is larger by this factor.
  func scale(_ factor: Double) { unsafe cairo_scale(context, factor, factor) }

  /// Draws with the origin at this place.
  func shifted(by place: Place, _ draw: (borrowing Canvas) -> Void) {
    unsafe cairo_save(context)
    unsafe cairo_translate(context, Place.clamp(place.x), Place.clamp(place.y))
    draw(self)
    unsafe cairo_restore(context)
  }

  // MARK: Shapes

  func fill(_ color: Color, alpha: Double = 1, _ rectangle: Rectangle, radius: Double = 0) {
    guard rectangle.width > 0, rectangle.height > 0 else { return }
    setSource(color, alpha)
    let r = rectangle.clamped
    let radius = min(radius, r.width / 2, r.height / 2)
    if radius > 0 {
      unsafe cairo_new_sub_path(context)
      unsafe cairo_arc(context, r.right - radius, r.top + radius, radius, -.pi / 2, 0)
      unsafe cairo_arc(context, r.right - radius, r.bottom - radius, radius, 0, .pi / 2)
      unsafe cairo_arc(context, r.left + radius, r.bottom - radius, radius, .pi / 2, .pi)
      unsafe cairo_arc(context, r.left + radius, r.top + radius, radius, .pi, 1.5 * .pi)
      unsafe cairo_close_path(context)
    } else {
      unsafe cairo_rectangle(context, r.left, r.top, r.width, r.height)
    }
    unsafe cairo_fill(context)
  }

  func fillPolygon(_ color: Color, alpha: Double = 1, _ points: [Place]) {
    guard points.count > 2 else { return }
    setSource(color, alpha)
    trace(points)
    unsafe cairo_close_path(context)
    unsafe cairo_fill(context)
  }

  func stroke(_ color: Color, alpha: Double = 1, width: Double = 1, dash: [Double] = [], _ points: [Place]) {
    guard points.count > 1 else { return }
    setSource(color, alpha)
    unsafe cairo_set_line_width(context, width)
    unsafe cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    unsafe cairo_set_line_cap(context, dash.isEmpty ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
    unsafe cairo_set_dash(context, dash, Int32(dash.count), 0)
    trace(points)
    unsafe cairo_stroke(context)
  }

  /// A filled circle, square, diamond or triangle: the marker of the series with this index.
  func marker(_ index: Int, _ color: Color, at place: Place, radius r: Double = 3) {
    let p = place.clamped
    switch index % 4 {
    case 1: fill(color, Rectangle(p.x - r * 0.9, p.y - r * 0.9, width: r * 1.8, height: r * 1.8))
    case 2:
      fillPolygon(
        color,
        [
          Place(p.x, p.y - r * 1.25), Place(p.x + r * 1.25, p.y), Place(p.x, p.y + r * 1.25),
          Place(p.x - r * 1.25, p.y),
        ])
    case 3:
      fillPolygon(
        color,
        [Place(p.x, p.y - r * 1.2), Place(p.x + r * 1.15, p.y + r * 0.85), Place(p.x - r * 1.15, p.y + r * 0.85)])
    default:
      setSource(color, 1)
      unsafe cairo_new_sub_path(context)
      unsafe cairo_arc(context, p.x, p.y, r, 0, 2 * .pi)
      unsafe cairo_fill(context)
    }
  }

  /// Draws with everything outside the rectangle left alone.
  func clipped(to r: Rectangle, _ draw: (borrowing Canvas) -> Void) {
    unsafe cairo_save(context)
    unsafe cairo_rectangle(context, r.left, r.top, r.width, r.height)
    unsafe cairo_clip(context)
    draw(self)
    unsafe cairo_restore(context)
  }

  private func trace(_ points: [Place]) {
    unsafe cairo_new_path(context)
    for point in points {
      let p = point.clamped
      unsafe cairo_line_to(context, p.x, p.y)
    }
  }

  private func setSource(_ color: Color, _ alpha: Double) {
    unsafe cairo_set_source_rgba(
      context, Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255, alpha)
  }

  // MARK: Text

  /// Draws one line of text; `place` is on the base line.
  func text(_ text: String, at place: Place, _ style: Style, anchor: Anchor = .start) {
    let text = TextLayout.drawable(text)
    select(style)
    setSource(style.color, 1)
    var x = place.x
    switch anchor {
    case .start: break
    case .middle: x -= advance(text) / 2
    case .end: x -= advance(text)
    }
    unsafe cairo_move_to(context, x, place.y)
    unsafe cairo_show_text(context, text)
    unsafe cairo_new_path(context)
  }

  /// Draws one line of text that reads upwards and ends at `place`, on whose left it stands with its base line.
  func upwardText(_ text: String, endingAt place: Place, _ style: Style) {
    let length = width(of: text, style)
    let p = place.clamped
    unsafe cairo_save(context)
    unsafe cairo_translate(context, p.x, p.y)
    unsafe cairo_rotate(context, -.pi / 2)
    self.text(text, at: Place(-length, 0), style)
    unsafe cairo_restore(context)
  }

  /// How far this text reaches, in points.
  func width(of text: String, _ style: Style) -> Double {
    select(style)
    return advance(TextLayout.drawable(text))
  }

  /// The text on as many lines as this width asks for; a word that is too long is cut.
  func wrap(_ text: String, width limit: Double, _ style: Style) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if line.isEmpty || width(of: longer, style) <= limit {
        line = longer
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines.map { fit($0, width: limit, style) }
  }

  /// The text, cut with an ellipsis where it is wider than this.
  func fit(_ text: String, width limit: Double, _ style: Style) -> String {
    guard width(of: text, style) > limit else { return text }
    var kept = text.count
    var cut = text
    while kept > 0 {
      kept = min(kept - 1, kept * 9 / 10)
      cut = text.prefix(kept) + "…"
      if width(of: cut, style) <= limit { break }
    }
    return cut
  }

  private func select(_ style: Style) {
    unsafe cairo_select_font_face(
      context, style.face.rawValue, CAIRO_FONT_SLANT_NORMAL,
      style.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    unsafe cairo_set_font_size(context, style.size)
  }

  private func advance(_ text: String) -> Double {
    var extents = cairo_text_extents_t()
    unsafe cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }
}

/// Collects what Cairo writes.
final class ByteSink {
  var bytes: [UInt8] = []

  /// This object as the closure argument of `write`; valid while the object lives.
  var pointer: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

  static let write: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, UInt32) -> cairo_status_t = {
    (closure, data, count) in
    guard let closure = unsafe closure, let data = unsafe data else { return CAIRO_STATUS_WRITE_ERROR }
    let sink = unsafe Unmanaged<ByteSink>.fromOpaque(closure).takeUnretainedValue()
    unsafe sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
    return CAIRO_STATUS_SUCCESS
  }
}

/// The library that draws the pictures.
package enum DrawingLibrary {
  /// Its name and version.
  package static var version: String { unsafe "Cairo \(String(cString: cairo_version_string()))" }
}
