// The other way for a front end to start a kernel, since version 5.6 of the protocol: the kernel chooses its ports itself
// and tells them to an address that the file names. Nobody can take a port between its choice and its use.

import FoundationEssentials
public import JSONValues

/// The contents of a registration file.
public struct RegistrationFile: Sendable, Equatable {
  /// How the front end calls the kernel.
  public var kernelID: String
  /// Where the kernel will listen, in the form of a connection file whose ports are all 0: still to be chosen.
  public var connection: ConnectionFile
  /// Where the ports are told to, in ZeroMQ's notation.
  public var endpoint: String

  /// Reads the members of a parsed file; throws `ConnectionFileError`.
  public init(_ file: JSON) throws {
    let members = try ConnectionMembers(file)
    guard let kernelID = file["kernel_id"]?.string else { throw ConnectionFileError(reason: "kernel_id is missing") }
    guard let ip = file["registration_ip"]?.string else {
      throw ConnectionFileError(reason: "registration_ip is missing")
    }
    self.kernelID = kernelID
    endpoint = members.transport.endpoint(ip: ip, port: try members.port("registration_port"))
    connection = ConnectionFile(
      transport: members.transport, ip: file["ip"]?.string ?? ip,
      ports: Dictionary(uniqueKeysWithValues: Channel.allCases.map { ($0, 0) }), key: members.key,
      digest: members.digest, curve: members.curve)
  }

  /// What the kernel says: a delimiter, a signature, and the ports as text.
  public func announcement(of ports: [Channel: Int]) -> [[UInt8]] {
    var members: [String: JSON] = ["kernel_id": .string(kernelID)]
    for (channel, port) in ports { members["\(channel.rawValue)_port"] = .string("\(port)") }
    let content = JSON.object(members).bytes()
    return [Frames.delimiter, signer.signature(of: [content]), content]
  }

  /// Whether a row is the answer to an announcement; what it says beside its signature is of no matter.
  public func isAcknowledgement(_ row: [[UInt8]]) -> Bool {
    guard let cut = row.firstIndex(of: Frames.delimiter), row.count >= cut + 3 else { return false }
    return signer.accepts(row[cut + 1], of: [row[cut + 2]])
  }

  private var signer: Signer { Signer(key: connection.key, digest: connection.digest) }
}

/// The file that a front end starts a kernel with.
public enum StartFile: Sendable, Equatable {
  /// It says where to listen.
  case connection(ConnectionFile)
  /// It says whom to tell.
  case registration(RegistrationFile)

  /// Reads the file at `path`; throws `ConnectionFileError`.
  public init(path: String) throws {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw ConnectionFileError(reason: "cannot read connection file \(path)")
    }
    // What a parser says of a damaged file may quote it, and with it the key.
    guard let file = try? JSON(parsing: data) else {
      throw ConnectionFileError(reason: "connection file \(path): is not valid JSON")
    }
    do {
      self =
        file["registration_port"] == nil
        ? .connection(try ConnectionFile(file)) : .registration(try RegistrationFile(file))
    } catch let error as ConnectionFileError {
      throw ConnectionFileError(reason: "connection file \(path): \(error.reason)")
    }
  }

  /// Where the kernel listens; the ports of a registration are 0.
  public var connection: ConnectionFile {
    switch self {
    case .connection(let connection): connection
    case .registration(let registration): registration.connection
    }
  }
}
