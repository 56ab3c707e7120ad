// The bases that ship with the kernel: which task each speaks, and what pretraining makes it of.

import Tasks

/// How the base of a task is made where nothing else is asked for.
struct BaseRecipe {
  let task: any ReasoningTask
  /// The name under which it ships, as in `model("base")`.
  let model: String
  /// Steps of pretraining.
  let steps: Int
  /// Tokens that the model can read.
  let contextLength: Int

  /// The names of the tasks, addition's first.
  static let names = ["addition", "calculator", "chain", "sorting", "subsetSum"]

  /// The recipe of a task with its usual settings; nil for a task that is none of `names`.
  init?(task name: String) throws {
    switch name {
    case "addition": try self.init(AdditionTask(), model: "base", steps: 700, contextLength: 128)
    case "chain": try self.init(ChainTask(), steps: 700, contextLength: 128)
    case "calculator": try self.init(CalculatorTask(), steps: 1200, contextLength: 160)
    case "sorting": try self.init(SortingTask(), steps: 700, contextLength: 128)
    case "subsetSum": try self.init(SubsetSumTask(), steps: 1200, contextLength: 160)
    default: return nil
    }
  }

  private init(_ task: some ReasoningTask, model: String? = nil, steps: Int, contextLength: Int) {
    self.task = task
    self.model = model ?? task.name
    self.steps = steps
    self.contextLength = contextLength
  }

  /// The command that makes it, as its card names it.
  var command: String { model == "base" ? "opsd pretrain" : "opsd pretrain --task \(task.name)" }
}
