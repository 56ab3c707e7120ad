// The parts of Swift that cells do not have: what to do instead, one sentence each.

enum Unsupported {
  /// Words that start something cells do not have.
  static let words: [String: String] = [
    "struct": "Group values in a tuple such as (x: 1, y: 2), or in a dictionary.",
    "class": "Group values in a tuple such as (x: 1, y: 2), or in a dictionary.",
    "enum": "Use strings or numbers, and `if` to tell them apart.",
    "protocol": "Write a function that takes what it needs as arguments.",
    "actor": "Cells run one after the other; a plain variable is enough.",
    "extension": "Write a function that takes the value as its argument.",
    "import": "Every command is already here; remove the line.",
    "typealias": "Leave the type out; values know their own.",
    "switch": "Use `if` and `else if`.",
    "case": "Use `if` and `else if`.",
    "do": "Write the statements without a block around them.",
    "try": "Write the call alone; an error stops the cell and shows where.",
    "catch": "An error stops the cell and shows where; check the condition first with `if`.",
    "throw": "Print a message and `return`.",
    "throws": "Leave it out; an error stops the cell and shows where.",
    "async": "Leave it out; a command returns when it is done.",
    "await": "Write the call alone; it returns when it is done.",
    "inout": "Return the new value and assign it.",
    "defer": "Write the statement at the end.",
    "as": "Use Int(…), Double(…) or String(…) to convert.",
    "is": "Compare the value itself.",
    "init": "Write a function that returns the value.",
    "self": "Use the name of the value.",
    "Self": "Use the name of the value.",
    "fallthrough": "Use `if` and `else if`.",
    "private": "Leave it out; every name of a cell can be used in every other.",
    "public": "Leave it out; every name of a cell can be used in every other.",
    "static": "Leave it out.",
    "def": "A function is written `func name(x) { … }`.",
    "lambda": "A closure is written `{ x in … }`.",
    "elif": "Write `else if`.",
  ]
}
