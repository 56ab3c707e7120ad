// The listening sockets that a process may be handed by the one that started it, by the convention of systemd's
// sd_listen_fds(3): opsd-listener hands them over, so that clients find the kernel listening while it still loads.

@unsafe @preconcurrency import Glibc
import JupyterProtocol

/// The descriptors of sockets that listen already, by channel.
struct HandedListeners {
  private static let firstDescriptor: Int32 = 3

  private let descriptors: [Channel: Int32]

  /// None.
  init() { descriptors = [:] }

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
    return HandedListeners(descriptors: descriptors)
  }

  private static func isListening(_ descriptor: Int32) -> Bool {
    var answer: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0 && answer != 0
  }

  private init(descriptors: [Channel: Int32]) { self.descriptors = descriptors }

  /// The socket that listens for a channel where `connection` says that it should.
  subscript(channel: Channel, connection: ConnectionFile) -> Int32? {
    guard connection.transport == .tcp, let descriptor = descriptors[channel], let wanted = connection.ports[channel]
    else { return nil }
    var place = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isKnown = unsafe withUnsafeMutablePointer(to: &place) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &size) == 0 }
    }
    guard isKnown, place.sin_family == sa_family_t(AF_INET), Int(UInt16(bigEndian: place.sin_port)) == wanted else {
      return nil
    }
    return descriptor
  }

  /// Closes what `connection` has no use for: a port would seem to be served.
  func closeUnused(_ connection: ConnectionFile) {
    for (channel, descriptor) in descriptors where self[channel, connection] == nil { close(descriptor) }
  }
}
