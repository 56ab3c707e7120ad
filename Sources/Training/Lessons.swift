// From sequences to a gradient: whatever the method, the student reads sequences, a teacher may read the same tokens
// behind another prompt, and a loss is taken at every token of the completions, a few positions at a time.

import LanguageModel
import Tasks
import Tensors

/// One sequence that the student learns from.
struct Lesson {
  /// What it is about; named where a number of it is not finite.
  let problem: Problem
  /// What the student reads before the completion.
  let prompt: [Int32]
  /// The tokens at which the loss is taken.
  let completion: [Int32]
  /// What the teacher reads before the same completion; nil where none scores.
  var teacherPrompt: [Int32]?
}

/// Some positions of a step, for a loss: the positions of all lessons are counted one after the other.
struct LossChunk {
  /// Which positions.
  let positions: Range<Int>
  /// The token of the completion at each of them.
  let targets: [Int32]
  /// The student's logits, rows × V; the loss leaves its gradient by them in their place.
  let logits: Floats
  /// The teacher's log-probabilities at the temperature of the lesson, rows × V; nil without a teacher.
  let teacher: Floats?

  /// Rows.
  var count: Int { positions.count }
  /// V.
  var vocabulary: Int { logits.count / positions.count }

  /// Makes the student's logits log-probabilities at a temperature, in place.
  func normalise(temperature: Double) {
    logSoftmax(logits, rows: count, width: vocabulary, temperature: Float(temperature))
  }
}

extension Learner {
  /// Adds some lessons to the step: forward, loss, backward, in micro-batches of at most `limit` tokens.
  ///
  /// `loss` returns the sum of a chunk's weighted losses; the weights are those of the whole step, so that it does not
  /// matter, but for rounding, how the step is cut. Throws what `accumulate` throws.
  func learn(
    from lessons: [Lesson], teacher: TeacherReader? = nil, temperature: Double = 1, limit: Int?,
    loss: (LossChunk) -> Double
  ) throws {
    expect(lessons.map(\.problem))
    var scored = 0
    let read = lessons.map { max($0.prompt.count, $0.teacherPrompt?.count ?? 0) + $0.completion.count - 1 }
    for run in microBatches(tokens: read, limit: limit ?? tokensAtOnce(weights.configuration)) {
      var seenByStudent = PackedBatch()
      var seenByTeacher = PackedBatch()
      for lesson in lessons[run] {
        seenByStudent.append(prompt: lesson.prompt, completion: lesson.completion)
        if teacher != nil {
          seenByTeacher.append(prompt: lesson.teacherPrompt ?? lesson.prompt, completion: lesson.completion)
        }
      }
      try teacher?.read(seenByTeacher)
      let first = scored
      scored += seenByStudent.scored.count
      try accumulate(seenByStudent) { positions, logits in
        loss(
          LossChunk(
            positions: first + positions.lowerBound..<first + positions.upperBound,
            targets: Array(seenByStudent.targets[positions]), logits: logits,
            teacher: teacher?.logProbabilities(positions, temperature: temperature)))
      }
    }
  }
}
