// All of ZeroMQ that a kernel needs, in Swift's words. Sockets never block here: receiving gives nil when nothing has
// come, and sending drops what a peer that has gone can no longer take.

import CZeroMQ
import Glibc

/// A ZeroMQ call that failed.
struct ZeroMQError: Error, CustomStringConvertible {
  /// The C library's number of the failure, such as `EADDRINUSE`.
  let code: Int32
  let description: String

  /// The failure of the call that was made last.
  static func last(_ doing: String) -> ZeroMQError {
    let code = zmq_errno()
    return ZeroMQError(code: code, description: unsafe "\(doing): \(String(cString: zmq_strerror(code)))")
  }
}

/// A ZeroMQ context: the library's own threads and the sockets made in it.
@safe final class ZeroMQContext: @unchecked Sendable {
  fileprivate let handle: UnsafeMutableRawPointer

  init() throws {
    guard let handle = unsafe zmq_ctx_new() else { throw ZeroMQError.last("cannot make a ZeroMQ context") }
    unsafe self.handle = handle
  }

  /// Waits until what was sent has left, at most each socket's linger; the sockets are closed before.
  func terminate() {
    while unsafe zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
  }
}

/// A ZeroMQ socket; belongs to one thread at a time.
@safe final class ZeroMQSocket {
  enum Kind {
    case router, dealer, publisher, subscriber, request

    fileprivate var code: Int32 {
      switch self {
      case .router: ZMQ_ROUTER
      case .dealer: ZMQ_DEALER
      case .publisher: ZMQ_XPUB
      case .subscriber: ZMQ_SUB
      case .request: ZMQ_REQ
      }
    }
  }

  fileprivate let handle: UnsafeMutableRawPointer

  init(_ kind: Kind, in context: ZeroMQContext) throws {
    guard let handle = unsafe zmq_socket(context.handle, kind.code) else {
      throw ZeroMQError.last("cannot make a ZeroMQ socket")
    }
    unsafe self.handle = handle
  }

  /// Closes it; it must not be used again.
  func close() { unsafe _ = zmq_close(handle) }

  func set(_ option: Int32, _ value: Int32) throws {
    var value = value
    guard unsafe zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size) == 0 else {
      throw ZeroMQError.last("cannot set ZeroMQ option \(option)")
    }
  }

  func set(_ option: Int32, bytes: Int) throws {
    var value = Int64(bytes)
    guard unsafe zmq_setsockopt(handle, option, &value, MemoryLayout<Int64>.size) == 0 else {
      throw ZeroMQError.last("cannot set ZeroMQ option \(option)")
    }
  }

  func set(_ option: Int32, _ value: [UInt8]) throws {
    guard unsafe zmq_setsockopt(handle, option, value, value.count) == 0 else {
      throw ZeroMQError.last("cannot set ZeroMQ option \(option)")
    }
  }

  func bind(_ endpoint: String) throws {
    guard unsafe zmq_bind(handle, endpoint) == 0 else { throw ZeroMQError.last("cannot listen on \(endpoint)") }
  }

  func connect(_ endpoint: String) throws {
    guard unsafe zmq_connect(handle, endpoint) == 0 else { throw ZeroMQError.last("cannot connect to \(endpoint)") }
  }

  /// Where it was bound last, in ZeroMQ's notation.
  var endpoint: String? {
    var text = [CChar](repeating: 0, count: 1024)
    var count = text.count
    guard unsafe zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// What a frame counts for beside its bytes.
  static let frameCost = 64

  /// The frames of the next message, or nil where none has come; no frames for a message of more than `limit` bytes.
  func receive(limit: Int = .max) -> [[UInt8]]? {
    var row: [[UInt8]] = []
    var room = limit
    var frame = zmq_msg_t()
    unsafe zmq_msg_init(&frame)
    defer { unsafe _ = zmq_msg_close(&frame) }
    repeat {
      while unsafe zmq_msg_recv(&frame, handle, ZMQ_DONTWAIT) < 0 {
        guard zmq_errno() == EINTR else { return nil }
      }
      let bytes = unsafe UnsafeRawBufferPointer(start: zmq_msg_data(&frame), count: zmq_msg_size(&frame))
      room -= bytes.count + Self.frameCost
      if room >= 0 { unsafe row.append(Array(bytes)) }
    } while unsafe zmq_msg_more(&frame) != 0
    return room < 0 ? [] : row
  }

  /// Sends one message; says whether anybody was there to take it.
  @discardableResult func send(_ row: [[UInt8]]) -> Bool {
    for (position, frame) in row.enumerated() {
      let flags = position + 1 < row.count ? ZMQ_DONTWAIT | ZMQ_SNDMORE : ZMQ_DONTWAIT
      while unsafe zmq_send(handle, frame, frame.count, flags) < 0 {
        guard zmq_errno() == EINTR else { return false }
      }
    }
    return true
  }
}

/// Waits for several sockets and descriptors at once.
enum Poller {
  /// Which of them can be read, sockets first; all false once `milliseconds` have passed (-1: no limit).
  static func wait(sockets: [ZeroMQSocket], descriptors: [Int32] = [], milliseconds: Int) -> [Bool] {
    var items =
      unsafe sockets.map {
        unsafe zmq_pollitem_t(socket: $0.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
      }
      + descriptors.map { unsafe zmq_pollitem_t(socket: nil, fd: $0, events: Int16(ZMQ_POLLIN), revents: 0) }
    guard unsafe zmq_poll(&items, Int32(items.count), milliseconds) > 0 else {
      return Array(repeating: false, count: unsafe items.count)
    }
    return unsafe items.map { unsafe $0.revents != 0 }
  }
}
