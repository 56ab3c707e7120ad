// The arrows between the rooms: SwiftPM lets a target import whatever it reaches, so a test reads every import.

import Testing

@Suite("Rooms") struct RoomsTests {
  let repository = Repository()

  @Test func everyImportStandsInTheTable() throws {
    let table = try RoomTable(repository.lines("Sources/README.md"))
    for path in try repository.files(under: "Sources", ending: ".swift") {
      let room = String(path.split(separator: "/")[1])
      let allowed = try #require(table.mayImport[room], "Sources/README.md has no row for \(room)")
      for (number, line) in try repository.lines(path).enumerated() {
        guard let module = importedModule(line) else { continue }
        let isAllowed = allowed.contains(module)
        #expect(isAllowed, "\(path):\(number + 1) imports \(module); Sources/README.md does not allow \(room) that")
      }
    }
  }

  @Test func everyFolderHasItsRow() throws {
    let table = try RoomTable(repository.lines("Sources/README.md"))
    #expect(try repository.folders(in: "Sources") == Set(table.mayImport.keys))
  }

  @Test func everyFolderIsATargetAndNoTargetLiesElsewhere() throws {
    let manifest = try #require(try repository.text("Package.swift"))
    // What several test targets share is no test target itself, and only those are found under Tests without a path.
    let paths = manifest.split(separator: "path: \"").dropFirst()
    #expect(paths.allSatisfy { $0.hasPrefix("Tests/") }, "a folder is a target: Package.swift needs no path")
    for folder in try repository.folders(in: "Sources") {
      #expect(manifest.contains("\"\(folder)\""), "Package.swift has no target for Sources/\(folder)")
    }
    let tests = try repository.files(under: "Tests", ending: ".swift").map { $0.split(separator: "/")[1] }
    for folder in Set(tests) {
      #expect(manifest.contains("\"\(folder)\""), "Package.swift has no target for Tests/\(folder)")
    }
  }

  @Test func noRoomIsALumberRoom() throws {
    for folder in try repository.folders(in: "Sources") {
      for word in ["Common", "Core", "Utils", "Utilities", "Helper", "Support", "Misc", "Shared"] {
        #expect(!folder.contains(word), "\(folder) says nothing about what it holds")
      }
    }
  }

  @Test(arguments: [
    ("import Tensors", "Tensors"), ("public import JSONValues", "JSONValues"),
    ("@unsafe @preconcurrency import Glibc", "Glibc"), ("  import Darwin", "Darwin"),
    ("package import struct Tensors.Floats", "Tensors"), ("internal import func Glibc.exp  // one", "Glibc"),
    ("@_spi(Inner) import Training", "Training"),
  ])
  func importsAreRecognised(line: String, module: String) {
    #expect(importedModule(line[...]) == module)
  }

  @Test(arguments: [
    "// import Tensors", "let text = \"import Tensors\"", "important(Tensors)", "case .import: x()", "",
  ])
  func whatOnlyLooksLikeAnImportIsNone(line: String) {
    #expect(importedModule(line[...]) == nil)
  }
}

/// What the table in Sources/README.md allows.
struct RoomTable {
  /// What every room may import besides.
  static let openToAll: Set<String> = ["FoundationEssentials", "Glibc", "Darwin", "Musl", "Synchronization", "Swift"]

  /// A room's name to the modules that it may import.
  let mayImport: [String: Set<String>]

  /// Reads the rows `| rooms | what they hold | what they may import |`.
  init(_ lines: [Substring]) {
    let rows = lines.filter { $0.hasPrefix("| ") }.map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().map { cell in
        cell.split(separator: ",").map { $0.trimming(while: \.isWhitespace) }.filter { !$0.isEmpty }
      }
    }.dropFirst()  // the heading
    let rooms = Set(rows.flatMap { $0[0] })
    // C and then a second capital letter: CKernels, not CellLanguage.
    let inC = rooms.filter { $0.hasPrefix("C") && $0.dropFirst().first?.isUppercase == true }
    var mayImport: [String: Set<String>] = [:]
    for row in rows {
      let own = Set(row[2].flatMap { $0 == "all but the C rooms" ? Array(rooms.subtracting(inC)) : [$0] })
      for room in row[0] { mayImport[room] = own.union(Self.openToAll) }
    }
    self.mayImport = mayImport
  }
}

/// The module that a line of Swift imports, if it does.
func importedModule(_ line: Substring) -> String? {
  var words = line.split(whereSeparator: \.isWhitespace)[...]
  let before: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
  while let first = words.first, first.hasPrefix("@") || before.contains(first) { words = words.dropFirst() }
  guard words.first == "import" else { return nil }
  words = words.dropFirst()
  let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor"]
  if let kind = words.first, kinds.contains(kind) { words = words.dropFirst() }
  return words.first.map { String($0.prefix { $0 != "." }) }
}

extension StringProtocol {
  /// Without the characters at both ends that answer yes.
  func trimming(while isTrimmed: (Character) -> Bool) -> String {
    let start = drop(while: isTrimmed)
    return String(start.reversed().drop(while: isTrimmed).reversed())
  }
}
