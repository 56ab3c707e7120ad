// The thread that owns the five sockets. It verifies what comes, signs what leaves, echoes heartbeats, welcomes
// subscribers and collects what libraries print; it never waits for anything but its sockets, so a kernel whose cell is
// stuck still answers.

import CZeroMQ
import Glibc
import JupyterProtocol
import Synchronization

/// Receives, dispatches, sends.
final class SocketLoop: @unchecked Sendable {
  /// How long a running cell gets to stop when the kernel does.
  static let patienceMilliseconds = 400

  private let channels: Channels
  private let session: Session
  private let desk: RequestDesk
  private let input: InputDesk
  private let capture: DescriptorCapture?
  private let wakeUp: WakeUp
  private let messageLimit: Int
  private let stopRequested = Atomic<Bool>(false)

  /// A loop over sockets that from now on belong to it.
  init(
    channels: Channels, session: Session, desk: RequestDesk, input: InputDesk, capture: DescriptorCapture?,
    wakeUp: WakeUp, messageLimit: Int
  ) {
    self.channels = channels
    self.session = session
    self.desk = desk
    self.input = input
    self.capture = capture
    self.wakeUp = wakeUp
    self.messageLimit = messageLimit
  }

  /// Asks the loop to end; from any thread.
  func stop() {
    stopRequested.store(true, ordering: .relaxed)
    wakeUp.call()
  }

  /// Serves until asked to stop, then closes the sockets.
  func run() {
    desk.output.post([OutgoingMessage(publishing: Status.starting, parent: nil)])
    let descriptors = [wakeUp.descriptor] + (capture?.readEnds ?? [])
    var deadline: Int?
    while true {
      let pause = send()
      if stopRequested.load(ordering: .relaxed), deadline == nil {
        deadline = MonotonicTime.milliseconds + Self.patienceMilliseconds
        desk.shells.close()
        desk.questions.close()
      }
      if let deadline, !desk.shells.isRunning || MonotonicTime.milliseconds >= deadline { break }
      let limit = deadline == nil ? pause ?? -1 : min(pause ?? 5, 5)
      let isReady = Poller.wait(sockets: channels.all, descriptors: descriptors, milliseconds: limit)
      wakeUp.acknowledge()
      if isReady.suffix(descriptors.count - 1).contains(true) { collectPrinted() }
      for (channel, isReady) in zip(Channels.order, isReady) where isReady { receive(on: channel) }
    }
    collectPrinted()
    desk.output.close()
    _ = send(everything: true)
    channels.close()
  }

  /// Sends what is due; gives the milliseconds until more is.
  private func send(everything: Bool = false) -> Int? {
    let (messages, again) = desk.output.take(everything: everything)
    for var message in messages {
      if message.channel == .iopub, message.identities.isEmpty {
        message.identities = [Array("kernel.\(session.id).\(message.type)".utf8)]
      }
      channels[message.channel].send(session.row(of: message))
    }
    return again
  }

  // MARK: Receiving

  /// Takes some of what has come: not all, so that no channel can keep the others waiting.
  private func receive(on channel: Channel) {
    for _ in 0..<64 {
      guard let row = channels[channel].receive(limit: messageLimit) else { return }
      if row.isEmpty {
        desk.log("dropped a message on \(channel.rawValue): larger than \(messageLimit >> 20) MiB")
        continue
      }
      switch channel {
      case .heartbeat: channels[channel].send(row)
      case .iopub: welcome(row)
      case .stdin, .shell, .control: serve(row, on: channel)
      }
    }
  }

  private func serve(_ row: [[UInt8]], on channel: Channel) {
    let message: Message
    do {
      message = try session.receive(row)
    } catch {
      return desk.log("dropped a message on \(channel.rawValue): \(error)")
    }
    if channel == .stdin {
      if !input.deliver(message) { desk.log("dropped an answer that no cell is waiting for") }
    } else if desk.serve(message, on: channel) == .shutdown {
      stop()
    }
  }

  /// Grants a subscription and greets its subscriber, before anything else is published; a first byte of 1 is a
  /// subscription, of 0 its end.
  private func welcome(_ row: [[UInt8]]) {
    guard row.count == 1, let event = row.first, let kind = event.first, kind <= 1 else { return }
    let topic = Array(event.dropFirst())
    do {
      try channels[.iopub].set(kind == 1 ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, topic)
    } catch {
      return desk.log("a subscription was not granted: \(error)")
    }
    guard kind == 1, let text = String(validating: topic, as: UTF8.self) else { return }
    channels[.iopub].send(
      session.row(
        of: OutgoingMessage(
          channel: .iopub, identities: [topic], type: Welcome.messageType,
          content: Welcome(subscription: text).json, parent: nil)))
  }

  private func collectPrinted() {
    capture?.collect { name, text in
      if let cell = desk.shells.latest {
        desk.output.write(name, text, parent: cell) { true }
      } else {
        for line in text.split(separator: "\n") { desk.log(String(line)) }
      }
    }
  }
}
