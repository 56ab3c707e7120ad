// A world small enough to train in within a second: sums of one digit, and a decoder of some thousand numbers.

import Evaluation
import Evidence
import LanguageModel
import Objectives
import Rollouts
import Synchronization
import Tasks
import Tensors
import Tokenizer
@testable import Training

struct TinyWorld {
  let task: AdditionTask
  let policy: Policy
  let problems: [Problem]
  let method: OPSD

  init(
    contextLength: Int = 64, rollouts: Int = 6, maxTokens: Int = 12, divergence: Divergence = .jsd(beta: 0.5),
    teacher: Teacher.Rule = .fixed, temperature: Double = 1, reduction: Reduction = .sequenceMean
  ) throws {
    task = try AdditionTask(digits: 1...1)
    let vocabulary = try CharacterVocabulary(characters: task.alphabet, endMark: task.endMark)
    policy = Policy(
      parameters: Parameters(
        randomly: Self.shape(vocabulary.count, contextLength: contextLength), seed: 4), vocabulary: vocabulary)
    problems = try task.problems(10, split: .practice, seed: 1)
    method = OPSD(
      divergence: divergence, teacher: teacher, temperature: temperature, reduction: reduction, rollouts: rollouts,
      maxTokens: maxTokens)
  }

  static func shape(_ vocabulary: Int = 18, contextLength: Int = 64) -> DecoderConfiguration {
    DecoderConfiguration(
      vocabulary: vocabulary, width: 16, layers: 2, heads: 2, keyValueHeads: 1, headWidth: 8, feedForward: 24,
      contextLength: contextLength)
  }

  func plan(_ steps: Int, learningRate: Double = 1e-2, isExamined: Bool = false) -> RunPlan {
    RunPlan(
      steps: steps, optimiser: OptimiserSettings(learningRate: learningRate, weightDecay: 0.1), seed: 3,
      examination: isExamined
        ? Examination(task: task, problems: problems, samples: 2, rule: SamplingRule(maxTokens: 8), seed: 2) : nil,
      every: 2)
  }

  func train(_ plan: RunPlan, _ observer: RunObserver = RunObserver()) throws -> TrainingRun {
    try method.train(policy, task: task, problems: problems, plan, observer)
  }
}

/// Weights with which prompts make a difference.
func livelyCopy(_ parameters: Parameters) -> Parameters {
  let copy = parameters.copy()
  for (index, entry) in copy.layout.entries.enumerated() where entry.shape.count == 2 {
    copy[entry] = Floats(
      randomNumbers(entry.count, seed: UInt64(1000 * index), scale: 1.5 / Float(entry.shape[1]).squareRoot()))
  }
  return copy
}

extension TrainingRun {
  /// The bits of what was trained.
  var bits: [UInt32] { policy.weights.trained.values.array.bits }
}

/// A flag that a run's events set and its observer reads.
final class Flag: Sendable {
  private let isSet = Atomic(false)
  func set() { isSet.store(true, ordering: .relaxed) }
  var value: Bool { isSet.load(ordering: .relaxed) }
}
