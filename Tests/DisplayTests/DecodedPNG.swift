// A PNG read back with Cairo: its size and how many different colours it holds.

import CCairo
import FoundationEssentials
import JSONValues

@testable import Display

struct DecodedPNG {
  var width = 0
  var height = 0
  var colors: Set<UInt32> = []

  /// Decodes a file; the colours are only collected where a test asks for them, since that takes its time.
  init?(_ bytes: [UInt8], readsColors: Bool = true) {
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else { return nil }
    let source = Source(bytes)
    let pointer = unsafe Unmanaged.passUnretained(source).toOpaque()
    let surface = unsafe cairo_image_surface_create_from_png_stream(Source.read, pointer)
    defer { unsafe cairo_surface_destroy(surface) }
    guard unsafe cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS, source.isAtEnd else { return nil }
    width = Int(unsafe cairo_image_surface_get_width(surface))
    height = Int(unsafe cairo_image_surface_get_height(surface))
    let stride = Int(unsafe cairo_image_surface_get_stride(surface))
    guard let data = unsafe cairo_image_surface_get_data(surface) else { return nil }
    guard readsColors else { return }
    var last: UInt32?
    for y in 0..<height {
      for x in 0..<width {
        let pixel = unsafe UnsafeRawPointer(data).load(fromByteOffset: y * stride + x * 4, as: UInt32.self)
        if pixel != last { colors.insert(pixel & 0xFFFFFF) }
        last = pixel
      }
    }
  }

  /// The picture of a bundle.
  init?(_ bundle: MIMEBundle, readsColors: Bool = true) {
    guard let text = bundle.data["image/png"]?.string, let data = Data(base64Encoded: text) else { return nil }
    self.init([UInt8](data), readsColors: readsColors)
  }

  private final class Source {
    let bytes: [UInt8]
    var position = 0
    var isAtEnd: Bool { position == bytes.count }
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static let read: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, UInt32) -> cairo_status_t =
      {
        (closure, data, count) in
        guard let closure = unsafe closure, let data = unsafe data else { return CAIRO_STATUS_READ_ERROR }
        let source = unsafe Unmanaged<Source>.fromOpaque(closure).takeUnretainedValue()
        guard source.position + Int(count) <= source.bytes.count else { return CAIRO_STATUS_READ_ERROR }
        for index in 0..<Int(count) { unsafe data[index] = source.bytes[source.position + index] }
        source.position += Int(count)
        return CAIRO_STATUS_SUCCESS
      }
  }
}
