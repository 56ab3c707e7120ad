import CellLanguage
import Display
import JupyterWidgets
import Testing
@testable import Workbench

/// Sliders and the like, from a cell.
@Suite struct ControlCellTests {
  /// The controls that a cell shows.
  private func controls(_ cell: String) throws -> [Control] {
    let screen = KeepingScreen()
    try Bench().run(cell, on: screen)
    return screen.events.compactMap { if case .controls(let controls) = $0 { controls } else { nil } }.flatMap(\.self)
  }

  @Test func stepsAreWholeBetweenWholeEnds() throws {
    let kinds = try controls(
      """
      for ends in [0...1, 0...2, 0...3] { slider(ends) { x in x } }
      slider([0.1, 0.9]) { x in x }
      slider(0...10, step: 0.5) { x in x }
      slider(0...1, step: 1) { x in x }
      """
    ).map(\.kind)
    #expect(
      kinds == [
        .slider(least: 0, most: 1, step: 0.01, isWhole: false), .slider(least: 0, most: 2, step: 0.02, isWhole: false),
        .slider(least: 0, most: 3, step: 1, isWhole: true),
        .slider(least: 0.1, most: 0.9, step: 0.008, isWhole: false),
        .slider(least: 0, most: 10, step: 0.5, isWhole: false), .slider(least: 0, most: 1, step: 1, isWhole: true),
      ])
  }

  @Test func aControlIsCalledLikeTheParameterUnlessItHasAName() throws {
    let labels = try controls(
      """
      slider(0...1) { beta in beta }
      slider(0...1, label: "weight") { beta in beta }
      slider(0...1) { _ in 1 }
      explore(slider(0...1), toggle(label: "sure")) { a, b in a }
      """
    ).map(\.label)
    #expect(labels == ["beta", "weight", "value", "a", "sure"])
  }

  @Test func theClosureGetsWhatIsSet() throws {
    let screen = KeepingScreen()
    try Bench().run(#"selector([1...3, [4, 5]], value: 1) { list in "\(list)" }"#, on: screen)
    #expect(screen.final.map(\.plain) == ["[4, 5]"])
    screen.set([.choice(0)])
    #expect(screen.final.map(\.plain) == ["1...3"])
  }

  @Test func whatTheClosureShowsBecomesOneDisplay() throws {
    let screen = KeepingScreen()
    try Bench().run("slider(0...5, value: 2) { n in\n  print(\"first\")\n  show(n * 10)\n  return n\n}", on: screen)
    #expect(screen.final.map(\.plain) == ["first\n\n20\n\n2"])
    screen.set([.number(3)])
    #expect(screen.final.map(\.plain) == ["first\n\n30\n\n3"])
  }

  @Test func laterChangesOfVariablesAreSeenAndMade() throws {
    let bench = Bench()
    let screen = KeepingScreen()
    try bench.run("var moves = 0\nslider(0...5) { n in\n  moves += 1\n  return moves * n\n}", on: screen)
    try bench.run("moves = 10")
    screen.set([.number(4)])
    #expect(screen.final.map(\.plain) == ["44"])
    #expect(bench.session["moves"]?.number == 11)
  }

  @Test func anErrorOfTheFirstResultIsTheCellsAndAllThatWasShownStays() throws {
    let screen = KeepingScreen()
    let bench = Bench()
    let error = #expect(throws: CellError.self) {
      try bench.run("slider(0...9) { n in\n  print(\"so far\")\n  n / 0\n}", on: screen)
    }
    #expect(error?.calls.isEmpty == false)
    #expect(screen.final.map(\.plain) == ["so far"])
  }

  @Test(arguments: [
    ("slider(3...3) { x in x }", "a slider cannot go along 3...3"),
    ("slider(3...) { x in x }", "a slider cannot go along 3..."),
    ("slider([1, 2, 3]) { x in x }", "a slider cannot go along"),
    ("slider([2, 1]) { x in x }", "the first less than the second"),
    ("slider([0, 0.0 / 0.0]) { x in x }", "a slider cannot go along"),
    ("slider([-1e300, 1e300]) { x in x }", "neither beyond 2⁵³"),
    ("slider(0...9, value: 10) { x in x }", "the slider cannot start at 10"),
    ("slider(0...9, value: 1.5) { x in x }", "whole numbers from 0"),
    ("slider(0...9, step: 100) { x in x }", "longer than the slider"),
    ("slider(0...9, step: -1) { x in x }", "greater than 0"),
    ("slider(0...9) { a, b in a }", "the closure takes 2 values, and there is 1 control"),
    ("selector([]) { x in x }", "0 options cannot be chosen from"),
    ("selector([1, 2], value: 2) { x in x }", "there is no option 2"),
    ("explore { 1 }", "0 controls cannot be shown"),
    ("explore(slider(0...1), slider(0...1)) { a in a }", "the closure takes 1 value, and there are 2 controls"),
    ("explore(1) { a in a }", "Control"),
    ("slider(0...1) { x in input(\"?\") }", "nobody can be asked here"),
  ])
  func whatCannotBeIsSaidBefore(cell: String, words: String) {
    #expect(Bench().error(cell).contains(words))
  }
}
