// A cell that asks its reader waits here; the thread that owns the sockets brings the answer. Cells of several shells may
// ask at once.

import JSONValues
import JupyterProtocol

/// The open questions, and their answers.
final class InputDesk: Sendable {
  private struct Question {
    let id: String
    var answer: String?
  }

  /// Oldest first.
  private let questions = Monitor<[Question]>([])
  private let session: Session

  init(session: Session) { self.session = session }

  /// Sends a question to whoever sent the cell and waits; nil when `gaveUp` says so first.
  func ask(
    _ question: InputRequest, for request: Message, through output: OutputQueue, gaveUp: () -> Bool
  ) -> String? {
    let id = session.nextMessageID()
    questions.withLock { $0.append(Question(id: id)) }
    output.post([
      OutgoingMessage(
        channel: .stdin, identities: request.identities, type: InputRequest.messageType, content: question.json,
        parent: request.header, messageID: id)
    ])
    let answer: String?? = questions.wait { questions in
      if gaveUp() { return .some(nil) }
      return questions.first { $0.id == id }?.answer.map(Optional.some)
    }
    questions.withLock { $0.removeAll { $0.id == id } }
    return answer ?? nil
  }

  /// Takes an answer; says whether anybody was waiting for it.
  ///
  /// An answer that names another question is stale. Many front ends name none: they mean the oldest.
  func deliver(_ reply: Message) -> Bool {
    questions.change { questions in
      let named = reply.parentHeader["msg_id"]?.string
      let place = questions.firstIndex { $0.answer == nil && (named == nil || named == $0.id) }
      guard let place, let value = reply.content["value"]?.string else { return false }
      questions[place].answer = value
      return true
    }
  }

  /// Has whoever waits look again whether to give up.
  func reconsider() { questions.change { _ in } }
}
