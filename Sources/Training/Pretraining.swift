// Pretraining of a base on a task's corpus: next-token cross-entropy on the completions. Student-format and
// teacher-format text stand side by side in it; what a base learns from which is told by the task.

package import LanguageModel
import Rollouts
package import Tasks
import Tokenizer
import Objectives
import Tensors

/// The settings of pretraining.
package struct Pretraining: Sendable, Equatable {
  /// Sequences in a step.
  package var sequences: Int

  package init(sequences: Int = 64) { self.sequences = sequences }

  /// Trains fresh parameters on the corpus of a task.
  ///
  /// Example i of the corpus is used once, in step i / sequences. Throws what `CharacterVocabulary` and the
  /// configuration's `validate` throw, and `SettingError` for settings that cannot be or a context that is too short.
  package func train(
    _ configuration: DecoderConfiguration, task: any ReasoningTask, _ plan: RunPlan, _ observer: RunObserver
  ) throws -> TrainingRun {
    let vocabulary = try CharacterVocabulary(characters: task.alphabet, endMark: task.endMark)
    try plan.validate()
    guard plan.adapter == nil else {
      throw SettingError(
        what: "pretraining an adapter is not possible", why: "it would adapt a model that knows nothing yet",
        fix: "leave the adapter out", setting: "adapter")
    }
    try configuration.validate()
    try SettingError.check("sequences", sequences, in: 1...65_536)
    guard configuration.vocabulary == vocabulary.count else {
      throw SettingError(
        what: "a decoder with a vocabulary of \(configuration.vocabulary) cannot learn this task",
        why: "\(task.name) has \(vocabulary.count) characters", fix: "set vocabulary to \(vocabulary.count)")
    }
    let length = task.longestCompletion + task.corpusExample(seed: plan.seed, index: 0).prompt.count
    try SettingError.checkMemory(
      DecoderPass.bytes(configuration, tokens: sequences * length, for: .training),
      for: "a step of \(sequences) sequences", fix: "choose fewer sequences or a smaller model")
    let initial = Policy(
      parameters: Parameters(randomly: configuration, seed: plan.seed), vocabulary: vocabulary)
    let learner = Learner(
      initial.weights, plan.optimiser, steps: plan.steps, isInterrupted: observer.isInterrupted)
    func current() -> Policy { Policy(weights: learner.weights, vocabulary: vocabulary) }

    return try runSteps(method: "pretraining", plan, observer, current: current) { step in
      var batch = PackedBatch()
      for index in 0..<sequences {
        let example = task.corpusExample(seed: plan.seed, index: (step - 1) * sequences + index)
        let prompt = try initial.encode(example.prompt)
        let completion = try initial.encode(example.completion)
        guard prompt.count + completion.count <= configuration.contextLength else {
          throw SettingError(
            what: "example \((step - 1) * sequences + index) of the corpus does not fit the model",
            why: "it has \(prompt.count + completion.count) tokens and contextLength is \(configuration.contextLength)",
            fix: "choose a longer contextLength")
        }
        batch.append(prompt: prompt, completion: completion)
      }
      let weights = Floats(Reduction.tokenMean.weights(lengths: [batch.targets.count]))
      let update = try learner.update(batch, step: step) { positions, logits in
        let losses = Floats(zeros: positions.count)
        logSoftmax(logits, rows: positions.count, width: vocabulary.count)
        crossEntropyRows(
          logits, targets: Array(batch.targets[positions]), weights: weights[positions], losses: losses,
          width: vocabulary.count)
        return positions.indices.reduce(0.0) { sum, index in
          let row = index - positions.lowerBound
          return sum + Double(weights[index]) * Double(losses[row])
        }
      }
      guard let update else { return nil }
      return StepRecord(
        step: step, loss: update.loss, gradientNorm: update.gradientNorm, learningRate: update.rate, tokens: 0,
        rolloutAccuracy: nil, meanLength: nil)
    }
  }
}
