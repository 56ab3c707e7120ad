// `opsd reference`: the vocabulary as a notebook to read, made from the declarations that cells are checked against.

import ArgumentParser
import CellLanguage
import FoundationEssentials
import JSONValues

/// Writes the reference.
struct ReferenceCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "reference", abstract: "Write the reference of all commands as a notebook.",
      discussion: """
        The notebook holds text alone: every subject, command, type and case, as help() knows them. It is the same, byte \
        for byte, wherever it is made.
        """)
  }

  /// Where it stands in the repository.
  static let place = "Notebooks/reference.ipynb"

  @Argument(help: "The notebook to write.")
  var file: String

  func run() throws {
    do {
      try Data(Self.notebook(of: workbenchVocabulary).utf8).write(to: URL(filePath: file), options: .atomic)
    } catch {
      throw ValidationError("\(file) cannot be written: its folder is missing, or it may not be written there")
    }
  }

  /// A cell after which the examples of the commands can be tried; it trains for a few seconds.
  static let preparation = """
    let task = addition(digits: 1...2)
    let practice = task.problems(200, seed: 1)
    let exam = task.problems(20, split: .heldOut, seed: 2)
    let base = model("base")
    let y = base.rollout(exam[0], seed: 3)
    let d = base.distributions(along: y)
    let run = train(base, on: practice, with: .opsd(), steps: 2, evaluateOn: exam)
    let (first, second) = (run, run)
    let (p, q) = (vector([0.2, 0.8]), vector([0.5, 0.5]))
    """

  /// A notebook of the reference's pages.
  static func notebook(of vocabulary: Vocabulary) -> String {
    let title = """
      # Reference

      Every command, type and setting of the cells, made from the declarations that the kernel checks them against: \
      `opsd reference \(place)` writes this notebook again. In a cell, `help(train)` shows a page of it, \
      <kbd>Tab</kbd> completes and <kbd>Shift</kbd>+<kbd>Tab</kbd> explains what stands at the cursor.

      The examples speak of a few names. This cell makes them:

      ```swift
      \(preparation)
      ```
      """
    let cells = ([title] + vocabulary.reference).enumerated().map { index, page in
      [
        "cell_type": "markdown", "id": .string("reference-\(index)"), "metadata": [:],
        "source": .array(lines(of: page).map { .string($0) }),
      ] as JSON
    }
    let metadata: JSON = [
      "kernelspec": ["display_name": "OPSD (Swift)", "language": "swift", "name": "opsd"],
      "language_info": ["name": "swift"],
    ]
    let notebook: JSON = ["cells": .array(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5]
    return notebook.text(pretty: true) + "\n"
  }

  /// Lines with their ends, as notebooks keep them.
  private static func lines(of text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return lines.enumerated().map { $0 < lines.count - 1 ? $1 + "\n" : $1 }
  }
}
