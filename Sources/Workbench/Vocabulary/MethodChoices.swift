// From the method that a cell named to the settings of Training.

import CellLanguage
import Objectives
import Rollouts
import Tasks
import Tensors
import Training

/// What a cell is about when it names a method.
struct MethodSetting {
  let task: any ReasoningTask
  let context: CellContext
}

/// A method, or one that was made a value of its own.
let methodType = ValueType.either([.choice(methodEnumeration), .object("Method")])

/// The method that a label of this type holds.
func methodArgument(_ value: Value, _ setting: MethodSetting) throws -> any TrainingMethod {
  switch value {
  case .choice(let choice): return try trainingMethod(choice, setting)
  case .object(let object):
    if let method = object as? MethodObject { return try trainingMethod(method.choice, setting) }
  default: break
  }
  throw CellFailure("`method` is \(value.debugDescribed(limit: 60))", "a method is wanted", fix: "Write .opsd().")
}

/// The method that a cell named.
func trainingMethod(_ choice: Choice, _ setting: MethodSetting) throws -> any TrainingMethod {
  let given = choice.arguments
  func maxTokens() throws -> Int { try given.maxTokens(for: setting.task) }
  func temperature() throws -> Double { try given.real("temperature") }
  func reduction() throws -> Reduction { try Reduction(given.choice("reduction")) }
  func positions() throws -> PositionWeights { try PositionWeights(given.choice("positions")) }
  func teacher() throws -> Teacher.Rule { try Teacher.Rule(given.choice("teacher")) }
  func context() throws -> TeacherContext { try teacherContext(given.value("context"), setting) }
  func reward() throws -> Reward { try rewardArgument(given.value("reward"), setting) }
  func feedback() throws -> Feedback { try feedbackArgument(given.value("feedback"), setting) }
  switch choice.name {
  case "sampledToken":
    return SampledTokenOPSD(
      teacher: try teacher(), context: try context(), temperature: try temperature(), reduction: try reduction(),
      positions: try positions(), rollouts: try given.int("rollouts"), maxTokens: try maxTokens())
  case "sft":
    let source = try SolutionSource(given.choice("solutions"))
    if source == .reference {
      try given.refuse(["context", "temperature", "maxTokens"], because: "reference solutions are taken as they are")
    }
    return SFT(
      solutions: source, context: try context(),
      temperature: try temperature(), reduction: try reduction(), sequences: try given.int("sequences"),
      maxTokens: try maxTokens())
  case "distillation":
    let source = try SolutionSource(given.choice("solutions"))
    if source == .reference {
      try given.refuse(["maxTokens"], because: "reference solutions are taken as they are")
    }
    return SupervisedDistillation(
      objective: try objective(given), solutions: source,
      teacher: try teacher(), context: try context(), temperature: try temperature(), reduction: try reduction(),
      positions: try positions(), sequences: try given.int("sequences"), maxTokens: try maxTokens())
  case "opd":
    var signal = DistillationSignal.sampledToken
    if case .null = try given.value("divergence") {
    } else {
      signal = .distribution(DistillationObjective(try divergenceArgument(given.value("divergence"))))
    }
    return OPD(
      teacher: try given.object("teacher", as: ModelObject.self).policy, signal: signal,
      temperature: try temperature(), reduction: try reduction(), positions: try positions(),
      rollouts: try given.int("rollouts"), maxTokens: try maxTokens())
  case "grpo":
    var clip: TokenPolicyLoss.Surrogate?
    if case .choice(let ratio) = try given.value("clip") {
      clip = .clippedRatio(low: try ratio.arguments.real("low"), high: try ratio.arguments.real("high"))
    }
    return GRPO(
      reward: try reward(), advantage: try GroupAdvantage(given.choice("advantage")), ratioClip: clip,
      klCoefficient: try given.real("klCoefficient"), temperature: try temperature(), reduction: try reduction(),
      groups: try given.int("groups"), samples: try given.int("samples"), updates: try given.int("updates"),
      maxTokens: try maxTokens())
  case "sdpo":
    let named = try given.choice("level")
    let level: SDPO.Level =
      switch named.name {
      case "token": .token
      case "sequence": .sequence
      default: .logit(try objective(named.arguments))
      }
    return SDPO(
      level: level, teacher: try teacher(), reward: try reward(), feedback: try feedback(),
      successReward: try given.real("successReward"), grpoShare: try given.real("grpoShare"),
      temperature: try temperature(), reduction: try reduction(), groups: try given.int("groups"),
      samples: try given.int("samples"), maxTokens: try maxTokens())
  case "erl":
    return ERL(
      reward: try reward(), feedback: try feedback(), gate: try given.real("gate"),
      memory: try given.choice("memory").name == "none" ? .none : .lastSuccess,
      internalisation: try given.real("internalisation"), temperature: try temperature(), reduction: try reduction(),
      groups: try given.int("groups"), samples: try given.int("samples"), maxTokens: try maxTokens())
  case "mixture": return try mixture(given, setting)
  default: return try opsd(given, setting)
  }
}

private func opsd(_ given: Arguments, _ setting: MethodSetting) throws -> OPSD {
  var method = OPSD(
    teacher: try Teacher.Rule(given.choice("teacher")),
    context: try teacherContext(given.value("context"), setting),
    positions: try PositionWeights(given.choice("positions")), verification: try given.real("verification"),
    rollouts: try given.int("rollouts"), maxTokens: try given.maxTokens(for: setting.task))
  method.objective = try objective(given)
  method.temperature = try given.real("temperature")
  method.reduction = try Reduction(given.choice("reduction"))
  method.truncation.topP = try given.real("topP")
  if case .int(let count) = try given.value("topK") { method.truncation.topK = count }
  // A recipe stands in for what was not given.
  if case .choice(let named) = try given.value("recipe"), let recipe = OPSDRecipe(rawValue: named.name) {
    if !given.isGiven("divergence") { method.objective.divergence = recipe.divergence }
    if !given.isGiven("clip") { method.objective.clip = recipe.clip }
    if !given.isGiven("temperature") { method.temperature = recipe.temperature }
    if !given.isGiven("reduction") { method.reduction = recipe.reduction }
    if !given.isGiven("topK") { method.truncation.topK = recipe.truncation.topK }
    if !given.isGiven("topP") { method.truncation.topP = recipe.truncation.topP }
  }
  return method
}

private func mixture(_ given: Arguments, _ setting: MethodSetting) throws -> Mixture {
  let parts = try given.array("parts").map { try methodArgument($0, setting) }
  var weights = try given.array("weights").compactMap(\.number)
  if weights.isEmpty { weights = parts.map { _ in 1 } }
  guard weights.count == parts.count else {
    throw CellFailure(
      "\(parts.count) methods have \(weights.count) weights", "each has one",
      fix: "Write as many weights as methods, as in .mixture(.opsd(), .sft(), weights: [1, 0.1]).",
      argument: "weights", kind: .wrongArgument)
  }
  return Mixture(zip(parts, weights).map { Mixture.Part($0, weight: $1) })
}

extension Arguments {
  /// Throws where one of these labels was given, though it would change nothing.
  func refuse(_ labels: [String], because why: String) throws(CellFailure) {
    for label in labels where isGiven(label) {
      throw CellFailure(
        "`\(label)` would change nothing here", why, fix: "Leave it out.", argument: label, kind: .wrongArgument)
    }
  }
}

// MARK: Settings

private func objective(_ given: Arguments) throws -> DistillationObjective {
  DistillationObjective(
    try divergenceArgument(given.value("divergence")), support: try .init(given.choice("support")),
    clip: try .init(given.choice("clip")))
}

extension Reduction {
  fileprivate init(_ choice: Choice) throws {
    switch choice.name {
    case "tokenMean": self = .tokenMean
    case "fixedLength": self = .fixedLength(try choice.arguments.int("tokens"))
    default: self = .sequenceMean
    }
  }
}

extension PositionWeights {
  fileprivate init(_ choice: Choice) throws {
    let given = choice.arguments
    switch choice.name {
    case "late":
      self = .late(
        minimum: try given.real("minimum"), centre: try given.real("centre"), scale: try given.real("scale"))
    case "first": self = .first(try given.int("count"))
    case "skip": self = .skip(try given.int("count"))
    default: self = .uniform
    }
  }
}

extension DistillationObjective.Support {
  fileprivate init(_ choice: Choice) throws {
    guard choice.name == "topK" else {
      self = .full
      return
    }
    let given = choice.arguments
    let rest: SupportNormalisation =
      switch try given.choice("rest").name {
      case "drop": .full
      case "tail": .tail
      default: .renormalised
      }
    self = .topK(try given.int("k"), of: try given.choice("of").name == "student" ? .student : .teacher, rest)
  }
}

extension DistillationObjective.Clip {
  fileprivate init(_ choice: Choice) throws {
    switch choice.name {
    case "pointwise": self = .pointwise(try choice.arguments.real("threshold"))
    case "token": self = .perToken(try choice.arguments.real("threshold"))
    default: self = .none
    }
  }
}

extension GroupAdvantage {
  init(_ choice: Choice) {
    switch choice.name {
    case "centred": self = .meanOnly
    case "batchStandardised": self = .batchStandardised()
    default: self = .groupStandardised()
    }
  }
}

extension SolutionSource {
  fileprivate init(_ choice: Choice) throws {
    self = choice.name == "teacher" ? .teacher(verified: try choice.arguments.bool("verified")) : .reference
  }
}

extension Teacher.Rule {
  fileprivate init(_ choice: Choice) throws {
    switch choice.name {
    case "live": self = .live
    case "ema": self = .ema(decay: try choice.arguments.real("decay"))
    case "trustRegion": self = .trustRegion(share: try choice.arguments.real("share"))
    default: self = .fixed
    }
  }
}
