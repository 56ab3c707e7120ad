// The methods that `train` takes, as cells name them; what each does stands in Training, one file a method.

import CellLanguage
import Display
import Objectives
import Tasks
import Training

// MARK: Settings that several methods have

private func whole(_ label: String, _ standard: Int, upTo most: Int, _ help: String) -> Parameter {
  Parameter(label, .int(.within(1...most)), default: .int(standard), help: help)
}

private let rollouts = whole("rollouts", 64, upTo: 4096, "Problems in a step, each answered once by the student.")
private let sequences = whole("sequences", 64, upTo: 4096, "Problems in a step, one solution of each.")
private let groups = whole("groups", 8, upTo: 4096, "Problems in a step.")
private let samplingTemperature = Parameter(
  "temperature", .real(.above(0, upTo: 10)), default: 1.0,
  help: "T of sampling; the logits of the loss are divided by it too.")
private let teacher = Parameter(
  "teacher", .choice(teacherEnumeration), default: .implicit("fixed"), help: "Which weights the teacher scores with.")
private let context = Parameter(
  "context", .either([.choice(contextEnumeration), .object("TeacherContext")]), default: .implicit("answer"),
  help: "What the teacher is shown beside the problem; teacherContext { problem, others in … } makes one of your own.")
private let positions = Parameter(
  "positions", .choice(positionEnumeration), default: .implicit("uniform"), help: "How much each position counts.")
private let support = Parameter(
  "support", .choice(supportEnumeration), default: .implicit("full"), help: "Which tokens the divergence looks at.")
private let clip = Parameter(
  "clip", .choice(clipEnumeration), default: .implicit("none"), help: "How large summands of the divergence may be.")
private let reward = Parameter(
  "reward", .optional(.object("Reward")),
  help: "What an answer is worth, from reward { problem, text in … }; nil: 1 where the verifier finds it right, else 0."
)
private let feedback = Parameter(
  "feedback", .optional(.object("Feedback")),
  help: "What the environment says to an answer, from feedback { problem, text in … }; nil: what the task says.")
private func divergence(_ standard: String, _ help: String) -> Parameter {
  Parameter(
    "divergence", divergenceType, default: .implicit(standard),
    help: help + "; divergence(\"name\") { p, q in … } makes one of your own.")
}
private func reduction(_ standard: String) -> Parameter {
  Parameter(
    "reduction", .choice(reductionEnumeration), default: .implicit(standard), help: "How positions become one loss.")
}

private let reductionEnumeration = Enumeration(
  "Reduction", summary: "How positions become one loss.",
  cases: [
    .init(
      "sequenceMean", summary: "Mean over the tokens of each sequence, then over sequences (the OPSD paper; GRPO)."),
    .init("tokenMean", summary: "Mean over all tokens of the step (the authors' program; DAPO)."),
    .init(
      "fixedLength", [Parameter("_", name: "tokens", .int(.within(1...100_000)), unit: "tokens", help: "The length.")],
      summary: "Sum over the tokens, divided by sequences and a fixed length (Dr. GRPO): no length is favoured."),
  ])

private let positionEnumeration = Enumeration(
  "Positions", summary: "How much each position of a rollout counts.",
  cases: [
    .init("uniform", summary: "All the same."),
    .init(
      "late",
      [
        Parameter("minimum", .real(.within(0...1)), default: 0.25, help: "The weight at the beginning."),
        Parameter("centre", .real(.within(0...1)), default: 0.3, help: "Where it rises, as a share of the length."),
        Parameter("scale", .real(.above(0, upTo: 10)), default: 0.1, help: "How slowly it rises."),
      ], summary: "Later positions count more, along a sigmoid (PW-OPSD, arXiv 2605.21606)."),
    .init(
      "first", [Parameter("_", name: "count", .int(.within(1...100_000)), unit: "tokens", help: "How many.")],
      summary: "The first positions alone."),
    .init(
      "skip", [Parameter("_", name: "count", .int(.within(1...100_000)), unit: "tokens", help: "How many.")],
      summary: "All but the first positions (SDFT skips 3)."),
  ])

private let supportEnumeration = Enumeration(
  "Support", summary: "Which tokens of the vocabulary the divergence looks at.",
  cases: [
    .init("full", summary: "All of them."),
    .init(
      "topK",
      [
        Parameter("_", name: "k", .int(.within(1...1_000_000)), unit: "tokens", help: "How many."),
        Parameter(
          "of",
          .choice(
            Enumeration(
              "TopKOwner", summary: "Whose likeliest tokens.",
              cases: [.init("teacher", summary: "The teacher's."), .init("student", summary: "The student's.")])),
          default: .implicit("teacher"), help: "Whose likeliest tokens."),
        Parameter(
          "rest",
          .choice(
            Enumeration(
              "TopKRest", summary: "What becomes of the other tokens.",
              cases: [
                .init("renormalise", summary: "Both are renormalised over the k tokens; no gradient elsewhere."),
                .init("drop", summary: "Probabilities stay as they are, the rest is left out (verl)."),
                .init("tail", summary: "The rest is one more token, the tail (SDPO)."),
              ])), default: .implicit("renormalise"), help: "What becomes of the other tokens."),
      ], summary: "The k likeliest tokens at each position."),
  ])

private let clipEnumeration = Enumeration(
  "Clip", summary: "How large summands of the divergence may be.",
  cases: [
    .init("none", summary: "As large as they are."),
    .init(
      "pointwise", [Parameter("_", name: "threshold", .real(.above(0, upTo: 1e6)), unit: "nats", help: "τ.")],
      summary: """
        min(summand, τ) for every token of the vocabulary (the OPSD paper). It takes the clipped tokens out of the \
        teacher's target, and may turn the update around: watch clippedShare and keptTeacherMass.
        """),
    .init(
      "token", [Parameter("_", name: "threshold", .real(.above(0, upTo: 1e6)), unit: "nats", help: "τ.")],
      summary: "min(divergence, τ) at every position; no gradient where it is larger."),
  ])

/// What a teacher can be shown.
let contextEnumeration = Enumeration(
  "PrivilegedContext", summary: "What the teacher is shown beside the problem.",
  cases: [
    .init("none", summary: "Nothing: it reads what the student reads."),
    .init("answer", summary: "The reference answer."),
    .init("wrongAnswer", summary: "An answer that is close and wrong."),
    .init("solution", summary: "The reference solution."),
    .init("wrongSolution", summary: "A solution that is wrong."),
    .init(
      "prefix", [Parameter("_", name: "share", .real(.within(0...1)), help: "Which share of it.")],
      summary: "The beginning of the reference solution."),
    .init("otherProblem", summary: "The answer of another problem of the same step."),
  ])

/// Which weights a teacher has; what each is stands in Training.
private let teacherEnumeration = Enumeration(
  "Teacher", summary: "Which of the student's own weights the teacher scores with.",
  cases: [
    .init(
      "fixed",
      summary: "Those before the first step (the paper); with a fresh adapter, the model with the adapter off."),
    .init(
      "live",
      summary: "Those of the student before each step: both move, and nothing keeps them from forgetting together."),
    .init(
      "ema",
      [
        Parameter(
          "decay", .real(.within(0..<1)), default: 0.99, help: "The share of the average that stays in each step.")
      ],
      summary: """
        The average ē of the student's weights w: ē begins with those before the first step, and after each step \
        ē ← decay · ē + (1 − decay) · w. It is kept of full weights; an adapter enters it merged.
        """),
    .init(
      "trustRegion",
      [
        Parameter(
          "share", .real(.above(0, upTo: 0.999999)), default: 0.1, help: "The share of the student's logits.")
      ],
      summary: "Logits (1 − share) · z_initial + share · z_student, both reading as the teacher (arXiv 2601.20802)."),
  ])

private let solutionEnumeration = Enumeration(
  "Solutions", summary: "Who writes the sequences.",
  cases: [
    .init("reference", summary: "The data: the reference solutions."),
    .init(
      "teacher",
      [
        Parameter(
          "verified", .bool, default: false, help: "Whether only solutions that the verifier lets pass are learnt from."
        )
      ], summary: "The model itself at its initial weights, shown the context, anew in every step."),
  ])

let advantageEnumeration = Enumeration(
  "Advantage", summary: "How the rewards of a group become advantages.",
  cases: [
    .init("standardised", summary: "Against the group's mean, divided by its standard deviation (GRPO)."),
    .init("centred", summary: "Against the group's mean alone (Dr. GRPO)."),
    .init("batchStandardised", summary: "Against the group's mean, divided by the standard deviation of the step."),
  ])

private let levelEnumeration = Enumeration(
  "Level", summary: "At which level SDPO compares teacher and student.",
  cases: [
    .init(
      "logit", [divergence("jsd", "D, at every position"), support, clip],
      summary: "The divergence of their distributions."),
    .init("token", summary: "The log-ratio of the sampled token, as its advantage."),
    .init("sequence", summary: "The mean log-ratio of a rollout's tokens, as the advantage of all of them."),
  ])

private let recipeEnumeration = Enumeration(
  "Recipe", summary: "Three recipes go by the name OPSD: which one a number comes from matters.",
  cases: OPSDRecipe.allCases.map { recipe in
    .init(recipe.rawValue, summary: recipe.summary)
  })

// MARK: The methods

private let methodCases: [Enumeration.Case] = [
  .init(
    "opsd",
    [
      Parameter(
        "recipe", .optional(.choice(recipeEnumeration)),
        help: "One of the three recipes that go by this name; other labels change it. nil: the defaults here."),
      divergence("jsd", "D(p_T ‖ p_S), at every position of the rollout"), support, clip, teacher, context, rollouts,
      samplingTemperature,
      Parameter(
        "topK", .optional(.int(.atLeast(1))), unit: "tokens",
        help: "Rollouts draw from the likeliest so many tokens; the loss looks at all. nil: all."),
      Parameter(
        "topP", .real(.above(0, upTo: 1)), default: 1.0,
        help: "Rollouts draw from the likeliest tokens whose probabilities reach this sum; the loss looks at all."),
      .maxTokens, reduction("sequenceMean"), positions,
      Parameter(
        "verification", .real(.within(0...1000)), default: 0.0,
        help: "The weight of the verifier's word beside the divergence, as a policy gradient; 0 in the paper."),
    ],
    summary: """
      On-Policy Self-Distillation (arXiv 2601.18734): L = E[1/|ŷ| Σ_n D(p_T(·|x, y*, ŷ<n) ‖ p_S(·|x, ŷ<n))], ŷ ~ p_S(·|x); \
      the teacher is the same model, at its initial weights unless told otherwise; gradients through the student alone.
      """),
  .init(
    "sampledToken",
    [teacher, context, rollouts, samplingTemperature, .maxTokens, reduction("sequenceMean"), positions],
    summary: """
      OPSD on sampled tokens: the advantage A_n = log p_T(ŷ_n) − log p_S(ŷ_n) as a policy gradient. Its expectation is \
      the gradient of the reverse KL; it sees one token a position instead of the vocabulary.
      """),
  .init(
    "sft",
    [
      Parameter(
        "solutions", .choice(solutionEnumeration), default: .implicit("reference"), help: "Who writes the solutions."),
      context, sequences, samplingTemperature, .maxTokens, reduction("sequenceMean"),
    ],
    summary: """
      Supervised fine-tuning: −log p_S of solutions that are given; with solutions: .teacher(), sequence-level \
      distillation, the off-policy rival of OPSD.
      """),
  .init(
    "distillation",
    [
      Parameter(
        "solutions", .choice(solutionEnumeration), default: .implicit("reference"), help: "Who writes the sequences."),
      divergence("forwardKL", "D(p_T ‖ p_S), at every position"), support, clip, teacher, context, sequences,
      samplingTemperature, .maxTokens, reduction("sequenceMean"), positions,
    ],
    summary: "Supervised distillation: the divergence from the teacher along sequences that the student did not write."),
  .init(
    "opd",
    [
      Parameter("teacher", .object("Model"), help: "The model that teaches; it reads what the student reads."),
      Parameter(
        "divergence",
        .optional(divergenceType),
        help: "D(p_T ‖ p_S) over the vocabulary; nil: the policy gradient of the sampled tokens."),
      rollouts, samplingTemperature, .maxTokens, reduction("tokenMean"), positions,
    ],
    summary: "On-policy distillation (arXiv 2306.13649): the student answers, another model scores every token."),
  .init(
    "grpo",
    [
      whole("samples", 8, upTo: 4096, "G, answers to each problem; at least 2."), groups,
      Parameter(
        "advantage", .choice(advantageEnumeration), default: .implicit("standardised"),
        help: "How rewards become advantages."),
      Parameter(
        "clip",
        .optional(
          .choice(
            Enumeration(
              "RatioClip", summary: "Clipping of the probability ratio ρ.",
              cases: [
                .init(
                  "ratio",
                  [
                    Parameter("low", .real(.within(0...1)), default: 0.2, help: "ρ is held above 1 − low."),
                    Parameter("high", .real(.within(0...100)), default: 0.2, help: "ρ is held below 1 + high."),
                  ], summary: "min(ρ A, clip(ρ, 1 − low, 1 + high) A).")
              ]))), help: "It acts from the second update of a step on, so it needs updates: 2 or more. nil: none."),
      Parameter(
        "klCoefficient", .real(.within(0...1000)), default: 0.0,
        help: "β of the penalty KL(p_S ‖ p_initial), estimated at the sampled tokens."),
      whole("updates", 1, upTo: 64, "Updates that one step makes with its answers."), reward, samplingTemperature,
      .maxTokens, reduction("tokenMean"),
    ],
    summary: "Group Relative Policy Optimisation (arXiv 2402.03300): each answer's reward against its group's."),
  .init(
    "sdpo",
    [
      Parameter(
        "level", .choice(levelEnumeration), default: .implicit("logit"),
        help: "At which level teacher and student are compared."),
      whole("samples", 8, upTo: 4096, "G, answers to each problem; at least 2."), groups,
      Parameter(
        "teacher", .choice(teacherEnumeration), default: .implicit("ema", [("decay", 0.95)]),
        help: "Which weights the teacher scores with."),
      Parameter(
        "grpoShare", .real(.within(0...1)), default: 0.0, help: "λ of λ · GRPO + (1 − λ) · SDPO."), reward, feedback,
      Parameter("successReward", .real(), default: 1.0, help: "A reward of so much or more is a success."),
      samplingTemperature, .maxTokens, reduction("tokenMean"),
    ],
    summary: """
      Self-Distillation Policy Optimisation (arXiv 2601.20802): the teacher of an answer is the same model, shown another \
      answer of its group that succeeded, or the environment's words on it.
      """),
  .init(
    "erl",
    [
      whole("samples", 4, upTo: 4096, "Attempts at each problem; at least 2."), groups, reward, feedback,
      Parameter("gate", .real(), default: 1.0, help: "τ: attempts with a lower reward are reflected on."),
      Parameter(
        "memory",
        .choice(
          Enumeration(
            "ReflectionMemory", summary: "Which reflections are shown to later ones.",
            cases: [
              .init("lastSuccess", summary: "The last one whose second attempt reached the gate."),
              .init("none", summary: "None."),
            ])), default: .implicit("lastSuccess"), help: "Which reflections are shown to later ones."),
      Parameter(
        "internalisation", .real(.within(0...1000)), default: 1.0,
        help: "The weight of learning successful second attempts from the problem alone."),
      samplingTemperature, .maxTokens, reduction("sequenceMean"),
    ],
    summary: """
      Experiential reinforcement learning (arXiv 2602.13949): attempt, feedback, reflection, second attempt; the policy \
      gradient goes over all three texts, and what succeeded after a reflection is learnt without it.
      """),
]

private let partEnumeration = Enumeration("MethodPart", summary: "A method in a mixture.", cases: methodCases)

/// The methods that `train` takes.
let methodEnumeration = Enumeration(
  "Method", summary: "How the student is trained.",
  cases: methodCases + [
    .init(
      "mixture",
      [
        Parameter(
          "_", name: "parts", .either([.choice(partEnumeration), .object("Method")]), help: "The methods.",
          isVariadic: true),
        Parameter(
          "weights", .array(of: .real(.within(0...1000))), default: [], help: "Their weights; none: 1 for each."),
      ], summary: "The weighted sum of several methods' losses, each on its own rollouts, in every step.")
  ])
