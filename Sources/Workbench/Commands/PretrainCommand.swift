// `opsd pretrain`: a base model from nothing, in minutes, the same bytes each time.

import ArgumentParser
import Checkpoints
import Evaluation
import FoundationEssentials
import Glibc
import JSONValues
import LanguageModel
import Rollouts
import Tasks
import Tensors
import Training

/// Trains a base on the corpus of a task and measures the gap between student and teacher.
struct PretrainCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "pretrain",
      abstract: "Train a base model on a task's corpus, measure it, and save it.",
      discussion: """
        About half of the corpus is right text in the teacher's format, half is homework of pupils with misconceptions in \
        the student's format. The bases that ship with the kernel are `opsd pretrain FOLDER`, which is addition's, and \
        `opsd pretrain --task NAME FOLDER` for each other task, with nothing else given.

        While it trains, FOLDER/checkpoint.safetensors holds the run: after Ctrl-C or a crash the same command goes on \
        from there, to the same bytes.
        """)
  }

  @Argument(help: "The folder to write: config.json, model.safetensors, vocabulary.json, card.json.")
  var folder: String

  @Option(help: "The task: \(BaseRecipe.names.joined(separator: ", ")).")
  var task = "addition"

  @Option(help: "Steps of training; if not given, those of the base that ships.")
  var steps: Int?

  @Option(help: "Sequences in a step.")
  var sequences = 64

  @Option(help: "The seed of parameters and corpus.")
  var seed: UInt64 = 1

  @Option(help: "Numbers in the residual stream.")
  var width = 96

  @Option(help: "Layers.")
  var layers = 3

  @Option(help: "Tokens that go through the model at a time; a step's all at once if not given.")
  var microBatch: Int?

  @Option(help: "Steps between two checkpoints.")
  var checkpointEvery = 50

  func validate() throws {
    if let microBatch, microBatch < 1 { throw ValidationError("--micro-batch must be at least 1") }
    if checkpointEvery < 1 { throw ValidationError("--checkpoint-every must be at least 1") }
    if !BaseRecipe.names.contains(task) {
      throw ValidationError(
        "there is no task \"\(task)\": --task is one of \(BaseRecipe.names.joined(separator: ", "))")
    }
    if let steps, !(1...1_000_000).contains(steps) { throw ValidationError("--steps must lie between 1 and 1000000") }
    if !(1...4096).contains(sequences) { throw ValidationError("--sequences must lie between 1 and 4096") }
    if !(8...4096).contains(width) || width % 8 != 0 {
      throw ValidationError("--width must be a multiple of 8 between 8 and 4096")
    }
    if seed > UInt64(Int.max) { throw ValidationError("--seed must be at most \(Int.max)") }
    if !(1...64).contains(layers) { throw ValidationError("--layers must lie between 1 and 64") }
  }

  func run() throws {
    do {
      try train()
    } catch is Interruption {
      throw ExitCode(130)
    }
  }

  private func train() throws {
    // Minutes of training are not begun for a folder that cannot be written.
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw ValidationError("the folder \(folder) cannot be made: check that its parent exists and may be written")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else {
      throw ValidationError("the folder \(folder) may not be written")
    }
    guard let recipe = try BaseRecipe(task: task) else { throw ValidationError("there is no task \"\(task)\"") }
    let task = recipe.task
    let steps = steps ?? recipe.steps
    let configuration = DecoderConfiguration(
      vocabulary: task.alphabet.count, width: width, layers: layers, heads: 4, keyValueHeads: 2, headWidth: width / 4,
      feedForward: DecoderConfiguration.usualFeedForward(width: width), rotaryBase: 1e4,
      contextLength: recipe.contextLength)
    try configuration.validate()
    let optimiser = OptimiserSettings(learningRate: 4e-3, schedule: .cosine, warmup: min(50, steps), weightDecay: 0.1)
    let checkpoint = CheckpointPlan(path: "\(folder)/checkpoint.safetensors", every: checkpointEvery)
    let plan = RunPlan(
      steps: steps, optimiser: optimiser, seed: seed, microBatch: microBatch, checkpoint: checkpoint)
    TerminalScreen.stopOnInterrupt()
    let run = try Pretraining(sequences: sequences).train(
      configuration, task: task, plan,
      RunObserver(isInterrupted: { TerminalScreen.isStopped }) { event in
        switch event {
        case .step(let record):
          if record.step % 50 == 0 || record.step == steps {
            note("step \(record.step) of \(steps), loss \(rounded(record.loss))")
          }
        case .resumed(let records, _): note("going on after step \(records.count), from \(checkpoint.path)")
        case .unsaved(let error): note("warning: \(error)")
        case .evaluation: break
        }
      })
    switch run.ending {
    case .complete: break
    case .interrupted:
      if case .saved = run.checkpoint {
        note("stopped after step \(run.records.count) of \(steps); the same command goes on from \(checkpoint.path)")
      }
      throw Interruption()
    case .notFinite(let fault):
      throw ValidationError("\(fault.note): choose another seed or more sequences")
    }

    let heldOut = try task.problems(1000, split: .heldOut, seed: 2)
    var measured: [String: JSON] = [:]
    for role in Role.allCases {
      for (name, temperature) in [("sampled", 1.0), ("greedy", 0.0)] {
        let result = try Examination(
          task: task, problems: heldOut, role: role,
          rule: SamplingRule(temperature: temperature, maxTokens: task.longestCompletion), seed: 3
        )(run.policy, isInterrupted: { TerminalScreen.isStopped })
        let interval = result.interval
        measured["\(role.rawValue), \(name)"] = [
          "accuracy": .double(rounded(result.accuracy)),
          "interval95": [.double(rounded(interval.lowerBound)), .double(rounded(interval.upperBound))],
        ]
        note(
          "\(role.rawValue), \(name): \(rounded(result.accuracy)) right of 1000 held-out problems, 95 % in "
            + "\(rounded(interval.lowerBound))...\(rounded(interval.upperBound))")
      }
    }
    let card: JSON = [
      "task": .string(task.name), "summary": .string(task.summary),
      "recipe": [
        "command": .string(recipe.command), "steps": .int(steps), "sequences": .int(sequences), "seed": .int(Int(seed)),
        "learningRate": 4e-3, "schedule": "cosine", "warmup": .int(min(50, steps)), "weightDecay": 0.1,
      ],
      "heldOutProblems": 1000, "measured": .object(measured),
    ]
    try ModelFolder(weights: run.policy.weights, vocabulary: run.policy.vocabulary, card: card).write(to: folder)
    try? FileManager.default.removeItem(atPath: checkpoint.path)
    note("wrote \(folder)")
  }
}

/// Four decimals are what such measurements carry.
private func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }

/// A line for whoever waits; results go to standard output.
private func note(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  unsafe bytes.withUnsafeBytes { bytes in unsafe _ = Glibc.write(2, bytes.baseAddress, bytes.count) }
}
