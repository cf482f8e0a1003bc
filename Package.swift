// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

/// One Swift module and the modules it may import; imports point down (`Documentation/Design.md`).
func module(_ name: String, _ imports: Target.Dependency...) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: strict)
}

/// One C target; `libraries` are the system libraries it links.
func bridge(_ name: String, linking libraries: String...) -> Target {
  .target(
    name: name, cSettings: strictC, linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// One test target, named after the module it mirrors.
func tests(_ name: String, _ imports: Target.Dependency...) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.target(name: name)] + imports, swiftSettings: strict)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let numerics = Target.Dependency.product(name: "Numerics", package: "swift-numerics")

let package = Package(
  name: "Apus",
  products: [
    .library(name: "Apus", targets: ["Apus"]),
    .library(
      name: "ApusJumpProcesses",
      targets: ["ApusJumpProcesses", "ApusReactionFormats", "ApusLindblad"]),
    .library(name: "ApusWordVectors", targets: ["ApusWordVectors", "ApusWordGraphs"]),
    .executable(name: "apus", targets: ["ApusCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
  ],
  targets: [
    // Floor 0: C libraries, loops and numbers.
    bridge("CKernels", linking: "gomp", "m"),
    bridge("COneDNN", linking: "dnnl", "gomp"),
    bridge("CZlib", linking: "z"),
    bridge("CLZMA", linking: "lzma"),
    bridge("CICU", linking: "icuuc"),
    bridge("CPNG", linking: "png"),
    bridge("CGIF", linking: "gif"),
    bridge("CLAPACK", linking: "lapacke", "blas"),
    bridge("CCairo", linking: "cairo"),
    bridge("CFontconfig", linking: "fontconfig"),
    bridge("CJumpProcesses", linking: "m"),
    bridge("CSBML", linking: "sbml"),
    bridge(
      "CSUNDIALS", linking: "sundials_cvode", "sundials_nvecserial", "sundials_sunlinsoldense",
      "sundials_sunlinsolspgmr", "sundials_sunmatrixdense"),
    module("ApusNumerics"),
    module("ApusTerminal", "ApusNumerics"),
    // Floor 1: values.
    module("ApusTensors", "ApusNumerics"),
    module("ApusJumpProcesses", "ApusNumerics", "CJumpProcesses", "CSUNDIALS"),
    module("ApusLindblad", "ApusNumerics", numerics),
    // Floor 2: graphs, files and pictures.
    module("ApusReactionFormats", "ApusJumpProcesses", "CSBML"),
    module("ApusGraph", "ApusTensors", "ApusNumerics"),
    module("ApusCases", "ApusGraph", "ApusTensors"),
    module("ApusFormats", "ApusTensors", "CZlib", "CLZMA", "CPNG", "CGIF"),
    module("ApusPictures", "ApusFormats", "ApusTensors", "CCairo", "CFontconfig"),
    // Floor 3: what computes, what is composed, what is read.
    module("ApusKernels", "ApusGraph", "ApusTensors", "ApusNumerics", "COneDNN", "CKernels"),
    module("ApusLayers", "ApusGraph", "ApusTensors", "ApusNumerics"),
    module("ApusDatasets", "ApusFormats", "ApusTensors", "ApusNumerics", "CICU"),
    module(
      "ApusWordVectors", "ApusDatasets", "ApusFormats", "ApusTensors", "ApusNumerics", "CKernels"),
    // Floor 4: what runs, and the zoo.
    module("ApusEngine", "ApusKernels", "ApusGraph", "ApusTensors", "ApusNumerics", "CKernels"),
    module("ApusModels", "ApusLayers", "ApusFormats", "ApusGraph", "ApusTensors"),
    // Floor 5: measures, and word vectors as graphs.
    module(
      "ApusWordGraphs", "ApusWordVectors", "ApusEngine", "ApusDatasets", "ApusGraph",
      "ApusTensors", "ApusNumerics"),
    module("ApusSampleQuality", "ApusEngine", "ApusGraph", "ApusTensors", "CLAPACK"),
    // Floors 5 to 7: training, the applications, the program.
    module(
      "ApusTraining", "ApusEngine", "ApusModels", "ApusLayers", "ApusDatasets", "ApusGraph",
      "ApusFormats", "ApusTensors", "ApusNumerics", logging),
    module(
      "ApusApplications", "ApusTraining", "ApusSampleQuality", "ApusEngine", "ApusModels",
      "ApusLayers", "ApusDatasets", "ApusWordVectors", "ApusPictures", "ApusFormats", "ApusGraph",
      "ApusJumpProcesses", "ApusTensors", "ApusNumerics"),
    module(
      "Apus", "ApusTraining", "ApusEngine", "ApusModels", "ApusLayers", "ApusDatasets",
      "ApusFormats", "ApusGraph", "ApusTensors"),
    .executableTarget(
      name: "ApusCommand",
      dependencies: [
        "ApusApplications", "ApusDatasets", "ApusWordVectors", "ApusTraining", "ApusEngine",
        "ApusTerminal", "ApusJumpProcesses", "ApusReactionFormats", "ApusPictures", "ApusFormats",
        "ApusTensors", arguments,
      ],
      swiftSettings: strict),
    // It imports `Apus` alone; the others are here because SwiftPM does not build a target anew when a
    // module that one of its imports re-exports has changed.
    .executableTarget(
      name: "ExampleFashion",
      dependencies: [
        "Apus", "ApusTraining", "ApusEngine", "ApusModels", "ApusLayers", "ApusDatasets",
        "ApusFormats", "ApusGraph", "ApusTensors",
      ], path: "Examples/Fashion", swiftSettings: strict),
    // The first screen of README.
    .executableTarget(
      name: "ExampleDerivatives",
      dependencies: ["Apus", "ApusEngine", "ApusGraph", "ApusTensors"],
      path: "Examples/Derivatives", swiftSettings: strict),
    // It draws the figure of Documentation/Dropout.md; `make figures` runs it.
    .executableTarget(
      name: "ExampleDropout",
      dependencies: [
        "ApusEngine", "ApusFormats", "ApusGraph", "ApusLayers", "ApusPictures", "ApusTensors",
      ], path: "Examples/Dropout", swiftSettings: strict),
    // Vectors of documents: word vectors with an input of their own.
    .executableTarget(
      name: "ExampleDocuments",
      dependencies: ["ApusWordGraphs", "ApusWordVectors", "ApusFormats"],
      path: "Examples/Documents", swiftSettings: strict),
    tests("CKernels"),
    tests("COneDNN"),
    tests("ApusNumerics"),
    tests("ApusJumpProcesses", "ApusNumerics", "CJumpProcesses"),
    tests("ApusLindblad", numerics),
    tests("ApusReactionFormats", "ApusJumpProcesses", "ApusNumerics"),
    tests("ApusTerminal"),
    tests("ApusTensors"),
    tests("ApusFormats", "ApusTensors", "ApusNumerics"),
    tests("ApusDatasets", "ApusFormats", "ApusTensors", "ApusNumerics", "ApusTestSupport"),
    tests(
      "ApusWordVectors", "ApusDatasets", "ApusFormats", "ApusNumerics", "ApusTensors",
      "ApusTestSupport", "CKernels"),
    tests(
      "ApusWordGraphs", "ApusWordVectors", "ApusEngine", "ApusDatasets", "ApusNumerics",
      "ApusTensors", "ApusTestSupport", "CKernels"),
    tests("ApusPictures", "ApusTensors"),
    tests(
      "ApusApplications", "ApusTraining", "ApusDatasets", "ApusWordVectors", "ApusFormats",
      "ApusNumerics", "ApusTensors"),
    .testTarget(
      name: "ApusCommandTests",
      dependencies: ["ApusCommand", "ExampleFashion", "ApusFormats", "ApusTensors"],
      exclude: ["Snapshots"], swiftSettings: strict),
    tests("ApusSampleQuality", "ApusEngine", "ApusTensors", "ApusTestSupport"),
    tests("ApusKernels", "ApusGraph", "ApusTensors", "CKernels"),
    tests(
      "ApusLayers", "ApusEngine", "ApusGraph", "ApusTensors", "ApusNumerics", "ApusTestSupport"),
    tests(
      "ApusModels", "ApusEngine", "ApusLayers", "ApusFormats", "ApusGraph", "ApusTensors",
      "ApusTestSupport"),
    tests(
      "ApusTraining", "ApusEngine", "ApusModels", "ApusLayers", "ApusFormats", "ApusGraph",
      "ApusTensors", "ApusNumerics", "ApusTestSupport"),
    .target(
      name: "ApusTestSupport",
      dependencies: [
        "ApusCases", "ApusEngine", "ApusFormats", "ApusGraph", "ApusNumerics", "ApusTensors",
      ], path: "Tests/_ApusTestSupport", swiftSettings: strict),
    // Regressions: a program that counts, and the tests that hold its counts to Benchmarks/Thresholds.
    .target(name: "CStepProbe", path: "Tests/_CStepProbe", cSettings: strictC),
    .executableTarget(
      name: "StepProbe",
      dependencies: [
        "ApusApplications", "ApusEngine", "ApusGraph", "ApusLayers", "ApusModels", "ApusNumerics",
        "ApusTensors", "ApusTraining", "CStepProbe",
      ], path: "Tests/_StepProbe", swiftSettings: strict),
    .testTarget(
      name: "RegressionTests", dependencies: ["StepProbe"], swiftSettings: strict),
    tests("ApusGraph", "ApusTensors"),
    tests(
      "ApusEngine", "ApusKernels", "ApusGraph", "ApusTensors", "ApusNumerics", "ApusCases",
      "ApusTestSupport"),
  ],
  swiftLanguageModes: [.v6]
)
