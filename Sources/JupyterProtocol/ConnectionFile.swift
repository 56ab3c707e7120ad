// How a front end tells a kernel where to listen: a small JSON file, whose path is on the kernel's command line.

public import JSONValues

import FoundationEssentials

/// One of the five conversations between a front end and a kernel.
public enum Channel: String, Sendable, CaseIterable {
  /// Requests that wait for one another: cells.
  case shell
  /// Requests that must not wait for a cell: interrupt, shutdown.
  case control
  /// What every front end sees: output and status.
  case iopub
  /// The kernel asks, the front end answers.
  case stdin
  /// Bytes come back as they went.
  case heartbeat = "hb"
}

/// The contents of a connection file.
public struct ConnectionFile: Sendable, Equatable {
  /// The way of reaching the sockets.
  public enum Transport: String, Sendable {
    /// An address and a port number.
    case tcp
    /// Files named after a prefix and a number.
    case ipc
  }

  /// How the sockets are reached.
  public var transport: Transport
  /// The address to listen on; for `ipc` the prefix of the socket files.
  public var ip: String
  /// The port of each channel; every channel has one.
  public var ports: [Channel: Int]
  /// The key that messages are signed with; empty means unsigned.
  public var key: [UInt8]
  /// The digest behind the signatures.
  public var digest: Signer.Digest

  /// Connection information from its parts.
  public init(
    transport: Transport = .tcp, ip: String = "127.0.0.1", ports: [Channel: Int], key: [UInt8],
    digest: Signer.Digest = .sha256
  ) {
    self.transport = transport
    self.ip = ip
    self.ports = ports
    self.key = key
    self.digest = digest
  }

  /// Where the socket of a channel binds or connects, in ZeroMQ's notation.
  public func endpoint(of channel: Channel) -> String {
    let port = ports[channel] ?? 0
    return switch transport {
    case .tcp: "tcp://\(ip):\(port)"
    case .ipc: "ipc://\(ip)-\(port)"
    }
  }
}

extension ConnectionFile {
  /// Reads the file at `path`; throws `ConnectionFileError`.
  public init(path: String) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw ConnectionFileError(reason: "cannot read connection file \(path)")
    }
    do {
      try self.init(JSON(parsing: data))
    } catch let error as JSONError {
      throw ConnectionFileError(reason: "connection file \(path): \(error)")
    } catch let error as ConnectionFileError {
      throw ConnectionFileError(reason: "connection file \(path): \(error.reason)")
    }
  }

  /// Reads the members of a parsed file; throws `ConnectionFileError`.
  public init(_ file: JSON) throws {
    guard file.object != nil else { throw ConnectionFileError(reason: "is not a JSON object") }
    let transportName = file["transport"]?.string ?? Transport.tcp.rawValue
    guard let transport = Transport(rawValue: transportName) else {
      throw ConnectionFileError(reason: "transport \(transportName) is not known; tcp and ipc are")
    }
    let scheme = file["signature_scheme"]?.string ?? "hmac-sha256"
    guard let digest = Signer.Digest(scheme: scheme) else {
      throw ConnectionFileError(reason: "signature_scheme \(scheme) is not known; hmac-sha256 and hmac-sha512 are")
    }
    var ports: [Channel: Int] = [:]
    for channel in Channel.allCases {
      guard let port = file["\(channel.rawValue)_port"]?.int, (0...65535).contains(port) else {
        throw ConnectionFileError(reason: "\(channel.rawValue)_port is missing or not a port number")
      }
      ports[channel] = port
    }
    self.init(
      transport: transport, ip: file["ip"]?.string ?? "127.0.0.1", ports: ports,
      key: Array((file["key"]?.string ?? "").utf8), digest: digest)
  }
}

/// Why a connection file cannot be used.
public struct ConnectionFileError: Error, CustomStringConvertible {
  /// What is wrong with which member, one sentence.
  public let reason: String
  /// The same sentence.
  public var description: String { reason }
}
