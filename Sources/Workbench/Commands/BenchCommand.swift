// `opsd bench`: one OPSD step, phase by phase, as one JSON line.

import ArgumentParser
import JSONValues
import LanguageModel
import Tensors
import Training

/// Measures an OPSD step.
struct BenchCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "bench",
      abstract: "Measure one OPSD step and print one JSON line.",
      discussion: """
        Samples rollouts of random prompts from the student, scores them under the teacher (a longer prompt, no \
        gradient) and the student, full-vocabulary JSD with β = 0.5, backward, AdamW. Every rollout has its full length; \
        the seconds are medians over the repetitions, after one that is not counted.
        """)
  }

  /// Shapes: vocabulary, width, layers, heads, key-value heads, head width, feed-forward; batch, student's prompt,
  /// teacher's prompt, new tokens.
  enum Size: String, CaseIterable, ExpressibleByArgument {
    case nano, small, mid

    var work: StepBenchmark {
      switch self {
      case .nano:
        Self.work(128, 128, 4, 4, 2, 32, 384, batch: 16, prompts: (32, 96), newTokens: 64)
      case .small:
        Self.work(4096, 384, 8, 6, 2, 64, 1024, batch: 8, prompts: (64, 192), newTokens: 128)
      case .mid:
        Self.work(16384, 768, 12, 12, 4, 64, 2048, batch: 4, prompts: (64, 192), newTokens: 128)
      }
    }

    private static func work(
      _ vocabulary: Int, _ width: Int, _ layers: Int, _ heads: Int, _ keyValueHeads: Int, _ headWidth: Int,
      _ feedForward: Int, batch: Int, prompts: (Int, Int), newTokens: Int
    ) -> StepBenchmark {
      StepBenchmark(
        configuration: DecoderConfiguration(
          vocabulary: vocabulary, width: width, layers: layers, heads: heads, keyValueHeads: keyValueHeads,
          headWidth: headWidth, feedForward: feedForward),
        batch: batch, studentPrompt: prompts.0, teacherPrompt: prompts.1, newTokens: newTokens)
    }
  }

  @Option(help: "The size of model and batch: nano, small or mid.")
  var size: Size

  @Option(help: "Threads that take part; all processors if not given.")
  var threads: Int?

  @Option(help: "Steps that are measured.")
  var reps = 5

  func validate() throws {
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must lie between 1 and 256") }
    if !(1...10_000).contains(reps) { throw ValidationError("--reps must lie between 1 and 10000") }
  }

  func run() throws {
    let threads = min(threads ?? Workers.shared.threads, Workers.shared.threads)
    Workers.shared.use(threads: threads)
    let work = size.work
    let phases = try work.measure(reps, seconds: monotonicSeconds)
    func median(_ phase: KeyPath<StepBenchmark.Phases, Double>) -> Double {
      let sorted = phases.map { $0[keyPath: phase] }.sorted()
      let middle = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
    func seconds(_ phase: KeyPath<StepBenchmark.Phases, Double>) -> JSON {
      .double((median(phase) * 1e5).rounded() / 1e5)
    }
    let line: JSON = [
      "engine": "opsd", "version": .string(OPSDCommand.version), "size": .string(size.rawValue),
      "params": .int(ParameterLayout(work.configuration).count), "threads": .int(threads),
      "rollout": seconds(\.rollout), "teacher": seconds(\.teacher),
      "student_fwd_bwd": seconds(\.studentForwardBackward), "adamw": seconds(\.adamW), "step": seconds(\.step),
      "rollout_tok_s": .int(Int((Double(work.batch * work.newTokens) / median(\.rollout)).rounded())),
    ]
    print(line.text())
  }
}
