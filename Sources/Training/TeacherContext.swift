// What the teacher is shown beside the problem: the privileged information, which can be swapped to see what it is that
// helps.

package import Tasks
import Rollouts

/// What the teacher is shown beside a problem.
package struct TeacherContext: Equatable, CustomStringConvertible {
  /// Makes the context of one problem; the others are those of the same step, gone through only by who asks for them.
  package typealias Maker = (_ problem: Problem, _ others: LazyFilterSequence<[Problem]>) throws -> PrivilegedContext

  private let title: String
  private let text: String
  private let make: Maker

  /// A context that is made for each problem; name and text make it the same as another.
  package init(_ name: String, text: String = "", _ make: @escaping Maker) {
    title = name
    self.text = text
    self.make = make
  }

  package var description: String { text.isEmpty ? title : "\(title): \(text)" }

  /// One kind of context for every problem.
  package static func fixed(_ name: String, _ context: PrivilegedContext) -> TeacherContext {
    TeacherContext(name) { _, _ in context }
  }

  /// The answer of another problem of the step.
  package static var otherProblem: TeacherContext {
    TeacherContext("another answer") { problem, others in others.first.map { .other($0) } ?? .none }
  }

  /// The reference answer, as in the paper.
  package static var answer: TeacherContext { TeacherContext("answer") { _, _ in .answer } }

  package static func == (one: Self, other: Self) -> Bool { one.description == other.description }

  /// What the teacher reads before a completion.
  package func prompt(for problem: Problem, of task: any ReasoningTask, among problems: [Problem]) throws -> String {
    task.teacherPrompt(problem, seeing: try make(problem, problems.lazy.filter { $0.id != problem.id }))
  }

  /// Its name in titles; nil for the usual one.
  var name: String? { self == .answer ? nil : "teacher sees \(title)" }
}
