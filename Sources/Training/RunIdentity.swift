// Which run is this? A run goes on from a checkpoint only where everything that its bytes depend on is as it was.

import Checkpoints
import Evaluation
import FoundationEssentials
import LanguageModel
import Rollouts
import Tasks
import Tensors
import Tokenizer

/// Everything that a run's results depend on but the number of its steps: settings by name, as text.
struct RunIdentity: Equatable {
  private(set) var settings: [String: String] = [:]

  /// The identity of a run of `method`, whose every stored property takes part, from these initial weights.
  ///
  /// `material` is what it learns from, such as "problems" and a description of them.
  init(method: Any, initial: Policy, _ plan: RunPlan, material: [String: String]) {
    settings = material
    add(method)
    add(plan.optimiser)
    settings["method"] = "\(type(of: method))"
    settings["seed"] = "\(plan.seed)"
    settings["every"] = "\(plan.every)"
    settings["adapter"] = plan.adapter?.description ?? "none"
    settings["order"] = "\(plan.order)"
    settings["microBatch"] = plan.microBatch.map { "\($0)" } ?? "none"
    settings["evaluateOn"] = plan.examination.map(Self.describe) ?? "nothing"
    add(initial.weights.configuration, prefix: "model.")
    settings["model.characters"] = String(initial.vocabulary.characters)
    settings["model.weights"] = Self.fingerprint(of: initial.weights)
  }

  /// Settings by their names in the program: who adds one to a method cannot forget it here.
  private mutating func add(_ value: Any, prefix: String = "") {
    for (index, child) in Mirror(reflecting: value).children.enumerated() {
      let name = prefix + (child.label ?? "\(index)")
      let style = Mirror(reflecting: child.value).displayStyle
      if let policy = child.value as? Policy {
        settings[name] = Self.fingerprint(of: policy.weights)
      } else if style == .collection || style == .struct,
        !(child.value is any CustomStringConvertible) || style == .collection
      {
        if child.value is any TrainingMethod { settings[name] = "\(type(of: child.value))" }
        add(child.value, prefix: name + ".")
      } else {
        settings[name] = "\(child.value)"
      }
    }
  }

  /// Weights as one short text.
  private static func fingerprint(of weights: Weights) -> String {
    var digest = Fingerprint()
    digest.add(weights.base)
    if let adapter = weights.adapter {
      digest.add(adapter.configuration.description)
      digest.add(adapter)
    }
    return digest.text
  }

  /// Problems of a task as one text: what they are, how many, and a digest of all that is read of them.
  static func describe(_ problems: [Problem], of task: any ReasoningTask) -> String {
    var digest = Fingerprint()
    for problem in problems {
      for text in [
        problem.question, problem.solution, problem.answer, task.studentPrompt(problem), task.teacherPrompt(problem),
      ] { digest.add(text) }
    }
    return "\(problems.count) of \(task.name) (\(digest.text))"
  }

  private static func describe(_ examination: Examination) -> String {
    "\(describe(examination.problems, of: examination.task)), \(examination.samples) samples as "
      + "\(examination.role.rawValue), temperature \(examination.rule.temperature), "
      + "maxTokens \(examination.rule.maxTokens), seed \(examination.seed)"
  }

  // MARK: On disk

  /// The settings as one JSON object.
  var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(settings) else { preconditionFailure("texts can always be encoded") }
    return String(decoding: data, as: UTF8.self)
  }

  /// Throws `CheckpointError` that says what differs, unless a saved run has this identity.
  func check(savedAs text: String, at path: String) throws(CheckpointError) {
    let saved = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    let differences = Set(settings.keys).union(saved?.keys.map(\.self) ?? []).sorted().compactMap { name in
      let (was, now) = (saved?[name] ?? "not there", settings[name] ?? "not there")
      return was == now ? nil : "\(name) was \(was) and is now \(now)"
    }
    guard !differences.isEmpty else { return }
    let more = differences.count > 6 ? ["and \(differences.count - 6) more"] : []
    throw CheckpointError(
      what: "\(path) holds another run", why: (differences.prefix(6) + more).joined(separator: "; "),
      fix: "name another file, or ask for the same run; this one is left as it is")
  }
}
