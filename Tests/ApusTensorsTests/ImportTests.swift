import FoundationEssentials
import Testing

/// Which folders of the sources may import what, read from the files themselves.
@Suite struct ImportTests {
  /// An import: what is imported and the file that does, named from `Sources` on.
  struct Import {
    let module: String
    let file: String
  }

  /// The module that a line imports, or nil where it is no import.
  static func module(importedBy line: Substring) -> String? {
    let words = line.split(whereSeparator: \.isWhitespace)
    let access: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    let kinds: Set<Substring> = [
      "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]
    let rest = words.drop { $0.hasPrefix("@") || access.contains($0) }
    guard rest.first == "import" else { return nil }
    let path = rest.dropFirst().drop { kinds.contains($0) }.first
    return path?.split(separator: ".").first.map(String.init)
  }

  /// Every import of every source file.
  static func imports(here: String = #filePath) throws -> [Import] {
    let root = here.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Sources"
    let files = try FileManager.default.subpathsOfDirectory(atPath: root)
      .filter { $0.hasSuffix(".swift") }
    return try files.flatMap { file in
      try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
        .split(separator: "\n")
        .compactMap { module(importedBy: $0).map { Import(module: $0, file: file) } }
    }
  }

  @Test func foundationIsWhereFilesAndPeopleAreMet() throws {
    let allowed: Set<Substring> = [
      "ApusFormats", "ApusDatasets", "ApusPictures", "ApusApplications", "ApusCommand",
    ]
    let imports = try Self.imports()
    #expect(imports.contains { $0.module.hasPrefix("Foundation") }, "the sources are not found")
    for found in imports where found.module.hasPrefix("Foundation") {
      let folder = found.file.prefix { $0 != "/" }
      #expect(allowed.contains(folder), "\(found.file) imports \(found.module)")
    }
  }

  /// One part of the code knows a C library; the rest knows that part.
  @Test(arguments: [
    ("COneDNN", "ApusKernels/OneDNN/"), ("CZlib", "ApusFormats/"), ("CPNG", "ApusFormats/"),
    ("CGIF", "ApusFormats/"), ("CCairo", "ApusPictures/"), ("CSBML", "ApusReactionFormats/"),
    ("CLAPACK", "ApusSampleQuality/"),
  ])
  func everyLibraryHasOneHome(library: String, home: String) throws {
    let files = try Self.imports().filter { $0.module == library }.map(\.file)
    #expect(!files.isEmpty)
    for file in files { #expect(file.hasPrefix(home), "\(file) imports \(library)") }
  }

  @Test(arguments: [
    ("import Foundation", "Foundation"), ("@testable import ApusGraph", "ApusGraph"),
    ("public import struct Foundation.URL  // why", "Foundation"),
    ("@_exported import ApusTensors", "ApusTensors"), ("// import Foundation", nil),
    ("let x = 1", nil), ("", nil),
  ])
  func importsAreRecognized(line: String, module: String?) {
    #expect(Self.module(importedBy: line[...]) == module)
  }
}
