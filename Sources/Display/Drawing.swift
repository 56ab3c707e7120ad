// A picture as a size and the act of drawing it, and the three files that it becomes.

import CCairo
import FoundationEssentials
import JSONValues

/// A point of a picture, in points from the top left.
struct Place {
  var x: Double
  var y: Double

  init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }

  /// Within the range of Cairo's coordinates.
  var clamped: Place { Place(Self.clamp(x), Self.clamp(y)) }

  static func clamp(_ value: Double) -> Double { value.isNaN ? 0 : min(max(value, -1e5), 1e5) }
}

/// An upright rectangle.
struct Rectangle {
  var left: Double
  var top: Double
  var width: Double
  var height: Double
  var right: Double { left + width }
  var bottom: Double { top + height }

  init(_ left: Double, _ top: Double, width: Double, height: Double) {
    self.left = left
    self.top = top
    self.width = width
    self.height = height
  }

  /// Within the range of Cairo's coordinates.
  var clamped: Rectangle {
    let corner = Place(left, top).clamped
    let far = Place(right, bottom).clamped
    return Rectangle(corner.x, corner.y, width: far.x - corner.x, height: far.y - corner.y)
  }
}

/// A picture on an opaque white ground.
struct Drawing {
  var width: Double
  var height: Double
  var draw: (borrowing Canvas) -> Void

  /// Whole points, within what every viewer takes.
  init(width: Double, height: Double, draw: @escaping (borrowing Canvas) -> Void) {
    self.width = min(max(width, 1), 4000).rounded(.up)
    self.height = min(max(height, 1), 12000).rounded(.up)
    self.draw = draw
  }

  /// Two pixels a point, so that the picture is sharp on dense screens and on paper.
  static let pixelsPerPoint = 2.0

  /// A PNG file; empty where Cairo fails.
  func png() -> [UInt8] {
    let scale = Self.pixelsPerPoint
    let surface = unsafe cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, Int32(width * scale), Int32(height * scale))
    guard let surface = unsafe surface else { return [] }
    let canvas = unsafe Canvas(owning: surface)
    canvas.scale(scale)
    paint(canvas)
    return canvas.isSound ? canvas.pngBytes() : []
  }

  /// An SVG file; empty where Cairo fails.
  func svg() -> [UInt8] {
    let sink = ByteSink()
    guard let surface = unsafe cairo_svg_surface_create_for_stream(ByteSink.write, sink.pointer, width, height) else {
      return []
    }
    return finish(unsafe Canvas(owning: surface)) ? Self.withoutCounters(sink.bytes) : []
  }

  /// A PDF file of one page; empty where Cairo fails.
  func pdf() -> [UInt8] {
    let sink = ByteSink()
    guard let surface = unsafe cairo_pdf_surface_create_for_stream(ByteSink.write, sink.pointer, width, height) else {
      return []
    }
    unsafe cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
    return finish(unsafe Canvas(owning: surface)) ? sink.bytes : []
  }

  /// The PNG as a member of a bundle with its size on the page, and the first line of the bundle's text for who cannot
  /// see it; nothing where Cairo fails.
  func addPNG(to bundle: inout MIMEBundle) {
    let bytes = png()
    guard !bytes.isEmpty else { return }
    bundle.data["image/png"] = .string(Data(bytes).base64EncodedString())
    bundle.metadata["image/png"] = [
      "width": .int(Int(width)), "height": .int(Int(height)),
      "alt": .string(String(bundle.plain.prefix { !$0.isNewline })),
    ]
  }

  private func paint(_ canvas: borrowing Canvas) {
    canvas.fill(.white, Rectangle(0, 0, width: width, height: height))
    draw(canvas)
  }

  private func finish(_ canvas: consuming Canvas) -> Bool {
    paint(canvas)
    return canvas.finish()
  }

  /// Cairo numbers the surfaces of a process in the SVG's ids; the number says nothing, so it becomes 0.
  private static func withoutCounters(_ bytes: [UInt8]) -> [UInt8] {
    let mark = Array("id=\"surface".utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == mark[0], bytes[index...].starts(with: mark) {
        result += mark + [UInt8(ascii: "0")]
        index += mark.count
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }
}

extension Canvas {
  /// Measures texts for a picture whose size is not known yet.
  static func measuring<Result>(_ body: (borrowing Canvas) -> Result) -> Result? {
    guard let surface = unsafe cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1) else { return nil }
    return body(unsafe Canvas(owning: surface))
  }
}
