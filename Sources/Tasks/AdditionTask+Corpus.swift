import RandomStreams

extension AdditionTask {
  /// Half the examples are right working under the teacher's prompt, half are a pupil's homework under the student's.
  package func corpusExample(seed: UInt64, index: Int) -> CorpusExample {
    var random = RandomStream(seed: seed, purpose: .corpus, index)
    let addends = practiceAddends(with: &random)
    let problem = addends.problem
    if random.below(2) == 0 {
      return CorpusExample(
        problem: problem, prompt: studentPrompt(problem), completion: pupils.homework(on: addends, with: &random),
        format: .student)
    }
    return CorpusExample(
      problem: problem, prompt: teacherPrompt(problem), completion: problem.solution, format: .teacher)
  }

  /// Addends of the practice split, every level equally likely.
  private func practiceAddends(with random: inout RandomStream) -> Addends {
    let level = digits.lowerBound + random.below(digits.count)
    while true {
      let addends = Addends.random(of: level, with: &random)
      if addends.split == .practice { return addends }
    }
  }
}
