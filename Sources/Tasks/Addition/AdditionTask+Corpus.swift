import RandomStreams

extension AdditionTask {
  /// Half the examples are right working under the teacher's prompt, half are a pupil's homework under the student's.
  package func corpusExample(seed: UInt64, index: Int) -> CorpusExample {
    var random = RandomStream(seed: seed, purpose: .corpus, index)
    let addends = draw.practice(with: &random)
    let problem = addends.problem
    if random.below(2) == 0 {
      return CorpusExample(
        problem: problem, prompt: studentPrompt(problem), completion: pupils.homework(on: addends, with: &random),
        format: .student)
    }
    return CorpusExample(
      problem: problem, prompt: teacherPrompt(problem), completion: problem.solution, format: .teacher)
  }
}
