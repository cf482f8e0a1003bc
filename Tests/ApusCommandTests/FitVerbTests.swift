import Foundation
import Testing

@Suite struct FitVerbTests {
  private let apus = ApusProgram()

  private func run(_ text: String, _ arguments: [String]) throws -> ApusProgram.Result {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).csv")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    return try apus.finish(apus.start(["fit", file.path] + arguments))
  }

  @Test func ratesOfCompletePaths() throws {
    let result = try run(
      "time,state\n0,off\n2,on\n3,off\n7,on\n8,on\n",
      ["--states", "off,on", "--complete", "--json"])
    #expect(result.code == 0)
    let object = try result.json
    #expect(object["generator"] as? [[Double]] == [[-2.0 / 6, 2.0 / 6], [0.5, -0.5]])
    #expect(object["embeddable"] is NSNull)
  }

  @Test func parametersOfANetwork() throws {
    let lines = "time,X\n0,0\n1,4\n2,8\n3,7\n4,11\n5,9\n"
    let result = try run(lines, ["--network", "birth-death", "--quiet"])
    #expect(result.code == 0)
    #expect(result.output.contains("Parameter"))
  }

  @Test func parametersBySimulation() throws {
    let lines = "time,X\n1,6\n2,9\n3,7\n4,11\n5,9\n"
    let arguments = ["--network", "birth-death", "--method", "simulation", "--particles", "20"]
    let result = try run(lines, arguments + ["--json"])
    let object = try result.json
    #expect(object["logLikelihood"] is NSNull)
    #expect((object["parameters"] as? [[String: Any]])?.count == 2)
    #expect(try #require(object["simulations"] as? Int) > 80)
    let refused = try run(lines, arguments + ["--complete"])
    #expect(refused.code == 64)
    #expect(refused.error.contains("expected a --network and snapshots"))
  }

  @Test(arguments: [
    ("time,state\n0,off\n1,odd\n", ["--states", "off,on"], 1, "line 3, column 3: expected one of"),
    ("hour,state\n0,off\n", ["--states", "all"], 1, "line 1, column 1: expected a header"),
    ("time,X\n0,1\n1\n", ["--network", "birth-death"], 1, "line 3, column 1: expected 2 fields"),
    ("time,X\n0,1\n0,2\n", ["--network", "birth-death"], 1, "line 3, column 1: time 0.0 is not"),
    ("time,X\n0,1\n1,x\n", ["--network", "birth-death"], 1, "whole number of at least 0, got 'x'"),
    ("time,path,X\n0,a,1\n0,b,1\n1,a,2\n", ["--network", "birth-death"], 1, "path a was left"),
    ("time,X\n0,1\n", ["--states", "all", "--network", "birth-death"], 64, "either --states or"),
  ])
  func faultsAreOneSentence(
    text: String, arguments: [String], code: Int32, sentence: String
  ) throws {
    let result = try run(text, arguments)
    #expect(result.code == code)
    #expect(result.output.isEmpty)
    #expect(result.error.contains(sentence), "\(result.error)")
  }
}
