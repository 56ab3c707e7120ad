// The five sockets of a kernel, bound and set up. What each option prevents:
//
// - ROUTER_HANDOVER: a page reloaded while a cell runs reconnects under its old identity and would be refused.
// - XPUB_VERBOSE: a second front end with the same topic would get no welcome.
// - SNDHWM 0: a slow reader would lose lines, and with them the `idle` that it waits for.
// - LINGER: a kernel that stops would wait for readers that have gone.

import CZeroMQ
import Glibc
import JupyterProtocol

/// The sockets of the five channels; belongs to one thread at a time.
struct Channels {
  private var sockets: [Channel: ZeroMQSocket] = [:]

  /// The order in which sockets are served: what must not wait comes first.
  static let order: [Channel] = [.control, .heartbeat, .iopub, .stdin, .shell]
  static let lingerMilliseconds: Int32 = 300

  init(_ connection: ConnectionFile, in context: ZeroMQContext) throws {
    do {
      for channel in Self.order {
        let socket = try ZeroMQSocket(channel == .iopub ? .publisher : .router, in: context)
        sockets[channel] = socket
        try socket.set(ZMQ_LINGER, Self.lingerMilliseconds)
        try socket.set(ZMQ_SNDHWM, 0)
        try socket.set(channel == .iopub ? ZMQ_XPUB_VERBOSE : ZMQ_ROUTER_HANDOVER, 1)
        try Self.bind(socket, to: connection.endpoint(of: channel))
      }
    } catch {
      close()
      throw error
    }
  }

  subscript(channel: Channel) -> ZeroMQSocket {
    guard let socket = sockets[channel] else { preconditionFailure("\(channel) has a socket since initialisation") }
    return socket
  }

  /// All sockets in the order of service.
  var all: [ZeroMQSocket] { Self.order.map { self[$0] } }

  func close() {
    for socket in sockets.values { socket.close() }
  }

  /// A kernel that is restarted takes over its predecessor's ports, which may need a moment to come free.
  private static func bind(_ socket: ZeroMQSocket, to endpoint: String) throws {
    for _ in 0..<40 {
      do {
        return try socket.bind(endpoint)
      } catch let error as ZeroMQError where error.code == EADDRINUSE {
        usleep(25_000)
      }
    }
    try socket.bind(endpoint)
  }
}
