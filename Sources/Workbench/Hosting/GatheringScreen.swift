// Everything that a piece of code shows, as one display that is replaced when the code runs again: what stands under a
// slider.

import CellLanguage
import Display
import JupyterWidgets
import Synchronization

/// A screen inside another one: what is shown on it becomes a single display.
final class GatheringScreen: Screen {
  fileprivate enum Part {
    case text(String)
    case display(MIMEBundle, id: String?)
  }

  fileprivate struct State {
    var parts: [Part] = []
    var textBytes = 0
    var isCleared = false
    var throttle: ProgressThrottle
  }

  private let outer: any Screen
  private let onChange: @Sendable (MIMEBundle) -> Void
  private let state = Mutex(State(throttle: ProgressThrottle(start: monotonicSeconds())))
  /// Held while a state is told of, so that none overtakes a later one.
  private let telling = Mutex(())

  /// A screen that can be interrupted as the outer one can; while it grows and changes, `onChange` learns of what stands
  /// on it, some times a second.
  init(within outer: any Screen, onChange: @escaping @Sendable (MIMEBundle) -> Void) {
    self.outer = outer
    self.onChange = onChange
  }

  /// All that stands on it.
  var bundle: MIMEBundle {
    let parts = state.withLock { $0.parts }.map { part in
      switch part {
      case .text(let text): MIMEBundle(plain: text.last == "\n" ? String(text.dropLast()) : text)
      case .display(let bundle, _): bundle
      }
    }
    return parts.isEmpty ? MIMEBundle(plain: "(nothing was shown)") : MIMEBundle.stack(parts)
  }

  private func change(_ body: (inout State) -> Void) {
    let isDue = state.withLock { state in
      body(&state)
      return state.throttle.isDue(at: monotonicSeconds())
    }
    if isDue { telling.withLock { _ in onChange(bundle) } }
  }

  func write(_ text: String) { change { $0.add(text) } }

  func writeError(_ text: String) { write(text) }

  func display(_ bundle: MIMEBundle, id: String?) { change { $0.add(.display(bundle, id: id)) } }

  func update(_ bundle: MIMEBundle, id: String) {
    change { state in
      for index in state.parts.indices {
        if case .display(_, id: id) = state.parts[index] { state.parts[index] = .display(bundle, id: id) }
      }
    }
  }

  func clear(wait: Bool) { change { $0.clear(wait: wait) } }

  func page(_ bundle: MIMEBundle) { display(bundle, id: nil) }

  func show(
    _ controls: [Control], id: String, follow: @escaping @Sendable ([Control.Position], any Screen) -> Void
  ) throws {
    throw CellFailure(
      "a control cannot stand under another one", "what a closure shows becomes one display, in which nothing moves",
      fix: "Show them together, as in explore(slider(0...1), slider(0...3)) { a, b in … }.")
  }

  func input(prompt: String, isPassword: Bool) throws -> String {
    throw CellFailure(
      "nobody can be asked here", "what stands under a control is shown again whenever it is moved",
      fix: "Ask before, in the cell.")
  }

  var isInterrupted: Bool { outer.isInterrupted }
}

extension GatheringScreen.State {
  /// Bytes of text that are kept; a front end that draws more at every move comes to a standstill.
  private static let textLimit = 1 << 20

  fileprivate mutating func add(_ part: GatheringScreen.Part) {
    makeRoom()
    parts.append(part)
  }

  fileprivate mutating func add(_ text: String) {
    makeRoom()
    let room = Self.textLimit - textBytes
    guard room >= 0 else { return }
    textBytes += text.utf8.count
    var text = text
    if textBytes > Self.textLimit {
      text = String(decoding: text.utf8.prefix(room), as: UTF8.self)
      text += "\n… more than 1 MiB was printed; the rest is not shown …\n"
    }
    // Taken out before it grows: what is held twice would be copied.
    if case .text(var before)? = parts.last {
      parts.removeLast()
      before += text
      parts.append(.text(before))
    } else {
      parts.append(.text(text))
    }
  }

  fileprivate mutating func clear(wait: Bool) {
    isCleared = true
    if !wait { makeRoom() }
  }

  private mutating func makeRoom() {
    guard isCleared else { return }
    (parts, textBytes, isCleared) = ([], 0, false)
  }
}
