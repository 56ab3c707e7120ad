// Figures and tables as files, for papers and other programs.

import CellLanguage
import Display
import FoundationEssentials
import JSONValues

private let fileParameter = Parameter(
  "_", name: "file", .string, help: "The file; its ending is added where it is missing.", texts: .paths)

/// A method that writes its receiver as a file, and gives back the file's name.
private func exporting(
  _ name: String, ending: String, summary: String, example: String,
  _ content: @escaping @Sendable (Arguments) throws -> Data
) -> Command {
  Command(name, [fileParameter], result: "String", isDiscardable: true, summary: summary, example: example) {
    arguments, _ in
    let file = try exportedFile(arguments.string("file"), ending: ending)
    try writeExport(content(arguments), to: file)
    return .string(file)
  }
}

/// The file that somebody named, with its ending; throws for what names none.
private func exportedFile(_ text: String, ending: String) throws -> String {
  let hasEnding = text.lowercased().hasSuffix(ending)
  let example = "results\(ending)"
  _ = try ModelLibrary.path(text, argument: "file", example: example)
  let name = (hasEnding ? text.dropLast(ending.count) : text[...]).split(
    separator: "/", omittingEmptySubsequences: false
  ).last
  func refusal(_ why: String) -> CellFailure {
    CellFailure(
      "`file` names no file", why, fix: "Write the name of a file, as in \"\(example)\".", argument: "file",
      kind: .outOfRange)
  }
  if name?.allSatisfy({ $0 == "." }) ?? true { throw refusal("its last part is a folder, or nothing but an ending") }
  if text.unicodeScalars.contains(where: {
    [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
  }) {
    throw refusal("it holds a line break or another control character")
  }
  return hasEnding ? text : text + ending
}

/// Writes a file whole or not at all.
func writeExport(_ content: Data, to file: String) throws {
  guard !content.isEmpty else {
    throw CellFailure(
      "\(file) is not written", "the figure could not be drawn, and the file would be empty",
      fix: "Try .svg, .pdf or .png instead, or a smaller figure.", kind: .outOfRange)
  }
  do {
    try content.write(to: URL(filePath: ModelLibrary.path(file, argument: "file")), options: .atomic)
  } catch {
    throw CellFailure(
      "\(file) cannot be written", "the system refused it: its folder is missing, or it may not be written there",
      fix: "Name a file in a folder that exists and is yours.", argument: "file", kind: .outOfRange)
  }
}

private func figure(_ arguments: Arguments) throws -> any Figure {
  try arguments.receiver(as: FigureObject.self).figure
}

let exportTypes = [
  TypeDeclaration(
    "Figure",
    summary: "A plot, strips of tokens or a pair of distributions; on a line of its own it is shown.",
    showsItself: true,
    members: [
      .init("summary", type: "String", summary: "What it shows.", of: FigureObject.self) { .string($0.summary) }
    ],
    methods: [
      exporting(
        "png", ending: ".png", summary: "Writes it as a picture of two pixels a point.",
        example: "plot(run).png(\"my-figure\")"
      ) { Data(try figure($0).png()) },
      exporting(
        "svg", ending: ".svg", summary: "Writes it as a drawing for a page.", example: "plot(run).svg(\"my-figure\")"
      ) { Data(try figure($0).svg()) },
      exporting(
        "pdf", ending: ".pdf", summary: "Writes it as a page for a paper.", example: "plot(run).pdf(\"my-figure\")"
      ) { Data(try figure($0).pdf()) },
      exporting(
        "vega", ending: ".vega", summary: "Writes a plot's Vega-Lite 5 description, which can be drawn in other ways.",
        example: "plot(run).vega(\"my-figure\")"
      ) { arguments in
        guard let description = try figure(arguments).vega() else {
          throw CellFailure(
            "this figure has no Vega-Lite description", "it is no plot",
            fix: "Write it as .svg, .pdf or .png.", kind: .wrongArgument)
        }
        return Data(description.text().utf8)
      },
    ]),
  TypeDeclaration(
    "Table",
    summary: "Rows under titles; on a line of its own it is shown. t[0] is a row, t[\"loss\"] or t.loss a column.",
    element: "Array", showsItself: true,
    members: [
      .init("count", type: "Int", summary: "Its rows.", of: TableObject.self) { .int($0.table.rows.count) },
      .init("columns", type: "[String]", summary: "The titles of its columns.", of: TableObject.self) {
        .strings($0.titles)
      },
      .init("rows", type: "[Any]", summary: "The cells of each row; nil where nothing is known.", of: TableObject.self)
      {
        table in .list(table.table.rows.indices.map(table.row))
      },
    ],
    methods: [
      Command(
        "sorted",
        [
          Parameter("by", name: "column", .string, help: "The title of a column."),
          Parameter("descending", .bool, default: false, help: "Whether the largest come first."),
        ],
        result: "Table", summary: "The same rows in the order of a column; what is not known is last.",
        example: "table([first, second]).sorted(by: \"accuracy after\", descending: true)"
      ) { arguments, _ in
        let table = try arguments.receiver(as: TableObject.self)
        let column = try table.place(of: arguments.string("column"), argument: "column")
        return .object(
          TableObject(table.table.sorted(byColumn: column, descending: try arguments.bool("descending"))))
      },
      exporting(
        "csv", ending: ".csv", summary: "Writes every row as comma-separated values, numbers in full.",
        example: "table(run).csv(\"my-table\")"
      ) { Data(try $0.receiver(as: TableObject.self).table.csv().utf8) },
      exporting(
        "markdown", ending: ".md", summary: "Writes it as Markdown.", example: "table(run).markdown(\"my-table\")"
      ) { Data((try $0.receiver(as: TableObject.self).table.bundle().data["text/markdown"]?.string ?? "").utf8) },
    ]),
]
