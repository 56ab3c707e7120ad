// The course of a run, whatever the method: steps, examinations, checkpoints, interrupts, numbers that are not finite.

import Checkpoints
import Evaluation
import RandomStreams
import Rollouts
import Tasks
import Tensors

/// Takes steps until the plan is fulfilled or something ends it.
///
/// `takeStep` returns the step's record; when it throws, it has changed nothing. `current` gives the policy of the last
/// complete step, `teacher` the self-teacher that goes with it, `drift` how far that policy is from the start, on some of
/// an examination's problems. What changes from step to step lies in the learner's groups and in
/// `groups`: a run with a checkpoint goes on from there.
func runSteps(
  method: String, _ plan: RunPlan, _ observer: RunObserver, learner: Learner, identity: RunIdentity,
  groups: [String: [NamedArray]] = [:], updates: Int = 1, current: () -> Policy,
  teacher: () -> SelfTeacher? = { nil }, drift: (Examination) throws -> Double? = { _ in nil },
  takeStep: (_ step: Int) throws -> StepRecord
) throws -> TrainingRun {
  try plan.validate()
  var course = RunCourse()
  var file = plan.checkpoint.map { plan in
    CheckpointFile(
      plan, identity, groups.merging(learner.groups) { _, _ in preconditionFailure("a group stands twice") })
  }
  if let saved = try file?.resume(plan) {
    course = saved
    learner.resume(after: course.records.count * updates)
    observer.onEvent(.resumed(course.records, course.evaluations))
  } else {
    try file?.checkPlace()
  }

  func examineIfDue() throws {
    let step = course.records.count
    guard let examination = plan.examination, plan.isExamined(after: step) || course.isOver(plan),
      course.evaluations.last?.step != step
    else { return }
    let result = try examination(current(), isInterrupted: observer.isInterrupted, onToken: observer.onToken)
    var record = EvaluationRecord(step: step, tokens: course.tokens, result: result)
    if let teacher = teacher() {
      // A fixed teacher is asked once.
      let known = teacher.isFixed ? course.evaluations.first?.teacherAccuracy : nil
      record.teacherAccuracy = try known ?? teacher.accuracy(in: examination, observer)
    }
    record.drift = try drift(examination)
    course.evaluations.append(record)
    observer.onEvent(.evaluation(record))
  }
  var ending = RunEnding.complete
  do {
    try examineIfDue()
    // Steps are not taken for a file that cannot be written.
    if course.records.isEmpty { try file?.write(course, of: plan.steps) }
    while !course.isOver(plan) {
      if observer.isInterrupted() { throw Interruption() }
      let record = try takeStep(course.records.count + 1)
      course.records.append(record)
      observer.onEvent(.step(record))
      try examineIfDue()
      if file?.isDue(after: record.step) == true { file?.keep(course, of: plan.steps, observer) }
    }
  } catch is Interruption {
    ending = .interrupted
  } catch let fault as NotFinite {
    ending = .notFinite(fault)
  } catch {
    file?.keep(course, of: plan.steps, observer)
    throw error
  }
  file?.keep(course, of: plan.steps, observer)
  return TrainingRun(
    method: method, steps: plan.steps, policy: current(), records: course.records, evaluations: course.evaluations,
    ending: ending, checkpoint: file?.state ?? .none)
}

/// What a run has done so far.
struct RunCourse: Equatable {
  /// One record for each complete step.
  var records: [StepRecord] = []
  /// The examinations.
  var evaluations: [EvaluationRecord] = []

  /// Tokens sampled in all steps.
  var tokens: Int { records.reduce(0) { $0 + $1.tokens } }

  /// Whether the plan is fulfilled.
  func isOver(_ plan: RunPlan) -> Bool {
    guard records.count < plan.steps else { return true }
    guard let budget = plan.tokenBudget else { return false }
    let sampled = tokens
    return (sampled > 0 ? sampled : records.reduce(0) { $0 + $1.learnt }) >= budget
  }
}

extension SelfTeacher {
  /// The share of right answers to the problems of an examination, one attempt at each.
  fileprivate func accuracy(in examination: Examination, _ observer: RunObserver) throws -> Double {
    var once = examination
    once.samples = 1
    return try once(
      policy, prompt: { try context.prompt(for: $0, of: examination.task, among: examination.problems) },
      isInterrupted: observer.isInterrupted, onToken: observer.onToken
    ).accuracy
  }
}

extension RunPlan {
  /// Whether there is an examination after so many steps.
  func isExamined(after step: Int) -> Bool { step % every == 0 || step == steps }
}
