// The widgets of a kernel: panels of controls, each control a comm of its own. Front ends that were there when a panel
// was made are told by `comm_open`; those that come later, such as a page that was reloaded, ask for all states.

import Display
import JSONValues
public import JupyterKernel
import JupyterProtocol
import Synchronization

/// Controls that are shown together, and what follows when one of them is set.
private final class Panel: Sendable {
  let id: String
  let controls: [Control]
  let onChange: WidgetDesk.Follow
  let state: Mutex<State>
  /// Held while a change is followed: the same panel may be moved in two shells at once.
  let following = Mutex(())

  struct State: Sendable {
    var positions: [Control.Position]
    var models: [WidgetModel]
    var comms: [Comm] = []
    /// How often a control was set, and which of these states was followed last.
    var changes = 0
    var followed = 0
  }

  init(id: String, _ controls: [Control], models: [WidgetModel], _ onChange: @escaping WidgetDesk.Follow) {
    self.id = id
    self.controls = controls
    self.onChange = onChange
    state = Mutex(State(positions: controls.map(\.start), models: models))
  }

  static func controlID(_ panel: String, _ index: Int) -> String { "\(panel)-\(index + 1)" }

  /// Sets a control and its model; says whether that changes anything.
  ///
  /// `tell` is called in the order of the settings.
  func set(_ index: Int, to position: Control.Position, tell: () -> Void) -> Bool {
    state.withLock { state in
      tell()
      guard state.positions[index] != position else { return false }
      state.changes += 1
      state.positions[index] = position
      let (control, name) = (controls[index], Self.controlID(id, index))
      for model in state.models.indices where state.models[model].id == name {
        state.models[model].state[control.member] = control.json(position)
      }
      return true
    }
  }

  /// Follows the latest positions, unless another thread has done so meanwhile.
  func follow(in cell: CellContext) {
    following.withLock { _ in
      let positions: [Control.Position]? = state.withLock { state in
        guard state.followed < state.changes else { return nil }
        state.followed = state.changes
        return state.positions
      }
      if let positions { onChange(positions, cell) }
    }
  }
}

/// All widgets that front ends may still move.
///
/// It belongs to one kernel, whose interpreter lists its `commTargets`.
public final class WidgetDesk: Sendable {
  /// What follows when a control is set: the positions of all controls of the panel, and the message that caused it.
  public typealias Follow = @Sendable ([Control.Position], CellContext) -> Void

  /// Panels that stay alive at once; a further one closes the oldest, whose controls then move nothing.
  public static let limit = 256

  private static let target = "jupyter.widget"
  private static let version: [String: JSON] = ["version": "2.1.0"]

  private let panels = Mutex<[Panel]>([])
  /// The last cell for which an older panel had to go; each is told once.
  private let lastToDrop = Mutex<ObjectIdentifier?>(nil)

  /// A desk without widgets.
  public init() {}

  /// What front ends may open comms to: the question for all states.
  public var commTargets: [String: CommTarget] {
    [
      "jupyter.widget.control": { [self] _, _, _ in
        CommHandler(onMessage: { [self] comm, message, cell in
          guard message.data["method"] == "request_states" else { return }
          comm.send(
            CommMessage(["method": "update_states", "states": .object(states), "buffer_paths": []]), from: cell)
        })
      }
    ]
  }

  /// Shows controls above each other.
  ///
  /// `id` names the panel and must be new; `onChange` is called after every change but those that a later one overtakes,
  /// one after the other, on the thread of the shell that the front end sends it to. Where no widgets are known the reader
  /// sees the positions in words.
  public func show(_ controls: [Control], id: String, in cell: CellContext, onChange: @escaping Follow) {
    let drawn = controls.indices.map { controls[$0].models(id: Panel.controlID(id, $0)) }
    var models = drawn.flatMap(\.self)
    if controls.count > 1 {
      let layout = WidgetModel.layout(id: "\(id)-layout")
      models += [layout, .column(id: id, drawn.compactMap(\.last), layout: layout)]
    }
    guard let root = models.last else { return }
    let panel = Panel(id: id, controls, models: models, onChange)
    let comms = models.map { model in
      cell.openComm(
        target: Self.target, id: model.id,
        CommMessage(["state": .object(model.state), "buffer_paths": []], metadata: Self.version),
        handler: handler(of: model, in: panel))
    }
    panel.state.withLock { $0.comms = comms }
    let dropped = panels.withLock { panels in
      panels.append(panel)
      return panels.count > Self.limit ? panels.removeFirst() : nil
    }
    if let dropped {
      close(dropped, from: cell)
      let isFirst = lastToDrop.withLock { last in
        defer { last = ObjectIdentifier(cell) }
        return last != ObjectIdentifier(cell)
      }
      if isFirst {
        cell.write(
          "Controls of earlier cells no longer move: at most \(Self.limit) panels of controls are kept.\n",
          to: .standardError)
      }
    }
    cell.display(Self.bundle(controls, root))
  }

  /// Ends every conversation about a panel: with one of its controls gone, it would come back in part only.
  private func close(_ panel: Panel, from cell: CellContext) {
    panels.withLock { $0.removeAll { $0 === panel } }
    // Comms hold their panel, so a panel that held closed ones would never be freed.
    let comms = panel.state.withLock { state in
      defer { state.comms = [] }
      return state.comms
    }
    for comm in comms { comm.close(from: cell) }
  }

  /// The panel for the notebook: the widget, and what it is in words.
  private static func bundle(_ controls: [Control], _ root: WidgetModel) -> MIMEBundle {
    let lines = controls.map {
      "\($0.label) = \($0.text($0.start)): \($0.meaning), where the front end has widgets and the kernel runs"
    }
    return MIMEBundle(
      plain: lines.joined(separator: "\n"),
      [
        "application/vnd.jupyter.widget-view+json": [
          "model_id": .string(root.id), "version_major": 2, "version_minor": 0,
        ]
      ])
  }

  /// Every model of every panel, as a front end needs them to draw all of them anew.
  private var states: [String: JSON] {
    let models = panels.withLock { $0 }.flatMap { panel in panel.state.withLock { $0.models } }
    return Dictionary(models.map { ($0.id, $0.description) }, uniquingKeysWith: { $1 })
  }

  // MARK: What front ends say

  private func handler(of model: WidgetModel, in panel: Panel) -> CommHandler {
    let index = panel.controls.indices.first { Panel.controlID(panel.id, $0) == model.id }
    return CommHandler(
      onMessage: { comm, message, cell in
        switch message.data["method"]?.string {
        case "update":
          guard let index else { return }
          Self.update(index, panel, message.data["state"]?.object ?? [:], comm, cell)
        case "request_state": Self.send("update", Self.state(of: model.id, in: panel), on: comm, from: cell)
        default: break
        }
      },
      onClose: { [self] _, _, cell in close(panel, from: cell) })
  }

  /// A control was set: every front end is told, and what follows is done.
  private static func update(
    _ index: Int, _ panel: Panel, _ state: [String: JSON], _ comm: Comm, _ cell: CellContext
  ) {
    let control = panel.controls[index]
    guard let wanted = state[control.member] else { return send("echo_update", state, on: comm, from: cell) }
    guard let position = control.position(wanted) else {
      // What cannot be set is set back.
      let present = panel.state.withLock { control.json($0.positions[index]) }
      return send("update", [control.member: present], on: comm, from: cell)
    }
    if panel.set(index, to: position, tell: { send("echo_update", state, on: comm, from: cell) }) {
      panel.follow(in: cell)
    }
  }

  private static func state(of model: String, in panel: Panel) -> [String: JSON] {
    panel.state.withLock { $0.models.first { $0.id == model }?.state ?? [:] }
  }

  private static func send(_ method: String, _ state: [String: JSON], on comm: Comm, from cell: CellContext) {
    comm.send(
      CommMessage(["method": .string(method), "state": .object(state), "buffer_paths": []]), from: cell)
  }
}
