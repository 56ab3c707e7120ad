// Tasks and problems, as cells hold them.

import CellLanguage
import Display
import Tasks

/// A world of problems.
struct TaskObject: CellObject {
  let task: any ReasoningTask

  var typeName: String { "Task" }
  var summary: String { task.summary }
}

/// Some problems of one task, in order.
struct ProblemsObject: CellObject, Pictured, Tabular {
  let task: any ReasoningTask
  let problems: [Problem]
  let split: Split

  var typeName: String { "Problems" }
  var summary: String {
    guard !problems.isEmpty else { return title }
    return "\(title): \(problems.prefix(3).map(\.question).joined(separator: ", "))\(problems.count > 3 ? ", …" : "")"
  }
  /// How many of what.
  var title: String {
    "\(problems.count) \(split == .heldOut ? "held-out" : "practice") problems of the task \(task.name)"
  }
  var elementCount: Int? { problems.count }

  func element(at index: Value) throws -> Value {
    switch index {
    case .int(let place):
      guard problems.indices.contains(place) else { throw CellFailure.index(place, count: problems.count) }
      return .object(ProblemObject(task: task, problem: problems[place]))
    case .range(let range):
      guard let places = range.indices(within: problems.count) else {
        throw CellFailure.slice(range, count: problems.count)
      }
      return .object(ProblemsObject(task: task, problems: Array(problems[places]), split: split))
    default: throw CellFailure.indexType(index, of: typeName)
    }
  }

  func picture() -> MIMEBundle { table(of: problems.indices.prefix(5)).bundle() }
  func table() -> Table { table(of: problems.indices) }

  /// The first problems with their references.
  func table(of places: some Sequence<Int>) -> Table {
    var table = Table(
      caption: title,
      columns: [
        Table.Column("#", meaning: "The place of the problem: exam[3] is number 3."),
        Table.Column("problem", alignment: .leading, meaning: "What the student reads, x."),
        Table.Column("reference solution", alignment: .leading, meaning: "How it is worked right."),
        Table.Column("answer", meaning: "What the verifier compares, and what the teacher is shown, y*."),
      ])
    for place in places {
      let problem = problems[place]
      table.rows.append([
        .number(Double(place), .fixed(0)), .text(problem.question), .text(problem.solution), .text(problem.answer),
      ])
    }
    return table
  }
}

/// One problem.
struct ProblemObject: CellObject, Pictured {
  let task: any ReasoningTask
  let problem: Problem

  var typeName: String { "Problem" }
  var summary: String { "\(problem.question), answer \(problem.answer)" }

  func isEqual(to other: any CellObject) -> Bool? { (other as? ProblemObject).map { $0.problem == problem } }

  func picture() -> MIMEBundle {
    Table(
      columns: [Table.Column("part", alignment: .leading), Table.Column("text", alignment: .leading)],
      rows: [
        ["problem", .text(problem.question)], ["reference solution", .text(problem.solution)],
        ["answer", .text(problem.answer)],
      ]
    ).bundle()
  }
}
