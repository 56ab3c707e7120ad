// The three kinds of loss that methods are made of. Each goes through a model once, takes its loss at every token of the
// completions and measures on the way:
//
//   imitate    cross-entropy with the tokens of a completion
//   distil     a divergence from a teacher's distribution, over the vocabulary
//   reinforce  the policy gradient of the sampled tokens, by advantages

import Rollouts
import Objectives
import Tasks
import Tensors

/// How the tokens of a step's completions enter its loss.
struct LossWeighting {
  var reduction = Reduction.sequenceMean
  var positions = PositionWeights.uniform
  /// What everything is multiplied with.
  var share = 1.0

  /// The same, multiplied with a further share.
  func times(_ factor: Double) -> LossWeighting {
    var changed = self
    changed.share *= factor
    return changed
  }

  /// The weight of every token of completions of these lengths, one after the other.
  func weights(lengths: [Int]) -> Floats {
    Floats(reduction.weights(lengths: lengths, position: positions).map { Float(share) * $0 })
  }
}

extension RunContext {
  /// Cross-entropy: the student learns to say the completions.
  func imitate(_ lessons: [Lesson], _ weighting: LossWeighting, measures: inout StepMeasures) throws {
    let lengths = lessons.map(\.completion.count)
    let weights = weighting.weights(lengths: lengths)
    var meter = LossMeter(lengths: lengths, classes: tokenClasses)
    try learner.learn(from: lessons, limit: plan.microBatch) { chunk in
      chunk.normalise(temperature: 1)
      meter.measureStudent(chunk)
      return crossEntropyLoss(chunk, weights: weights)
    }
    meter.report(to: &measures)
  }

  /// A divergence D(p_T ‖ p_S) at every token of the completions; no gradient goes through the teacher.
  func distil(
    _ lessons: [Lesson], from teacher: TeacherReader, _ objective: DistillationObjective, temperature: Double,
    _ weighting: LossWeighting, measures: inout StepMeasures
  ) throws {
    let lengths = lessons.map(\.completion.count)
    let weights = weighting.weights(lengths: lengths)
    var meter = LossMeter(lengths: lengths, classes: tokenClasses)
    try learner.learn(from: lessons, teacher: teacher, temperature: temperature, limit: plan.microBatch) { chunk in
      guard let teacher = chunk.teacher else { preconditionFailure("a teacher reads all lessons") }
      let rowWeights = weights[chunk.positions]
      chunk.normalise(temperature: temperature)
      meter.measure(chunk, teacher: teacher)
      let losses = Floats(zeros: chunk.count)
      let statistics = DistillationStatistics(rows: chunk.count)
      objective.lossAndGradient(
        teacher: teacher, student: chunk.logits, weights: rowWeights, losses: losses, rows: chunk.count,
        vocabulary: chunk.vocabulary, temperature: temperature, statistics: statistics)
      meter.measure(statistics, of: objective)
      return weightedSum(losses, rowWeights)
    }
    meter.report(to: &measures)
  }

  /// The policy gradient of the sampled tokens; a teacher, where there is one, is read for the advantages or as the
  /// reference of a penalty.
  func reinforce(
    _ answers: [Attempt], reading teacher: TeacherReader? = nil, teacherPrompts: [[Int32]]? = nil,
    _ signal: PolicySignal, temperature: Double, measures: inout StepMeasures
  ) throws {
    let lessons = answers.enumerated().map { $1.lesson(teacherPrompt: teacherPrompts?[$0]) }
    var meter = LossMeter(lengths: lessons.map(\.completion.count), classes: tokenClasses)
    try learner.learn(from: lessons, teacher: teacher, temperature: temperature, limit: plan.microBatch) { chunk in
      chunk.normalise(temperature: temperature)
      if let teacher = chunk.teacher {
        meter.measure(chunk, teacher: teacher)
      } else {
        meter.measureStudent(chunk)
      }
      return signal.lossAndGradient(chunk, temperature: temperature, meter: &meter)
    }
    meter.report(to: &measures)
  }
}

/// The weighted divergences of a chunk of positions; the student's logits become the gradient by them.
func distillationLoss(
  _ divergence: Divergence, teacher: Floats, studentLogits: Floats, _ positions: Range<Int>, weights: Floats,
  temperature: Double
) -> Double {
  let rows = positions.count
  let vocabulary = studentLogits.count / rows
  logSoftmax(studentLogits, rows: rows, width: vocabulary, temperature: Float(temperature))
  let losses = Floats(zeros: rows)
  divergence.lossAndGradient(
    teacher: teacher, student: studentLogits, weights: weights[positions], losses: losses, rows: rows,
    vocabulary: vocabulary, temperature: temperature)
  return weightedSum(losses, weights[positions])
}

/// The weighted cross-entropy of a chunk whose student is log-probabilities, which become the gradient by the logits.
func crossEntropyLoss(_ chunk: LossChunk, weights: Floats) -> Double {
  let losses = Floats(zeros: chunk.count)
  let weights = weights[chunk.positions]
  crossEntropyRows(
    chunk.logits, targets: chunk.targets, weights: weights, losses: losses, width: chunk.vocabulary)
  return weightedSum(losses, weights)
}

/// Σ weight · loss, in double.
func weightedSum(_ losses: Floats, _ weights: Floats) -> Double {
  (0..<losses.count).reduce(0.0) { $0 + Double(weights[$1]) * Double(losses[$1]) }
}

extension RunContext {
  /// The student's own answers, moved towards a teacher that reads them behind its own prompts.
  func follow(
    _ answers: [Attempt], teacherPrompts: [[Int32]], _ teacher: TeacherReader, _ signal: DistillationSignal,
    temperature: Double, _ weighting: LossWeighting, measures: inout StepMeasures
  ) throws {
    switch signal {
    case .distribution(let objective):
      try distil(
        zip(answers, teacherPrompts).map { $0.lesson(teacherPrompt: $1) }, from: teacher, objective,
        temperature: temperature, weighting, measures: &measures)
    case .sampledToken:
      try reinforce(
        answers, reading: teacher, teacherPrompts: teacherPrompts,
        PolicySignal(
          answers, advantages: answers.map { _ in 0 }, weighting,
          loss: TokenPolicyLoss(.logProbability, advantage: .teacher)),
        temperature: temperature, measures: &measures)
    }
  }

  /// What the teacher of each answer reads, as tokens.
  func prompts(for answers: [Attempt], _ context: TeacherContext) throws -> [[Int32]] {
    let problems = answers.map(\.problem)
    return try problems.map { try initial.encode(context.prompt(for: $0, of: task, among: problems)) }
  }
}
