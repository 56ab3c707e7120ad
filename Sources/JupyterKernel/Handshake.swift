// A kernel that was started with a registration file tells where it listens, and waits to be heard.

import CZeroMQ
import JupyterProtocol

/// The telling of the ports.
enum Handshake {
  /// How long the answer may take.
  static let patienceMilliseconds = 5_000

  /// Tells the ports; throws where nobody confirms that they were heard.
  static func announce(
    _ ports: [Channel: Int], to registration: RegistrationFile, milliseconds: Int = patienceMilliseconds
  ) throws {
    let context = try ZeroMQContext()
    defer { context.terminate() }
    let socket = try ZeroMQSocket(.dealer, in: context)
    defer { socket.close() }
    try socket.set(ZMQ_LINGER, 0)
    try socket.connect(registration.endpoint)
    socket.send(registration.announcement(of: ports))
    let deadline = MonotonicTime.milliseconds + milliseconds
    while MonotonicTime.milliseconds < deadline {
      _ = Poller.wait(sockets: [socket], milliseconds: deadline - MonotonicTime.milliseconds)
      while let row = socket.receive() { if registration.isAcknowledgement(row) { return } }
    }
    throw ConnectionFileError(
      reason: "nobody at \(registration.endpoint) confirmed within \(milliseconds / 1000) s where this kernel listens; "
        + "the front end that started it may have gone")
  }
}
