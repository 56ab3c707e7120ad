// `opsd bench`: one OPSD step, phase by phase, or the head alone, as one JSON line.

import ArgumentParser
import Display
import FoundationEssentials
import JSONValues
import LanguageModel
import Rollouts
import Tensors
import Training

/// Measures an OPSD step, or the head.
struct BenchCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "bench",
      abstract: "Measure one OPSD step, or the head alone, and print one JSON line.",
      discussion: """
        Samples rollouts of random prompts from the student, scores them under the teacher (a longer prompt, no \
        gradient) and the student, full-vocabulary JSD with β = 0.5, backward, AdamW. Every rollout has its full length; \
        the seconds are medians over the repetitions, after one that is not counted. The memory is that of floats, in \
        MiB, beside the ledger of what a step must hold, and what the system counts as resident.

        With --sweep: the same with a quarter to eight times the length of the rollouts, then of the batch; the last column \
        stays level where the cost grows linearly.

        With --head: the divergence of a teacher and a student at random hidden states and its gradients by the \
        student's and by the head's weights; the extra memory is what is needed beside those, in MiB.
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
  var size: Size?

  @Flag(help: "Measure steps with rollouts of growing length and batches of growing size, and print Markdown tables.")
  var sweep = false

  @Option(help: "With --sweep, the folder for the plots, sweep-length.png and sweep-batch.png.")
  var plots: String?

  @Flag(help: "Measure the head alone.")
  var head = false

  @Option(help: "Tokens of the head's vocabulary.")
  var vocabulary = 151_936

  @Option(help: "Numbers in a hidden state of the head.")
  var width = 1024

  @Option(help: "Positions at which the head is applied.")
  var positions = 1024

  @Option(help: "Threads that take part; all processors if not given.")
  var threads: Int?

  @Option(help: "Repetitions that are measured.")
  var reps = 5

  func validate() throws {
    if head == (size != nil) { throw ValidationError("name a --size, or --head") }
    if sweep, head { throw ValidationError("--sweep is of a --size") }
    if plots != nil, !sweep { throw ValidationError("--plots goes with --sweep") }
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must lie between 1 and 256") }
    if !(1...10_000).contains(reps) { throw ValidationError("--reps must lie between 1 and 10000") }
    for (name, value) in [("vocabulary", vocabulary), ("width", width), ("positions", positions)]
    where !(2...1_000_000).contains(value) {
      throw ValidationError("--\(name) must lie between 2 and 1000000")
    }
  }

  func run() throws {
    let threads = min(threads ?? Workers.shared.threads, Workers.shared.threads)
    Workers.shared.use(threads: threads)
    if sweep, let size { return try measureSweep(size) }
    var line: [String: JSON] = [
      "engine": "opsd", "version": .string(OPSDCommand.version), "threads": .int(threads),
    ]
    line.merge(try size.map(measureStep) ?? measureHead()) { _, new in new }
    print(JSON.object(line).text())
  }

  private func measureStep(_ size: Size) throws -> [String: JSON] {
    let work = size.work
    let start = ResidentMemory.bytes
    var held: [Int] = []
    var resident: [Int?] = []
    let phases = try work.measure(reps, seconds: monotonicSeconds) { _ in
      held.append(FloatMemoryUse.bytes)
      resident.append(ResidentMemory.bytes)
    }
    func seconds(_ phase: (StepBenchmark.Phases) -> Double) -> JSON { rounded(median(phases.map(phase))) }
    let ledger = work.ledger
    let peak = Double(FloatMemoryUse.peakBytes)
    return [
      "size": .string(size.rawValue), "params": .int(ParameterLayout(work.configuration).count),
      "rollout": seconds(\.rollout), "teacher": seconds(\.teacher),
      "student_fwd_bwd": seconds(\.studentForwardBackward), "adamw": seconds(\.adamW), "step": seconds(\.step),
      "rollout_tok_s": .int(Int((Double(work.batch * work.newTokens) / median(phases.map(\.rollout))).rounded())),
      "memory": [
        "weights": mebibytes(ledger.weights), "initial": mebibytes(ledger.initial),
        "gradient": mebibytes(ledger.gradient), "moments": mebibytes(ledger.moments),
        "activations": mebibytes(ledger.activations), "ledger": mebibytes(ledger.total), "peak": mebibytes(peak),
        "over_ledger": .double(((peak / ledger.total - 1) * 1e4).rounded() / 1e4),
        "held_after_second_step": held.dropFirst().first.map { mebibytes(Double($0)) } ?? .null,
        "held_after_last_step": held.last.map { mebibytes(Double($0)) } ?? .null,
        "resident_at_start": mebibytes(start), "resident_peak": mebibytes(ResidentMemory.peakBytes),
        "resident_after_second_step": mebibytes(resident.dropFirst().first ?? nil),
        "resident_after_last_step": mebibytes(resident.last ?? nil),
      ],
    ]
  }

  private func measureSweep(_ size: Size) throws {
    for axis in Sweep.Axis.allCases {
      let sweep = try Sweep(axis, of: size.work, repetitions: reps, seconds: monotonicSeconds)
      print(sweep.table + "\n")
      if let plots {
        try Data(sweep.chart.png()).write(to: URL(filePath: "\(plots)/sweep-\(axis).png"), options: .atomic)
      }
    }
  }

  private func measureHead() throws -> [String: JSON] {
    let work = HeadBenchmark(vocabulary: vocabulary, width: width, positions: positions)
    try SettingError.checkMemory(
      8 * Double(vocabulary) * Double(width) + 12 * Double(positions) * Double(width) + 64e6,
      for: "such a head", fix: "choose a smaller vocabulary, width or number of positions")
    var start: Int?
    let result = try work.measure(reps, seconds: monotonicSeconds) {
      ResidentMemory.forgetPeak()
      start = ResidentMemory.bytes
    }
    var extra: Int?
    if let start, let peak = ResidentMemory.peakBytes { extra = peak - start }
    return [
      "bench": "head", "vocabulary": .int(vocabulary), "width": .int(width), "positions": .int(positions),
      "chunk": .int(work.chunk), "seconds": rounded(median(result.seconds)),
      "extra": mebibytes(Double(result.extraBytes)), "resident_extra": mebibytes(extra),
      "loss": rounded(result.loss),
    ]
  }
}

private func median(_ numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

private func rounded(_ value: Double) -> JSON { .double((value * 1e5).rounded() / 1e5) }

private func mebibytes(_ bytes: Double) -> JSON { .double((bytes / 0x1p20 * 100).rounded() / 100) }

private func mebibytes(_ bytes: Int?) -> JSON { bytes.map { mebibytes(Double($0)) } ?? .null }
