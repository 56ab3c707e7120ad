// AdamW, the clipping of the gradient's norm, and schedules of the learning rate.

package import LanguageModel
package import Rollouts
import Tensors

/// How the learning rate goes over the steps.
package enum Schedule: String, Sendable, CaseIterable {
  /// The same at every step after warm-up.
  case constant
  /// Straight down to a twentieth at the last step.
  case linear
  /// Half a cosine down to a twentieth at the last step.
  case cosine

  /// The factor at a step counted from 1, of `steps`, of which the first `warmup` rise linearly.
  func factor(step: Int, of steps: Int, warmup: Int) -> Double {
    if step <= warmup { return Double(step) / Double(warmup) }
    let progress = steps > warmup ? Double(step - warmup) / Double(steps - warmup) : 1
    switch self {
    case .constant: return 1
    case .linear: return 1 - 0.95 * progress
    case .cosine: return 0.05 + 0.95 * (1 + Tensors.cosine(Double.pi * progress)) / 2
    }
  }
}

/// The settings of AdamW.
package struct OptimiserSettings: Sendable, Equatable {
  /// Highest learning rate.
  package var learningRate: Double
  package var schedule: Schedule
  /// Steps over which the rate rises from 0.
  package var warmup: Int
  package var beta1: Double
  package var beta2: Double
  package var epsilon: Double
  /// Decoupled decay of matrices; norm vectors never decay.
  package var weightDecay: Double
  /// The gradient is scaled down to this norm where it is longer.
  package var maxGradientNorm: Double

  package init(
    learningRate: Double = 3e-4, schedule: Schedule = .constant, warmup: Int = 0, beta1: Double = 0.9,
    beta2: Double = 0.95, epsilon: Double = 1e-8, weightDecay: Double = 0, maxGradientNorm: Double = 1
  ) {
    self.learningRate = learningRate
    self.schedule = schedule
    self.warmup = warmup
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.maxGradientNorm = maxGradientNorm
  }

  /// The learning rate at a step counted from 1, of so many.
  func rate(step: Int, of steps: Int) -> Double {
    learningRate * schedule.factor(step: step, of: steps, warmup: warmup)
  }

  /// Throws `SettingError` for numbers with which a step could leave the range of float32, or climb.
  package func validate() throws(SettingError) {
    try SettingError.check("learningRate", learningRate, in: 0...1e6)
    try SettingError.check("warmup", warmup, in: 0...Int.max)
    try SettingError.check("beta1", beta1, in: 0...0.999999)
    try SettingError.check("beta2", beta2, in: 0...0.999999)
    try SettingError.check("epsilon", epsilon, in: 1e-30...1)
    try SettingError.check("weightDecay", weightDecay, in: 0...1e6)
    try SettingError.check("maxGradientNorm", maxGradientNorm, in: 1e-30...1e15)
  }
}

/// AdamW with its two moments of each trained number.
package struct Optimiser {
  let settings: OptimiserSettings
  private let first: Trainable
  private let second: Trainable
  private var step = 0

  package init(_ settings: OptimiserSettings, for trained: Trainable) {
    self.settings = settings
    first = trained.zerosLike()
    second = trained.zerosLike()
  }

  /// The means of the gradient and of its square.
  var moments: (first: Trainable, second: Trainable) { (first, second) }

  /// Goes on after so many steps, whose moments have been put into `moments`.
  mutating func resume(after steps: Int) { step = steps }

  /// Moves what is trained by one step against its gradient, whose norm before clipping is given.
  package mutating func step(_ trained: Trainable, _ gradient: Trainable, norm: Double, rate: Double) {
    step += 1
    // PyTorch's clip_grad_norm_ adds 1e-6 to the norm.
    let scale = min(1, settings.maxGradientNorm / (norm + 1e-6))
    let matrices = 0..<trained.matrixCount
    let vectors = trained.matrixCount..<trained.values.count
    for (range, decay) in [(matrices, settings.weightDecay), (vectors, 0)] {
      adamWStep(
        trained.values[range], gradient.values[range], first.values[range], second.values[range],
        AdamWStep(
          rate: rate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon, weightDecay: decay,
          step: step, gradientScale: scale))
    }
  }
}
