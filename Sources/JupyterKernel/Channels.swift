// The five sockets of a kernel, bound and set up. What each option prevents:
//
// - ROUTER_HANDOVER: a page reloaded while a cell runs reconnects under its old identity and would be refused.
// - XPUB_MANUAL: a front end would hear what is published before its welcome, and a second one of the same topic would
//   get none; a subscription holds from when it is granted.
// - SNDHWM 0: a slow reader would lose lines, and with them the `idle` that it waits for.
// - MAXMSGSIZE: anybody on the machine could have the kernel's memory taken up by one frame.
// - LINGER: a kernel that stops would wait for readers that have gone.

import CZeroMQ
import Glibc
import JupyterProtocol

/// The sockets of the five channels; belongs to one thread at a time.
struct Channels {
  private var sockets: [Channel: ZeroMQSocket] = [:]

  /// The order in which sockets are served: what must not wait comes first.
  static let order: [Channel] = [.control, .heartbeat, .iopub, .stdin, .shell]
  /// The order in which front ends connect, most of them: who comes before the socket is bound tries again only after
  /// a tenth of a second.
  private static let bindingOrder: [Channel] = [.shell, .iopub, .stdin, .heartbeat, .control]
  static let lingerMilliseconds: Int32 = 300

  /// Where each channel listens.
  private(set) var ports: [Channel: Int] = [:]
  /// The socket files whose numbers were chosen here; those of a connection file belong to whoever wrote it.
  private var chosenFiles: [String] = []

  /// Binds the sockets; for a port 0 one is chosen.
  ///
  /// What listens already is taken over. A frame of more than `frameLimit` bytes ends its sender's connection.
  init(
    _ connection: ConnectionFile, listeners: HandedListeners, in context: ZeroMQContext, frameLimit: Int
  ) throws {
    if connection.curve != nil, unsafe zmq_has("curve") != 1 {
      throw ConnectionFileError(reason: "the connection file asks for encryption, which this ZeroMQ was built without")
    }
    do {
      let listeners = listeners.serving(connection)
      for channel in Self.bindingOrder {
        let socket = try ZeroMQSocket(channel == .iopub ? .publisher : .router, in: context)
        sockets[channel] = socket
        try socket.set(ZMQ_LINGER, Self.lingerMilliseconds)
        try socket.set(ZMQ_SNDHWM, 0)
        try socket.set(ZMQ_MAXMSGSIZE, bytes: frameLimit)
        try socket.set(channel == .iopub ? ZMQ_XPUB_MANUAL : ZMQ_ROUTER_HANDOVER, 1)
        if let keys = connection.curve {
          try socket.set(ZMQ_CURVE_SERVER, 1)
          try socket.set(ZMQ_CURVE_SECRETKEY, Array(keys.secretKey.utf8))
        }
        if let listener = listeners[channel] { try socket.set(ZMQ_USE_FD, listener) }
        let port = try Self.bind(socket, channel, connection)
        ports[channel] = port
        if connection.transport == .ipc, connection.ports[channel] != port {
          chosenFiles.append("\(connection.ip)-\(port)")
        }
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

  /// Closes the sockets; what was chosen here is also removed here.
  func close() {
    for socket in sockets.values { socket.close() }
    for path in chosenFiles { unsafe _ = unlink(path) }
  }

  /// Binds and gives the port.
  private static func bind(_ socket: ZeroMQSocket, _ channel: Channel, _ connection: ConnectionFile) throws -> Int {
    if let port = connection.ports[channel], port != 0 {
      try bind(socket, to: connection.endpoint(of: channel))
      return port
    }
    if connection.transport == .tcp {
      try socket.bind("tcp://\(connection.ip):*")
      guard let port = socket.endpoint?.split(separator: ":").last.flatMap({ Int($0) }) else {
        throw ZeroMQError.last("cannot tell the port that was chosen for \(channel.rawValue)")
      }
      return port
    }
    // Binding would take over the socket file of somebody else.
    var port = Int.random(in: 1...65_535)
    while unsafe access("\(connection.ip)-\(port)", F_OK) == 0 { port = Int.random(in: 1...65_535) }
    try socket.bind(connection.transport.endpoint(ip: connection.ip, port: port))
    return port
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
