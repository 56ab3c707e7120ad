// Adapters: choosing one to train, putting one onto a model, merging, and saving with or without the base.

import CellLanguage
import Checkpoints
import JSONValues
import LanguageModel
import Rollouts

/// The adapters that `train` takes.
let adapterEnumeration = Enumeration(
  "Adapter", summary: "What is trained beside weights that stay as they are.",
  cases: [
    .init(
      "lora",
      [
        Parameter("rank", .int(.within(1...1024)), default: 8, help: "r: rows of A and columns of B."),
        Parameter(
          "alpha", .optional(.real(.above(0, upTo: 1e6))),
          help: "The product is multiplied by alpha / rank; nil: twice the rank."),
        Parameter(
          "targets", .array(of: .choice(targetEnumeration)), default: .list(AdapterTarget.allCases.map(implicit)),
          help: "The matrices that are adapted, in every layer."),
      ],
      summary: """
        Low-rank adaptation (arXiv 2106.09685): y = x Wᵀ + (alpha / rank) (x Aᵀ) Bᵀ; A begins at random, B at 0, so that \
        nothing has changed before the first step.
        """)
  ])

private let targetEnumeration = Enumeration(
  "Target", summary: "A matrix of every layer.",
  cases: [
    .init("q", summary: "Queries."), .init("k", summary: "Keys."), .init("v", summary: "Values."),
    .init("o", summary: "The output of attention."), .init("gate", summary: "The gate of the feed-forward part."),
    .init("up", summary: "What the gate is multiplied with."), .init("down", summary: "The way back to the stream."),
  ])

private func implicit(_ target: AdapterTarget) -> Value { .implicit(target.rawValue) }

/// The adapter that a call of `train` names; nil where it names none.
func adapterConfiguration(_ arguments: Arguments, for model: ModelObject) throws -> AdapterConfiguration? {
  guard case .choice(let lora) = try arguments.value("adapter") else { return nil }
  guard model.policy.weights.adapter == nil else {
    throw CellFailure(
      "this model has an adapter already", "only one can stand beside its weights",
      fix: "Leave `adapter` out to train that one further, or start from merge(model) or model.base.",
      argument: "adapter", kind: .wrongArgument)
  }
  let rank = try lora.arguments.int("rank")
  let targets = try lora.arguments.array("targets").compactMap { value -> AdapterTarget? in
    if case .choice(let target) = value { AdapterTarget(rawValue: target.name) } else { nil }
  }
  var alpha = 2 * Double(rank)
  if case .double(let given) = try lora.arguments.value("alpha") { alpha = given }
  let configuration = AdapterConfiguration(rank: rank, alpha: alpha, targets: Set(targets))
  try reporting("adapter") { try configuration.validate(for: model.policy.weights.configuration) }
  return configuration
}

/// A saved model with the adapter that a call of `model` names.
func adapted(_ model: ModelObject, _ arguments: Arguments) throws -> ModelObject {
  guard model.policy.weights.adapter == nil else {
    throw CellFailure(
      "\(model.name) has an adapter already", "only one can stand beside its weights",
      fix: "Leave `adapter` out.", argument: "adapter", kind: .wrongArgument)
  }
  let source = try arguments.string("adapter")
  let path = try ModelLibrary.path(source, argument: "adapter")
  // A saved model has its adapter in a folder inside.
  let folder = [path, path + "/adapter"].first(where: Adapter.isSaved) ?? path
  return try reporting("adapter") {
    let adapter = try Adapter(reading: folder, for: model.policy.weights.configuration)
    return ModelObject(
      policy: Policy(
        weights: Weights(model.policy.weights.base, adapter: adapter), vocabulary: model.policy.vocabulary),
      name: "\(model.name) + \(source)", card: [:])
  }
}

extension ModelObject {
  /// The same weights with the adapter off.
  var withoutAdapter: ModelObject {
    guard policy.weights.adapter != nil else { return self }
    return ModelObject(
      policy: Policy(parameters: policy.weights.base, vocabulary: policy.vocabulary), name: "the base of \(name)",
      card: [:])
  }
}

let adapterCommands = [
  Command(
    "merge", [Parameter("_", name: "model", .object("Model"), help: "A model with an adapter.")], result: "Model",
    summary: "One set of weights that computes the same as a model with its adapter: W + (alpha / rank) B A.",
    discussion: """
      The result is a model like any other: it can be trained in full, or given a fresh adapter. Its log-probabilities \
      are those of the model with the adapter up to rounding.
      """,
    example: "merge(train(base, on: practice, adapter: .lora(rank: 4), steps: 5).model)"
  ) { arguments, _ in
    let model = try arguments.object("model", as: ModelObject.self)
    guard model.policy.weights.adapter != nil else {
      throw CellFailure(
        "this model has no adapter", "there is nothing to merge into its weights",
        fix: "Use it as it is; train(…, adapter: .lora(rank: 8)) makes models with an adapter.", argument: "model",
        kind: .wrongArgument)
    }
    let policy = Policy(parameters: model.policy.weights.merged(), vocabulary: model.policy.vocabulary)
    return .object(ModelObject(policy: policy, name: "\(model.name), merged", card: [:]))
  }
]

/// `model.save(folder)`.
let saveCommand = Command(
  "save",
  [
    Parameter(
      "_", name: "folder", .string, help: "The folder to write; it is made where there is none.", texts: .paths)
  ],
  summary: "Saves the model in Hugging Face's layout, with its adapter, if it has one, in a folder of its own inside.",
  example: "run.model.save(\"my-model\")"
) { arguments, _ in
  let model = try arguments.receiver(as: ModelObject.self)
  let folder = try ModelLibrary.path(try arguments.string("folder"), argument: "folder")
  try reporting("folder") {
    try ModelFolder(weights: model.policy.weights, vocabulary: model.policy.vocabulary, card: model.card)
      .write(to: folder)
  }
  return .void
}

/// `model.saveAdapter(folder)`.
let saveAdapterCommand = Command(
  "saveAdapter",
  [
    Parameter(
      "_", name: "folder", .string, help: "The folder to write; it is made where there is none.", texts: .paths)
  ],
  summary: "Saves the adapter alone, as the peft library does; model(\"base\", adapter: \"my-adapter\") loads it.",
  example: "train(base, on: practice, adapter: .lora(rank: 4), steps: 5).model.saveAdapter(\"my-adapter\")"
) { arguments, _ in
  let model = try arguments.receiver(as: ModelObject.self)
  guard let adapter = model.policy.weights.adapter else {
    throw CellFailure(
      "this model has no adapter", "there is nothing to save without its weights",
      fix: "model.save(…) saves the whole model.")
  }
  let folder = try ModelLibrary.path(try arguments.string("folder"), argument: "folder")
  try reporting("folder") { try adapter.write(to: folder) }
  return .void
}
