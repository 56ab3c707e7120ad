// A session to try cells in: a screen that keeps what it is shown, and a world small enough for debug builds.

import CellLanguage
import Display
import Foundation
import JupyterWidgets
import Synchronization
import Testing
@testable import Workbench

/// A screen that keeps what it is shown, and can interrupt the cell.
final class KeepingScreen: Screen {
  /// Something that was shown.
  enum Event {
    case text(String)
    case error(String)
    case shown(MIMEBundle, id: String?)
    case updated(MIMEBundle, id: String)
    case cleared(wait: Bool)
    case paged(MIMEBundle)
    case controls([Control])
  }

  /// What follows when the controls that were shown last are set.
  private let follower = Mutex<(@Sendable ([Control.Position], any Screen) -> Void)?>(nil)

  private let kept = Mutex<[Event]>([])
  private let polls = Atomic<Int>(0)
  private let patience: Int
  private let moment: Int
  private let event: @Sendable () -> Void

  /// A screen; the cell is interrupted after it has asked `patience` times whether it is, and something happens when it
  /// asks for the time `moment`.
  init(interruptedAfter patience: Int = .max, atPoll moment: Int = .max, _ event: @escaping @Sendable () -> Void = {}) {
    self.patience = patience
    self.moment = moment
    self.event = event
  }

  var events: [Event] { kept.withLock { $0 } }

  /// Everything that stays in the notebook: displays in their last state.
  var final: [MIMEBundle] {
    var bundles: [MIMEBundle] = []
    var places: [String: Int] = [:]
    for event in events {
      switch event {
      case .shown(let bundle, let id):
        if let id { places[id] = bundles.count }
        bundles.append(bundle)
      case .updated(let bundle, let id):
        if let place = places[id] { bundles[place] = bundle } else { Issue.record("nothing was shown under \(id)") }
      default: break
      }
    }
    return bundles
  }

  /// Printed text.
  var text: String { events.map { if case .text(let text) = $0 { text } else { "" } }.joined() }

  /// Sets the controls that were shown last.
  func set(_ positions: [Control.Position]) { follower.withLock { $0 }?(positions, self) }

  private func keep(_ event: Event) { kept.withLock { $0.append(event) } }
  func write(_ text: String) { keep(.text(text)) }
  func writeError(_ text: String) { keep(.error(text)) }
  func display(_ bundle: MIMEBundle, id: String?) { keep(.shown(bundle, id: id)) }
  func update(_ bundle: MIMEBundle, id: String) { keep(.updated(bundle, id: id)) }
  func clear(wait: Bool) { keep(.cleared(wait: wait)) }
  func page(_ bundle: MIMEBundle) { keep(.paged(bundle)) }
  func show(
    _ controls: [Control], id: String, follow: @escaping @Sendable ([Control.Position], any Screen) -> Void
  ) {
    keep(.controls(controls))
    follower.withLock { $0 = follow }
  }
  func input(prompt: String, isPassword: Bool) throws -> String { "an answer to \(prompt)" }
  var isInterrupted: Bool {
    let poll = polls.wrappingAdd(1, ordering: .relaxed).newValue
    if poll == moment { event() }
    return poll > patience
  }
}

/// Cells that share their names.
struct Bench {
  let session = CellSession(vocabulary: workbenchVocabulary)

  /// Sums of one digit, a model of a thousand numbers, and one of everything that comes of them.
  static func prepared() throws -> Bench {
    let bench = Bench()
    try bench.run(
      """
      let task = addition(digits: 1...1)
      let practice = task.problems(20, seed: 1)
      let exam = task.problems(3, split: .heldOut, seed: 2)
      let base = model(layers: 1, width: 8, heads: 2, for: task, seed: 4)
      let x = exam[0]
      let y = base.rollout(x, maxTokens: 12, seed: 3)
      let d = base.distributions(along: y)
      let run = train(
        base, on: practice, with: .opsd(rollouts: 2, maxTokens: 4), steps: 2, evaluateOn: exam, every: 1, plot: false)
      let first = run
      let second = run
      """)
    return bench
  }

  /// Runs a cell on a screen.
  @discardableResult
  func run(_ cell: String, on screen: KeepingScreen = KeepingScreen()) throws -> Value? {
    try session.run(cell, name: "cell 1", host: Workplace(screen: screen, cell: 1))
  }

  /// What a cell leaves in a notebook: its displays and its result.
  func output(_ cell: String) throws -> [MIMEBundle] {
    let screen = KeepingScreen()
    let result = try run(cell, on: screen)
    return screen.final + (result.map { [rendered($0)] } ?? [])
  }

  /// The error of a cell, in plain text.
  func error(_ cell: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
    do {
      try run(cell)
      Issue.record("\(cell) is no error", sourceLocation: sourceLocation)
      return ""
    } catch {
      return "\(error)"
    }
  }
}

/// The repository's folder for the kernel, as an installed kernel would know it.
enum Shipped {
  /// Tells the library where the models are that ship with the kernel.
  static let models: Void = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "kernelspec")
    unsafe setenv("OPSD_KERNELSPEC", folder.path(), 1)
  }()
}

/// A folder that is gone after the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "opsd-workbench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path()
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
