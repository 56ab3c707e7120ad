// Everything that a piece of code shows, as one display that is replaced when the code runs again: what stands under a
// slider.

import CellLanguage
import Display
import JSONValues
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
    var isCleared = false
  }

  private let outer: any Screen
  private let onChange: @Sendable (MIMEBundle) -> Void
  private let state = Mutex(State())

  /// A screen that can be interrupted as the outer one can; `onChange` learns of what stands on it whenever that changes
  /// in place, as a progress line does.
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

  func write(_ text: String) {
    state.withLock { state in
      if case .text(let before)? = state.parts.last {
        state.parts[state.parts.count - 1] = .text(before + text)
      } else {
        state.add(.text(text))
      }
    }
  }

  func writeError(_ text: String) { write(text) }

  func display(_ bundle: MIMEBundle, id: String?) { state.withLock { $0.add(.display(bundle, id: id)) } }

  func update(_ bundle: MIMEBundle, id: String) {
    state.withLock { state in
      for index in state.parts.indices {
        if case .display(_, id: id) = state.parts[index] { state.parts[index] = .display(bundle, id: id) }
      }
    }
    onChange(self.bundle)
  }

  func clear(wait: Bool) { state.withLock { $0.clear(wait: wait) } }

  func page(_ bundle: MIMEBundle) { display(bundle, id: nil) }

  func show(
    _ controls: [Control], id: String, follow: @escaping @Sendable ([Control.Position], any Screen) -> Void
  ) {
    for control in controls { write("\(control.label) = \(control.text(control.start))\n") }
  }

  func input(prompt: String, isPassword: Bool) throws -> String {
    throw CellFailure(
      "nobody can be asked here", "what follows a control runs while other cells do", fix: "Ask before, in the cell.")
  }

  var isInterrupted: Bool { outer.isInterrupted }
}

extension GatheringScreen.State {
  fileprivate mutating func add(_ part: GatheringScreen.Part) {
    if isCleared { parts = [] }
    isCleared = false
    parts.append(part)
  }

  fileprivate mutating func clear(wait: Bool) {
    if wait { isCleared = true } else { parts = [] }
  }
}
