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

/// A system library, found by pkg-config.
func system(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

let package = Package(
  name: "opsd-kernel",
  products: [
    .library(name: "JupyterKernel", targets: ["JupyterKernel", "JupyterProtocol"])
  ],
  targets: [
    room("JSONValues"),
    room("RandomStreams"),
    room("Display", ["JSONValues"]),
    system("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev", brew: "openssl@3"),
    system("CZeroMQ", pkgConfig: "libzmq", apt: "libzmq3-dev", brew: "zeromq"),
    room("JupyterProtocol", ["COpenSSL", "JSONValues"]),
    room("JupyterKernel", ["CZeroMQ", "Display", "JSONValues", "JupyterProtocol"]),
    tests("JSONValuesTests", ["JSONValues"]),
    tests("RandomStreamsTests", ["RandomStreams"]),
    tests("JupyterProtocolTests", ["JSONValues", "JupyterProtocol"]),
    tests("JupyterKernelTests", ["CZeroMQ", "Display", "JSONValues", "JupyterKernel", "JupyterProtocol"]),
  ]
)
