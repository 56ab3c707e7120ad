// What can be read off a run: numbers of every step and of every examination, each with its name, axis and meaning.

import Display
import Evaluation
import Training

/// A number that is measured in every step, or at examinations.
enum RunQuantity: Hashable {
  case loss, rolloutAccuracy, gradientNorm, learningRate, length, tokens
  case accuracy, teacherAccuracy, drift
  case measure(Measure)

  /// All of them; those of examinations last.
  static let all: [RunQuantity] =
    [.loss, .gradientNorm, .learningRate, .rolloutAccuracy, .length, .tokens] + Measure.allCases.map { .measure($0) }
    + [.accuracy, .teacherAccuracy, .drift]

  /// The quantity of a name.
  init?(name: String) {
    guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  /// How cells call it.
  var name: String {
    switch self {
    case .measure(let measure): measure.rawValue
    default: "\(self)"
    }
  }

  /// Its value in a step; nil where the step did not measure it.
  func value(of record: StepRecord) -> Double? {
    switch self {
    case .loss: record.loss
    case .accuracy, .teacherAccuracy, .drift: nil
    case .rolloutAccuracy: record.rolloutAccuracy
    case .gradientNorm: record.gradientNorm
    case .learningRate: record.learningRate
    case .length: record.meanLength
    case .tokens: Double(record.tokens)
    case .measure(let measure): record.measures[measure]
    }
  }

  /// Its value at an examination; nil where it is none of an examination's.
  func value(of record: EvaluationRecord) -> Double? {
    switch self {
    case .accuracy: record.result.accuracy
    case .teacherAccuracy: record.teacherAccuracy
    case .drift: record.drift
    default: nil
    }
  }

  /// Whether examinations measure it, and not steps.
  var isExamined: Bool { [.accuracy, .teacherAccuracy, .drift].contains(self) }

  /// The title of its axis.
  var axis: Chart.Axis {
    switch self {
    case .loss: Chart.Axis("loss")
    case .accuracy: Chart.Axis("accuracy on the examination", domain: 0...1)
    case .teacherAccuracy: Chart.Axis("accuracy of the teacher", domain: 0...1)
    case .drift: Chart.Axis("KL from the start", unit: "nats/token")
    case .rolloutAccuracy: Chart.Axis("practice rollouts right", domain: 0...1)
    case .gradientNorm: Chart.Axis("gradient norm before clipping")
    case .learningRate: Chart.Axis("learning rate")
    case .length: Chart.Axis("mean rollout length", unit: "tokens")
    case .tokens: Chart.Axis("tokens sampled in a step")
    case .measure(let measure):
      Chart.Axis(measure.words, unit: measure.unit, domain: measure.isShare ? 0...1 : nil)
    }
  }

  /// One line for help.
  var meaning: String {
    switch self {
    case .loss: "The loss of each step, as its method defines it."
    case .accuracy: "The accuracy of each examination."
    case .teacherAccuracy: "The accuracy of the self-teacher, shown its context, at each examination."
    case .drift: "KL(p_S ‖ p_initial) along the student's own answers, at each examination, in nats per token."
    case .rolloutAccuracy: "The share of right practice rollouts of each step."
    case .gradientNorm: "The norm of the gradient of each step, before clipping."
    case .learningRate: "The learning rate of each step."
    case .length: "The mean length of the rollouts of each step, in tokens."
    case .tokens: "The tokens sampled in each step."
    case .measure(let measure): measure.meaning
    }
  }
}

extension Measure {
  /// Its name as words: truncatedShare is truncated share.
  var words: String {
    rawValue.reduce(into: "") { text, character in
      if character.isUppercase, text.last?.isUppercase != true { text += " " }
      text += rawValue.hasSuffix("KL") && character.isUppercase ? String(character) : character.lowercased()
    }
  }
}

/// What runs are plotted against.
enum RunAxis: String, CaseIterable {
  case step, generatedTokens, learntTokens, seconds

  /// Its axis.
  var axis: Chart.Axis {
    switch self {
    case .step: Chart.Axis("step")
    case .generatedTokens: Chart.Axis("generated tokens")
    case .learntTokens: Chart.Axis("tokens learnt from")
    case .seconds: Chart.Axis("time in steps", unit: "s")
    }
  }

  /// One line for help.
  var meaning: String {
    switch self {
    case .step: "Steps of the optimiser."
    case .generatedTokens: "Tokens sampled since the start."
    case .learntTokens: "Tokens at which a loss was taken since the start."
    case .seconds: "Time that the steps took, without examinations; it differs from run to run."
    }
  }
}

extension TrainingRun {
  /// A quantity's course: where it was measured along an axis, its value, and an interval where it has one.
  func course(
    _ quantity: RunQuantity, against axis: RunAxis
  ) -> [(x: Double, value: Double, interval: ClosedRange<Double>?)] {
    var places = [0.0]
    for record in records {
      let width =
        switch axis {
        case .step: 1.0
        case .generatedTokens: Double(record.tokens)
        case .learntTokens: Double(record.learnt)
        case .seconds: record.time.seconds
        }
      places.append(places[places.count - 1] + width)
    }
    if quantity.isExamined {
      return evaluations.compactMap { record in
        quantity.value(of: record).map {
          (places[min(record.step, records.count)], $0, quantity == .accuracy ? record.result.interval : nil)
        }
      }
    }
    return records.enumerated().compactMap { index, record in
      quantity.value(of: record).map { (places[index + 1], $0, nil) }
    }
  }
}
