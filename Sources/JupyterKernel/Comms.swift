// A comm is a conversation between an object here and its twin in a front end: a slider and what it moves. Either side
// opens it, both send, either closes it. What arrives is served in the shell that it was sent to, like a cell.

public import JSONValues
import JupyterProtocol
import Synchronization

/// What is said on a comm.
public struct CommMessage: Sendable, Equatable {
  /// What the two sides agreed upon.
  public var data: [String: JSON]
  /// Remarks about the message, such as the version of what is spoken.
  public var metadata: [String: JSON]
  /// Binary attachments.
  public var buffers: [[UInt8]]

  /// Something to say.
  public init(_ data: [String: JSON] = [:], metadata: [String: JSON] = [:], buffers: [[UInt8]] = []) {
    self.data = data
    self.metadata = metadata
    self.buffers = buffers
  }

  init(_ message: Message) {
    self.init(
      message.content["data"]?.object ?? [:], metadata: message.metadata.object ?? [:], buffers: message.buffers)
  }
}

/// What this side of a comm does when something arrives.
///
/// Two messages of one comm may be served at once, where the front end sends them to two subshells. What is thrown is
/// shown and logged; the comm stays open.
public struct CommHandler: Sendable {
  /// Serves a message; output that it makes belongs to the message.
  public var onMessage: @Sendable (Comm, CommMessage, CellContext) throws -> Void
  /// Learns that the other side has closed the comm.
  public var onClose: @Sendable (Comm, CommMessage, CellContext) throws -> Void

  /// A handler from its parts; what is not given does nothing.
  public init(
    onMessage: @escaping @Sendable (Comm, CommMessage, CellContext) throws -> Void = { _, _, _ in },
    onClose: @escaping @Sendable (Comm, CommMessage, CellContext) throws -> Void = { _, _, _ in }
  ) {
    self.onMessage = onMessage
    self.onClose = onClose
  }
}

/// Takes up a comm that a front end opens; throws to refuse it, and it is closed.
public typealias CommTarget = @Sendable (Comm, CommMessage, CellContext) throws -> CommHandler

/// One open comm.
public final class Comm: Sendable {
  /// Its name, unique among the comms of a kernel.
  public let id: String
  /// What it is for; both sides know targets by name.
  public let target: String

  private let desk: CommDesk
  fileprivate let handler: Mutex<CommHandler>

  fileprivate init(id: String, target: String, handler: CommHandler, desk: CommDesk) {
    self.id = id
    self.target = target
    self.handler = Mutex(handler)
    self.desk = desk
  }

  /// Whether it has not been closed.
  public var isOpen: Bool { desk.comm(id) === self }

  /// Says something, on behalf of a running cell; on a closed comm nothing happens.
  public func send(_ message: CommMessage, from cell: CellContext) {
    guard isOpen else { return }
    cell.publish(CommData(commID: id, data: message.data), metadata: message.metadata, buffers: message.buffers)
  }

  /// Closes it, on behalf of a running cell; a closed comm stays so.
  public func close(_ message: CommMessage = CommMessage(), from cell: CellContext) {
    guard desk.remove(self) else { return }
    cell.publish(CommClose(commID: id, data: message.data), metadata: message.metadata, buffers: message.buffers)
  }
}

/// The comms of a kernel.
final class CommDesk: Sendable {
  private let comms = Mutex<[String: Comm]>([:])
  private let targets: [String: CommTarget]

  init(targets: [String: CommTarget]) { self.targets = targets }

  /// The open comm of that name.
  func comm(_ id: String) -> Comm? { comms.withLock { $0[id] } }

  /// The open comms and their targets; of one target where that is given.
  func open(target: String?) -> [String: String] {
    comms.withLock { $0.mapValues(\.target) }.filter { target == nil || $0.value == target }
  }

  /// Opens a comm to the front ends.
  func open(
    target: String, id: String, _ message: CommMessage, handler: CommHandler, from cell: CellContext
  ) -> Comm {
    let comm = Comm(id: id, target: target, handler: handler, desk: self)
    if comms.withLock({ $0.updateValue(comm, forKey: id) }) != nil { cell.publish(CommClose(commID: id)) }
    cell.publish(
      CommOpen(commID: comm.id, target: target, data: message.data), metadata: message.metadata,
      buffers: message.buffers)
    return comm
  }

  /// Says whether the comm was open; now it is not.
  fileprivate func remove(_ comm: Comm) -> Bool {
    comms.withLock { comms in
      guard comms[comm.id] === comm else { return false }
      comms[comm.id] = nil
      return true
    }
  }

  // MARK: What front ends say

  /// What a comm message causes in the shell that serves it; nil where the comm or its target is unknown.
  ///
  /// That the comm is open or closed is true at once; its handler comes to it in the order of the shell.
  func work(for message: Message) throws -> (@Sendable (CellContext) throws -> Void)? {
    let said = CommMessage(message)
    let id = try CommReference(message.content, of: message.header.type).commID
    switch message.header.type {
    case CommOpen.messageType:
      let name = message.content["target_name"]?.string ?? ""
      guard let target = targets[name] else { return nil }
      let comm = Comm(id: id, target: name, handler: CommHandler(), desk: self)
      let isNew = comms.withLock { comms in
        guard comms[id] == nil else { return false }
        comms[id] = comm
        return true
      }
      guard isNew else {
        throw ContentError(reason: "\(CommOpen.messageType): the comm \(id.prefix(60)) is open already")
      }
      return { cell in
        do {
          let handler = try target(comm, said, cell)
          comm.handler.withLock { $0 = handler }
        } catch {
          comm.close(from: cell)
          throw error
        }
      }
    case CommClose.messageType:
      guard let comm = comm(id), remove(comm) else { return nil }
      return { cell in try comm.handler.withLock { $0 }.onClose(comm, said, cell) }
    default:
      guard let comm = comm(id) else { return nil }
      return { cell in try comm.handler.withLock { $0 }.onMessage(comm, said, cell) }
    }
  }
}
