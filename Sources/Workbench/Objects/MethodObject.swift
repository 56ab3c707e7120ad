// A method as a value of its own: what it minimises and every setting, given or not.

import CellLanguage
import Display
import Tasks
import Training

/// A method with its settings.
struct MethodObject: CellObject, Pictured {
  let choice: Choice
  /// What it is called in tables, and what it minimises.
  let name: String
  let formula: String

  var typeName: String { "Method" }
  var summary: String { "\(name): \(formula)" }

  func picture() -> MIMEBundle {
    Table(
      caption: "\(name): \(formula)",
      columns: [
        Table.Column("setting", alignment: .leading), Table.Column("value", alignment: .leading),
        Table.Column("unit", alignment: .leading), Table.Column("meaning", alignment: .leading),
      ],
      rows: choice.arguments.settings.map { parameter, value, isGiven in
        [
          .text(parameter.label ?? parameter.name),
          .text(value.debugDescribed(limit: 80) + (isGiven ? "" : " (default)")),
          parameter.unit.map { .text($0) } ?? .missing, .text(parameter.help),
        ]
      }
    ).bundle()
  }
}

let methodCommands = [
  Command(
    "method", [Parameter("_", name: "method", .choice(methodEnumeration), help: "The method, such as .opsd().")],
    result: "Method", summary: "A method as a value: shows what it minimises and every setting.",
    discussion: "train and compare take it in place of the method itself. help(.opsd) explains the labels of a method.",
    example: "method(.opsd(recipe: .paperV3))"
  ) { arguments, context in
    let choice = try arguments.choice("method")
    // Name and formula depend on no task but for the length of a rollout, which they do not show.
    let made = try reporting("method") {
      try trainingMethod(choice, MethodSetting(task: AdditionTask(), context: context))
    }
    return .object(MethodObject(choice: choice, name: made.name, formula: made.formula))
  }
]

let methodTypes = [
  TypeDeclaration(
    "Method", summary: "A method with its settings.",
    members: [
      .init("name", type: "String", summary: "What tables and plots call it.", of: MethodObject.self) {
        .string($0.name)
      },
      .init("formula", type: "String", summary: "What it minimises.", of: MethodObject.self) { .string($0.formula) },
    ])
]
