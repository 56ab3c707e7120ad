// A look inside a small model: which tokens its heads read, and what it would say if it ended after fewer layers.

import CellLanguage
import Display
import LanguageModel
import Rollouts
import Training

private let alongParameter = Parameter(
  "along", name: "rollout", .object("Rollout"), help: "The answer, ŷ, that the model reads after the prompt.")

private let promptParameter = Parameter.role(
  "Whose prompt stands before the answer: the problem alone, or with the reference beside it.")

private func layerParameter(_ help: String) -> Parameter {
  Parameter("layer", .optional(.int(.atLeast(0))), help: help)
}

private func headParameter(_ help: String) -> Parameter {
  Parameter("head", .optional(.int(.atLeast(0))), help: help)
}

/// What the methods of a model have in common: the receiver and what it reads.
private func reading(_ arguments: Arguments) throws -> (model: ModelObject, reading: Reading) {
  let model = try arguments.receiver(as: ModelObject.self)
  let rollout = try arguments.object("rollout", as: RolloutObject.self)
  return (model, try Reading(model, rollout, try arguments.role()))
}

/// A place that may be left out; it must be one of so many.
private func place(_ arguments: Arguments, _ name: String, _ count: Int, _ what: String) throws -> Int? {
  guard case .int(let place) = try arguments.value(name) else { return nil }
  guard place < count else {
    throw CellFailure(
      "there is no \(what) \(place)", "there are \(count), counted from 0",
      fix: "Choose one from 0 to \(count - 1).", argument: name, kind: .outOfRange)
  }
  return place
}

/// The methods of a model that look inside it.
let insideMethods = [
  Command(
    "attention",
    [
      alongParameter, promptParameter, layerParameter("The layer that is shown, from 0; nil: the last."),
      headParameter("The head that is shown, from 0; nil: the mean over the layer's heads."),
    ],
    result: "Attention", summary: "Which tokens each head of each layer reads, over the prompt and the answer.",
    discussion: """
      A head of a layer mixes the values v of the tokens up to its own with the weights softmax(q·k/√W), W the numbers in a \
      head (Vaswani et al., 2017). Each row of weights sums to 1. The answer's last token is read by nobody and left out. \
      Weights say where a head looks, not what it takes from there: a large weight is no proof of use.
      """,
    example: "let a = base.attention(along: y, as: .teacher)"
  ) { arguments, context in
    let (model, reading) = try reading(arguments)
    let shape = model.policy.weights.configuration
    let layer = try place(arguments, "layer", shape.layers, "layer")
    let head = try place(arguments, "head", shape.heads, "head")
    let workplace = context.workplace
    let scores = try reporting("rollout") {
      try AttentionScores(
        model.policy.weights, prompt: reading.prompt, completion: reading.rollout.rollout.tokens,
        isInterrupted: { workplace.isInterrupted })
    }
    return .object(
      AttentionObject(reading: reading, scores: scores, layer: layer ?? shape.layers - 1, head: head))
  },
  Command(
    "logitLens", [alongParameter, promptParameter], result: "LogitLens",
    summary: "What the model would say at each position of an answer if it ended after fewer layers.",
    discussion: """
      The residual stream after l layers goes through the final norm and the head, as that after the last one does: \
      p = softmax(head · norm(h)) (nostalgebraist, 2020, \"interpreting GPT: the logit lens\"). lens[0] is the embedding \
      alone, lens[lens.count - 1] the model itself, at temperature 1. Only the last layer was trained to be read this way: \
      an early row may hold what the lens does not show.
      """,
    example: "let lens = base.logitLens(along: y)"
  ) { arguments, context in
    let (model, reading) = try reading(arguments)
    let workplace = context.workplace
    let scores = try reporting("rollout") {
      try LayerScores(
        model.policy.weights, prompt: reading.prompt, completion: reading.rollout.rollout.tokens,
        isInterrupted: { workplace.isInterrupted })
    }
    return .object(LogitLensObject(reading: reading, scores: scores))
  },
]

private let positionHelp = "A position of the answer, from 0: what is read to write its token, by the token before it."

private func position(_ arguments: Arguments, _ reading: Reading) throws -> Int {
  try place(arguments, "position", reading.positions, "position") ?? 0
}

private let lensParameter = Parameter(
  "_", name: "quantity",
  .choice(
    Enumeration(
      "LensQuantity", summary: "What is measured in a logit lens.",
      cases: [
        .init("probability", summary: "The probability of the likeliest token."),
        .init("probabilityOfToken", summary: "The probability of the token that stands in the answer."),
        .init("entropy", summary: "The entropy of the distribution, in nats."),
        .init("rank", summary: "The rank of the token that stands in the answer; 1 is the likeliest."),
      ])), default: .implicit("probability"), help: "What is measured.")

private func lensQuantity(_ arguments: Arguments) throws -> LensQuantity {
  switch try arguments.choice("quantity").name {
  case "probabilityOfToken": .probabilityOfToken
  case "entropy": .entropy
  case "rank": .rank
  default: .probability
  }
}

let insideTypes = [
  TypeDeclaration(
    "Attention", summary: "Attention weights along an answer; a[layer][head][row] is what one token reads, a vector.",
    element: "AttentionLayer",
    members: [
      .init("count", type: "Int", summary: "The layers.", of: AttentionObject.self) { .int($0.scores.layers) },
      .init("heads", type: "Int", summary: "The heads of each layer.", of: AttentionObject.self) {
        .int($0.scores.heads)
      },
      .init(
        "tokens", type: "[String]", summary: "What reads and is read: the prompt, then the answer but its last token.",
        of: AttentionObject.self
      ) { .strings(Array($0.reading.tokens.prefix($0.scores.tokens))) },
      .init(
        "promptLength", type: "Int", summary: "How many of the tokens are the prompt.", of: AttentionObject.self
      ) { .int($0.reading.prompt.count) },
    ],
    methods: [
      Command(
        "show",
        [
          layerParameter("The layer, from 0; nil: the one that was asked for, or the last."),
          headParameter("The head, from 0; nil: the one that was asked for, or the mean over the layer's heads."),
        ],
        result: "Figure",
        summary: "Shows who reads whom: a row for each token that reads, a column for each that is read.",
        example: "base.attention(along: y).show(layer: 0, head: 1)"
      ) { arguments, context in
        let attention = try arguments.receiver(as: AttentionObject.self)
        let layer = try place(arguments, "layer", attention.scores.layers, "layer") ?? attention.layer
        let head = try place(arguments, "head", attention.scores.heads, "head") ?? attention.head
        return .object(
          FigureObject(figure: attention.map(layer: layer, head: head), summary: "a map of \(attention.summary)"))
      },
      Command(
        "at",
        [
          Parameter("_", name: "position", .int(.atLeast(0)), help: positionHelp),
          layerParameter("The layer whose heads are shown, from 0; nil: all."),
        ],
        result: "Figure", summary: "Shows what each head reads to write one token of the answer: a row for each head.",
        example: "base.attention(along: y, as: .teacher).at(3)"
      ) { arguments, context in
        let attention = try arguments.receiver(as: AttentionObject.self)
        let map = attention.readers(
          at: try position(arguments, attention.reading),
          layer: try place(arguments, "layer", attention.scores.layers, "layer"))
        return .object(FigureObject(figure: map, summary: "what is read, of \(attention.summary)"))
      },
      Command(
        "weights",
        [
          Parameter("position", .int(.atLeast(0)), help: positionHelp),
          layerParameter("The layer, from 0; nil: the one that was asked for, or the last."),
          headParameter("The head, from 0; nil: the one that was asked for, or the mean over the layer's heads."),
        ],
        result: "Vector",
        summary: "What is read to write one token of the answer: a weight for each of a.tokens, which sum to 1.",
        example: "base.attention(along: y).weights(position: 3, layer: 0, head: 1)"
      ) { arguments, _ in
        let attention = try arguments.receiver(as: AttentionObject.self)
        let layer = try place(arguments, "layer", attention.scores.layers, "layer") ?? attention.layer
        let head = try place(arguments, "head", attention.scores.heads, "head") ?? attention.head
        let reader = attention.reading.reader(of: try position(arguments, attention.reading))
        return .reals(attention.row(layer: layer, head: head, reader))
      },
    ]),
  TypeDeclaration(
    "AttentionLayer", summary: "One layer of an attention; a[layer][head] is one of its heads.",
    element: "AttentionHead",
    members: [
      .init("count", type: "Int", summary: "The heads.", of: AttentionLayerObject.self) {
        .int($0.attention.scores.heads)
      }
    ]),
  TypeDeclaration(
    "AttentionHead", summary: "One head: for each token a vector of what it reads, 0 for what comes after it.",
    element: "Vector",
    members: [
      .init("count", type: "Int", summary: "The tokens.", of: AttentionHeadObject.self) {
        .int($0.attention.scores.tokens)
      }
    ]),
  TypeDeclaration(
    "LogitLens", summary: "What a model says after each layer; lens[layers][position] is a vector over the vocabulary.",
    element: "LogitLensLayer",
    members: [
      .init(
        "count", type: "Int", summary: "The layers and one more: the embedding comes first.", of: LogitLensObject.self
      ) { .int($0.scores.depths) },
      .init("positions", type: "Int", summary: "The positions of the answer.", of: LogitLensObject.self) {
        .int($0.scores.positions)
      },
    ],
    methods: [
      Command(
        "show", [lensParameter], result: "Figure",
        summary: "Shows the likeliest token after each layer at each position, coloured by what is measured.",
        example: "base.logitLens(along: y).show(.rank)"
      ) { arguments, context in
        let lens = try arguments.receiver(as: LogitLensObject.self)
        return .object(
          FigureObject(figure: lens.map(try lensQuantity(arguments)), summary: "a map of \(lens.summary)"))
      },
      Command(
        "values",
        [
          lensParameter,
          Parameter(
            "after", name: "layers", .optional(.int(.atLeast(0))), unit: "layers",
            help: "How many layers; 0 is the embedding, nil all of them."),
        ],
        result: "Vector", summary: "What is measured at every position after some layers.",
        example: "base.logitLens(along: y).values(.entropy, after: 1)"
      ) { arguments, _ in
        let lens = try arguments.receiver(as: LogitLensObject.self)
        let depth = try place(arguments, "layers", lens.scores.depths, "row after so many layers:")
        return .reals(lens.values(try lensQuantity(arguments), afterLayers: depth ?? lens.scores.depths - 1))
      },
    ]),
  TypeDeclaration(
    "LogitLensLayer", summary: "One row of a logit lens: for each position a vector over the vocabulary.",
    element: "Vector",
    members: [
      .init("count", type: "Int", summary: "The positions.", of: LogitLensLayerObject.self) {
        .int($0.lens.scores.positions)
      }
    ]),
]
