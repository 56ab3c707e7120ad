// The course of a run, whatever the method: steps, examinations, interrupts, losses that are not finite.

import Rollouts
import Evaluation

/// Takes steps until the plan is fulfilled or something ends it.
///
/// `takeStep` returns the step's record, or nil where its loss or gradient was not finite; in that case, and when it
/// throws `Interruption`, it has changed nothing. `current` gives the policy of the last complete step.
func runSteps(
  method: String, _ plan: RunPlan, _ observer: RunObserver, current: () -> Policy,
  takeStep: (_ step: Int) throws -> StepRecord?
) throws -> TrainingRun {
  try plan.validate()
  var records: [StepRecord] = []
  var evaluations: [EvaluationRecord] = []
  var tokens = 0
  func examine(after step: Int) throws {
    guard let examination = plan.examination else { return }
    let result = try examination(current(), isInterrupted: observer.isInterrupted, onToken: observer.onToken)
    let record = EvaluationRecord(step: step, tokens: tokens, result: result)
    evaluations.append(record)
    observer.onEvent(.evaluation(record))
  }
  var ending = RunEnding.complete
  do {
    try examine(after: 0)
    for step in 1..<plan.steps + 1 {
      if observer.isInterrupted() { throw Interruption() }
      guard let record = try takeStep(step) else {
        ending = .notFinite(step: step)
        break
      }
      records.append(record)
      tokens += record.tokens
      observer.onEvent(.step(record))
      if step % plan.every == 0 || step == plan.steps { try examine(after: step) }
    }
  } catch is Interruption {
    ending = .interrupted
  }
  return TrainingRun(
    method: method, steps: plan.steps, policy: current(), records: records, evaluations: evaluations, ending: ending)
}
