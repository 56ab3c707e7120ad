// Three recipes go by the name OPSD. Which one a number comes from matters, so each is here with what makes it differ.

package import Rollouts
package import Objectives

/// A published set of settings of OPSD.
package enum OPSDRecipe: String, Sendable, CaseIterable {
  /// The paper of January 2026.
  case paperV1
  /// The authors' program of 3 March 2026.
  case march
  /// The paper and program from 18 March 2026 on.
  case paperV3

  package var divergence: Divergence {
    switch self {
    case .paperV1, .march: .jsd(beta: 0.5)
    case .paperV3: .forwardKL
    }
  }

  package var clip: DistillationObjective.Clip {
    switch self {
    case .paperV1, .march: .none
    case .paperV3: .pointwise(0.05)
    }
  }

  /// T of sampling and loss.
  package var temperature: Double { self == .paperV1 ? 1.2 : 1.1 }

  /// How rollouts are truncated; the loss ignores it.
  package var truncation: Truncation { self == .paperV1 ? .none : Truncation(topK: 20, topP: 0.95) }

  /// The paper takes the mean of each sequence first, the program that of all tokens.
  package var reduction: Reduction { self == .paperV1 ? .sequenceMean : .tokenMean }

  /// What of it is for large models with adapters, and left to whoever trains: in words.
  package var optimiser: String {
    switch self {
    case .paperV1: "learning rate 1e-5 (text) or 2e-5 (its table), cosine, 10 % warm-up; rollouts of 2048 tokens"
    case .march: "learning rate 2e-4, LoRA of rank 64 and alpha 128; rollouts of 1024 to 2048 tokens"
    case .paperV3: "learning rate 5e-6, gradient norm 0.1, LoRA of rank 64 and alpha 128; rollouts of 1024 tokens"
    }
  }

  /// Everything in one line.
  package var summary: String {
    let loss = [DistillationObjective(divergence, clip: clip).name, "T \(temperature)"]
    let rest = [truncation.name ?? "no truncation", reduction.name]
    return (loss + rest).joined(separator: ", ") + ". Not set by it: " + optimiser + "."
  }
}
