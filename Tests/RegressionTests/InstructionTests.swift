import Foundation
import Testing

/// The instructions of small steps, counted by valgrind.
///
/// valgrind shows programs no AVX-512, so these guard the AVX2 and the portable kernels.
@Suite(.serialized) struct InstructionTests {
  private struct Counts: Decodable {
    let instructionSet: String
    let oneDNNVersion: String
  }

  private struct Instructions: Codable {
    /// The instructions of each step by instruction set.
    var steps: [String: [String: Int]]
    var oneDNNVersion: String
  }

  private static func has(_ program: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\(program)")
  }

  @Test(
    .enabled(if: has("valgrind"), "valgrind is missing: apt-get install valgrind"),
    .enabled(if: has("strip"), "strip is missing: apt-get install binutils"),
    arguments: ["plain", "lstm", "forward"], ["avx2", "portable"])
  func stepTakesWhatTheThresholdSays(name: String, instructionSet: String) throws {
    let (counts, found) = try count(name, instructionSet)
    #expect(counts.instructionSet == instructionSet)
    let threshold = Threshold<Instructions>(name: "instructions")
    let expected = try threshold.expected(
      recording: recorded(counts, name, found, in: try? threshold.stored))
    guard counts.oneDNNVersion == expected.oneDNNVersion else {
      try Test.cancel("oneDNN \(counts.oneDNNVersion) runs other instructions")
    }
    let stored = try #require(expected.steps[name]?[instructionSet])
    #expect(
      abs(Double(found) / Double(stored) - 1) < 0.02,
      "\(found) instructions, the threshold is \(stored)")
  }

  /// The instructions of the probe's measured step.
  private func count(_ name: String, _ instructionSet: String) throws -> (Counts, instructions: Int)
  {
    let program = FileManager.default.temporaryDirectory
      .appending(path: "step-probe-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: program) }
    // valgrind 3.19 gives up on what Swift's compiler says for debuggers.
    let strip = try StepProbe.run(["/usr/bin/strip", "-g", "-o", program, StepProbe.path])
    try #require(strip.code == 0, "\(strip.error)")
    let result = try StepProbe.run(
      [
        "/usr/bin/valgrind", "--tool=callgrind", "--collect-atstart=no",
        "--toggle-collect=probe_measured", "--callgrind-out-file=/dev/null", program,
        "instructions", name,
      ], environment: ["APUS_ISA": instructionSet, "OMP_NUM_THREADS": "1"])
    try #require(result.code == 0, "\(result.error)")
    let line = try #require(result.error.firstMatch(of: /Collected : (\d+)/))
    return (try result.decoded(as: Counts.self), try #require(Int(line.1)))
  }

  private func recorded(
    _ counts: Counts, _ name: String, _ found: Int, in stored: Instructions?
  ) -> Instructions {
    var steps = stored?.oneDNNVersion == counts.oneDNNVersion ? stored?.steps ?? [:] : [:]
    steps[name, default: [:]][counts.instructionSet] = found
    return Instructions(steps: steps, oneDNNVersion: counts.oneDNNVersion)
  }
}
