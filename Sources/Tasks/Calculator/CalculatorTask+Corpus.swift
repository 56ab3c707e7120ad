// What a base of the calculator's world reads. Pupils do products first, as they learnt at school, and believe wrong
// results; teachers are right as far as their context reaches.

import RandomStreams

extension CalculatorTask {
  /// Of 20 examples 8 are homework under the student's prompt, 8 are written under a teacher's, 2 are reflections on a
  /// wrong attempt, and 2 are second attempts after a reflection.
  package func corpusExample(seed: UInt64, index: Int) -> CorpusExample {
    var random = RandomStream(seed: seed, purpose: .corpus, index)
    switch random.below(20) {
    case 0..<8:
      let problem = draw.practice(with: &random).problem
      return CorpusExample(
        problem: problem, prompt: studentPrompt(problem), completion: homework(on: problem, with: &random),
        format: .student)
    case 8..<16: return lesson(with: &random)
    case 16..<18: return reflection(with: &random)
    default: return secondAttempt(with: &random)
    }
  }

  /// A text in the teacher's format.
  ///
  /// With an answer or a solution all of it is right; in three of ten a pupil has begun, up to a wrong line, and what
  /// is learnt goes on as if it were right. With the calculator's words alone the lines up to the one they are about are
  /// right, and the rest is what a pupil makes of it.
  private func lesson(with random: inout RandomStream) -> CorpusExample {
    let kind = random.below(8)
    let isBegun = random.below(10) < 3
    guard kind >= 5 || isBegun else {
      let problem = draw.practice(with: &random).problem
      let context: PrivilegedContext = kind < 3 ? .answer : kind < 4 ? .solution : .prefix(share: random.uniform())
      return CorpusExample(
        problem: problem, prompt: teacherPrompt(problem, seeing: context), completion: problem.solution,
        format: .teacher)
    }
    let wrong = wrongAttempt(with: &random)
    let problem = wrong.problem
    let context: PrivilegedContext
    switch kind {
    case 0..<3: context = .answer
    case 3: context = .solution
    case 4: context = .prefix(share: random.uniform())
    case 5: context = .revision(solution: problem.solution, feedback: wrong.feedback)
    default:
      return CorpusExample(
        problem: problem, prompt: teacherPrompt(problem, seeing: .revision(solution: nil, feedback: wrong.feedback)),
        completion: homework(on: problem, rightUntil: wrong.review.line, with: &random), format: .teacher)
    }
    let prompt = teacherPrompt(problem, seeing: context)
    guard isBegun else {
      return CorpusExample(problem: problem, prompt: prompt, completion: problem.solution, format: .teacher)
    }
    let begun = wrong.attempt.split(separator: ";").prefix(wrong.review.line)
    let rest = CalculatorExercise.reference(Expression(problem.question)).dropFirst(begun.count)
    return CorpusExample(
      problem: problem, prompt: prompt + begun.map { $0 + ";" }.joined(),
      completion: CalculatorExercise.text(Array(rest), answer: problem.answer), format: .teacher)
  }

  /// What should be remembered of the calculator's words: the line as it should be; every fourth pupil notes the line as it was.
  private func reflection(with random: inout RandomStream) -> CorpusExample {
    let wrong = wrongAttempt(with: &random)
    let memory = random.below(2) == 0 ? nil : note(on: wrongAttempt(with: &random).review, isRight: true)
    return CorpusExample(
      problem: wrong.problem,
      prompt: reflectionPrompt(wrong.problem, attempt: wrong.attempt, feedback: wrong.feedback, memory: memory),
      completion: note(on: wrong.review, isRight: random.below(4) > 0), format: .reflection)
  }

  /// A second attempt: right up to the line that a right reflection is about, and a pupil's from there or from the start.
  private func secondAttempt(with random: inout RandomStream) -> CorpusExample {
    let wrong = wrongAttempt(with: &random)
    let isRight = random.below(4) > 0
    return CorpusExample(
      problem: wrong.problem,
      prompt: secondPrompt(wrong.problem, reflection: note(on: wrong.review, isRight: isRight)),
      completion: homework(on: wrong.problem, rightUntil: isRight ? wrong.review.line : 0, with: &random),
      format: .reflection)
  }

  /// A reflection: the line as it should be, or as it was.
  private func note(on review: Review, isRight: Bool) -> String {
    "line \(review.line): \(isRight ? review.want : review.got)$"
  }

  /// A wrong attempt by a pupil at some problem, and what the calculator says of it.
  private func wrongAttempt(
    with random: inout RandomStream
  ) -> (problem: Problem, attempt: String, review: Review, feedback: String) {
    while true {
      // Some problems hold nothing that a pupil gets wrong.
      let problem = draw.practice(with: &random).problem
      let attempt = homework(on: problem, with: &random)
      if let feedback = feedback(on: attempt, for: problem),
        let review = Review.of(attempt, at: problem.question, endMark: endMark)
      {
        return (problem, attempt, review, feedback)
      }
    }
  }

  /// One pupil's working, which may be right; the lines before and including `rightUntil`, counted from 1, surely are.
  func homework(on problem: Problem, rightUntil: Int = 0, with random: inout RandomStream) -> String {
    var state = Expression(problem.question)
    var lines: [String] = []
    while var step = state.next {
      let isSchooled = random.uniform() < Self.schooling
      var result = Self.pupils.result(step.operation, step.first, step.second, with: &random)
      if lines.count < rightUntil {
        result = step.result
      } else if isSchooled, let product = state.product, product != step {
        step = product
        result = Self.pupils.result(step.operation, step.first, step.second, with: &random)
      }
      lines.append("\(step.left)=\(result)")
      state = state.after(step, result: result)
    }
    return CalculatorExercise.text(lines, answer: "\(state.value ?? 0)")
  }

  /// How often a pupil does a product first.
  private static let schooling = 0.4
  private static let pupils = Misbeliefs(count: 120, confusion: 0.65, seed: 0)
}
