import Foundation
import Testing

/// Every help screen, held to the text in `Snapshots/`; run with `APUS_RECORD_SNAPSHOTS=1` to write them anew.
@Suite struct HelpTests {
  static let screens: [[String]] = [
    [], ["train"], ["train", "fashion"], ["train", "fashion-gan"], ["evaluate"], ["predict"],
    ["sample"], ["runs"], ["doctor"],
    ["train", "words"], ["similar"], ["analogy"], ["odd-one-out"], ["context"], ["map"],
    ["export"], ["import"],
    ["simulate"], ["solve"], ["fit"],
    ["benchmark"], ["benchmark", "step"], ["benchmark", "step", "fashion"],
    ["benchmark", "step", "wgan"], ["benchmark", "step", "bilstm"],
    ["benchmark", "step", "dropout"], ["benchmark", "step", "xception"], ["benchmark", "forward"],
    ["benchmark", "simulate"], ["benchmark", "solve"], ["benchmark", "words"],
    ["benchmark", "neighbours"],
    ["benchmark", "forward", "fashion"], ["benchmark", "forward", "xception"],
  ]

  @Test(arguments: screens)
  func isAsItWasWritten(verb: [String]) throws {
    let apus = ApusProgram()
    let result = try apus.finish(apus.start(verb + ["--help"]))
    #expect(result.code == 0)
    #expect(result.error.isEmpty)
    try expect(result.output, matches: "help" + verb.map { "-" + $0 }.joined() + ".txt")
    #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(result.output.contains("EXAMPLES"))
  }

  @Test func namesTheVersion() throws {
    let result = try ApusProgram()("--version")
    #expect(result.code == 0)
    #expect(result.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  private func expect(_ text: String, matches name: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Snapshots/\(name)")
    if ProcessInfo.processInfo.environment["APUS_RECORD_SNAPSHOTS"] != nil {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try text == String(contentsOf: file, encoding: .utf8), "\(name)")
  }
}
