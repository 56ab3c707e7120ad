// What every file of the repository must be, and the folders that a new user depends on.

import JSONValues
import Testing

@Suite("Files") struct FilesTests {
  let repository = Repository()

  @Test func noSourceFileIsLongerThanSixHundredLines() throws {
    for path in try repository.files() where [".swift", ".c", ".h", ".py"].contains(where: path.hasSuffix) {
      let count = try repository.lines(path).count
      #expect(count <= 600, "\(path) has \(count) lines; give each of the things that it holds a file of its own")
    }
  }

  @Test func theTopLevelIsTidy() throws {
    let expected: Set = [
      "Package.swift", "README.md", "LICENSE", "Makefile", "Sources", "Tests", "Notebooks", "Benchmarks", "kernelspec",
    ]
    let found = Set(try repository.files().map { String($0.prefix { $0 != "/" }) }.filter { !$0.hasPrefix(".") })
    #expect(found.isSubset(of: expected), "\(found.subtracting(expected).sorted())")
  }

  @Test func noFileNamesAPlaceOnOnePersonsMachine() throws {
    // The needles are put together here, so that this file does not contain them.
    let needles = ["home", "Users", "root", "work", "private"].map { "/" + $0 + "/" }
    for path in try repository.files() {
      guard let text = try repository.text(path) else { continue }
      for needle in needles {
        #expect(!namesPlace(needle, in: text), "\(path) contains a path under \(needle)")
      }
    }
  }

  @Test(arguments: [
    ("open /" + "home/ada/x", true), ("\"/" + "home/ada\"", true), ("/" + "home/ada", true),
    ("https://host/" + "home/ada", false), ("a/" + "home/b", false), ("/" + "homely/b", false),
  ])
  func onlyAbsolutePathsCount(text: String, named: Bool) {
    #expect(namesPlace("/" + "home/", in: text) == named)
  }

  @Test func theKernelSpecificationIsComplete() throws {
    let files = Set(try repository.files(under: "kernelspec", ending: ""))
    for file in [
      "logo-svg.svg", "logo-64x64.png", "logo-32x32.png", "models/base/config.json", "models/base/model.safetensors",
      "models/base/vocabulary.json", "models/base/card.json",
    ] {
      #expect(files.contains("kernelspec/\(file)"), "kernelspec/\(file) is missing")
    }
  }

  @Test(arguments: [64, 32]) func theLogosAreOfTheirSize(side: UInt8) throws {
    let bytes = try repository.bytes("kernelspec/logo-\(side)x\(side).png")
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    #expect(Array(bytes[16..<24]) == [0, 0, 0, side, 0, 0, 0, side])  // width and height in the header chunk
  }

  /// Whether the text contains the needle where an absolute path begins: not inside another path or an address.
  private func namesPlace(_ needle: String, in text: String) -> Bool {
    text.ranges(of: needle).contains { range in
      guard range.lowerBound > text.startIndex else { return true }
      let before = text[text.index(before: range.lowerBound)]
      return !(before.isLetter || before.isNumber || "._-/}){]$".contains(before))
    }
  }
}

@Suite("Notebooks") struct NotebookTests {
  let repository = Repository()

  @Test func everyNotebookIsCommittedWithItsOutputs() throws {
    for path in try repository.files(under: "Notebooks", ending: ".ipynb") {
      let notebook = try JSON(parsing: repository.bytes(path))
      #expect(notebook["metadata"]?["kernelspec"]?["name"] == "opsd", "\(path) is not a notebook of this kernel")
      let code = try #require(notebook["cells"]?.array, "\(path) has no cells").filter { $0["cell_type"] == "code" }
      // A notebook of text alone has nothing to run.
      #expect(
        code.isEmpty || code.contains { $0["outputs"]?.array?.isEmpty == false },
        "\(path) has no outputs; run it and save it")
      let skipped = code.filter { $0["execution_count"]?.int == nil }.map(source)
      #expect(skipped.isEmpty, "\(path) has cells that were not run")
      let failed = code.filter { $0["outputs"]?.array?.contains { $0["output_type"] == "error" } == true }.map(source)
      #expect(failed.isEmpty, "\(path) has cells that failed")
    }
  }

  private func source(_ cell: JSON) -> String {
    cell["source"]?.array?.compactMap(\.string).joined() ?? cell["source"]?.string ?? ""
  }
}
