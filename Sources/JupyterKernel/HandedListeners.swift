// The listening sockets that a process may be handed by the one that started it, by the convention of systemd's
// sd_listen_fds(3): opsd-listener hands them over, so that clients find the kernel listening while it still loads.

@unsafe @preconcurrency import Glibc
import JupyterProtocol

/// The descriptors of sockets that listen already, by channel.
struct HandedListeners {
  private static let firstDescriptor: Int32 = 3

  private let descriptors: [Channel: Int32]

  /// These, or none.
  init(_ descriptors: [Channel: Int32] = [:]) { self.descriptors = descriptors }

  /// The listening sockets that the variables of this process speak of; no child inherits them, nor the variables.
  static func take() -> HandedListeners {
    func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
    let (owner, count, names) = (variable("LISTEN_PID"), variable("LISTEN_FDS"), variable("LISTEN_FDNAMES"))
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsafe _ = unsetenv(name) }
    guard let owner, Int32(owner) == getpid(), let count = count.flatMap({ Int($0) }), let names else { return .init() }
    let channels = names.split(separator: ":", omittingEmptySubsequences: false).map { Channel(rawValue: String($0)) }
    guard channels.count == count else { return .init() }
    var descriptors: [Channel: Int32] = [:]
    for (offset, channel) in channels.enumerated() {
      let descriptor = firstDescriptor + Int32(offset)
      guard let channel, isListening(descriptor), fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { continue }
      descriptors[channel] = descriptor
    }
    return HandedListeners(descriptors)
  }

  private static func isListening(_ descriptor: Int32) -> Bool {
    var answer: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0 && answer != 0
  }

  /// Those that listen where `connection` says that their channels should.
  ///
  /// The others are closed: a port would seem to be served.
  func serving(_ connection: ConnectionFile) -> [Channel: Int32] {
    var serving: [Channel: Int32] = [:]
    for (channel, descriptor) in descriptors {
      if connection.transport == .tcp, let port = Self.port(of: descriptor), port == connection.ports[channel] {
        serving[channel] = descriptor
      } else {
        close(descriptor)
      }
    }
    return serving
  }

  /// The port of an IPv4 socket; nil for any other.
  private static func port(of descriptor: Int32) -> Int? {
    var place = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isKnown = unsafe withUnsafeMutablePointer(to: &place) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &size) == 0 }
    }
    return isKnown && place.sin_family == sa_family_t(AF_INET) ? Int(UInt16(bigEndian: place.sin_port)) : nil
  }
}
