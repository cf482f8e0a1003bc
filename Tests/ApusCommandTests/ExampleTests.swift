import ApusFormats
import Foundation
import Testing

@Suite struct ExampleTests {
  let folder = ProgramFolder()

  @Test func trainsWithTheLibrary() throws {
    try folder.writeData(training: 128, test: 70)
    let example = ApusProgram(folder: folder.path, program: "ExampleFashion")
    let result = try example("1", "128", folder("data"))
    #expect(result.code == 0, "\(result.error)")
    #expect(result.output.contains("conv_preds"))
    #expect(result.output.contains("epoch 1: loss "))
    #expect(result.output.contains("test loss "))
    #expect(FileManager.default.fileExists(atPath: folder("fashion.safetensors")))
  }

  /// README's first two blocks are this program and what it prints.
  @Test func printsWhatREADMESays() throws {
    let project = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    func text(_ file: String) throws -> String {
      try String(contentsOf: project.appending(path: file), encoding: .utf8)
    }
    let blocks = try text("README.md").components(separatedBy: "```")
    try #require(blocks.count > 4)
    #expect(blocks[1] == "swift\n" + (try text("Examples/Derivatives/main.swift")))
    let example = ApusProgram(folder: folder.path, program: "ExampleDerivatives")
    let result = try example()
    #expect(result.code == 0, "\(result.error)")
    #expect(blocks[3] == "\n" + result.output)
  }

  /// Texts about two things: each is most like the other of its kind.
  @Test func findsDocumentsThatAreAlike() throws {
    let kinds = [
      ["the ship sails the sea", "a sea has waves and a ship", "waves rock the ship at sea"],
      ["the oven bakes warm bread", "bread wants flour and an oven", "warm flour smells of bread"],
    ]
    for (name, kind) in [("sea1", 0), ("sea2", 0), ("oven1", 1), ("oven2", 1)] {
      let text = (0..<60).map { kinds[kind][$0 % 3] }.joined(separator: "\n")
      try AtomicFile.write(text, to: folder(name))
    }
    let example = ApusProgram(folder: folder.path, program: "ExampleDocuments")
    let result = try example("sea1", "oven1", "sea2", "oven2", "--epochs", "15")
    #expect(result.code == 0, "\(result.error)")
    #expect(result.output.contains("epoch 15  loss "))
    #expect(result.output.contains("\nsea1: sea2 ("), "\(result.output)")
    #expect(result.output.contains("\noven2: oven1 ("), "\(result.output)")
  }

  @Test func isShort() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Examples/Fashion/main.swift")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 41)
  }
}
