// How a front end tells a kernel where to listen: a small JSON file, whose path is on the kernel's command line.

import FoundationEssentials
public import JSONValues

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
  /// The keys of the encryption; nil where messages travel in the clear.
  public var curve: CurveKeys?

  /// Connection information from its parts.
  public init(
    transport: Transport = .tcp, ip: String = "127.0.0.1", ports: [Channel: Int], key: [UInt8],
    digest: Signer.Digest = .sha256, curve: CurveKeys? = nil
  ) {
    self.transport = transport
    self.ip = ip
    self.ports = ports
    self.key = key
    self.digest = digest
    self.curve = curve
  }

  /// Where the socket of a channel binds or connects, in ZeroMQ's notation.
  public func endpoint(of channel: Channel) -> String { transport.endpoint(ip: ip, port: ports[channel] ?? 0) }
}

/// The keys of a CurveZMQ server, each 40 characters of Z85.
public struct CurveKeys: Sendable, Equatable {
  /// What clients know it by.
  public let publicKey: String
  /// What it alone knows.
  public let secretKey: String

  /// A pair of keys.
  public init(publicKey: String, secretKey: String) {
    self.publicKey = publicKey
    self.secretKey = secretKey
  }
}

extension ConnectionFile.Transport {
  /// An address in ZeroMQ's notation; for `ipc` the first part is the prefix of a path.
  public func endpoint(ip: String, port: Int) -> String {
    switch self {
    case .tcp: "tcp://\(ip):\(port)"
    case .ipc: "ipc://\(ip)-\(port)"
    }
  }
}

extension ConnectionFile {
  /// Reads the members of a parsed file; throws `ConnectionFileError`.
  public init(_ file: JSON) throws {
    let members = try ConnectionMembers(file)
    var ports: [Channel: Int] = [:]
    for channel in Channel.allCases { ports[channel] = try members.port("\(channel.rawValue)_port") }
    self.init(
      transport: members.transport, ip: file["ip"]?.string ?? "127.0.0.1", ports: ports, key: members.key,
      digest: members.digest, curve: members.curve)
  }
}

extension ConnectionFile {
  /// Writes the file at `path`, readable by its user alone; throws `ConnectionFileError`.
  public func write(to path: String) throws {
    var members: [String: JSON] = [
      "transport": .string(transport.rawValue), "ip": .string(ip), "key": .string(String(decoding: key, as: UTF8.self)),
      "signature_scheme": digest == .sha256 ? "hmac-sha256" : "hmac-sha512",
    ]
    for (channel, port) in ports { members["\(channel.rawValue)_port"] = .int(port) }
    if let curve {
      members["curve_publickey"] = .string(curve.publicKey)
      members["curve_secretkey"] = .string(curve.secretKey)
    }
    let isWritten = FileManager.default.createFile(
      atPath: path, contents: Data(JSON.object(members).bytes()), attributes: [.posixPermissions: 0o600])
    guard isWritten else { throw ConnectionFileError(reason: "cannot write connection file \(path)") }
  }
}

/// What connection files and registration files have in common.
struct ConnectionMembers {
  let file: JSON
  let transport: ConnectionFile.Transport
  let key: [UInt8]
  let digest: Signer.Digest
  let curve: CurveKeys?

  init(_ file: JSON) throws {
    guard file.object != nil else { throw ConnectionFileError(reason: "is not a JSON object") }
    self.file = file
    let transportName = file["transport"]?.string ?? ConnectionFile.Transport.tcp.rawValue
    guard let transport = ConnectionFile.Transport(rawValue: transportName) else {
      throw ConnectionFileError(reason: "transport \(transportName.prefix(60)) is not known; tcp and ipc are")
    }
    let scheme = file["signature_scheme"]?.string ?? "hmac-sha256"
    guard let digest = Signer.Digest(scheme: scheme) else {
      throw ConnectionFileError(
        reason: "signature_scheme \(scheme.prefix(60)) is not known; hmac-sha256 and hmac-sha512 are")
    }
    self.transport = transport
    self.digest = digest
    key = Array((file["key"]?.string ?? "").utf8)
    curve = try Self.curve(file)
  }

  func port(_ name: String) throws -> Int {
    guard let port = file[name]?.int ?? file[name]?.string.flatMap({ Int($0) }), (0...65535).contains(port) else {
      throw ConnectionFileError(reason: "\(name) is missing or not a port number")
    }
    return port
  }

  /// Both keys or none; what is wrong with them is said without showing them.
  private static func curve(_ file: JSON) throws -> CurveKeys? {
    let members = [file["curve_publickey"], file["curve_secretkey"]].map { $0 == .null ? nil : $0 }
    guard members.contains(where: { $0 != nil }) else { return nil }
    let keys = members.compactMap { $0?.string }.filter {
      $0.utf8.count == 40 && $0.utf8.allSatisfy { $0 > 32 && $0 < 127 }
    }
    guard keys.count == 2 else {
      throw ConnectionFileError(
        reason: "curve_publickey and curve_secretkey must both be there, each 40 characters of Z85")
    }
    return CurveKeys(publicKey: keys[0], secretKey: keys[1])
  }
}

/// Why a connection file or a registration file cannot be used; never says the key.
public struct ConnectionFileError: Error, CustomStringConvertible {
  /// What is wrong with which member, one sentence.
  public let reason: String
  /// The same sentence.
  public var description: String { reason }

  /// An error with its reason.
  public init(reason: String) { self.reason = reason }
}
