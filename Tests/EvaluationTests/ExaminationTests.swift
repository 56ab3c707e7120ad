// Examinations: whom they ask what, how they count, and what they refuse.

import Evaluation
import Evidence
import LanguageModel
import RandomStreams
import Rollouts
import Tasks
import Testing
import Tokenizer

/// A task whose problems are letters: right is an answer that begins with the letter.
private struct LetterTask: ReasoningTask {
  let name = "letters"
  let summary = "Say the letter."
  let alphabet = "abc!$"
  let endMark: Character = "$"
  let longestCompletion = 4

  func problems(_ count: Int, split: Split, seed: UInt64) -> [Problem] {
    (0..<count).map { index in
      let letter = ["a", "b", "c"][index % 3]
      return Problem(id: UInt64(index), question: letter, solution: letter + "$", answer: letter, level: 1)
    }
  }
  func studentPrompt(_ problem: Problem) -> String { problem.question }
  func teacherPrompt(_ problem: Problem, seeing context: PrivilegedContext) -> String { "!" + problem.question }
  func verify(_ completion: String, for problem: Problem) -> Verdict {
    Verdict(
      isCorrect: completion.hasPrefix(problem.answer), isFormatted: completion.hasSuffix("$"), answer: nil)
  }
  func corpusExample(seed: UInt64, index: Int) -> CorpusExample {
    let problem = problems(3, split: .practice, seed: 0)[index % 3]
    return CorpusExample(
      problem: problem, prompt: studentPrompt(problem), completion: problem.solution, format: .student)
  }
}

@Suite struct ExaminationTests {
  private let task = LetterTask()

  private func policy(_ characters: String = "abc!$", contextLength: Int = 32) throws -> Policy {
    Policy(
      parameters: Parameters(
        randomly: DecoderConfiguration(
          vocabulary: characters.count, width: 8, layers: 1, heads: 2, keyValueHeads: 1, headWidth: 4, feedForward: 8,
          contextLength: contextLength), seed: 1),
      vocabulary: try CharacterVocabulary(characters: characters, endMark: "$"))
  }

  private func examination(
    _ count: Int = 7, role: Role = .student, samples: Int = 3, maxTokens: Int = 4, seed: UInt64 = 5
  ) -> Examination {
    Examination(
      task: task, problems: task.problems(count, split: .heldOut, seed: 0), role: role, samples: samples,
      rule: SamplingRule(maxTokens: maxTokens), seed: seed)
  }

  /// The same rollouts drawn one by one from the stated coordinates, and counted here.
  @Test(arguments: Role.allCases, [1, 3])
  func everyAttemptIsDrawnFromItsCoordinatesAndCounted(role: Role, samples: Int) throws {
    let policy = try policy()
    let found = try examination(role: role, samples: samples)(policy)
    var (correct, formatted, tokens, ended) = ([Int](repeating: 0, count: 7), 0, 0, 0)
    for (index, problem) in task.problems(7, split: .heldOut, seed: 0).enumerated() {
      for sample in 0..<samples {
        let rollout = try policy.weights.base.sample(
          [
            RolloutRequest(
              prompt: try policy.encode(role == .student ? problem.question : "!" + problem.question),
              stream: RandomStream(seed: 5, purpose: .evaluation, index, sample))
          ], SamplingRule(maxTokens: 4), end: policy.endToken)[0]
        let text = try policy.decode(rollout.tokens)
        if text.hasPrefix(problem.answer) { correct[index] += 1 }
        if text.hasSuffix("$") { formatted += 1 }
        tokens += rollout.tokens.count
        if rollout.hasEnded { ended += 1 }
      }
    }
    #expect(found.correct == correct && found.formatted == formatted && found.tokens == tokens && found.ended == ended)
    #expect(found.samples == samples && correct.contains { $0 > 0 } && ended > 0)
  }

  @Test func theSeedDecidesAndTheThreadsDoNot() throws {
    let policy = try policy()
    let first = try examination(60)(policy)
    #expect(try examination(60)(policy) == first)
    #expect(try examination(60, seed: 6)(policy) != first)
    for threads in [1, 2, 4] { #expect(try withThreads(threads) { try examination(60)(policy) } == first) }
  }

  @Test func moreProblemsLeaveTheFirstOnesAsTheyWere() throws {
    let policy = try policy()
    #expect(try examination(20)(policy).correct.prefix(7).elementsEqual(try examination(7)(policy).correct))
  }

  @Test func noProblemsAreNoWork() throws {
    let found = try examination(0)(try policy())
    #expect(found.correct.isEmpty && found.tokens == 0 && found.interval == 0...1)
  }

  @Test(arguments: [(0, 4, "samples 0 is not possible"), (-1, 4, "samples -1"), (1, 32, "context is 32 tokens")])
  func whatCannotBeExaminedIsRefused(samples: Int, maxTokens: Int, words: String) throws {
    let policy = try policy()
    let error = #expect(throws: SettingError.self) {
      try examination(samples: samples, maxTokens: maxTokens)(policy)
    }
    #expect(error?.description.contains(words) == true)
  }

  @Test func charactersThatThePolicyDoesNotKnowAreNamed() throws {
    let policy = try policy("ab!$")
    let error = #expect(throws: VocabularyError.self) { try examination()(policy) }
    #expect(error?.description.contains("\"c\" at position 0") == true)
  }

  @Test func itCanBeStopped() throws {
    let policy = try policy()
    #expect(throws: Interruption.self) { try examination()(policy, isInterrupted: { true }) }
  }
}
