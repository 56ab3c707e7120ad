// What the trainers of all methods work with in one run: the student, the order of the problems, sampling, judging.

package import Tasks
package import Rollouts
import Checkpoints
import Evaluation
import LanguageModel
import Objectives
import RandomStreams
import Tensors
import Tokenizer

/// One run, as its trainer sees it.
package final class RunContext {
  package let initial: Policy
  package let task: any ReasoningTask
  let plan: RunPlan
  let learner: Learner
  let isInterrupted: @Sendable () -> Bool
  private let onToken: @Sendable (Int) -> Void
  private var order: ProblemOrder
  /// Which part of a mixture is at work: parts sample from streams of their own.
  var part = 0

  init(_ material: RunMaterial, _ observer: RunObserver) throws {
    initial = material.initial
    task = material.task
    plan = material.plan
    isInterrupted = observer.isInterrupted
    onToken = observer.onToken
    learner = Learner(
      try plan.startingWeights(of: initial, isInterrupted: observer.isInterrupted), plan.optimiser, steps: plan.steps,
      isInterrupted: observer.isInterrupted)
    order = ProblemOrder(material.problems, seed: plan.seed, rule: plan.order)
  }

  /// The student as of the last complete step.
  var policy: Policy { Policy(weights: learner.weights, vocabulary: initial.vocabulary) }

  /// What of a run's course lies here, for checkpoints.
  var groups: [String: [NamedArray]] { order.groups }

  /// The problems of a step counted from 1.
  func problems(step: Int, count: Int) -> [Problem] { order.batch(step: step, count: count) }

  /// Takes in how the problems of a step were answered.
  func stepIsComplete(_ measured: StepMeasures) { order.takeIn(measured.rightByProblem) }

  /// A reader for a teacher that is the student's own model.
  func reader(of rule: Teacher.Rule) -> TeacherReader {
    reader(of: Teacher(rule, initial: initial.weights, student: learner.weights))
  }

  /// A reader of what a teacher is shown, which shares the student's memory.
  func reader(of teacher: Teacher) -> TeacherReader {
    TeacherReader(teacher, memory: learner.activations, isInterrupted: isInterrupted)
  }

  /// Lets the student answer each problem so many times, the answers to one problem beside each other; they are counted.
  func answers(
    to problems: [Problem], samples: Int = 1, _ rule: SamplingRule, step: Int, measures: inout StepMeasures
  ) throws -> [Attempt] {
    let answers = try complete(
      problems.flatMap { Array(repeating: ($0, task.studentPrompt($0)), count: samples) }, by: policy, rule, step: step)
    measures.count(answers)
    return answers
  }

  /// Lets a policy complete prompts, each for its problem.
  ///
  /// Completion i draws from the coordinates (seed, step, part, phase, i): phases are the several times that one step
  /// samples, of which there are at most 16.
  func complete(
    _ prompts: [(problem: Problem, prompt: String)], by policy: Policy, _ rule: SamplingRule, step: Int, phase: Int = 0
  ) throws -> [Attempt] {
    let requests = try prompts.enumerated().map { index, one in
      RolloutRequest(
        prompt: try initial.encode(one.prompt),
        stream: RandomStream(seed: plan.seed, purpose: .sampling, step, (16 * part + phase) << 24 | index))
    }
    let rollouts = try policy.sample(
      requests, rule, memory: learner.activations, isInterrupted: isInterrupted, onToken: onToken)
    return try zip(prompts, rollouts).map { one, rollout in
      let text = try initial.decode(rollout.tokens)
      return Attempt(
        problem: one.problem, rollout: rollout, text: text, verdict: task.verify(text, for: one.problem))
    }
  }
}

/// A completion of a problem, and how it was judged.
struct Attempt {
  let problem: Problem
  let rollout: Rollout
  /// The completion as text.
  let text: String
  let verdict: Verdict

  /// As something to learn from, behind the prompt that it was sampled from.
  func lesson(teacherPrompt: [Int32]? = nil) -> Lesson {
    Lesson(problem: problem, prompt: rollout.prompt, completion: rollout.tokens, teacherPrompt: teacherPrompt)
  }
}

extension RunContext {
  /// The mean of KL(p_S ‖ p_initial) along the student's own answers to the first problems of an examination, in nats per
  /// token; nil where there are none.
  func drift(on examination: Examination) throws -> Double? {
    guard !examination.problems.isEmpty else { return nil }
    let answers = try complete(
      examination.problems.prefix(24).map { ($0, examination.task.studentPrompt($0)) }, by: policy, examination.rule,
      step: 0, phase: 15)
    let (start, now) = (reader(of: Teacher(initial.weights)), reader(of: Teacher(learner.weights)))
    var sum = 0.0
    var count = 0
    for answer in answers {
      var batch = PackedBatch()
      batch.append(prompt: answer.rollout.prompt, completion: answer.rollout.tokens)
      try start.read(batch)
      try now.read(batch)
      let positions = 0..<answer.rollout.tokens.count
      let mark = learner.activations.taken
      defer { learner.activations.giveBack(to: mark) }
      let rows = RowComparison.rows(
        teacher: start.logProbabilities(positions, temperature: 1),
        student: now.logProbabilities(positions, temperature: 1), rows: positions.count,
        vocabulary: initial.vocabulary.count)
      sum += rows.reduce(0) { $0 + $1.reverseKL }
      count += rows.count
    }
    return sum / Double(max(1, count))
  }

  /// For each answer the mean over its tokens of log p_T(y_n) − log p_S(y_n), the teacher behind its own prompt.
  func meanLogRatios(
    _ answers: [Attempt], _ teacherPrompts: [[Int32]], _ reader: TeacherReader, temperature: Double
  ) throws -> [Double] {
    var ratios: [Double] = []
    let lengths = answers.indices.map { teacherPrompts[$0].count + answers[$0].rollout.tokens.count - 1 }
    for run in microBatches(tokens: lengths, limit: plan.microBatch) {
      var batch = PackedBatch()
      for index in run { batch.append(prompt: teacherPrompts[index], completion: answers[index].rollout.tokens) }
      try reader.read(batch)
      var first = 0
      for index in run {
        let rollout = answers[index].rollout
        let positions = first..<first + rollout.tokens.count
        first = positions.upperBound
        let mark = learner.activations.taken
        defer { learner.activations.giveBack(to: mark) }
        let rows = reader.logProbabilities(positions, temperature: temperature)
        let vocabulary = rows.count / positions.count
        let sum = rollout.tokens.indices.reduce(0.0) { sum, place in
          sum + Double(rows[place * vocabulary + Int(rollout.tokens[place])]) - Double(rollout.logProbabilities[place])
        }
        ratios.append(sum / Double(rollout.tokens.count))
      }
    }
    return ratios
  }
}
