// Tables and plots as files, for papers and other programs.

import CellLanguage
import Display
import FoundationEssentials
import JSONValues

/// The label under which `plot` and `table` are given a file.
func fileParameter(_ kinds: String) -> Parameter {
  Parameter(
    "file", .optional(.string), help: "A file that it is written to as well: \(kinds). nil: none.", texts: .paths)
}

/// Writes a chart where a file is given; its ending says how.
func export(_ chart: Chart, _ arguments: Arguments) throws {
  try export(arguments, [".png", ".svg", ".pdf", ".vega"]) { ending in
    switch ending {
    case ".png": Data(chart.png())
    case ".svg": Data(chart.svg())
    case ".pdf": Data(chart.pdf())
    default: Data((chart.bundle().data["application/vnd.vegalite.v5+json"] ?? [:]).text().utf8)
    }
  }
}

/// Writes a table where a file is given; its ending says how.
func export(_ table: Table, _ arguments: Arguments) throws {
  try export(arguments, [".csv", ".md"]) { ending in
    Data((ending == ".csv" ? table.csv() : table.bundle().data["text/markdown"]?.string ?? "").utf8)
  }
}

private func export(_ arguments: Arguments, _ endings: [String], _ content: (String) -> Data) throws {
  guard case .string(let file) = try arguments.value("file") else { return }
  let path = try ModelLibrary.path(file, argument: "file")
  guard let ending = endings.first(where: { path.lowercased().hasSuffix($0) }) else {
    throw CellFailure(
      "\(file) cannot be written",
      "its ending says what it becomes, and this one is none of \(endings.joined(separator: ", "))",
      fix: "Name it with one of them, as in \"figure\(endings[0])\".", argument: "file", kind: .outOfRange)
  }
  do {
    try content(ending).write(to: URL(filePath: path), options: .atomic)
  } catch {
    throw CellFailure(
      "\(file) cannot be written", "the system refused it: its folder is missing, or it may not be written there",
      fix: "Name a file in a folder that exists and is yours.", argument: "file", kind: .outOfRange)
  }
}
