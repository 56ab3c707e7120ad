// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built with the same strictness: unsafe code is marked, every warning is an error.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A room under `Sources/`; what it may import stands in `Sources/README.md` and a test compares the two.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of one room.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// What the tests of several rooms share; it lies among them.
func support(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

/// A system library, found by pkg-config.
func system(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

let package = Package(
  name: "opsd-kernel",
  products: [
    .executable(name: "opsd", targets: ["opsd"]),
    .executable(name: "opsd-listener", targets: ["opsd-listener"]),
    .executable(name: "yardstick", targets: ["yardstick"]),
    .library(name: "JupyterKernel", targets: ["JupyterKernel", "JupyterProtocol", "JupyterWidgets"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    system("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev", brew: "openblas"),
    system("CCairo", pkgConfig: "cairo", apt: "libcairo2-dev", brew: "cairo"),
    system("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev", brew: "openssl@3"),
    system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev", brew: "sqlite"),
    system("CZeroMQ", pkgConfig: "libzmq", apt: "libzmq3-dev", brew: "zeromq"),
    .target(name: "CKernels", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),

    room("JSONValues"),
    room("RandomStreams"),

    room("Tensors", ["CKernels"]),
    room("LanguageModel", ["RandomStreams", "Tensors"]),
    room("Tokenizer"),
    room("Checkpoints", ["JSONValues", "LanguageModel", "Tensors", "Tokenizer"]),
    room("Objectives", ["Tensors"]),
    room("Tasks", ["JSONValues", "RandomStreams"]),
    room("Rollouts", ["LanguageModel", "RandomStreams", "Tensors", "Tokenizer"]),
    room("Evaluation", ["RandomStreams", "Rollouts", "Tasks"]),
    room(
      "Training",
      [
        "Checkpoints", "Evaluation", "LanguageModel", "Objectives", "RandomStreams", "Rollouts", "Tasks", "Tensors",
        "Tokenizer",
      ]),

    room("CellLanguage"),

    room("Display", ["CCairo", "JSONValues"]),
    room("JupyterProtocol", ["COpenSSL", "JSONValues"]),
    room("JupyterKernel", ["CSQLite", "CZeroMQ", "Display", "JSONValues", "JupyterProtocol"]),
    room("JupyterWidgets", ["Display", "JSONValues", "JupyterKernel", "JupyterProtocol"]),

    room(
      "Workbench",
      [
        "CellLanguage", "Checkpoints", "Display", "Evaluation", "JSONValues", "JupyterKernel", "JupyterProtocol",
        "JupyterWidgets", "LanguageModel", "Objectives", "RandomStreams", "Rollouts", "Tasks", "Tensors", "Tokenizer",
        "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "opsd", dependencies: ["Workbench", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict),
    // Linked statically: it listens half a millisecond after it was started, before Swift's runtime would be loaded.
    .executableTarget(
      name: "opsd-listener",
      linkerSettings: [
        .unsafeFlags(["-static-executable", "-nostartfiles"], .when(platforms: [.linux], configuration: .release))
      ]),

    // Our products beside OpenBLAS's; built only when it is asked for.
    .executableTarget(name: "yardstick", dependencies: ["COpenBLAS", "Tensors"], swiftSettings: strict),

    tests("HouseTests", ["JSONValues"]),
    tests("JSONValuesTests", ["JSONValues", "RandomStreams"]),
    tests("RandomStreamsTests", ["RandomStreams"]),
    .target(name: "FourThreads", path: "Tests/FourThreads"),
    support(
      "Evidence", ["Checkpoints", "FourThreads", "JSONValues", "LanguageModel", "RandomStreams", "Tensors"]),
    tests("TensorsTests", ["COpenBLAS", "Evidence", "RandomStreams", "Tensors"]),
    tests("ObjectivesTests", ["Evidence", "JSONValues", "Objectives", "Tensors"]),
    tests(
      "LanguageModelTests", ["Checkpoints", "Evidence", "JSONValues", "LanguageModel", "RandomStreams", "Tensors"]),
    tests("RolloutsTests", ["Evidence", "JSONValues", "LanguageModel", "RandomStreams", "Rollouts", "Tensors"]),
    tests(
      "EvaluationTests",
      ["Evaluation", "Evidence", "LanguageModel", "RandomStreams", "Rollouts", "Tasks", "Tokenizer"]),
    tests(
      "TrainingTests",
      [
        "Checkpoints", "Evaluation", "Evidence", "JSONValues", "LanguageModel", "Objectives", "Rollouts", "Tasks",
        "Tensors", "Tokenizer", "Training",
      ]),
    tests("TasksTests", ["Tasks"]),
    tests("TokenizerTests", ["Tokenizer"]),
    tests("CellLanguageTests", ["CellLanguage"]),
    tests("CheckpointsTests", ["Checkpoints", "Evidence", "JSONValues", "LanguageModel", "Tensors", "Tokenizer"]),
    tests("DisplayTests", ["CCairo", "Display", "JSONValues"]),
    tests("JupyterProtocolTests", ["JSONValues", "JupyterProtocol", "RandomStreams"]),
    tests(
      "JupyterKernelTests",
      ["CSQLite", "CZeroMQ", "Display", "JSONValues", "JupyterKernel", "JupyterProtocol", "RandomStreams"]),
    tests(
      "WorkbenchTests",
      [
        "CellLanguage", "Display", "JSONValues", "JupyterWidgets", "Tasks", "Training", "Workbench",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ]
)
