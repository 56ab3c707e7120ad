// Pretraining of a base on a task's corpus: next-token cross-entropy on the completions. Student-format and
// teacher-format text stand side by side in it; what a base learns from which is told by the task.

package import LanguageModel
import Rollouts
package import Tasks
import Checkpoints
import Objectives
import Tensors
import Tokenizer

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
    let length = task.longestCompletion + task.corpusExample(seed: plan.seed, index: 0).prompt.count - 1
    let tokens = try plan.tokensAtATime(sequences: sequences, longest: length)
    try SettingError.checkMemory(
      MemoryLedger(configuration, tokens: tokens).total, for: "a step of \(sequences) sequences",
      fix: "choose fewer sequences, a smaller model, or a microBatch of \(length) tokens or more")
    let initial = Policy(
      parameters: Parameters(randomly: configuration, seed: plan.seed), vocabulary: vocabulary)
    let learner = Learner(
      initial.weights, plan.optimiser, steps: plan.steps, isInterrupted: observer.isInterrupted)
    let identity = RunIdentity(
      method: self, initial: initial, plan, material: ["corpus": describeCorpus(of: task, seed: plan.seed)])
    func current() -> Policy { Policy(weights: learner.weights, vocabulary: vocabulary) }

    return try runSteps(
      method: "pretraining", plan, observer, learner: learner, identity: identity, current: current
    ) { step in
      let examples = (0..<sequences).map { task.corpusExample(seed: plan.seed, index: (step - 1) * sequences + $0) }
      let texts = try examples.enumerated().map { index, example in
        let text = (prompt: try initial.encode(example.prompt), completion: try initial.encode(example.completion))
        guard text.prompt.count + text.completion.count <= configuration.contextLength else {
          throw SettingError(
            what: "example \((step - 1) * sequences + index) of the corpus does not fit the model",
            why: "it has \(text.prompt.count + text.completion.count) tokens and contextLength is "
              + "\(configuration.contextLength)", fix: "choose a longer contextLength")
        }
        return text
      }
      let weights = LossWeighting(reduction: .tokenMean).weights(lengths: texts.map(\.completion.count))
      learner.begin(step: step)
      try learner.learn(
        from: zip(examples, texts).map { Lesson(problem: $0.problem, prompt: $1.prompt, completion: $1.completion) },
        limit: plan.microBatch
      ) { chunk in
        chunk.normalise(temperature: 1)
        return crossEntropyLoss(chunk, weights: weights)
      }
      let update = try learner.finish()
      return StepRecord(
        step: step, loss: update.loss, gradientNorm: update.gradientNorm, learningRate: update.rate,
        StepMeasures(learnt: texts.reduce(0) { $0 + $1.completion.count }))
    }
  }

  /// A corpus as one text: a digest of its beginning.
  private func describeCorpus(of task: any ReasoningTask, seed: UInt64) -> String {
    var digest = Fingerprint()
    for index in 0..<256 {
      let example = task.corpusExample(seed: seed, index: index)
      digest.add(example.prompt)
      digest.add(example.completion)
    }
    return "\(task.name) (\(digest.text))"
  }
}
