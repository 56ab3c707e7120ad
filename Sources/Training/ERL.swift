// Experiential reinforcement learning (arXiv 2602.13949, algorithm 1): attempt, feedback, reflection, second attempt. The
// policy gradient goes over all three texts, and second attempts that succeed are learnt from the problem alone, so that
// what a reflection brought is there without it the next time.

package import Objectives
import Checkpoints
import LanguageModel
import Rollouts
import Tasks
import Tensors

/// The settings of ERL.
package struct ERL: TrainingMethod {
  /// Which reflections are shown to later ones.
  package enum MemoryRule: String, Sendable, CaseIterable {
    /// None.
    case none
    /// The last one whose second attempt had a reward of at least the gate.
    case lastSuccess
  }

  package var reward: Reward
  package var feedback: Feedback
  /// τ: attempts with a lower reward are reflected on.
  package var gate: Double
  package var memory: MemoryRule
  /// The weight of learning successful second attempts from the problem alone.
  package var internalisation: Double
  package var temperature: Double
  package var reduction: Reduction
  /// Problems in a step.
  package var groups: Int
  /// First attempts at each problem; their advantages are taken within the problem.
  package var samples: Int
  /// The longest attempt, in tokens; reflections are as long as the task says.
  package var maxTokens: Int

  package init(
    reward: Reward = .verifier, feedback: Feedback = .task, gate: Double = 1, memory: MemoryRule = .lastSuccess,
    internalisation: Double = 1, temperature: Double = 1, reduction: Reduction = .sequenceMean, groups: Int = 8,
    samples: Int = 4, maxTokens: Int
  ) {
    self.reward = reward
    self.feedback = feedback
    self.gate = gate
    self.memory = memory
    self.internalisation = internalisation
    self.temperature = temperature
    self.reduction = reduction
    self.groups = groups
    self.samples = samples
    self.maxTokens = maxTokens
  }

  package var name: String {
    let parts = [
      "ERL G=\(samples)", gate == 1 ? nil : "gate \(gate)", memory == .none ? "no memory" : nil,
      internalisation == 1 ? nil : "internalisation \(internalisation)", reward.name, feedback.name,
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }

  package var formula: String {
    "−E[A log π(y₁|x) + A log π(Δ|x, y₁, f₁, m) + A log π(y₂|x, Δ)] − \(internalisation) E[1(r₂ ≥ τ) log π(y₂|x)]"
  }

  package func validate(_ run: RunMaterial) throws {
    guard let task = run.task as? any ReflectiveTask else {
      throw SettingError(
        what: "ERL on \(run.task.name) is not possible",
        why: "this task has no prompts for a reflection and a second attempt",
        fix: "choose a task that has them, such as calculator", setting: "method")
    }
    guard feedback.words != nil || task.givesFeedback else {
      throw SettingError(
        what: "ERL without feedback is not possible", why: "a reflection is on what the environment said",
        fix: "choose a task that gives feedback, or give one of your own with feedback { problem, text in … }",
        setting: "feedback")
    }
    try run.checkGroups(
      groups, of: samples, because: "a reward is compared with the others of its problem, and one alone has no others")
    try SettingError.check("gate", gate, in: -1e6...1e6)
    try SettingError.check("internalisation", internalisation, in: 0...1e6)
    try run.check(reduction)
    let longest = try run.longest { problem in
      // As long as an attempt, its feedback and a remembered reflection can be.
      let attempt = String(repeating: problem.solution.first ?? "0", count: maxTokens)
      let reflection = String(repeating: problem.solution.first ?? "0", count: task.longestReflection)
      let words = task.feedback(on: "", for: problem) ?? ""
      let first = task.reflectionPrompt(
        problem, attempt: attempt, feedback: words, memory: memory == .none ? nil : reflection)
      let second = task.secondPrompt(problem, reflection: reflection)
      return first.count > second.count ? first : second
    }
    try run.checkOnPolicy(
      sequences: groups * samples * 4, temperature: temperature, maxTokens: max(maxTokens, task.longestReflection),
      longestPrompt: longest)
  }

  package func makeTrainer(_ context: RunContext) throws -> any Trainer {
    guard let task = context.task as? any ReflectiveTask else {
      preconditionFailure("\(context.task.name) was validated as a task to reflect on")
    }
    return ERLTrainer(self, context, task)
  }
}

private final class ERLTrainer: Trainer {
  private let method: ERL
  private let context: RunContext
  private let task: any ReflectiveTask
  /// The remembered reflection as tokens, and before them how many there are.
  private let memory: Floats
  /// What becomes the memory when the step is complete.
  private var remembered: [Int32]?

  init(_ method: ERL, _ context: RunContext, _ task: any ReflectiveTask) {
    self.method = method
    self.context = context
    self.task = task
    memory = Floats(zeros: 1 + task.longestReflection)
  }

  var groups: [String: [NamedArray]] { ["memory": [NamedArray("reflection", shape: [memory.count], memory)]] }

  func learn(step: Int, update: Int, share: Double) throws -> StepMeasures {
    var measures = StepMeasures()
    let student = context.policy
    let rule = SamplingRule(temperature: method.temperature, maxTokens: method.maxTokens)
    let problems = context.problems(step: step, count: method.groups)  // 1: x from the data
    let first = try context.answers(  // 2: y₁ ~ π(·|x)
      to: problems, samples: method.samples, rule, step: step, measures: &measures)
    let firstRewards = try method.reward(first)  // 3: r₁; f₁ below
    measures.numbers[.firstReward] = mean(firstRewards) { $0 }

    let remembers = try recalled()
    var tried: [Int] = []  // 4: the gate: only attempts with r₁ < τ are reflected on
    var prompts: [(problem: Problem, prompt: String)] = []
    for (index, attempt) in first.enumerated() where firstRewards[index] < method.gate {
      guard let words = try method.feedback(attempt, task) else { continue }
      tried.append(index)
      prompts.append(
        (
          attempt.problem,
          task.reflectionPrompt(attempt.problem, attempt: attempt.text, feedback: words, memory: remembers)
        ))
    }
    let reflections = try context.complete(  // 5: Δ ~ π(·|x, y₁, f₁, m)
      prompts, by: student, SamplingRule(temperature: method.temperature, maxTokens: task.longestReflection),
      step: step, phase: 1)
    let second = try context.complete(  // 6: y₂ ~ π(·|x, Δ)
      reflections.map { ($0.problem, task.secondPrompt($0.problem, reflection: $0.text)) }, by: student, rule,
      step: step, phase: 2)
    let secondRewards = try method.reward(second)  // 7: r₂, which is the reflection's reward too
    measures.tokens += (reflections + second).reduce(0) { $0 + $1.rollout.tokens.count }
    measures.numbers[.reflectedShare] = Double(tried.count) / Double(first.count)
    if !second.isEmpty { measures.numbers[.secondReward] = mean(secondRewards) { $0 } }
    if method.memory == .lastSuccess {  // 8: m ← Δ where it helped
      remembered = secondRewards.lastIndex { $0 >= method.gate }.map { reflections[$0].rollout.tokens }
    }

    // 9: the policy gradient over y₁, Δ and y₂, each against the other texts of its kind for the problem
    let advantages = GroupAdvantage.meanOnly(inGroups(firstRewards, of: method.samples))
    measures.count(firstRewards, advantages)
    let later = centred(secondRewards, groups: tried.map { $0 / method.samples })
    try context.reinforce(
      first + reflections + second,
      PolicySignal(
        first + reflections + second, advantages: advantages.values.flatMap(\.self) + later + later,
        LossWeighting(reduction: method.reduction, share: share), loss: TokenPolicyLoss(.logProbability)),
      temperature: method.temperature,
      measures: &measures)

    // 10: −log π(y₂|x): what succeeded after a reflection is learnt without it
    let successes = second.indices.filter { secondRewards[$0] >= method.gate }
    if !second.isEmpty { measures.numbers[.internalisedShare] = Double(successes.count) / Double(second.count) }
    if method.internalisation > 0, !successes.isEmpty {
      try context.imitate(
        successes.map { index in
          Lesson(
            problem: second[index].problem, prompt: first[tried[index]].rollout.prompt,
            completion: second[index].rollout.tokens)
        }, LossWeighting(reduction: method.reduction, share: share * method.internalisation), measures: &measures)
    }
    return measures
  }

  func stepIsComplete(_ step: Int) {
    guard let remembered else { return }
    memory.fill(0)
    memory[0] = Float(remembered.count)
    for (place, token) in remembered.enumerated() { memory[1 + place] = Float(token) }
    self.remembered = nil
  }

  /// The remembered reflection as text; nil before there is one.
  private func recalled() throws -> String? {
    let count = Int(memory[0])
    return count == 0 ? nil : try context.initial.decode((0..<count).map { Int32(memory[1 + $0]) })
  }

  /// Rewards against the mean of their group; 0 for one that is alone.
  private func centred(_ rewards: [Double], groups: [Int]) -> [Double] {
    rewards.indices.map { index in
      let group = rewards.indices.filter { groups[$0] == groups[index] }
      return rewards[index] - mean(group) { rewards[$0] }
    }
  }
}
