// A cell that asks its reader waits here; the thread that owns the sockets brings the answer.

import JSONValues
import JupyterProtocol

/// At most one open question, and its answer.
final class InputDesk: Sendable {
  private struct State {
    var question: String?
    var answer: String?
  }

  private let state = Monitor(State())
  private let session: Session

  init(session: Session) { self.session = session }

  /// Sends a question to whoever sent the cell and waits; nil when `gaveUp` says so first.
  func ask(
    _ question: InputRequest, for request: Message, through output: OutputQueue, gaveUp: () -> Bool
  ) -> String? {
    let id = session.nextMessageID()
    state.withLock { $0 = State(question: id) }
    output.post([
      OutgoingMessage(
        channel: .stdin, identities: request.identities, type: InputRequest.messageType, content: question.json,
        parent: request.header, messageID: id)
    ])
    let answer: String?? = state.wait { state in
      if gaveUp() { return .some(nil) }
      return state.answer.map(Optional.some)
    }
    state.withLock { $0 = State() }
    return answer ?? nil
  }

  /// Takes an answer; says whether anybody was waiting for it.
  ///
  /// An answer that names another question is stale. Many front ends name none.
  func deliver(_ reply: Message) -> Bool {
    state.change { state in
      guard let question = state.question, state.answer == nil, let value = reply.content["value"]?.string else {
        return false
      }
      let named = reply.parentHeader["msg_id"]?.string
      guard named == nil || named == question else { return false }
      state.answer = value
      return true
    }
  }

  /// Has whoever waits look again whether to give up.
  func reconsider() { state.change { _ in } }
}
