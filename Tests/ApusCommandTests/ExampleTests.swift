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

  @Test func isShort() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Examples/Fashion/main.swift")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 41)
  }
}
